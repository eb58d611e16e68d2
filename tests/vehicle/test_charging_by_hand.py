"""The simulated world charges as a real one does, seen through the ECUs' own signals."""

import pytest

from bsw.os.clock import MS, S
from can_adapter.signals.values import (
    CableCheckState,
    ContactorRequest,
    ContactorState,
    IsolationStatus,
    LockRequest,
    LockState,
    PlugState,
    PowerModuleMode,
    PowerModuleState,
)
from can_adapter.vehicle.values import AcLimits
from tests.vehicle.worlds import Place
from tools.bench.hardware.battery import Battery
from tools.bench.hardware.power import Rating


def test_within_a_tenth_of_a_second_everything_essential_is_known() -> None:
    place = Place()
    place.run_for(120 * MS)
    car = place.car
    assert car.permission.charge_permission is True
    assert car.battery.soc == 30.0
    assert car.contactors.contactor_state is ContactorState.OPEN
    assert car.inlet.plug_state is PlugState.UNPLUGGED
    assert car.limits.max_voltage_limit == pytest.approx(451.4, abs=0.1)
    assert place.station.present.module_state is PowerModuleState.STANDBY
    assert place.station.limits.evse_maximum_current_limit == 500.0


def test_the_lock_moves_before_it_reports_locked() -> None:
    place = Place()
    place.run_for(100 * MS)
    place.vehicle.plug_in()
    place.wish(lock=LockRequest.LOCK)
    place.until(lambda: place.car.inlet.lock_state is LockState.MOVING, 200 * MS)
    took = place.until(lambda: place.car.inlet.lock_state is LockState.LOCKED, 1 * S)
    assert took > 300 * MS


def test_the_cable_check_raises_tests_and_discharges_before_it_passes() -> None:
    place = Place()
    place.run_for(100 * MS)
    place.lock()
    highest = [0.0]

    def watch() -> None:
        highest[0] = max(highest[0], place.station.present.evse_present_voltage or 0.0)

    place.scheduler.every(10 * MS, watch, name="watch")
    assert place.check_cable() is CableCheckState.PASSED
    assert highest[0] == pytest.approx(500.0, abs=2.0)
    assert (place.station.present.evse_present_voltage or 0.0) < 60.0
    assert place.station.isolation.isolation_status is IsolationStatus.VALID
    assert place.station.isolation.isolation_resistance == pytest.approx(10_000, rel=0.01)


def test_low_isolation_fails_the_cable_check() -> None:
    place = Place()
    place.physics.wires.cable.isolation = 50.0
    place.run_for(100 * MS)
    place.lock()
    assert place.check_cable() is CableCheckState.FAILED
    assert place.station.isolation.isolation_status is IsolationStatus.FAULT


def test_a_vehicle_that_measures_too_spoils_the_cable_check() -> None:
    place = Place()
    place.run_for(100 * MS)
    place.lock()
    place.wish(lock=LockRequest.LOCK, measure=True)
    place.until(lambda: place.car.contactors.isolation_monitoring_active is True, 1 * S)
    assert place.check_cable() is CableCheckState.FAILED
    place.wish(lock=LockRequest.LOCK, measure=False)
    place.order()
    place.until(lambda: place.car.contactors.isolation_monitoring_active is False, 1 * S)
    assert place.check_cable() is CableCheckState.PASSED


def test_contactors_close_one_after_the_other_and_only_over_a_small_voltage() -> None:
    place = Place()
    place.run_for(100 * MS)
    place.lock()
    place.wish(ContactorRequest.CLOSE, LockRequest.LOCK)
    place.run_for(1 * S)
    assert place.car.contactors.contactor_state is ContactorState.OPEN, "390 V apart"
    place.wish(lock=LockRequest.LOCK)
    place.precharge()
    place.wish(ContactorRequest.CLOSE, LockRequest.LOCK)
    place.until(lambda: place.vehicle.bms.contactors.negative.closed, 1 * S)
    assert not place.vehicle.bms.contactors.positive.closed
    place.until(lambda: place.car.contactors.contactor_state is ContactorState.CLOSED, 1 * S)


