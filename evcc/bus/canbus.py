"""Between the vehicle's bus and the session: signals in, requests and the station's values out.

Every value a request carries comes from a signal, and every value of the station goes to one.  A
signal that is missing, too old or not protected well enough is ``None`` here, and then either
stays out of the message or takes the permission away.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from bsw.cp.pilot import Pilot, PilotState
from bsw.os.clock import MS, S
from can_adapter.signals import values
from can_adapter.signals.quality import Quality, Reading
from can_adapter.vehicle.bus import ScheduleRows, VehicleBus
from can_adapter.vehicle.report import (
    EcuStatus,
    Requests,
    SessionStatus,
    VehicleReportPart,
)
from can_adapter.vehicle.values import Contactors, Inlet, VehicleSnapshot
from evcc.bus.told import values_of
from evcc.bus.words import (
    MODES,
    NOTHING_METERED,
    NOTHING_TOLD,
    STATION_PARTS,
    pilot_state,
    schedule_rows,
)
from evcc.inlet.derating import AC_CURVE, DC_CURVE, Curve
from evcc.inlet.heat import Heat
from evcc.inlet.inlet_side import LOCK_ROLES, InletSides, inlet_of, role_of
from evcc.inlet.lock import LockTiming
from evcc.inlet.proximity import PlugWatch
from evcc.plan import Piece
from evcc.reports import Report
from evcc.session.profile import OPEN_CURRENT
from evcc.vehicle import NOTHING_SAID, Asked, StationView, VehicleValues

METER_STAYS: Final = 3 * S
"""How long the last meter reading is shown after a session: its message comes each second."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the plug side acts in time and in heat."""

    plug_settle: int = 2_000 * MS
    lock: LockTiming = field(default_factory=LockTiming)
    dc_curve: Curve = DC_CURVE
    ac_curve: Curve = AC_CURVE
    sensors: bool = True
    contracts: bool = True  # false: never pay by contract


class CanUser(Protocol):
    """Who works with what the bus says."""

    @property
    def flowing(self) -> bool:
        """Energy flows, or may at once: the active inlet must stay the active one."""

    def bus_changed(self) -> None:
        """The vehicle's values are others now."""

    def wake_station(self) -> None:
        """The vehicle asks to wake a sleeping station."""

    def opened_under_load(self, amps: float) -> None: ...


