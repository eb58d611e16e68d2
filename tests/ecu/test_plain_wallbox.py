"""AC from a station that names a current and says nothing: the commonest charger there is."""

import pytest

from bsw.cp.duty import duty_from_current
from bsw.cp.pilot import Drive, PilotState
from can_adapter.signals.values import LockRequest, LockState
from tests.ecu.benches import EcuBench
from tests.ecu.kinds import AcBench, WallboxBench
from tools.bench.hardware.faults import faults

FAULTS = faults()


@pytest.fixture
def wallbox() -> WallboxBench:
    bench = WallboxBench()
    bench.start()
    bench.run(2)
    return bench


def test_it_charges_at_once_and_follows_the_duty_cycle(wallbox: WallboxBench) -> None:
    wallbox.plug()
    assert wallbox.until(lambda: wallbox.charging, 10, 0.1) < 6.0
    assert wallbox.vehicle.inlet.state.lock is LockState.LOCKED
    wallbox.cable.source(Drive(duty_from_current(10.0)))
    wallbox.until(lambda: wallbox.current == 10.0, 1.0)
    wallbox.cable.source(Drive())  # the oscillator is off: nothing may flow
    wallbox.until(lambda: wallbox.current == 0.0, 0.5)
    wallbox.cable.source(Drive(duty_from_current(16.0)))
    wallbox.until(lambda: wallbox.current == 16.0, 5.0)
    assert not wallbox.manager.results, "not one word was said"


def test_who_wants_no_more_gets_his_plug_back(wallbox: WallboxBench) -> None:
    wallbox.charge()
    wishes = wallbox.vehicle.vcu.wishes
    wishes.charge, wishes.lock, wishes.unlock = False, False, True
    wallbox.until(lambda: wallbox.current == 0.0, 0.5)
    wallbox.until(lambda: wallbox.vehicle.inlet.state.lock is LockState.UNLOCKED, 5.0)
    assert wallbox.cable.vehicle.read().state is PilotState.B
    wishes.charge, wishes.lock, wishes.unlock = True, True, False
    wallbox.until(lambda: wallbox.charging, 15.0)
    assert wallbox.vehicle_can.requests.lock_request is LockRequest.LOCK


def test_after_an_emergency_it_waits_for_the_next_plug_in(wallbox: WallboxBench) -> None:
    wallbox.charge()
    wallbox.make(FAULTS["crash"])
    wallbox.until(lambda: wallbox.current == 0.0, 0.25)
    wallbox.mend(FAULTS["crash"])
    wallbox.run(20)
    assert wallbox.current == 0.0
    wallbox.unplug()
    wallbox.run(4)
    wallbox.charge()


def test_a_session_that_came_to_its_end_is_not_followed_by_charging_without_one() -> None:
    bench = AcBench().start()
    bench.run(2)
    bench.charge()
    bench.manager.stop()
    bench.until_ended(within=20)
    bench.service.link.close()
    bench.cable.source(Drive(duty_from_current(16.0)))
    bench.run(10)
    assert bench.current == 0.0


def test_a_vehicle_that_wants_dc_takes_nothing_from_it() -> None:
    bench = EcuBench().start()
    bench.run(2)
    bench.service.link.close()
    bench.plug()
    bench.cable.source(Drive(duty_from_current(16.0)))
    bench.run(10)
    assert not bench.manager.active
    assert bench.vehicle_can.requests.charge_current_allowed == 0.0