def test_current_follows_the_battery_up_its_ramp_into_constant_current() -> None:
    place = Place()
    place.run_for(100 * MS)
    place.charge()
    place.run_for(10 * S)
    current = place.car.contactors.present_current
    wanted = place.car.targets.target_current
    assert current is not None
    assert wanted is not None
    assert current == pytest.approx(min(wanted, 150_000 / 420), rel=0.05)
    assert place.station.present.evse_present_current == pytest.approx(current, abs=3.0)
    assert place.station.present.evse_current_limit_achieved is True


@pytest.mark.parametrize("soc", [30.0, 78.0, 98.5])
def test_voltage_and_current_keep_the_battery_within_its_limits(soc: float) -> None:
    place = Place(Battery(soc=soc))
    place.vehicle.bms.moods.target_soc = 100.0
    place.run_for(100 * MS)
    place.charge()
    pack = place.vehicle.battery.pack
    for _ in range(200):
        place.run_for(100 * MS)
        assert place.vehicle.battery.voltage <= pack.max_voltage + 0.5
        assert place.vehicle.battery.current <= pack.max_current


def test_a_whole_charge_reaches_its_goal_in_half_an_hour_of_simulated_time() -> None:
    place = Place(Battery(soc=40.0), stretch=10)
    place.run_for(1 * S)
    place.charge()
    start = place.vehicle.battery.soc
    took = place.until(lambda: place.car.targets.charging_complete is True, 2000 * S)
    assert place.vehicle.battery.soc == pytest.approx(80.0, abs=0.2)
    assert 10 * 60 * S < took < 30 * 60 * S
    expected = place.vehicle.battery.energy * (80 - start) / 100
    assert place.vehicle.charged == pytest.approx(expected, rel=0.06)
    metered = place.station.meter.energy_import
    assert metered is not None
    assert metered == pytest.approx(place.vehicle.charged, rel=0.02)


def test_towards_the_end_the_current_tapers() -> None:
    place = Place(Battery(soc=96.0), stretch=10)
    place.vehicle.bms.moods.target_soc = 99.5
    place.run_for(1 * S)
    place.charge()
    place.run_for(20 * S)
    early = place.car.contactors.present_current
    place.until(lambda: (place.car.battery.soc or 0) >= 99.0, 3000 * S)
    late = place.car.contactors.present_current
    assert early is not None
    assert late is not None
    assert late < early / 1.2


def test_a_hot_battery_asks_for_less() -> None:
    cool, hot = Battery(soc=30.0, temperature=25.0), Battery(soc=30.0, temperature=50.0)
    assert hot.wanted_current() < cool.wanted_current() / 2
    assert Battery(temperature=60.0).wanted_current() == 0.0
    assert Battery(temperature=-15.0).wanted_current() < cool.wanted_current() / 5


def test_the_goal_reached_the_battery_asks_for_nothing() -> None:
    place = Place(Battery(soc=80.0))
    place.run_for(200 * MS)
    assert place.car.targets.charging_complete is True
    assert place.car.targets.target_current == 0.0


def test_current_falls_to_zero_before_contactors_open_without_an_arc() -> None:
    place = Place()
    place.run_for(100 * MS)
    place.charge()
    place.run_for(5 * S)
    place.wish(ContactorRequest.CLOSE, LockRequest.LOCK, current=0.0)
    place.until(lambda: abs(place.car.contactors.present_current or 0.0) < 1.0, 3 * S)
    place.wish(ContactorRequest.OPEN, LockRequest.LOCK)
    place.until(lambda: place.car.contactors.contactor_state is ContactorState.OPEN, 1 * S)
    assert place.vehicle.hard_openings == 0


def test_without_requests_the_battery_takes_itself_off() -> None:
    place = Place()
    place.run_for(100 * MS)
    place.charge()
    place.run_for(5 * S)
    place.evcc.publisher.stop()
    took = place.until(lambda: not place.vehicle.bms.contactors.closed, 1 * S)
    assert took <= 160 * MS
    place.run_for(20 * MS)
    assert place.vehicle.hard_openings == 1


