"""What all handlers of one vehicle session share.

Protocol-neutral: the vehicle's values, what the station told, the plug side, and the steps that
involve all of them - getting ready for DC, closing contactors, coming back to a safe state.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.engine.initiator import LOOK_EVERY, End, Go
from bsw.chrgm.modes import Mode, mode_of
from bsw.chrgm.record import SessionRecord
from bsw.dlt import Logger
from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from evcc.plan import Choice
from evcc.plug.wear import Wear
from evcc.session.current import Ramp
from evcc.session.memory import Memory
from evcc.session.plausible import NO_ERROR, Finding, Judge, Known
from evcc.session.ports import Calendar, ContractFacts, NewerWallet, Wallet
from evcc.session.profile import VehicleProfile
from evcc.vehicle import (
    NOTHING_TOLD,
    Actuators,
    Asked,
    Intent,
    Pilot,
    StationView,
    Values,
    VehicleValues,
)

STATION_FAULTS: Final = frozenset({"EVSE_EmergencyShutdown", "EVSE_Malfunction"})
STATION_STOPS: Final = frozenset({"EVSE_Shutdown", "EVSE_UtilityInterruptEvent"}) | STATION_FAULTS
EMERGENCIES: Final = frozenset(
    {
        Ending.PILOT_FAULT,
        Ending.ISOLATION_FAULT,
        Ending.VOLTAGE_MISMATCH,
        Ending.STATION_FAULT,
        Ending.CONTACTOR_FAULT,
        Ending.INTERNAL_FAULT,
    }
)
"""What opens the contactors even under load; after all else the current may fall first."""


@dataclass(slots=True)
class VehicleContext:
    values: Values
    actuators: Actuators
    pilot: Pilot
    scheduler: Scheduler
    record: SessionRecord
    profile: VehicleProfile
    memory: Memory
    calendar: Calendar
    log: Logger
    evccid: bytes
    break_off: Callable[[SessionResult], None]  # ends the session at once
    view: StationView = NOTHING_TOLD  # changes by ``see``
    asked: Asked = field(default_factory=Asked)
    wallet: Wallet | None = None
    newer_wallet: NewerWallet | None = None  # of ISO 15118-20
    wear: Wear | None = None  # its own where none is given
    ramp: Ramp = field(init=False)
    judge: Judge = field(init=False)
    worn: Wear = field(init=False)
    plan: Choice | None = None
    plan_since: int = 0
    _followed: Choice | None = None  # the plan of which nothing changes any more
    matched_since: int | None = None
    overvoltage_since: int | None = None
    stopping_since: int | None = None
    leaving: bool = False
    looped: bool = False  # a charge loop answered at least once
    unpowered: bool = False  # the station said, before any current, that it has none now
    stop_reason: Ending | None = None
    stop_detail: str = ""
    stop_fault: str = ""  # the trouble code of the reason
    closing: bool = False  # asked for by this session
    expected: float = 0.0  # A: what may still flow by the requests so far
    given: float = 0.0  # A: what may still flow back by the requests so far
    own_error: str = ""
    certificate_name: str = ""  # of the vehicle's own certificate on this connection
    station_leaf: bytes = b""  # fingerprint of the station's certificate
    paid_by: ContractFacts | None = None  # the contract the station accepted, in ISO 15118-20
    carried: frozenset[str] = frozenset()  # services of the application; empty: any
    sent_away: bool = False  # the station asked for a pause
    standby_refused: bool = False  # by the station, in this session

    def __post_init__(self) -> None:
        self.ramp = Ramp(self.profile)
        self.worn = self.wear or Wear(self.scheduler)
        self.judge = Judge(relations=not self.profile.lab_station_without_power)

    @property
    def state(self) -> VehicleValues:
        """What holds now.  Nobody here changes it; whoever looks again may find another one."""
        return self.values.now

    @property
    def identity(self) -> str:
        """EVCCID as ISO 15118-20 has it: what the vehicle's certificate is named by."""
        return self.certificate_name or self.evccid.hex().upper()

    @property
    def error(self) -> str:
        """EVErrorCode: what the vehicle reports, or what the session itself found."""
        return self.own_error or self.state.error

    @property
    def complete(self) -> bool:
        """ChargingComplete: the goal is reached, or we are on the way out."""
        return self.state.charging_complete or self.leaving

    @property
    def contract(self) -> ContractFacts | None:
        return self.wallet.contract() if self.wallet is not None else None

    def enter(self, phase: str) -> None:
        """The next request is of this kind.  A new kind is worth a line."""
        if phase != self.view.phase:
            self.log.info("asking", what=phase, **self._noteworthy(phase))
        self.see(self.view.but(phase=phase))

    def _noteworthy(self, phase: str) -> dict[str, str | float]:
        """What a person wants to know at this point."""
        state, view = self.state, self.view
        if phase == "ChargeParameterDiscovery":
            return {"payment": view.payment, "mode": state.mode, "soc": state.soc or 0.0}
        if phase in {"CurrentDemand", "ChargingStatus", "WeldingDetection"}:
            return {"soc": state.soc or 0.0, "volts": state.battery_voltage or 0.0}
        return {}

    def see(self, view: StationView) -> None:
        """Who looks by identity finds nothing new where nothing is."""
        if view is not self.view and view != self.view:
            self.view = view

    def told(self) -> None:
        """The station told something: show it to the vehicle."""
        self.follow_plan()
        self.actuators.view_changed(self.view)

    def note(self, **told: object) -> None:
        """Some fields of the view are other ones now."""
        self.see(self.view.but(**told))

    def fail(self, ending: Ending, detail: str) -> None:
        """Something outside a message ends the session: now, not at the next answer."""
        self.break_off(SessionResult(ending, detail=detail))

    def end(
        self, ending: Ending, exchange: str, detail: str = "", code: str = "", fault: str = ""
    ) -> End:
        return End(SessionResult(ending, exchange, code=code, detail=detail, fault=fault))

    # Reasons to stop

    def stop(self, ending: Ending, detail: str = "", fault: str = "") -> None:
        """An ordered stop, whose first reason counts: out of the loop by PowerDelivery."""
        if self.stop_reason is None:
            self.log.warning("stop", reason=ending.value, detail=detail, fault=fault)
            self.stop_reason, self.stop_detail, self.stop_fault = ending, detail, fault

    def leave_unpowered(self) -> Go:
        """StopCharging before the cable check is no end: it says when to come again.

        IEC 61851-23:2023, CC.3.5.3.  The pause is for as long as the station says.
        """
        self.unpowered = True
        if self.view.status_code in STATION_FAULTS and self.stop_reason is None:
            self.stop(Ending.STATION_FAULT, self.view.status_code)
        return Go("SessionStop", when=self.in_b)

    @property
    def awaits_energy(self) -> bool:
        """The station told how long it has none."""
        healthy = self.stop_reason is None and self.error == NO_ERROR
        return healthy and self.unpowered and self.view.notification_delay > 0

    def stopped(self) -> End | None:
        """What SessionStop ends with, if it was for a reason."""
        if self.stop_reason is None:
            return self._in_vain()
        return self.end(self.stop_reason, "SessionStop", self.stop_detail, fault=self.stop_fault)

    def _in_vain(self) -> End | None:
        """A session without a charge loop is no success, unless the vehicle wanted none."""
        wanted = self.state.intent is Intent.CHARGE and not self.state.charging_complete
        if self.looped or not wanted:
            return None
        if self.unpowered:
            delay = self.view.notification_delay
            detail = f"again in {delay} s" if delay else "it does not say until when"
            return self.end(Ending.NO_ENERGY, "SessionStop", detail)
        error = "" if self.error == NO_ERROR else self.error
        return self.end(Ending.NOTHING_CHARGED, "SessionStop", error)

    def refuse(self, finding: Finding, exchange: str) -> End:
        """Before energy flows there is nothing to bring down."""
        return self.end(finding.ending, exchange, finding.text, fault=finding.fault)

    def look(self, *, flowing: bool = True) -> Finding | None:
        """Whether a value of the station was beyond belief for too long."""
        known = Known(self.view, self.state, self.expected, self.given)
        return self.judge.look(self.scheduler.now, known, flowing=flowing)

    def look_in_loop(self) -> None:
        finding = self.look()
        if finding is not None and self.stop_reason is None:
            self.stop(finding.ending, finding.text, finding.fault)
            self.own_error = finding.error if finding.error != NO_ERROR else self.own_error

    # Before energy flows

    def limits_known(self) -> bool:
        """The values that parameter discovery cannot do without."""
        state = self.state
        if mode_of(state.mode).on_mains:
            return state.ac_max_current is not None and state.ac_max_voltage is not None
        return None not in {state.max_current, state.max_voltage, state.soc}

    def dc_mismatch(self) -> str:
        """Why the station's offer does not fit this battery; empty if it does."""
        state, view = self.state, self.view
        if self.profile.lab_station_without_power:
            return ""
        if not view.max_voltage or not view.max_current:
            return "the station offers no voltage or no current"
        battery, vehicle, station = state.battery_voltage, state.max_voltage, view.min_voltage
        rules = (
            (battery, view.max_voltage, "battery at {:g} V, station up to {:g} V"),
            (station, battery, "station from {:g} V, battery at {:g} V"),
            (station, vehicle, "station from {:g} V, vehicle up to {:g} V"),
            (view.min_current, state.max_current, "station from {:g} A, vehicle up to {:g} A"),
        )
        for low, high, text in rules:
            if low is not None and high is not None and low > high:
                return text.format(low, high)
        return ""

    def ready_for_ac(self) -> bool:
        """Permission and lock; state C follows with PowerDelivery."""
        self.actuators.request_lock(locked=True)
        return self.state.permission and self.state.locked is not False

    def ac_current(self, mode: Mode) -> float:
        """Per phase: the least of station, duty cycle, schedule, cable, own charger, temperature.

        A station of ISO 15118-2 may go over to a nominal duty cycle when a customer is there, and
        then the smaller of it and its words counts [V2G2-853].

        An on-board charger of which nothing is known gets nothing.
        """
        state, view = self.state, self.view
        if state.ac_max_current is None:
            return 0.0
        limits = [
            value
            for value in (
                *(state.ac_max_current, state.cable_current),
                *(view.max_current, self.pilot.limit),
            )
            if value is not None
        ]
        if view.schedule_power is not None and view.nominal_voltage:
            limits.append(view.schedule_power / (view.nominal_voltage * mode.phases))
        current = min(limits, default=0.0) * max(0.0, min(1.0, state.derating))
        return current if current >= 6.0 else 0.0

    def ready_for_c(self) -> bool:
        """Permission, plug locked, contactors open, own isolation monitor quiet: then state C."""
        state, actuators = self.state, self.actuators
        actuators.request_lock(locked=True)
        actuators.request_isolation_monitor(active=False)
        ready = (
            state.permission
            and state.locked is not False
            and not state.contactors_closed
            and not state.isolation_monitor_active
        )
        if ready:
            self.pilot.set_ready(ready=True)
        return ready and self.pilot.state in {"C", "D"}

    def voltages_match(self, station_voltage: float | None) -> bool:
        """Inlet and battery within the window for long enough, and the station agrees."""
        inlet, battery = self.state.inlet_voltage, self.state.battery_voltage
        window = self.profile.precharge_window
        measured = station_voltage if inlet is None else inlet
        if self.profile.lab_station_without_power:
            station_voltage = measured
        if battery is None or measured is None or station_voltage is None:
            self.matched_since = None
            return False
        near = abs(measured - battery) < window and abs(station_voltage - battery) <= window
        if not near:
            self.matched_since = None
            return False
        if self.matched_since is None:
            self.matched_since = self.scheduler.now
        return self.scheduler.now - self.matched_since >= self.profile.precharge_stable

    def contactors_closed(self) -> bool:
        if not self.closing:
            self.closing = True
            self.worn.closed()
        self.actuators.request_contactors(closed=True)
        return self.state.contactors_closed is True

    # After energy flowed

    def opened(self) -> bool:
        """Never under load: a current that does not fall in time is an emergency."""
        if not self.state.contactors_closed or not self._loaded():
            self.closing = False
            self.actuators.request_contactors(closed=False)
        return not self.state.contactors_closed

    def opened_and_in_b(self) -> bool:
        """Contactors open first, then state B."""
        return self.opened() and self.in_b()

    def in_b(self) -> bool:
        self.pilot.set_ready(ready=False)
        return self.pilot.state not in {"C", "D"}

    def safe(self, ending: Ending) -> None:
        """Zero current and state B at once, contactors open in time.  Needs nobody's answer.

        State B takes the energy away; the contactors wait for that as long as the kind of end
        allows, so that they do not open under load.
        """
        self.ramp.reset()
        self.actuators.request_current(0.0)
        self.actuators.allow_dc_current(0.0)
        self.actuators.allow_ac_current(0.0)
        self.pilot.set_ready(ready=False)
        profile = self.profile
        urgent = ending in EMERGENCIES
        limit = profile.emergency_open_limit if urgent else profile.fast_open_limit
        self._open_when_low(self.scheduler.now + limit)

    def _open_when_low(self, latest: int) -> None:
        waiting = self.scheduler.now < latest
        if self.state.contactors_closed and self._loaded() and waiting:
            self.scheduler.after(
                LOOK_EVERY, lambda: self._open_when_low(latest), name="open contactors"
            )
        else:
            self.actuators.request_contactors(closed=False)

    def _loaded(self) -> bool:
        current = self.state.battery_current
        return current is not None and abs(current) > self.profile.open_current

    # While energy flows

    def wants_to_stop(self) -> bool:
        state = self.state
        return (
            self.stop_reason is not None
            or state.intent is not Intent.CHARGE
            or not state.permission
            or state.charging_complete
            or self.error != "NO_ERROR"
            or self.long_without_power()
        )

    @property
    def standby_wanted(self) -> bool:
        return self.state.standby and not self.standby_refused

    def pausing(self) -> bool:
        """Pause rather than terminate: wished for, or the schedule leaves us without power."""
        healthy = self.stop_reason is None and self.error == "NO_ERROR"
        wished = self.state.intent is Intent.PAUSE or self.awaits_energy
        return healthy and (wished or (self.long_without_power() and self.state.permission))

    def adopt(self, plan: Choice) -> None:
        self.plan, self.plan_since, self._followed = plan, self.scheduler.now, None
        self.follow_plan()

    def follow_plan(self) -> None:
        """What the chosen schedule allows now and next, for the loop and for the vehicle."""
        if self.plan is None or self.plan is self._followed:
            return
        second = (self.scheduler.now - self.plan_since) / S
        change, offered = self.plan.next_change(second), self.plan.offered_at(second)
        if change is None and offered.next_power is None:
            self._followed = self.plan
        self.see(
            self.view.but(
                schedule_tuple=self.plan.number,
                schedule_power=self.plan.power_at(second),
                schedule_remaining=None if change is None else int(change.start - second),
                next_power=None if change is None else change.power,
                offered=offered,
            )
        )

    def long_without_power(self) -> bool:
        """No power for at least the configured time, by the schedule."""
        view = self.view
        remaining = view.schedule_remaining
        return (
            view.schedule_power == 0.0
            and remaining is not None
            and remaining >= self.profile.pause_from
        )
