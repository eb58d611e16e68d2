"""Where waking up costs something, what may be late waits for what wakes the process anyhow."""

from functools import partial

import pytest

from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler


class Counting(VirtualClock):
    """Counts how often the process would have woken up."""

    def __init__(self) -> None:
        super().__init__()
        self.wakes = 0

    def wait_until(self, when: int | None) -> None:
        self.wakes += when is not None and when > self.now()
        super().wait_until(when)


def rings(scheduler: Scheduler, period: int, *, offset: int = 0, slack: int = 0) -> list[int]:
    found: list[int] = []
    now = scheduler.clock.now
    scheduler.every(period, lambda: found.append(now()), name="t", offset=offset, slack=slack)
    return found


def test_tasks_with_slack_ring_together_and_wake_the_process_once() -> None:
    clock = Counting()
    scheduler = Scheduler(clock, lenient=True)
    first = rings(scheduler, 20 * MS, offset=20 * MS, slack=2 * MS)
    second = rings(scheduler, 20 * MS, offset=21 * MS, slack=2 * MS)
    scheduler.run(S - MS)
    assert first == second == [at * 20 * MS + 2 * MS for at in range(1, 50)]
    assert clock.wakes == 49 + 1  # and to the end of the run


def test_without_lenience_all_ring_on_time() -> None:
    scheduler = Scheduler(VirtualClock())
    times = rings(scheduler, 20 * MS, offset=MS, slack=2 * MS)
    scheduler.run(S - MS)
    assert times == [at * 20 * MS + MS for at in range(50)]


def test_none_is_later_than_its_slack_nor_earlier_than_due_and_the_hour_is_full() -> None:
    scheduler = Scheduler(VirtualClock(), lenient=True)
    tasks = [(10, 0, 1), (20, 1, 2), (100, 3, 10), (1000, 7, 100), (7, 0, 0)]
    found = [
        rings(scheduler, period * MS, offset=offset * MS, slack=slack * MS)
        for period, offset, slack in tasks
    ]
    scheduler.run(3600 * S)
    for (period, offset, slack), times in zip(tasks, found, strict=True):
        late = [at - (number * period + offset) * MS for number, at in enumerate(times)]
        assert min(late) >= 0
        assert max(late) <= slack * MS
        assert len(times) in {3600 * 1000 // period, 3600 * 1000 // period + 1}


def test_an_alarm_that_wakes_the_process_takes_what_is_due_along() -> None:
    scheduler = Scheduler(VirtualClock(), lenient=True)
    times = rings(scheduler, 100 * MS, offset=10 * MS, slack=50 * MS)
    scheduler.at(110 * MS, lambda: None, name="something")
    scheduler.run(120 * MS)
    assert times == [60 * MS, 110 * MS]


def test_phases_to_each_other_do_not_depend_on_when_a_task_was_started() -> None:
    clock = Counting()
    scheduler = Scheduler(clock, lenient=True)
    first = rings(scheduler, 20 * MS, offset=20 * MS, slack=2 * MS)
    scheduler.run(33 * MS)
    second = rings(scheduler, 20 * MS, offset=20 * MS, slack=2 * MS)
    scheduler.run(S - MS)
    assert first[-40:] == second[-40:]


@pytest.mark.parametrize("lenient", [False, True])
def test_a_stopped_task_rings_no_more_and_leaves_nothing_behind(*, lenient: bool) -> None:
    scheduler = Scheduler(VirtualClock(), lenient=lenient)
    times: list[int] = []
    task = scheduler.every(10 * MS, lambda: times.append(1), name="t", slack=5 * MS)
    scheduler.run(95 * MS)
    task.stop()
    count = len(times)
    scheduler.run(S)
    assert len(times) == count == 9
    assert scheduler.waiting == 0


@pytest.mark.parametrize("lenient", [False, True])
def test_equal_times_run_in_order_of_priority_then_of_arming(*, lenient: bool) -> None:
    scheduler = Scheduler(VirtualClock(), lenient=lenient)
    said: list[str] = []
    for name, priority in (("b", 10), ("c", 10), ("a", 5)):
        action = partial(said.append, name)
        scheduler.every(10 * MS, action, name=name, priority=priority, slack=MS)
    scheduler.run(15 * MS)
    assert said == ["a", "b", "c"]


def test_an_aligned_task_rings_on_time_where_others_take_their_turn() -> None:
    """Supervision is never late, and wakes the process where it would have woken anyhow."""
    clock = Counting()
    scheduler = Scheduler(clock, lenient=True)
    scheduler.run(7 * MS)
    frames = rings(scheduler, 20 * MS, offset=20 * MS, slack=2 * MS)
    exact: list[int] = []
    scheduler.every(
        100 * MS, lambda: exact.append(scheduler.now), name="e", priority=0, aligned=True
    )
    scheduler.run(S + 50 * MS)
    assert [when % (100 * MS) for when in exact] == [0] * len(exact)
    assert len(exact) == 9
    assert set(exact) <= set(frames)


def test_a_strict_scheduler_aligns_nothing() -> None:
    scheduler = Scheduler(VirtualClock())
    scheduler.run(7 * MS)
    found: list[int] = []
    scheduler.every(100 * MS, lambda: found.append(scheduler.now), name="e", aligned=True)
    scheduler.run(250 * MS)
    assert found == [107 * MS, 207 * MS]
