"""Periodic tasks: period, offset, phase, overruns.  On both clocks where real time allows."""

from functools import partial

import pytest

from bsw.os.clock import MS, S
from bsw.os.scheduler import FIRST, LAST
from tests.os.worlds import World


def test_a_task_runs_each_period(both: World) -> None:
    seen: list[int] = []
    start = both.scheduler.now
    both.scheduler.every(5 * MS, lambda: seen.append(both.clock.now()), name="task")
    both.run_for(52 * MS)
    planned = [start + n * 5 * MS for n in range(1, 11)]
    if both.virtual:
        assert seen == planned
    else:
        assert len(seen) <= len(planned)
        assert all(ran >= plan for ran, plan in zip(seen, planned, strict=False))


def test_the_offset_is_the_first_activation(virtual: World) -> None:
    seen: list[tuple[str, int]] = []

    def note(name: str) -> None:
        seen.append((name, virtual.clock.now() // MS))

    for name, offset in (("a", 0), ("b", 3 * MS), ("c", None)):
        virtual.scheduler.every(
            10 * MS,
            partial(note, name),
            name=name,
            offset=offset,
        )
    virtual.run_for(20 * MS)
    assert seen == [("a", 0), ("b", 3), ("c", 10), ("a", 10), ("b", 13), ("c", 20), ("a", 20)]


def test_tasks_of_one_instant_run_by_priority(virtual: World) -> None:
    seen: list[str] = []
    for name, priority in (("logger", LAST), ("com", 10), ("supervision", FIRST)):
        virtual.scheduler.every(10 * MS, partial(seen.append, name), name=name, priority=priority)
    virtual.run_for(30 * MS)
    assert seen == ["supervision", "com", "logger"] * 3


def test_an_hour_of_ten_millisecond_frames_keeps_its_phase(virtual: World) -> None:
    count, last = 0, 0

    def send() -> None:
        nonlocal count, last
        count, last = count + 1, virtual.clock.now()

    virtual.scheduler.every(10 * MS, send, name="frame")
    virtual.run_for(3600 * S)
    assert count == 360_000
    assert last == 3600 * S


def test_a_late_finish_does_not_shift_the_plan(both: World) -> None:
    starts: list[int] = []

    def work() -> None:
        starts.append(both.clock.now())
        both.spend(3 * MS)

    task = both.scheduler.every(8 * MS, work, name="long")
    begin = task.next_due
    both.run_for(50 * MS)
    assert (task.next_due - begin) % (8 * MS) == 0
    if both.virtual:
        assert [start - begin for start in starts] == [n * 8 * MS for n in range(6)]


def test_missed_periods_are_skipped_counted_and_the_phase_is_kept(both: World) -> None:
    runs: list[int] = []

    def work() -> None:
        runs.append(both.clock.now())
        if len(runs) == 1:
            both.spend(25 * MS)

    task = both.scheduler.every(10 * MS, work, name="overrun")
    begin = task.next_due
    both.run_for(62 * MS)
    assert task.overruns >= 1
    assert (task.next_due - begin) % (10 * MS) == 0
    if both.virtual:
        assert [run // MS for run in runs] == [10, 35, 40, 50, 60]
        assert task.overruns == 1


def test_a_stopped_task_can_be_started_again(virtual: World) -> None:
    seen: list[int] = []
    task = virtual.scheduler.every(10 * MS, lambda: seen.append(virtual.clock.now()), name="task")
    virtual.run_for(25 * MS)
    task.stop()
    virtual.run_for(25 * MS)
    task.start(virtual.scheduler.now + MS)
    virtual.run_for(15 * MS)
    assert [when // MS for when in seen] == [10, 20, 51, 61]


def test_a_task_may_stop_itself(virtual: World) -> None:
    seen: list[int] = []

    def once() -> None:
        seen.append(virtual.clock.now())
        task.stop()

    task = virtual.scheduler.every(10 * MS, once, name="once")
    virtual.run_for(S)
    assert seen == [10 * MS]


@pytest.mark.parametrize("period", [0, -1])
def test_a_period_that_is_none_is_refused(virtual: World, period: int) -> None:
    with pytest.raises(ValueError, match=r"'spin'.*above 0 ns"):
        virtual.scheduler.every(period, lambda: None, name="spin")


def test_a_task_that_takes_all_the_time_starves_nobody(both: World) -> None:
    """A 2 ms task that needs 3 ms: the other tasks, the events and the end still get their turn."""
    others: list[int] = []
    posted: list[int] = []
    both.scheduler.every(2 * MS, lambda: both.spend(3 * MS), name="greedy", priority=FIRST)
    both.scheduler.every(5 * MS, lambda: others.append(both.clock.now()), name="modest")
    both.scheduler.after(
        6 * MS,
        lambda: both.scheduler.post(lambda: posted.append(both.clock.now()), name="event"),
        name="poster",
    )
    both.run_until(lambda: len(others) >= 3 and bool(posted))
