"""The ground floor on virtual time starts, stops and fails as the host's does."""

import pytest

from bsw.base import READY, CannotStart, Steps, settle
from bsw.det import DevelopmentError
from bsw.os.clock import MS, S
from bsw.os.process import Cause, Status, Stop
from bsw.sim.base import SimulatedBase


def test_a_start_takes_one_step_per_task() -> None:
    base = SimulatedBase()
    at: list[int] = []

    def steps() -> Steps:
        at.append(base.scheduler.now)
        yield "one"
        at.append(base.scheduler.now)
        yield READY
        at.append(base.scheduler.now)

    base.run(steps)
    base.scheduler.run(S)
    assert len(set(at)) == 3
    assert at == sorted(at)


def test_what_cannot_start_ends_the_process_and_is_kept() -> None:
    base = SimulatedBase()

    def steps() -> Steps:
        yield "one"
        raise CannotStart("the bus is gone; bring it back")

    start = base.run(steps)
    base.scheduler.run(S)
    assert base.process.status is Status.FAILED
    assert str(start.failure) == "the bus is gone; bring it back"


def test_steps_after_a_stop_are_not_taken() -> None:
    base = SimulatedBase()
    taken: list[str] = []

    def steps() -> Steps:
        taken.append("first")
        base.process.done(Status.OK, "enough")
        yield "second"
        taken.append("second")

    base.run(steps)
    base.scheduler.run(S)
    assert taken == ["first"]
    assert base.process.status is Status.OK


def test_the_first_reason_counts_and_the_stop_is_ordered() -> None:
    base = SimulatedBase()
    heard: list[Stop] = []
    base.process.ends_by(heard.append, lambda: None)
    base.process.lost("the interface is gone")
    base.process.done(Status.OK, "too late")
    assert [stop.detail for stop in heard] == ["the interface is gone"]
    before = base.process.status
    base.process.finished()
    assert (before, base.process.status) == (None, Status.FAILED)
    assert base.process.host_fault == "the interface is gone"


def test_a_broken_promise_is_raised_or_stops_in_order() -> None:
    with pytest.raises(DevelopmentError):
        SimulatedBase().det.report("cursor", "two open requests")
    base = SimulatedBase(loud=False)
    base.det.report("cursor", "two open requests")
    assert base.process.stopping is not None
    assert base.process.stopping.cause is Cause.FAULT
    assert base.process.status is Status.FAULT


def test_settling_ends_when_nothing_is_busy_or_in_time() -> None:
    scheduler = SimulatedBase().scheduler
    busy = [True]
    ended: list[tuple[str, int]] = []
    settle(scheduler, lambda: busy[0], lambda: ended.append(("calm", scheduler.now)))
    settle(scheduler, lambda: True, lambda: ended.append(("late", scheduler.now)), 300 * MS)
    scheduler.after(100 * MS, lambda: busy.__setitem__(0, False), name="calm")
    scheduler.run(S)
    assert ended == [("calm", 100 * MS), ("late", 300 * MS)]
