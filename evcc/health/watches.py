"""What is looked at over and over: conditions that are faults while they hold.

Each row is an event's name and a question to the scene; the answer is true (failed), false
(passed) or ``None`` (cannot be judged now).  What follows from it is decided elsewhere.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bsw.chrgm.modes import Approach, mode_of
from bsw.cp.pilot import Pilot, PilotState
from can_adapter.signals.quality import Quality, Reading
from can_adapter.signals.values import (
    ContactorFeedback,
    ContactorRequest,
    ContactorState,
    EvErrorCode,
    LockRequest,
    LockState,
    PlugState,
    ShiftPosition,
    StopRequest,
)
from can_adapter.vehicle.report import Requests
from can_adapter.vehicle.values import VehicleSnapshot
from evcc.health.events import battery_error, sensor_fault
from evcc.inlet.heat import HIGHEST, LOWEST, ROLES, Side, believable, side_of


@dataclass(frozen=True, slots=True)
class Bounds:
    """What counts as wrong.  Volts, amperes, degrees Celsius, kOhm."""

    window: float = 20.0
    overvoltage: float = 1.05
    overcurrent: float = 10.0
    dc_stop_at: float = 90.0
    ac_stop_at: float = 95.0
    critical: float = 105.0
    isolation: float = 100.0
    sensors: bool = True


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a watch may look at."""

    told: VehicleSnapshot
    pilot: Pilot
    requests: Requests
    reading: Callable[[str], Reading]
    bounds: Bounds

    @property
    def closed(self) -> bool:
        """Current can flow, as far as anybody tells."""
        return self.told.contactors.contactor_state is ContactorState.CLOSED

    @property
    def flowing(self) -> bool:
        """Current flows or may flow: over the DC contactors, or to the on-board charger."""
        return self.closed or (self.requests.charge_current_allowed or 0.0) > 0.0

    @property
    def by_plug(self) -> bool:
        """Energy comes through an inlet with a lock, and not from a pantograph or a pad."""
        return self._approach is Approach.PLUG

    @property
    def by_pilot(self) -> bool:
        """A pad has none; a pantograph brings one with its contacts."""
        return self._approach is not Approach.PAD

    @property
    def _approach(self) -> Approach:
        mode = self.told.selection.energy_transfer_mode
        return Approach.PLUG if mode is None else mode_of(mode.value).approach

    @property
    def plugged(self) -> bool:
        return self.pilot.state is not PilotState.A


Look = Callable[[Scene], bool | None]


@dataclass(frozen=True, slots=True)
class Watch:
    """``sensor``: it looks at the inlet's temperatures and the way of charging, at nothing else."""

    event: str
    look: Look
    sensor: bool = False


_ONE_ALONE: Final = frozenset({ContactorRequest.OPEN_POSITIVE, ContactorRequest.OPEN_NEGATIVE})
"""A self test moves one contactor: what the two are together is not judged then."""


def _contradiction(scene: Scene) -> bool | None:
    path = scene.told.contactors
    feedback = (path.positive_contactor, path.negative_contactor)
    if path.contactor_state is None or None in feedback:
        return None
    if scene.requests.contactor_request in _ONE_ALONE:
        return None
    if path.contactor_state is ContactorState.CLOSED:
        return ContactorFeedback.OPEN in feedback
    if path.contactor_state is ContactorState.OPEN:
        return ContactorFeedback.CLOSED in feedback
    return False


def _alone(scene: Scene) -> bool | None:
    state = scene.told.contactors.contactor_state
    if state is None or scene.requests.contactor_request in _ONE_ALONE:
        return None
    wanted = scene.requests.contactor_request is ContactorRequest.CLOSE
    return state is (ContactorState.OPEN if wanted else ContactorState.CLOSED)


def _mismatch(scene: Scene) -> bool | None:
    path = scene.told.contactors
    if not scene.closed or path.contactor_voltage is None or path.link_voltage is None:
        return None if scene.closed else False
    return abs(path.contactor_voltage - path.link_voltage) >= scene.bounds.window


