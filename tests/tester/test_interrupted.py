"""Ctrl-C in the middle of a run: the report says what there is, and the run goes on from there."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

NOBODY = "name: nobody\nready_within: 1 s\nrest: 0 s\n"
FEW = "TC_SECC_CMN_VTB_V2GTPSDP_001,TC_SECC_CMN_VTB_V2GTPSDP_003,TC_SECC_CMN_VTB_V2GTPSDP_005"


def begun(folder: Path, *words: str) -> "subprocess.Popen[str]":
    """As a rule nobody answers on the loopback: each case is inconclusive after a second."""
    profile = folder / "nobody.yaml"
    profile.write_text(NOBODY)
    command = ("-m", "tools.cli", "test", "secc", "--device", str(profile), "--select", FEW)
    return subprocess.Popen(
        [sys.executable, *command, "--report", str(folder / "out"), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.long
def test_a_run_that_is_interrupted_tells_what_there_is_and_goes_on(tmp_path: Path) -> None:
    first = begun(tmp_path)
    assert first.stdout is not None
    line = first.stdout.readline()
    first.send_signal(signal.SIGINT)
    _, told = first.communicate()
    assert first.returncode == 130
    assert "--resume goes on with" in told
    assert "Traceback" not in told
    assert judged(tmp_path) in {1, 2}, line
    again = begun(tmp_path, "--resume")
    again.communicate()
    assert again.returncode in {0, 1}
    assert judged(tmp_path) == 3


def judged(folder: Path) -> int:
    """Whoever runs a station on this loopback meanwhile may answer: it does not matter."""
    counts = json.loads((folder / "out" / "results.json").read_text())["counts"]
    return sum(counts[name] for name in ("pass", "fail", "inconclusive"))