def test_without_orders_the_module_goes_dead() -> None:
    place = Place()
    place.run_for(100 * MS)
    place.charge()
    place.run_for(5 * S)
    place.secc.publisher.stop()
    took = place.until(lambda: place.physics.wires.cable.current == 0.0, 1 * S)
    assert took <= 100 * MS


def test_the_emergency_stop_ends_current_at_once_and_is_told() -> None:
    place = Place()
    place.run_for(100 * MS)
    place.charge()
    place.run_for(5 * S)
    place.module.trouble.emergency_stop = True
    place.run_for(50 * MS)
    assert place.physics.wires.cable.current == 0.0
    assert place.station.present.emergency_stop is True
    assert place.station.present.module_state is PowerModuleState.FAULT


def test_a_derated_module_offers_less_and_says_which_limit_holds() -> None:
    place = Place(rating=Rating(max_power=60_000.0))
    place.run_for(100 * MS)
    place.charge()
    place.run_for(10 * S)
    power = (place.station.present.evse_present_voltage or 0) * (
        place.station.present.evse_present_current or 0
    )
    assert power == pytest.approx(60_000, rel=0.05)
    assert place.station.present.evse_power_limit_achieved is True


def test_energy_flows_back_where_the_station_can_take_it() -> None:
    place = Place(Battery(soc=60.0), Rating(bidirectional=True))
    place.run_for(200 * MS)
    place.lock()
    assert place.check_cable() is CableCheckState.PASSED
    place.precharge()
    place.close()
    place.order(PowerModuleMode.DISCHARGE, 200.0, 50.0)
    place.run_for(5 * S)
    assert place.car.contactors.present_current == pytest.approx(-50.0, abs=1.0)
    assert place.vehicle.charged < 0
    assert (place.station.meter.energy_export or 0) > 0 or place.module.meter.exported > 0


def test_ac_charging_draws_what_all_allow() -> None:
    place = Place()
    place.vehicle.plug_in()
    place.order(PowerModuleMode.AC)
    place.wish(current=10.0)
    place.run_for(1 * S)
    assert place.physics.wires.ac.current == 10.0
    assert place.car.ac_present.present_active_power == pytest.approx(2300.0)
    assert place.station.ac.ac_present_power == pytest.approx(6900.0)
    assert place.vehicle.battery.current > 10
    place.wish(current=4.0)
    place.run_for(1 * S)
    assert place.physics.wires.ac.current == 0.0, "below 6 A there is no charging"


def test_the_same_seed_gives_the_same_frames() -> None:
    def recording() -> int:
        place = Place()
        seen: list[tuple[int, str, bytes]] = []
        place.vehicle_bus.tap(lambda when, sender, frame: seen.append((when, sender, frame.data)))
        place.vehicle_bus.loss = 0.02
        place.vehicle_bus.errors = 0.01
        place.run_for(100 * MS)
        place.charge()
        place.run_for(3 * S)
        return hash(tuple(seen))

    assert recording() == recording()


def test_what_a_node_tells_needs_no_part_and_is_told_again_after_others() -> None:
    place = Place()
    place.vehicle.obc.stop()
    node = place.vehicle.obc.node

    def shown() -> float | None:
        place.run_for(150 * MS)
        return place.car.ac_limits.ac_max_current

    for current in (10.0, 10.0, 8.0, 10.0):
        node.tell(AcLimits, ac_max_current=current, ac_max_voltage=253.0)
        assert shown() == current
    assert place.car.ac_limits.ac_max_voltage == 253.0
    node.tell(AcLimits, ac_max_current=10.0)
    node.say(AcLimits(ac_max_current=6.0))
    assert shown() == 6.0
    node.tell(AcLimits, ac_max_current=10.0)
    assert shown() == 10.0
    assert place.car.ac_limits.ac_max_voltage is None  # which it did not say
