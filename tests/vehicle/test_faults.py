"""Every injected fault shows in what the ECU sees, and leaves no trace when it is mended."""

from collections.abc import Callable

import pytest

from bsw.os.clock import MS, S
from can_adapter.bus import BusState
from can_adapter.signals.e2e import E2eStatus
from can_adapter.signals.quality import (
    ProtectionLost,
    ProtectionRegained,
    Quality,
    Returned,
    TimedOut,
)
from can_adapter.signals.values import (
    ContactorRequest,
    ContactorState,
    EvErrorCode,
    LockRequest,
    LockState,
    PlugState,
    ShiftPosition,
    StopRequest,
)
from can_adapter.vehicle.values import VehicleSnapshot
from tests.vehicle.worlds import Place
from tools.bench.hardware.faults import MESSAGES, OUT_OF_RANGE, PROTECTED, PROTECTION_FAULTS, faults

FAULTS = faults()

ROLES = {
    "VCU_Permission": "charge_permission",
    "VCU_Status": "shift_position",
    "VCU_Selection": "energy_transfer_mode",
    "BMS_Contactors": "contactor_state",
    "BMS_Targets": "target_current",
    "BMS_Limits": "max_current_limit",
    "BMS_Battery": "soc",
    "EMS_MobilityNeeds": "target_soc",
    "INLET_State": "lock_state",
    "OBC_Limits": "ac_max_current",
    "OBC_Present": "present_active_power",
}


def running() -> Place:
    place = Place()
    place.run_for(1_200 * MS)
    place.events.clear()
    return place


def cycle(place: Place, message: str) -> int:
    spec = next(
        sender.spec
        for node in place.vehicle.nodes
        if (sender := node.voice.sender(message)) is not None
    )
    return spec.cycle


def test_there_are_many_faults_and_their_names_are_unique() -> None:
    assert len(FAULTS) > 60


@pytest.mark.parametrize("message", MESSAGES)
def test_a_missing_message_is_noticed_after_five_cycles_and_welcomed_back(message: str) -> None:
    place = running()
    fault, role = FAULTS[f"{message} missing"], ROLES[message]
    assert place.evcc.signals.reading(role).quality is Quality.FRESH
    fault.make(place.vehicle)
    place.run_for(15 * MS)  # what waits for the bus already still arrives
    period, age = cycle(place, message), place.evcc.signals.reading(role).age
    assert age is not None
    place.run_for(5 * period - age - 1)
    assert place.evcc.signals.reading(role).quality is Quality.FRESH
    place.run_for(1)
    assert place.evcc.signals.reading(role).quality is Quality.STALE
    assert place.events == [TimedOut(message, 5 * period)]
    fault.mend(place.vehicle)
    place.run_for(2 * period + 30 * MS)
    assert place.evcc.signals.reading(role).quality is Quality.FRESH
    assert Returned(message) in place.events


@pytest.mark.parametrize("message", MESSAGES)
def test_a_short_frame_never_brings_a_value(message: str) -> None:
    place = running()
    FAULTS[f"{message} short"].make(place.vehicle)
    place.run_for(6 * cycle(place, message))
    assert place.evcc.signals.reading(ROLES[message]).value is None
    FAULTS[f"{message} short"].mend(place.vehicle)
    place.run_for(4 * cycle(place, message))
    assert place.evcc.signals.reading(ROLES[message]).quality is Quality.FRESH


STATUS = {
    "checksum": E2eStatus.ERROR,
    "standing counter": E2eStatus.REPEATED,
    "jumping counter": E2eStatus.WRONG_SEQUENCE,
    "frozen": E2eStatus.REPEATED,
    "wrong data id": E2eStatus.ERROR,
}


