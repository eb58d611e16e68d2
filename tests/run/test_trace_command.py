"""``v2g trace`` on traces as they come out of the main job."""

from pathlib import Path

import pytest

from bsw.os.clock import MS
from bsw.sim.base import SimulatedBase
from bsw.trace import Trace
from tools.cli import main


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    base = SimulatedBase()
    trace: Trace = base.trace
    trace.begin(role="evcc")
    base.scheduler.run(250 * MS)
    trace.add("v2g", name="SessionSetupReq", exi=b"\x80\x98", took=0.125)
    trace.end()
    path = tmp_path / "t.jsonl"
    path.write_text("".join(record.line for record in base.memory.records))
    return path


def test_an_intact_trace_is_said_to_be_so(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "check", str(trace)]) == 0
    assert ": intact, 3 records, digest " in capsys.readouterr().out


def test_a_changed_trace_and_a_missing_one_are_found(
    trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace.write_text(trace.read_text().replace("8098", "8099"))
    assert main(["trace", "check", str(trace), str(tmp_path / "none")]) == 2
    captured = capsys.readouterr()
    assert "broken at line 2: record 1 was changed, or one before it" in captured.out
    assert "none: No such file or directory" in captured.err


def test_a_trace_is_printed_for_reading(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace.write_text(trace.read_text() + "garbage\n")
    assert main(["trace", "show", str(trace)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("  0.000000  begin    ")
    assert lines[1] == "  0.250000  v2g      exi 8098  name SessionSetupReq  took 0.125"
    assert lines[-1].endswith("not a record: garbage")
