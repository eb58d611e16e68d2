"""An exception that leaves a task is somebody's business, never a loop that only looks alive."""

import pytest

from bsw.os.clock import MS
from bsw.os.scheduler import Fault, SchedulerFault
from tests.os.worlds import CLOCKS, World, world


def broken() -> None:
    raise ZeroDivisionError("one over nought")


def test_without_a_handler_the_fault_leaves_the_loop_with_its_place(both: World) -> None:
    both.scheduler.after(MS, broken, name="current demand")
    with pytest.raises(SchedulerFault, match="current demand failed: ZeroDivisionError: one over"):
        both.run_for(5 * MS)


@pytest.mark.parametrize("kind", CLOCKS)
def test_with_a_handler_the_others_go_on(kind: str) -> None:
    faults: list[Fault] = []
    seen: list[str] = []
    with world(kind, on_fault=faults.append) as some:
        some.scheduler.every(MS, broken, name="task", offset=0)
        some.scheduler.post(broken, name="event")
        some.scheduler.after(2 * MS, lambda: seen.append("safe stop"), name="safe stop")
        some.run_for(4 * MS)
        assert {fault.where for fault in faults} == {"task", "event"}
        assert all(isinstance(fault.error, ZeroDivisionError) for fault in faults)
        assert some.scheduler.faults == len(faults)
        assert seen == ["safe stop"]


def test_a_handler_that_fails_ends_the_loop() -> None:
    def worse(_fault: Fault) -> None:
        raise RuntimeError("the stop failed")

    with world("virtual", on_fault=worse) as some:
        some.scheduler.after(MS, broken, name="task")
        with pytest.raises(SchedulerFault, match="the fault handler for task failed: RuntimeError"):
            some.run_for(5 * MS)


def test_what_is_no_exception_passes_through(both: World) -> None:
    def leave() -> None:
        raise KeyboardInterrupt

    both.scheduler.report_to(lambda fault: pytest.fail(str(fault)))
    both.scheduler.after(MS, leave, name="leaves")
    with pytest.raises(KeyboardInterrupt):
        both.run_for(5 * MS)