@pytest.mark.parametrize("message", PROTECTED)
@pytest.mark.parametrize("kind", [name for name, _ in PROTECTION_FAULTS])
def test_broken_protection_takes_values_away_within_five_cycles(message: str, kind: str) -> None:
    place = running()
    fault = FAULTS[f"{message} {kind}"]
    fault.make(place.vehicle)
    place.run_for(5 * cycle(place, message) + 2 * MS)
    assert place.evcc.signals.reading(ROLES[message]).quality is Quality.UNTRUSTED
    assert place.events == [ProtectionLost(message, STATUS[kind])]
    fault.mend(place.vehicle)
    place.run_for(8 * cycle(place, message))
    assert place.evcc.signals.reading(ROLES[message]).quality is Quality.FRESH
    assert place.events[-1] == ProtectionRegained(message)


@pytest.mark.parametrize("signal", [signal for _, signal, _ in OUT_OF_RANGE])
def test_a_signal_out_of_range_is_refused_and_its_neighbours_stay(signal: str) -> None:
    place = running()
    fault = FAULTS[f"{signal} out of range"]
    role = next(
        binding
        for binding in place.evcc.signals.roles
        if binding.replace("_", "").replace("maximum", "max").replace("minimum", "min")
        == signal.lower()
    )
    neighbours = [
        name
        for name in place.evcc.signals.roles
        if name != role
        and place.evcc.signals.reading(name).message == fault.message
        and place.evcc.signals.reading(name).quality is Quality.FRESH
    ]
    fault.make(place.vehicle)
    place.run_for(1_100 * MS)
    assert place.evcc.signals.reading(role).quality is Quality.REFUSED
    assert all(place.evcc.signals.reading(name).quality is Quality.FRESH for name in neighbours)
    fault.mend(place.vehicle)
    place.run_for(1_100 * MS)
    assert place.evcc.signals.reading(role).quality is Quality.FRESH


Look = Callable[[VehicleSnapshot], object]

SHOWS: list[tuple[str, Look, object]] = [
    ("permission withdrawn", lambda car: car.permission.charge_permission, False),
    ("crash", lambda car: car.permission.crash_detected, True),
    ("stop request Normal", lambda car: car.permission.stop_request, StopRequest.NORMAL),
    ("stop request Emergency", lambda car: car.permission.stop_request, StopRequest.EMERGENCY),
    ("not in Park", lambda car: car.status.shift_position, ShiftPosition.DRIVE),
    ("interlock open", lambda car: car.contactors.hv_interlock_closed, False),
    ("stop button", lambda car: car.inlet.stop_button, True),
    ("connector button", lambda car: car.inlet.proximity_switch, True),
    ("plug fault", lambda car: car.inlet.plug_state, PlugState.FAULT),
    ("temperature sensor lost", lambda car: car.inlet.dc_pin_temperature_1, None),
    ("inlet too hot", lambda car: (car.inlet.dc_pin_temperature_1 or 0) > 100, True),
    (
        "BMS reports FAILED_EVRESSMalfunction",
        lambda car: (car.battery.ev_error_code, car.targets.ev_ready, car.targets.target_current),
        (EvErrorCode.RESS_MALFUNCTION, False, 0.0),
    ),
]


@pytest.mark.parametrize(("name", "look", "expected"), SHOWS, ids=[name for name, _, _ in SHOWS])
def test_a_fault_in_a_unit_shows_in_its_values(name: str, look: Look, expected: object) -> None:
    place = running()
    before = look(place.car)
    assert before != expected
    FAULTS[name].make(place.vehicle)
    place.run_for(200 * MS)
    assert look(place.car) == expected
    FAULTS[name].mend(place.vehicle)
    place.run_for(200 * MS)
    assert look(place.car) == pytest.approx(before) if isinstance(before, float) else True


def test_a_contactor_that_does_not_close_is_reported_as_fault() -> None:
    place = running()
    FAULTS["positive contactor stuck open"].make(place.vehicle)
    place.lock()
    place.check_cable()
    place.precharge()
    place.wish(ContactorRequest.CLOSE, LockRequest.LOCK)
    place.run_for(1 * S)
    assert place.car.contactors.contactor_state is ContactorState.FAULT


