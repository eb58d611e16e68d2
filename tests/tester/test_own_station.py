"""Our own station as a process is the first device under test."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tools.cli import main

SOME = (
    "TC_SECC_CMN_VTB_V2GTPSDP_003,TC_SECC_CMN_VTB_SessionSetup_002,"
    "TC_SECC_DC_VTB_CableCheck_008,TC_SECC_DC_VTB_CurrentDemand_006,PX-SECCD-013"
)
STATION = """\
network: {{interface: lo}}
hardware: {{driver: plug, plug_port: {port}}}
session: {{protocols: [iso2, din], profile: conformance}}
trace: {{file: {folder}/trace.jsonl}}
nvm: {{file: null}}
"""
DEVICE = """\
name: our own station
protocols: [iso2, din]
pilot: {{driver: plug, port: {port}}}
process: {{run: "{python} -m secc.cli run -c {folder}/secc.yaml"}}
ready_within: 2 min
"""


def v2g(*words: str) -> "subprocess.CompletedProcess[str]":
    command = (sys.executable, "-m", "tools.cli", "test", "secc", *words)
    return subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)


def free_port() -> int:
    with socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    values = {"port": free_port(), "folder": tmp_path, "python": sys.executable}
    (tmp_path / "secc.yaml").write_text(STATION.format(**values))
    path = tmp_path / "device.yaml"
    path.write_text(DEVICE.format(**values))
    return path


@pytest.mark.long
def test_our_own_station_passes(profile: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = v2g("--device", str(profile), "--select", SOME, "--report", str(out))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = json.loads((out / "results.json").read_text())
    assert told["counts"]["pass"] == 5
    ladder = (out / "cases" / "TC_SECC_DC_VTB_CurrentDemand_006" / "ladder.txt").read_text()
    assert "CurrentDemandRes" in ladder


def test_the_command_says_what_it_would_play(
    profile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--device", str(profile), "--list", "--select", "TC_SECC_CMN_VTB_PaymentDetails*")
    assert main(["test", "secc", *words]) == 0
    assert "the profile does not name TLS" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--select", "TC_SECC_CMN_VTB_SDQ_002"], "did you mean TC_SECC_CMN_VTB_SDP_002"),
        (["--interface", "eth99"], "eth99"),
    ],
)
def test_what_is_wrong_is_told(
    profile: Path,
    tmp_path: Path,
    words: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = ("--report", str(tmp_path / "out"))
    assert main(["test", "secc", "--device", str(profile), *report, *words]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("modes: [DC_extendet]\n", ("device.yaml:1", "DC_extendet")),
        ("conditions: {tarif: {always: true}}\ntls: true\n", ("'tarif' is none", "keys")),
        ("actions: {reset: {run: x, ask: y}}\n", ("one of run, ask and always",)),
        ("role: evcc\n", ("role: evcc, not secc",)),
    ],
)
def test_a_wrong_profile_names_the_place(
    tmp_path: Path, text: str, said: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "device.yaml"
    path.write_text(text)
    assert main(["test", "secc", "--device", str(path)]) == 2
    told = capsys.readouterr().err
    assert all(one in told for one in said), told
