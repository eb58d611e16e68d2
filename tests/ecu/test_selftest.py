"""The contactor self test moves one contactor at a time and says what it found where."""

from dataclasses import dataclass

import pytest

from evcc.health.selftest import STEP, Finding, Verdict
from tests.ecu.benches import EcuBench
from tools.bench.hardware.faults import faults

FAULTS = faults()


@dataclass(frozen=True)
class Case:
    fault: str
    verdict: Verdict
    step: int
    finding: Finding


CASES = (
    Case("", Verdict.PASSED, 5, Finding.NONE),
    Case("positive contactor stuck open", Verdict.FAILED, 2, Finding.WRONG_POSITION),
    Case("negative contactor stuck open", Verdict.FAILED, 4, Finding.WRONG_POSITION),
    Case("contactor feedback lies", Verdict.FAILED, 1, Finding.WRONG_POSITION),
    Case("BMS_Contactors missing", Verdict.FAILED, 1, Finding.NO_VOLTAGE_VALUE),
)


def asked(bench: EcuBench, sub: int = 1) -> bytes:
    server = bench.rooms.server
    server.handle(b"\x10\x03")
    server.context.level = 1
    answer = server.handle(bytes([0x31, sub, 0x03, 0x01]))
    assert answer is not None
    return answer


def one_closed(bench: EcuBench) -> bool:
    contactors = bench.vehicle.bms.contactors
    return contactors.positive.closed or contactors.negative.closed


@pytest.mark.parametrize("case", CASES, ids=[case.fault or "healthy" for case in CASES])
def test_each_defect_is_found_where_it_shows(case: Case) -> None:
    bench = EcuBench().start()
    bench.run(2)
    if case.fault:
        bench.make(FAULTS[case.fault])
        bench.run(1)
    asked(bench)
    bench.run(5 * STEP / 1e9 + 0.1)
    assert asked(bench, 3)[4:] == bytes([case.verdict, case.step, case.finding])
    assert bench.dem.stands("CONTACTOR_SELF_TEST") is (case.verdict is Verdict.FAILED)
    assert not bench.vehicle.bms.contactors.closed
    assert bench.vehicle.wires.cable.inlet_voltage < 60.0


def test_a_welded_contactor_that_lies_shows_itself_by_the_voltage() -> None:
    """The feedback says open and the contact is closed: closing the other one gives voltage."""
    bench = EcuBench().start()
    bench.run(2)
    negative = bench.vehicle.bms.contactors.negative
    negative.closed, negative.defects.welded, negative.defects.lying_feedback = True, True, True
    bench.run(1)
    asked(bench)
    bench.run(2)
    assert asked(bench, 3)[4:] == bytes([Verdict.FAILED, 2, Finding.LIVE_INLET])
    bench.run(2)
    assert not bench.vehicle.bms.contactors.positive.closed
    assert bench.dem.entry("CONTACTOR_SELF_TEST").latest is not None


def test_no_defect_of_the_test_is_taken_for_a_fault_of_the_vehicle() -> None:
    bench = EcuBench().start()
    bench.run(2)
    asked(bench)
    bench.run(4)
    assert bench.standing == set()
    assert bench.vehicle.bms.contactors.operations == 4
    bench.charge()


def test_a_plug_and_the_tester_break_it_off_with_open_contactors() -> None:
    bench = EcuBench().start()
    bench.run(2)
    asked(bench)
    bench.run(0.6)
    assert one_closed(bench)
    assert asked(bench, 2)[4:] == bytes([Verdict.BROKEN_OFF, 2, Finding.NONE])
    bench.run(0.2)
    assert not one_closed(bench)
    bench.plug()
    bench.run(1.9)
    asked(bench)
    bench.run(1)
    assert asked(bench, 3)[4] == Verdict.BROKEN_OFF
    assert asked(bench) == b"\x7f\x31\x22"
    bench.until(lambda: bench.charging, 40.0, 0.25)