def _overvoltage(scene: Scene) -> bool | None:
    """With closed contactors; the station's isolation test may be higher than the battery."""
    if not scene.closed:
        return False
    inlet, most = scene.told.contactors.contactor_voltage, scene.told.limits.max_voltage_limit
    if inlet is None or most is None:
        return None
    return inlet > most * scene.bounds.overvoltage


def _overcurrent(scene: Scene) -> bool | None:
    current, most = scene.told.contactors.present_current, scene.told.limits.max_current_limit
    if current is None or most is None:
        return None
    return current > max(most * 1.1, most + scene.bounds.overcurrent)


def _hot(role: str, bound: str) -> Look:
    def look(scene: Scene) -> bool | None:
        temperature = getattr(scene.told.inlet, role)
        if temperature is None or not scene.bounds.sensors:
            return None
        return bool(temperature >= getattr(scene.bounds, bound) and temperature <= HIGHEST)

    return look


def _critical(scene: Scene) -> bool | None:
    inlet = scene.told.inlet
    readings = (inlet.dc_pin_temperature_1, inlet.dc_pin_temperature_2, inlet.ac_pin_temperature)
    return any(one is not None and scene.bounds.critical <= one <= HIGHEST for one in readings)


def _sensor_open(role: str) -> Look:
    """PT1000: no sensor reads as endlessly hot, or as no value at all."""

    def look(scene: Scene) -> bool | None:
        if not scene.bounds.sensors:
            return None
        reading = scene.reading(role)
        if reading.quality is Quality.FLAGGED:
            return True
        value = getattr(scene.told.inlet, role)
        return None if value is None else bool(value > HIGHEST)

    return look


def _sensor_short(role: str) -> Look:
    def look(scene: Scene) -> bool | None:
        value = getattr(scene.told.inlet, role)
        if value is None or not scene.bounds.sensors:
            return None
        return bool(value < LOWEST)

    return look


def _sensor_range(role: str) -> Look:
    return lambda scene: scene.bounds.sensors and scene.reading(role).quality is Quality.REFUSED


_TOLD: Final = frozenset({Quality.FRESH, Quality.FLAGGED, Quality.REFUSED})


def _sensors_lost(side: Side) -> Look:
    """No sensor of the contacts in use can be believed; one that says nothing at all is no loss."""

    def look(scene: Scene) -> bool | None:
        mode = scene.told.selection.energy_transfer_mode
        readings = [scene.reading(role) for role, where in ROLES.values() if where is side]
        carried = [one for one in readings if one.quality in _TOLD]
        if not scene.bounds.sensors or not carried:
            return None
        used = mode is None or side_of(mode_of(mode.value)) is side
        return used and not any(believable(one.value) for one in carried)

    return look


def _sensors() -> Iterator[Watch]:
    looks = {"OPEN": _sensor_open, "SHORT": _sensor_short, "RANGE": _sensor_range}
    for sensor, (role, _) in ROLES.items():
        for defect, look in looks.items():
            yield Watch(sensor_fault(sensor, defect), look(role), sensor=True)


def _isolation(scene: Scene) -> bool | None:
    path, resistance = scene.told.contactors, scene.told.battery.isolation_resistance
    if resistance is None or path.isolation_monitoring_active is not True:
        return None
    return resistance < scene.bounds.isolation


def _lock_lost(scene: Scene) -> bool | None:
    lock = scene.told.inlet.lock_state
    if not (scene.flowing and scene.by_plug):
        return False
    return None if lock is None else lock in {LockState.UNLOCKED, LockState.MOVING}


def _lock_feedback(scene: Scene) -> bool | None:
    lock, wish = scene.told.inlet.lock_state, scene.requests.lock_request
    if lock is None:
        return None
    wanted = {LockRequest.LOCK: LockState.LOCKED, LockRequest.UNLOCK: LockState.UNLOCKED}
    return wish in wanted and lock is not wanted[wish]