def test_a_welded_contactor_is_reported_and_found_by_opening_one_at_a_time() -> None:
    place = running()
    place.charge()
    place.run_for(3 * S)
    FAULTS["negative contactor welded"].make(place.vehicle)
    place.wish(ContactorRequest.CLOSE, LockRequest.LOCK, current=0.0)
    place.run_for(3 * S)
    place.wish(ContactorRequest.OPEN, LockRequest.LOCK)
    place.run_for(1 * S)
    assert place.car.contactors.contactor_state is ContactorState.WELDED
    feedback = (place.car.contactors.positive_contactor, place.car.contactors.negative_contactor)
    assert [one.value for one in feedback if one is not None] == ["Open", "Closed"]


def test_a_lying_feedback_contradicts_the_voltages() -> None:
    place = running()
    FAULTS["contactor feedback lies"].make(place.vehicle)
    place.run_for(200 * MS)
    contactors = place.car.contactors
    assert contactors.contactor_state is not ContactorState.OPEN
    assert (contactors.contactor_voltage or 0.0) < 60.0


def test_a_jammed_lock_reports_an_error() -> None:
    place = running()
    FAULTS["lock jams"].make(place.vehicle)
    place.vehicle.plug_in()
    place.wish(lock=LockRequest.LOCK)
    place.run_for(1 * S)
    assert place.car.inlet.lock_state is LockState.ERROR


def test_a_misread_inlet_voltage_keeps_the_gap_open() -> None:
    place = running()
    place.lock()
    place.check_cable()
    place.precharge()
    FAULTS["inlet voltage misread"].make(place.vehicle)
    place.run_for(100 * MS)
    contactors = place.car.contactors
    assert abs((contactors.contactor_voltage or 0) - (contactors.link_voltage or 0)) > 50


def test_a_pulled_plug_ends_current_and_leaves_the_inlet_live_only_behind_contactors() -> None:
    place = running()
    place.charge()
    place.run_for(3 * S)
    FAULTS["plug pulled"].make(place.vehicle)
    place.run_for(100 * MS)
    assert place.car.inlet.plug_state is PlugState.UNPLUGGED
    assert place.car.contactors.present_current == pytest.approx(0.0)
    assert (place.car.contactors.contactor_voltage or 0) > 300
    place.wish(ContactorRequest.OPEN)
    place.run_for(1 * S)
    assert (place.car.contactors.contactor_voltage or 0) < 10


@pytest.mark.parametrize("node", ["BMS", "VCU", "EMS", "INLET", "OBC"])
def test_a_control_unit_that_falls_silent_times_out_with_all_its_messages(node: str) -> None:
    place = running()
    FAULTS[f"{node} silent"].make(place.vehicle)
    place.run_for(6 * S)
    lost = {event.message for event in place.events if isinstance(event, TimedOut)}
    assert lost == {message for message in MESSAGES if message.startswith(f"{node}_")}
    FAULTS[f"{node} silent"].mend(place.vehicle)
    place.run_for(1_100 * MS)
    back = {event.message for event in place.events if isinstance(event, Returned)}
    assert back == lost


def test_bus_off_of_the_ecu_is_left_and_everything_comes_back() -> None:
    place = running()
    place.vehicle_bus.shorted = True
    place.run_for(600 * MS)
    assert place.car.permission.charge_permission is None
    assert place.car.contactors.contactor_state is None
    place.vehicle_bus.shorted = False
    place.run_for(3 * S)
    assert place.evcc.signals.reading("charge_permission").value is True
    assert place.evcc.canif.counters.recoveries >= 1
    assert all(node.canif.state is not BusState.OFF for node in place.vehicle.nodes)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_no_fault_gives_an_exception_or_a_wrong_permission(name: str) -> None:
    """Whatever breaks: permission is told truly or not at all."""
    place = running()
    FAULTS[name].make(place.vehicle)
    for _ in range(20):
        place.run_for(50 * MS)
        permission = place.car.permission.charge_permission
        assert permission in {place.vehicle.vcu.wishes.charge, None}
    FAULTS[name].mend(place.vehicle)
    place.run_for(1_200 * MS)
    assert place.car.permission.charge_permission is place.vehicle.vcu.wishes.charge
