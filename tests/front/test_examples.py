"""The programs in examples/ do what they say, from a folder that is not ours."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.capture.makers import connection, framed, pcapng_of
from tests.peers.recordings import everything
from tests.tidy.tree import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
SAYS = {
    "charging_curve": ["seconds,soc,volts,amps", "# terminated, at SessionStop"],
    "drive_station": ["watching: {'id': 1, 'retval'", "lowered: ", "less than or equal to 400"],
    "my_charger": ["fresh: ", "tired: ", "ended: terminated"],
    "my_scenario": ["ended as it should"],
    "test_my_battery": ["1 passed"],
    "two_ecus": ["the station allows 9 A", "ended: terminated"],
    "who_is_trusted": ["as it should be: trusted True", "expired"],
    "what_went_wrong": ["messages, from SupportedAppProtocolReq to SessionStopRes"],
}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(path: Path, tmp_path: Path) -> None:
    words = []
    by = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if path.stem.startswith("test_") else []
    if path.stem == "what_went_wrong":
        words = [str(tmp_path / "run.pcapng")]
        one = next(one for one in everything() if not one.secure and one.protocol == "iso2")
        Path(words[0]).write_bytes(pcapng_of(connection(framed(one))))
    ended = subprocess.run(
        [sys.executable, *by, str(path), *words],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "STATE_DIRECTORY": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for line in SAYS[path.stem]:
        assert line in ended.stdout
    if path.stem == "my_charger":
        fresh, tired = (float(line.split()[1]) for line in ended.stdout.splitlines()[:2])
        assert 10.0 < tired < 0.7 * fresh


def test_each_example_is_known() -> None:
    assert {path.stem for path in EXAMPLES} == set(SAYS)
