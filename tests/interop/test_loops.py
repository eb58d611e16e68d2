"""What is done at a place in the charge loop, and that a renegotiation was one."""

import json
from pathlib import Path

import pytest
from typing_extensions import Self

from tools.api.client import Trouble
from tools.interop.roles import Case
from tools.interop.runs import Side, as_asked
from tools.interop.traces import loops as module
from tools.interop.traces.figures import after_new_parameters
from tools.interop.traces.loops import AskAnew, Goal, Loops

LOOP, PARAMETERS = "CurrentDemandReq", "ChargeParameterDiscoveryReq"


class Grows:
    """A trace of messages, and the vehicle's hardware that takes lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.typed: list[str] = []

    def says(self, *names: str, end: str = "\n") -> None:
        with self.path.open("a", encoding="utf-8") as file:
            for name in names:
                file.write(json.dumps({"name": name}, separators=(",", ":")) + end)

    def type(self, line: str) -> None:
        self.typed.append(line)


@pytest.fixture
def trace(tmp_path: Path) -> Grows:
    return Grows(tmp_path / "trace.jsonl")


def test_a_vehicle_is_full_once_after_its_loops(trace: Grows) -> None:
    goal = Goal(Loops(trace.path, LOOP), 2, trace, anew=False)
    goal.look()  # there is no trace yet
    trace.says(PARAMETERS, LOOP)
    goal.look()
    assert trace.typed == []
    trace.says(LOOP, LOOP)
    goal.look()
    goal.look()
    assert trace.typed == ["target 0"]


def test_loops_on_either_side_of_a_renegotiation_count_where_none_was_wanted(trace: Grows) -> None:
    goal = Goal(Loops(trace.path, LOOP), 2, trace, anew=False)
    trace.says(PARAMETERS, LOOP, PARAMETERS, LOOP)
    goal.look()
    assert trace.typed == ["target 0"]


def test_where_the_station_wants_new_parameters_the_loops_after_them_count(trace: Grows) -> None:
    goal = Goal(Loops(trace.path, LOOP), 2, trace, anew=True)
    trace.says(PARAMETERS, LOOP, LOOP, LOOP, PARAMETERS, LOOP)
    goal.look()
    assert trace.typed == []
    trace.says(LOOP)
    goal.look()
    assert trace.typed == ["target 0"]


def test_half_a_line_is_read_when_it_is_whole(trace: Grows) -> None:
    loops = Loops(trace.path, LOOP)
    trace.says(LOOP, end="")
    loops.read()
    assert loops.before == 0
    trace.says("", end="\n")
    loops.read()
    assert loops.before == 1


def test_the_station_is_asked_once_by_its_door(
    trace: Grows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    class Door:
        def __init__(self, where: Path, within: float) -> None:
            assert (where, within > 0) == (tmp_path / "door", True)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None: ...

        def ask(self, **request: object) -> None:
            asked.append(request)

    monkeypatch.setattr(module, "Client", Door)
    ask = AskAnew(Loops(trace.path, LOOP), 2, tmp_path / "door")
    trace.says(PARAMETERS, LOOP)
    ask.look()
    assert asked == []
    trace.says(LOOP)
    ask.look()
    trace.says(LOOP)
    ask.look()
    assert asked == [{"cmd": "renegotiate", "args": {"wanted": True}}]


def test_a_door_that_does_not_answer_is_told_and_asked_no_more(
    trace: Grows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shut(*_: object) -> None:
        raise Trouble("nobody is there")

    monkeypatch.setattr(module, "Client", shut)
    ask = AskAnew(Loops(trace.path, LOOP), 1, tmp_path / "door")
    trace.says(LOOP)
    with pytest.raises(AssertionError, match="cannot be asked: nobody is there"):
        ask.look()
    ask.look()


def test_loops_after_new_parameters_are_counted() -> None:
    assert after_new_parameters([PARAMETERS, LOOP, LOOP]) == 0
    assert after_new_parameters([PARAMETERS, PARAMETERS, LOOP, PARAMETERS, LOOP, LOOP]) == 2
    assert after_new_parameters([LOOP, PARAMETERS]) == 0


def test_a_renegotiation_that_nobody_saw_is_none() -> None:
    case = Case("-2 DC EIM renegotiation", "iso2", "DC_extended", anew=True)
    without = Side(good=True, figures={"loops_after_new_parameters": 0}, cpu=1, rss=1, said="")
    seen = Side(good=True, figures={"loops_after_new_parameters": 3}, cpu=1, rss=1, said="")
    assert not as_asked(case, without).good
    assert as_asked(case, seen).good
    assert as_asked(Case("-2 DC EIM", "iso2", "DC_extended"), without).good
