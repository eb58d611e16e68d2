"""The main job as a person runs it: two processes, real sockets, a view, traces, a verdict."""

import os
import re
import shutil
import signal
import stat
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bsw.trace_file import verify
from tools.bench.run.children import Children, Said, parse
from tools.capture.events import Layer
from tools.capture.sources import events

ROOT = Path(__file__).parents[2]


def config(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def v2g_run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tools.cli", "bench", "run", "--live", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_contract_pays_a_charge_and_both_traces_are_intact(tmp_path: Path) -> None:
    ended = v2g_run("--out", str(tmp_path / "a b"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "agreed: ISO 15118-2, TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" in ended.stdout
    assert "Pre-charge done after" in ended.stdout
    assert re.search(r"^Charged 0\.\d kWh in [\d.]+ s, \d+ messages", ended.stdout, re.MULTILINE)
    assert "\033" not in ended.stdout
    for who in ("evcc", "secc"):
        verdict = verify(tmp_path / "a b" / f"{who}.trace.jsonl")
        assert verdict.intact
        assert f"digest {verdict.digest}" in ended.stdout
    capture = tmp_path / "a b" / "run.pcapng"
    assert protocols(capture) >= {"homeplug", "udp", "tcp"}
    assert f"v2g decode '{capture}'" in ended.stdout
    said = [event.name for event in events(capture) if event.layer is Layer.V2G]
    assert {"PaymentDetailsReq", "CurrentDemandRes", "SessionStopRes"} <= set(said)
    page = (tmp_path / "a b" / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert stat.S_IMODE((tmp_path / "a b" / "keys.log").stat().st_mode) == 0o600


HOMEPLUG, IPV6 = b"\x88\xe1", b"\x86\xdd"


def protocols(path: Path) -> set[str]:
    """What passed, by the packets of a capture; Wireshark sees the same where it is installed."""
    octets, at, frames = path.read_bytes(), 0, []
    while at < len(octets):
        kind, length = struct.unpack_from("<II", octets, at)
        if kind == 6:  # an enhanced packet block
            (size,) = struct.unpack_from("<I", octets, at + 20)
            frames.append(octets[at + 28 : at + 28 + size])
        at += length
    seen = {"homeplug" for frame in frames if frame[12:14] == HOMEPLUG}
    names = {6: "tcp", 17: "udp"}
    seen |= {names[frame[20]] for frame in frames if frame[12:14] == IPV6}
    if shutil.which("tshark"):
        asked = ["tshark", "-r", str(path), "-T", "fields", "-e", "frame.protocols"]
        told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        for name in ("homeplug", "udp", "tcp"):
            assert name in told
    return seen


def test_no_common_protocol_ends_with_the_reason(tmp_path: Path) -> None:
    ended = v2g_run(
        *("--out", str(tmp_path)),
        *("--evcc", config(tmp_path, "e.yaml", "session: {protocols: [din], tries: 1}\n")),
        *("--secc", config(tmp_path, "s.yaml", "session: {protocols: [iso2]}\n")),
    )
    assert ended.returncode == 1
    assert "Nothing was charged; then: no common protocol" in ended.stdout
    assert "compare session.protocols of both" in ended.stdout


@pytest.mark.parametrize("who", ["evcc", "secc"])
def test_a_broken_configuration_is_the_reason(who: str, tmp_path: Path) -> None:
    path = config(tmp_path, "c.yaml", "sesion: {protocols: [din]}\n")
    ended = v2g_run("--out", str(tmp_path), f"--{who}", path)
    assert ended.returncode == 2
    told = ended.stdout + ended.stderr
    assert "sesion: unknown key; did you mean 'session'?" in told
    assert "Traceback" not in ended.stdout + ended.stderr


def test_an_interface_that_is_not_there_is_the_reason(tmp_path: Path) -> None:
    path = config(tmp_path, "c.yaml", "network: {interface: plc7}\n")
    ended = v2g_run("--out", str(tmp_path), "--secc", path)
    assert ended.returncode == 1
    assert "network.interface: " in ended.stdout
    assert "there is no interface 'plc7'; this machine has" in ended.stdout


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = v2g_run("--out", str(tmp_path / "file" / "x"))
    assert ended.returncode == 2  # whoever named it can put it right
    assert ended.stderr.startswith("v2g bench run: ")


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in listed.read_text().split()] if listed.exists() else []


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_ecu_is_left_behind(number: signal.Signals, tmp_path: Path) -> None:
    frame = subprocess.Popen(
        [sys.executable, "-m", "tools.cli", "bench", "run", "--live", "--out", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    ecus: list[int] = []
    deadline = time.monotonic() + 60
    while not ecus and time.monotonic() < deadline:
        time.sleep(0.005)
        ecus = children_of(frame.pid)
    os.kill(frame.pid, number)
    frame.wait(60)
    while any(alive(pid) for pid in ecus) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert ecus
    assert not any(alive(pid) for pid in ecus)


def test_a_child_that_does_not_stop_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stubborn.py").write_text(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready', file=sys.stderr, flush=True)\n"
        "time.sleep(60)\n"
    )
    heard: list[Said] = []
    children = Children(heard.append)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    children.start("stubborn", "stubborn", [])
    while not heard:
        children.listen(1.0)
    children.stop(within=0.2)
    assert children.status == {"stubborn": -signal.SIGKILL}


def test_what_was_started_first_is_stopped_when_the_others_have_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hardware outlives the ECUs that stand on it, and they are asked together."""
    (tmp_path / "polite.py").write_text(
        "import signal, sys, time\n"
        "def bye(*_):\n"
        "    time.sleep(0.3)\n"
        "    print('bye', file=sys.stderr, flush=True)\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, bye)\n"
        "print('ready', file=sys.stderr, flush=True)\n"
        "time.sleep(60)\n"
    )
    heard: list[Said] = []
    children = Children(heard.append)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for who in ("ground", "one", "other"):
        children.start(who, "polite", [])
    while len(heard) < 3:
        children.listen(1.0)
    children.stop(within=20.0)
    assert [said.who for said in heard if said.text == "bye"][-1] == "ground"
    assert list(children.status)[-1] == "ground"


def test_lines_that_are_no_records_are_kept_as_they_are() -> None:
    assert parse("evcc", "Segmentation fault\n").text == "Segmentation fault"
    assert parse("evcc", "[1]\n").text == "[1]"


def test_a_child_that_takes_orders_hears_them_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "echo.py").write_text("import sys\nprint(input(), file=sys.stderr)\n")
    heard: list[Said] = []
    children = Children(heard.append)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    children.start("echo", "echo", [], orders=True)
    children.say("echo", "do fault inlet hot")
    while children.running:
        children.listen(1.0)
    children.say("echo", "nobody hears it")
    assert [said.text for said in heard] == ["do fault inlet hot"]