class VehicleCan:
    """Implements ``Actuators`` and ``Values``: ``now`` is what the bus says.

    ``activated`` hears which inlet is the active one.
    """

    def __init__(
        self,
        bus: VehicleBus,
        user: CanUser,
        behaviour: Behaviour | None = None,
        *,
        asked: Asked | None = None,
        inlets: int = 1,
        activated: Callable[[int | None], None] = lambda _inlet: None,
        start: VehicleValues = NOTHING_SAID,
    ) -> None:
        """``start`` holds until the bus says otherwise."""
        behaviour = behaviour or Behaviour()
        self.now = start
        self._asked = asked or Asked()
        self._user = user
        self.inlets = InletSides(
            bus.scheduler,
            inlets,
            self._show_lock,
            self._take,
            activated,
            settle=behaviour.plug_settle,
            lock=behaviour.lock,
        )
        self._behaviour = behaviour
        self._bus = bus
        self._barred: values.EvErrorCode | None = None
        self._pilot: Pilot | None = None
        self._ecu_told_by: tuple[object, ...] = ()  # what the last status was made of
        self._faults = 0
        self._waking = False
        self._stopped = False  # by a button at the inlet; lasts until the plug was out
        self._requests = Requests(
            contactor_request=values.ContactorRequest.OPEN,
            isolation_measurement_request=True,
            lock_request=values.LockRequest.KEEP,
            second_lock_request=values.LockRequest.KEEP,
            charge_current_allowed=0.0,
            keep_awake_request=True,
        )
        self._heat = Heat(behaviour.dc_curve, behaviour.ac_curve)
        self._limit = 1.0
        self._withheld = False
        self._rows = ScheduleRows(bus.scheduler, bus.publisher)
        self._report = Report(STATION_PARTS)
        self._offered: tuple[Piece, ...] = ()
        self._mode: values.EcuState | None = None  # where it is not told by plug and faults
        self._wake_up: values.EcuWakeUp | None = None
        self._meter_over = bus.scheduler.alarm(
            lambda: self._publish(NOTHING_METERED), name="meter over"
        )
        bus.signals.on_change(self._take)

    @property
    def requests(self) -> Requests:
        """What the vehicle is asked for now, the active inlet's lock included."""
        if self.inlets.number == 1:
            return self._requests
        return replace(self._requests, lock_request=self._requests.second_lock_request)

    @property
    def told(self) -> VehicleSnapshot:
        """What the vehicle says; its inlet is the active one."""
        snapshot, number = self._bus.signals.state, self.inlets.number
        return snapshot if number == 1 else replace(snapshot, inlet=inlet_of(snapshot, number))

    def reading(self, role: str) -> Reading:
        """One value of the active inlet, or of the vehicle."""
        return self._bus.signals.reading(role_of(role, self.inlets.number))

    @property
    def plug(self) -> PlugWatch:
        """Of the active inlet."""
        return self.inlets.plug

    @property
    def barred(self) -> bool:
        """A fault of ours stands for which nothing may be charged."""
        return self._barred is not None

    @property
    def withheld(self) -> bool:
        """A rule over the ECU's modes forbids charging."""
        return self._withheld

    @property
    def share(self) -> float:
        """At most so much of the current, whatever the temperatures leave."""
        return self._limit

    @property
    def chosen(self) -> bool:
        """Whether the vehicle has said how it wants to charge, if it is ever going to."""
        return self._bus.signals.reading("energy_transfer_mode").quality is not Quality.NEVER

    def bar(self, error: values.EvErrorCode | None) -> None:
        """While a fault of ours stands there is no permission, and the station is told this."""
        if error is not self._barred:
            self._barred = error
            self._take()

    def limit(self, share: float) -> None:
        """At most so much of the current, whatever the temperatures leave."""
        if share != self._limit:
            self._limit = share
            self._take()

    def withhold(self, *, withheld: bool) -> None:
        """No permission, without a fault: a rule over the ECU's modes forbids charging."""
        if withheld is not self._withheld:
            self._withheld = withheld
            self._take()

    def show_mode(self, state: values.EcuState | None, *, keep_awake: bool) -> None:
        """What the vehicle is to know of the ECU's sleep; ``None``: as plug and faults have it."""
        self._mode = state
        self._request(keep_awake_request=keep_awake)
        self._publish_ecu()

    def woken(self, reason: values.EcuWakeUp) -> None:
        self._wake_up = reason
        self._publish_ecu()

    def count_faults(self, count: int) -> None:
        """How many trouble codes stand, for the vehicle to see."""
        if count != self._faults:
            self._faults = count
            self._publish_ecu()

    def start(self) -> None:
        self._bus.publisher.publish(self._requests)
        self._bus.publisher.start()
        self._take()

    # From the vehicle

    def _take(self) -> None:
        self._take_plug(self._bus.signals.state)
        told = self.told
        self.now = self._values(told)
        self._asked.renegotiation.follow(level=told.permission.renegotiation_request is True)
        self._publish_ecu()
        self._user.bus_changed()

    def _take_plug(self, told: VehicleSnapshot) -> None:
        """Which plug sits in which inlet, and whether a sleeping station shall be woken."""
        self.inlets.hold(held=self._user.flowing)
        self.inlets.feed(told, self._bus.signals.reading)
        permission = told.permission
        waking = permission.wake_station_request is True
        rising, self._waking = waking and not self._waking, waking
        if rising:
            self._user.wake_station()

    def _inlet_is_known(self) -> bool:
        """The first inlet's message has a fault of its own; of the second one is this."""
        usable = {Quality.FRESH, Quality.UNBOUND}
        return self.inlets.number == 1 or self.reading("plug_state").quality in usable

    def _values(self, told: VehicleSnapshot) -> VehicleValues:
        connected, behaviour = self.inlets.connected, self._behaviour
        buttons = told.inlet.stop_button or told.inlet.proximity_switch
        self._stopped = connected and (self._stopped or buttons is True)
        free = self._barred is None and not self._withheld
        heat = self._heat.share(told.inlet) if behaviour.sensors else 1.0
        return values_of(
            told,
            self.now,
            permitted=free and connected and self._inlet_is_known(),
            stopped=self._stopped,
            barred=self._barred,
            contracts=behaviour.contracts,
            # a bus without it never takes it back
            silent_ready=self._bus.signals.reading("ev_ready").quality is Quality.UNBOUND,
            derating=min(heat, self._limit),
        )

    # To the vehicle: requests

    def ask_contactors(self, request: values.ContactorRequest) -> None:
        """For a self test, which moves one contactor alone."""
        self._request(contactor_request=request)

    @property
    def contactors(self) -> Contactors:
        """What the vehicle says of its high-voltage path."""
        return self._bus.signals.state.contactors

    def request_contactors(self, *, closed: bool) -> None:
        wish = values.ContactorRequest.CLOSE if closed else values.ContactorRequest.OPEN
        amps = abs(self.now.battery_current or 0.0)
        new = wish is not self._requests.contactor_request
        if new and not closed and self.now.contactors_closed and amps > OPEN_CURRENT:
            self._user.opened_under_load(amps)
        self._request(contactor_request=wish)

    def request_lock(self, *, locked: bool) -> None:
        """As the motor's rest and the voltage in the inlet allow; see ``evcc.lock``."""
        self.inlets.lock.request(locked=locked)

    def _show_lock(self, inlet: int, wish: values.LockRequest) -> None:
        self._request(**{LOCK_ROLES[inlet]: wish})

    def request_isolation_monitor(self, *, active: bool) -> None:
        self._request(isolation_measurement_request=active)

    def request_current(self, amps: float) -> None:
        """What is asked of the station now is the session's own; the bus shows what may be."""

    def allow_dc_current(self, amps: float) -> None:
        self._request(charge_current_allowed=amps)

    def allow_ac_current(self, amps: float) -> None:
        self._request(
            charge_current_allowed=max(0.0, amps), discharge_current_allowed=max(0.0, -amps)
        )

    def _request(self, **changes: object) -> None:
        now = self._requests
        if any(getattr(now, name) != value for name, value in changes.items()):
            self._requests = Requests(
                **{
                    name: changes.get(name, getattr(now, name))
                    for name in Requests.__dataclass_fields__
                }  # type: ignore[arg-type]  # the names are this class's own
            )
            self._publish(self._requests)

    # To the vehicle: the station

    def view_changed(self, view: StationView) -> None:
        self._meter_over.cancel()
        for _, part in self._report.changed(view):
            self._publish(part)
        if view.offered.pieces != self._offered:
            self._offered = view.offered.pieces
            self._rows.show(schedule_rows(self._offered))

    def pilot_changed(self, pilot: Pilot) -> None:
        """Of the active inlet."""
        self._pilot = pilot
        if len(self.inlets.plugs) == 1:
            self.inlets.pilot(1, pilot)
        self._take()

    def inlet_pilot(self, inlet: int, pilot: Pilot) -> None:
        """Of any inlet, active or not."""
        self.inlets.pilot(inlet, pilot)
        self._take()

    def _publish_ecu(self) -> None:
        pilot, inlet, now = self._pilot, self.told.inlet, self.now
        if pilot is None:
            return
        told_by = (
            pilot,
            inlet,
            self.inlets.connected,
            self.inlets.active,
            self._barred,
            self._mode,
            self._wake_up,
            self._faults,
            now.cable_current,
            now.derating < 1.0,
        )
        if told_by != self._ecu_told_by:
            self._ecu_told_by = told_by
            self._publish(self._ecu_status(pilot, inlet))

    def _ecu_status(self, pilot: Pilot, inlet: Inlet) -> EcuStatus:
        plugged = pilot.state is not PilotState.A
        state = values.PlugState.PLUGGED if self.inlets.connected else values.PlugState.UNPLUGGED
        faulty = inlet.plug_state is values.PlugState.FAULT
        return EcuStatus(
            ecu_state=self._ecu_state(plugged=plugged),
            ecu_wake_up=self._wake_up,
            cp_state=pilot_state(pilot),
            charge_mode=MODES.get(pilot.meaning, values.ChargeMode.NONE),
            pwm_duty_cycle=pilot.duty if pilot.oscillating else None,
            pwm_max_current=pilot.current or None,
            cable_max_current=self.now.cable_current,
            inlet_plug_state=values.PlugState.FAULT if faulty else state,
            inlet_lock_state=inlet.lock_state,
            active_inlet=self.inlets.active,
            inlet_dc_temperature_1=inlet.dc_pin_temperature_1,
            inlet_dc_temperature_2=inlet.dc_pin_temperature_2,
            inlet_ac_temperature=inlet.ac_pin_temperature,
            inlet_hot=self.now.derating < 1.0,
            active_faults=min(self._faults, 255),
        )

    def _ecu_state(self, *, plugged: bool) -> values.EcuState:
        if self._barred is not None:
            return values.EcuState.FAULT
        if self._mode is not None:
            return self._mode
        return values.EcuState.ACTIVE if plugged else values.EcuState.READY

    def session_ended(self, result: values.SessionResult) -> None:
        """With the session goes what the station told: old values are not present ones."""
        good = result in {values.SessionResult.COMPLETE, values.SessionResult.PAUSED}
        finished, failed = values.SessionState.FINISHED, values.SessionState.FAILED
        self._publish(
            SessionStatus(session_state=finished if good else failed, session_result=result)
        )
        for part in NOTHING_TOLD:
            self._publish(part)
        self._report.forget()
        self._meter_over.rearm(METER_STAYS)
        self._offered = ()
        self._rows.show(())
        if result is not values.SessionResult.PAUSED:
            self.request_lock(locked=False)

    def _publish(self, part: VehicleReportPart) -> None:
        self._bus.publisher.publish(part)
