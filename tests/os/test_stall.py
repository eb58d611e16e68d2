"""Ours or the host's: what kept the loop from turning, by CPU time."""

import pytest

from bsw.os.clock import MS, S
from bsw.os.stall import StallJudge, Verdict

LIMIT = 5 * S


def looked(pieces: list[tuple[int, int]]) -> list[Verdict]:
    """The verdicts after pieces of so much wall and CPU time."""
    judge = StallJudge(LIMIT)
    now, cpu = 100 * S, 7 * S
    judge.beat(now, cpu)
    verdicts = []
    for wall, spent in pieces:
        now, cpu = now + wall, cpu + spent
        verdicts.append(judge.look(now, cpu))
    return verdicts


def test_a_task_that_computes_is_stuck() -> None:
    verdicts = looked([(2 * S, 2 * S), (S, S), (S, S)])
    assert verdicts == [Verdict.TURNS, Verdict.TURNS, Verdict.COMPUTES]


def test_a_task_that_waits_in_a_call_is_stuck_after_the_same_time() -> None:
    verdicts = looked([(2 * S, 0), (S, MS), (S, 0), (S, 0)])
    assert verdicts == [Verdict.TURNS] * 3 + [Verdict.WAITS]


@pytest.mark.parametrize("stopped", [5, 7, 60, 3600])
def test_a_process_that_was_stopped_is_not(stopped: int) -> None:
    assert looked([(stopped * S, MS)])[0] is not Verdict.WAITS
    assert looked([(2 * S, 0), (stopped * S, MS)])[1] is not Verdict.WAITS


def test_at_a_tenth_of_a_core_a_task_may_take_ten_times_as_long() -> None:
    pieces = [(S, S // 10)] * 39
    assert set(looked(pieces)) == {Verdict.TURNS, Verdict.STARVED}
    assert looked([*pieces, (S, S // 10)])[-1] is Verdict.COMPUTES


def test_a_stall_is_told_when_the_loop_turns_again() -> None:
    judge = StallJudge(LIMIT)
    assert not judge.beat(S, 0)
    assert not judge.beat(2 * S, 0)
    assert judge.beat(9 * S, 100 * MS) == "0.1 s of CPU time in 7.0 s"
    assert not judge.beat(10 * S, 200 * MS)
