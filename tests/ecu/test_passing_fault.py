"""A fault that was there for a moment only: the session it stopped comes down all the same."""

import pytest

from evcc.health.events import timeout
from tests.ecu.benches import EcuBench
from tools.bench.hardware.faults import faults

EVENT = timeout("VCU_Permission")
PHASES = ("Authorization", "CableCheck", "PreCharge", "CurrentDemand")


@pytest.fixture
def bench() -> EcuBench:
    made = EcuBench().start()
    made.run(2)
    made.plug()
    return made


def comes_down(bench: EcuBench) -> None:
    bench.until(lambda: bool(bench.manager.results), 5.0)
    assert not bench.dem.entry("STOP_LATE").occurrences
    assert bench.vehicle.hard_openings == 0
    assert bench.current == 0.0


@pytest.mark.parametrize("phase", PHASES)
def test_a_message_missing_for_a_moment_ends_the_session(phase: str, bench: EcuBench) -> None:
    fault = faults()["VCU_Permission missing"]
    bench.until(lambda: bench.view.phase == phase, 20.0)
    bench.make(fault)
    bench.until(lambda: bench.dem.stands(EVENT), 1.0, 0.005)
    bench.mend(fault)
    bench.until(lambda: not bench.dem.stands(EVENT), 1.0, 0.005)
    comes_down(bench)


@pytest.mark.parametrize("phase", PHASES)
def test_a_fault_that_heals_before_the_next_answer_ends_the_session(
    phase: str, bench: EcuBench
) -> None:
    bench.until(lambda: bench.view.phase == phase, 20.0)
    bench.dem.failed(EVENT)
    bench.dem.passed(EVENT)
    comes_down(bench)
    bench.run(0.5)
    assert not bench.vehicle_can.barred, bench.told  # the next session is free
