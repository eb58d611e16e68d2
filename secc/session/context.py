"""What all handlers of one session share: the outlet's state, the record, the clock, the switches.

Protocol-neutral.  It turns the commands of the north side into the words the protocols have for
them - status code, isolation, notification - and publishes what the car says.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bsw.chrgm.agreement import Payment, Progress
from bsw.chrgm.modes import NONE, Approach, Mode
from bsw.chrgm.record import NO_SESSION, SessionRecord
from bsw.dlt import Logger
from bsw.os.clock import S
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler
from secc.api.charger import Charger
from secc.api.devices import PadIssue
from secc.api.extensions import EvInfo, V2xParameters
from secc.api.literals import EvseError, IsolationStatus, NoEnergyPauseMode
from secc.api.state import StationState
from secc.api.verdicts import Question
from secc.session.memory import Memory, Paused, Visitor
from secc.session.ports import Calendar, ContractDesk, NewerDesk, Pilot
from secc.session.profile import StationProfile
from secc.session.schedules import Schedules

_FAULTS: Final = (
    (EvseError.EMERGENCY_SHUTDOWN, "EVSE_EmergencyShutdown"),
    (EvseError.MALFUNCTION, "EVSE_Malfunction"),
    (EvseError.CONTACTOR, "EVSE_Malfunction"),
    (EvseError.RCD, "EVSE_Malfunction"),
    (EvseError.UTILITY_INTERRUPT, "EVSE_UtilityInterruptEvent"),
)

_DEVICE: Final = frozenset({"pantograph_down", "pantograph_up"})
_UNDER_VOLTAGE: Final = {"start_cable_check", "start_pre_charge", "ac_close_contactor"}


@dataclass(slots=True)
class StationContext:
    """One outlet in one session."""

    charger: Charger
    record: SessionRecord
    scheduler: Scheduler
    chance: Randomness
    calendar: Calendar
    pilot: Pilot
    profile: StationProfile
    memory: Memory
    schedules: Schedules
    log: Logger
    desk: ContractDesk | None = None
    newer_desk: NewerDesk | None = None  # of ISO 15118-20
    # what the session has come to
    phase: str = "EVSE_NotReady"
    mode: Mode = NONE
    visitor: Visitor | None = None  # who set the session up
    question: Question | None = None  # put to the back end
    resumed: Paused | None = None
    authorized: bool = False  # AuthorizationRes said OK and Finished in this session
    started: bool = False  # v2g_setup_finished was said
    contactor_failed: bool = False  # did not follow; the next session asks it again
    pad_clear: bool = True  # nothing is detected over the pad
    looping: bool = False  # current_demand_started was said
    contract: tuple[bytes, ...] = ()
    emaid: str = ""
    challenge: bytes = b""
    vehicle_leaf: bytes = b""  # fingerprint of the vehicle's certificate
    carried: frozenset[str] = frozenset()  # services of the application; empty: any
    able: V2xParameters = field(default_factory=V2xParameters)  # of -20, as it was discovered
    chosen: int = 0  # the schedule tuple the car charges by
    published: set[str] = field(default_factory=set)
    heard: dict[str, object] = field(default_factory=dict)
    unsaid: list[tuple[str, object]] | None = None
    vehicle: EvInfo = field(default_factory=lambda: EvInfo(tls=False))

    @property
    def state(self) -> StationState:
        return self.charger.state

    @property
    def payment(self) -> Payment | None:
        return self.record.agreed.payment

    @property
    def charging(self) -> bool:
        return self.record.agreed.progress is Progress.CHARGING

    @property
    def energised(self) -> bool:
        """Energy flows, or the output is under voltage for a test or to pre-charge."""
        if self.record.agreed.progress is Progress.STOPPED:
            return False
        return bool(self.published & _UNDER_VOLTAGE) or self.looping or self.charging

    def open_session(
        self,
        asked_for: bytes,
        visitor: Visitor,
        fits: Callable[[Paused], bool] = lambda _paused: True,
    ) -> bool:
        """Give the session its id; true if a paused one goes on.

        It goes on for the same visitor only, and only with the payment it was authorised by: a
        resume that differs is a new session [V2G2-741].
        """
        wanted = asked_for.rjust(8, b"\0")
        self.visitor = visitor
        paused = self.memory.take(wanted, visitor)  # whatever was paused is over now
        found = wanted != NO_SESSION and paused is not None
        if found and paused is not None and self._possible(paused) and fits(paused):
            self.resumed = paused
            self.record.session_id = wanted
            return True
        fresh = wanted
        while fresh in {wanted, NO_SESSION}:
            fresh = self.chance.octets(8)
        self.record.session_id = fresh
        return False

    def _possible(self, paused: Paused) -> bool:
        """The outlet still offers what the car had chosen."""
        modes = {str(mode.value) for mode in self.state.modes or ()}
        return paused.payment in self.payments and (not paused.mode or paused.mode in modes)

    @property
    def payments(self) -> tuple[Payment, ...]:
        """What may be offered on this connection; Contract only over TLS."""
        offered = (Payment(option.value) for option in self.state.payment_options)
        secure = self.record.agreed.secure and (self.desk or self.newer_desk) is not None
        return tuple(one for one in offered if secure or one is not Payment.CONTRACT)

    def mute(self) -> None:
        """Another session runs: what this one would say waits until it has taken over."""
        self.unsaid = []

    def unmute(self) -> None:
        unsaid, self.unsaid = self.unsaid or [], None
        for name, value in unsaid:
            self.publish(name, value)

    def publish(self, name: str, value: object = None) -> None:
        if self.unsaid is not None:
            self.unsaid.append((name, value))
        else:
            self.charger.variables.publish(name, value)

    def publish_once(self, name: str, value: object = None) -> None:
        """An event that is said once a session."""
        if name not in self.published:
            self.published.add(name)
            self.publish(name, value)

    def news(self, name: str, heard: object) -> bool:
        """Whether the car says something else under this name than the last time."""
        if self.heard.get(name) == heard:
            return False
        self.heard[name] = heard
        return True

    def publish_if(self, name: str, value: float | bool | None) -> None:  # noqa: FBT001 - a value
        """An optional element, if the car sent it."""
        if value is not None:
            self.publish(name, value)

    @property
    def _wrong(self) -> frozenset[EvseError]:
        """What anybody told, and what this session has found."""
        found = {EvseError.CONTACTOR} if self.contactor_failed else set()
        return self.state.wrong | found

    @property
    def status_code(self) -> str:
        """EVSEStatusCode: a fault first, else what the phase is."""
        for error, code in _FAULTS:
            if error in self._wrong:
                return code
        if self.state.stop and self.phase == "EVSE_Ready":
            return "EVSE_Shutdown"
        return self.phase

    @property
    def faulty(self) -> bool:
        return any(error in self._wrong for error, _ in _FAULTS[:-1])

    @property
    def displaced(self) -> bool:
        """The vehicle has left the place that the device came down for."""
        place = self.state.place
        held = "pantograph_down" in self.published and "pantograph_up" not in self.published
        return held and (place is None or not place.in_place)

    @property
    def isolation(self) -> str:
        return str(self.state.isolation.value)

    @property
    def isolation_faulty(self) -> bool:
        return self.state.isolation is IsolationStatus.FAULT or self.state.cable_check is False

    @property
    def _waits_without_energy(self) -> bool:
        """Where the car is sent away until there is power again: before or after the set-up."""
        mode = self.state.no_energy
        before = mode is NoEnergyPauseMode.BEFORE_CABLE_CHECK
        return before or (mode is NoEnergyPauseMode.AFTER_PRECHARGE and self.charging)

    @property
    def notification_delay(self) -> int:
        """Seconds: until there may be power again; any other notification is for now."""
        return self.profile.no_energy_delay // S if self._waits_without_energy else 0

    @property
    def notification(self) -> str:
        """EVSENotification."""
        if self.state.stop or self.faulty or self._waits_without_energy:
            return "StopCharging"
        if self.state.renegotiate and self.charging:
            return "ReNegotiation"
        return "None"

    def present_voltage(self) -> float:
        present = self.state.dc_present
        return present.evse_present_voltage if present is not None else 0.0

    def present_current(self) -> float:
        present = self.state.dc_present
        return (present.evse_present_current or 0.0) if present is not None else 0.0

    def start_loop(self) -> None:
        if not self.looping:
            self.looping = True
            self.publish("current_demand_started")

    def finish_setup(self) -> None:
        if not self.started:
            self.started = True
            self.publish("v2g_setup_finished")

    def finish_loop(self) -> None:
        """Energy ends: source to zero, contactors open."""
        if self.looping:
            self.looping = False
            self.publish("current_demand_finished")
        self.publish("ac_open_contactor" if self.mode.on_mains else "dc_open_contactor")

    def release(self) -> None:
        """The device lets go of the vehicle."""
        if "pantograph_down" in self.published:
            self.publish_once("pantograph_up")

    def leave(self) -> None:
        """The session is over, however it ended: nothing flows, nothing holds the vehicle."""
        self.cut_energy()
        self.release()

    def watch_pad(self) -> None:
        """What the pad detects takes the power off now, and not with the next message."""
        clear = self.state.pad.issue is PadIssue.NOTHING
        if self.mode.approach is not Approach.PAD or not self.energised or clear is self.pad_clear:
            return
        self.pad_clear = clear
        if not clear:
            self.log.warning("pad off", detects=self.state.pad.issue.value)
            self.publish("ac_open_contactor")
        elif self.charging:
            self.publish("ac_close_contactor")

    def cut_energy(self) -> None:
        """The vehicle left state C, or the line broke: energy off without asking anybody."""
        if self.energised:
            self.finish_loop()

    def begin_again(self) -> None:
        """A DC renegotiation goes through the cable check: what was found before is void."""
        self.state.cable_check = None
        self.published -= {"start_cable_check", "start_pre_charge", *_DEVICE}
        self.phase = "EVSE_NotReady"