def _not_in_park(scene: Scene) -> bool | None:
    shift = scene.told.status.shift_position
    if shift is None or not scene.plugged:
        return None if shift is None else False
    return shift is not ShiftPosition.PARK


def _state(state: PilotState) -> Look:
    return lambda scene: scene.pilot.state is state


def _contactors(state: ContactorState) -> Look:
    def look(scene: Scene) -> bool | None:
        told = scene.told.contactors.contactor_state
        return None if told is None else told is state

    return look


def _stop(kind: StopRequest) -> Look:
    def look(scene: Scene) -> bool | None:
        told = scene.told.permission.stop_request
        return None if told is None else told is kind

    return look


def _battery_error(code: EvErrorCode) -> Watch:
    def look(scene: Scene) -> bool | None:
        told = scene.told.battery.ev_error_code
        return None if told is None else told is code

    return Watch(battery_error(code), look)


def _pilot_lost(scene: Scene) -> bool | None:
    return scene.flowing and scene.by_pilot and not scene.plugged


def _plug_lost(scene: Scene) -> bool | None:
    gone = scene.told.inlet.plug_state is PlugState.UNPLUGGED
    return scene.flowing and scene.by_plug and gone


def _lock_error(scene: Scene) -> bool | None:
    lock = scene.told.inlet.lock_state
    return None if lock is None else lock is LockState.ERROR


WATCHES: Final = (
    Watch("PILOT_SHORT", _state(PilotState.E)),
    Watch("PILOT_UNAVAILABLE", _state(PilotState.F)),
    Watch("PILOT_LOST", _pilot_lost),
    Watch("STOP_SWITCH", lambda scene: scene.told.inlet.stop_button),
    Watch("STOP_SWITCH_SHORT", lambda scene: scene.told.inlet.stop_button),
    Watch("PROXIMITY_BUTTON", lambda scene: scene.told.inlet.proximity_switch),
    Watch("PLUG_FAULT", lambda scene: scene.told.inlet.plug_state is PlugState.FAULT),
    Watch("PLUG_LOST", _plug_lost),
    Watch("LOCK_ERROR", _lock_error),
    Watch("LOCK_FEEDBACK", _lock_feedback),
    Watch("LOCK_LOST", _lock_lost),
    Watch("CONTACTOR_FAULT", _contactors(ContactorState.FAULT)),
    Watch("CONTACTOR_WELDED", _contactors(ContactorState.WELDED)),
    Watch("CONTACTOR_CONTRADICTION", _contradiction),
    Watch("CONTACTOR_ALONE", _alone),
    Watch("VOLTAGE_MISMATCH", _mismatch),
    Watch("OVERVOLTAGE", _overvoltage),
    Watch("OVERCURRENT", _overcurrent),
    Watch("TEMPERATURE_DC_1", _hot("dc_pin_temperature_1", "dc_stop_at")),
    Watch("TEMPERATURE_DC_2", _hot("dc_pin_temperature_2", "dc_stop_at")),
    Watch("TEMPERATURE_AC", _hot("ac_pin_temperature", "ac_stop_at")),
    Watch("TEMPERATURE_CRITICAL", _critical),
    *_sensors(),
    Watch("SENSORS_DC_LOST", _sensors_lost(Side.DC), sensor=True),
    Watch("SENSORS_AC_LOST", _sensors_lost(Side.AC), sensor=True),
    Watch("CRASH", lambda scene: scene.told.permission.crash_detected),
    Watch("INTERLOCK_OPEN", lambda scene: _not(scene.told.contactors.hv_interlock_closed)),
    Watch("NOT_IN_PARK", _not_in_park),
    Watch("ISOLATION_LOW", _isolation),
    Watch("VEHICLE_EMERGENCY_STOP", _stop(StopRequest.EMERGENCY)),
    Watch("VEHICLE_FAST_STOP", _stop(StopRequest.FAST)),
    *(_battery_error(code) for code in EvErrorCode if code is not EvErrorCode.NO_ERROR),
)


def _not(value: bool | None) -> bool | None:  # noqa: FBT001 - a value, not a switch
    return None if value is None else not value
