"""The ECU awake and asleep: who needs the vehicle's bus, when it falls silent, what wakes it.

Joins the three managers: what rooms report are modes, the rules over them (``evcc.rules``) ask for
the bus or let it go, and when it is down the ECU sleeps until one of its ears hears a reason.  It
knows nothing of charging but how busy it is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from bsw.dlt import Dlt
from bsw.mode.bswm import BswM, Rule
from bsw.mode.comm import Channel, ComM, Mode
from bsw.mode.ecum import EcuM, Room, State, WakeUp
from bsw.os.clock import MS, Action, S
from bsw.os.scheduler import Scheduler
from can_adapter.bus import EXTENDED, CanFrame
from can_adapter.signals.values import EcuState, EcuWakeUp
from can_adapter.tester.config import DiagnosticsCanConfig
from can_adapter.vehicle.bus import VehicleBus
from can_adapter.vehicle.values import VehicleSnapshot
from evcc.plug.activity import Engaged
from evcc.sleep.company import Company
from evcc.sleep.config import ModesConfig, SleepConfig
from evcc.sleep.rules import STANDARD, UNKNOWN, Do, ModeRule

FAREWELL: Final = 300 * MS
"""The vehicle hears so long that we go to sleep."""

_BUS: Final = {
    Mode.DOWN: "none",
    Mode.UP: "full",
    Mode.RELEASED: "released",
    Mode.LEAVING: "leaving",
}
_WAKE_UPS: Final = {
    WakeUp.POWER_ON: EcuWakeUp.POWER_ON,
    WakeUp.PLUG: EcuWakeUp.PLUG,
    WakeUp.PILOT: EcuWakeUp.PILOT,
    WakeUp.VEHICLE: EcuWakeUp.VEHICLE,
    WakeUp.TIMER: EcuWakeUp.TIMER,
    WakeUp.TESTER: EcuWakeUp.TESTER,
}
_WISHES: Final = (
    ("charge_permission", True),
    ("wake_station_request", True),
    ("pause_request", False),
    ("unlock_permission", True),
    ("renegotiation_request", True),
)
"""What the vehicle may come to want while its bus stays awake without us."""


class BusOutputs(Protocol):
    """What the modes may do to the vehicle's side of the ECU: ``VehicleCan``."""

    def show_mode(self, state: EcuState | None, *, keep_awake: bool) -> None: ...
    def woken(self, reason: EcuWakeUp) -> None: ...
    def limit(self, share: float) -> None: ...
    def withhold(self, *, withheld: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class BusInputs:
    """What is listened to, and what is told of the ECU's state."""

    bus: VehicleBus
    voice: BusOutputs
    tester: DiagnosticsCanConfig
    departure: Callable[[], int | None]  # seconds from now
    status: Callable[[str], None] = lambda _text: None


@dataclass(frozen=True, slots=True)
class SleepRules:
    """What was configured."""

    sleep: SleepConfig
    modes: ModesConfig
    degraded_share: float = 0.5

    @property
    def rules(self) -> tuple[ModeRule, ...]:
        own = (ModeRule(name, rule.when, Do(rule.do)) for name, rule in self.modes.rules.items())
        return (*STANDARD, *own)


class Modes:
    """``join`` it to the ECU state manager; its room belongs before those that watch the bus."""

    def __init__(self, scheduler: Scheduler, dlt: Dlt, ears: BusInputs, habits: SleepRules) -> None:
        self._scheduler = scheduler
        self._log = dlt.logger("modes")
        self._ears = ears
        self._habits = habits
        self._ecum: EcuM | None = None
        self._held: dict[Do, set[str]] = {do: set() for do in Do}
        self._wanted: dict[str, object] = {}  # the wishes as last heard
        self._heard = 0  # when the last frame came, asleep
        self._why = WakeUp.VEHICLE
        self._engaged = Engaged.OUT
        self._timer = scheduler.alarm(lambda: self.wake(WakeUp.TIMER), name="departure")
        self.comm = ComM()
        self.bus = self.comm.add(
            Channel(
                "vehicle bus", scheduler, self._log, self._switched,
                linger=habits.sleep.after, leave=FAREWELL, told=self._bus_is,
            )
        )  # fmt: skip
        self._company = Company(
            scheduler,
            ears.bus.canif,
            habits.sleep.alone,
            lambda word: self.bswm.report("company", word),
        )
        self.bswm = BswM(tuple(self._rules(habits.rules)), dlt.logger("bswm"))
        ears.bus.signals.on_change(self._signals_changed)

    def join(self, ecum: EcuM) -> None:
        self._ecum = ecum

    def room(self) -> Room:
        return Room("modes", sleep=self._fall_asleep, wake=self._woken)

    @property
    def asleep(self) -> bool:
        return self._ecum is not None and self._ecum.state is State.SLEEP

    # Reports

    def charging(self, now: Engaged, why: WakeUp) -> None:
        """How busy the plug side is; a cue from the pilot wakes even if nothing follows from it."""
        self._why, self._engaged = why, now
        self.bswm.report("charging", now.value)
        if why in {WakeUp.PLUG, WakeUp.PILOT}:
            self.wake(why)
        self._show()

    def tester(self, *, in_session: bool) -> None:
        """A tester asked something, or its session ended."""
        self._why = WakeUp.TESTER
        self.bswm.report("diagnostics", "session" if in_session else "default")
        self._stay_for("a request")

    def faults(self, mode: str) -> None:
        self.bswm.report("faults", mode)

    def silence(self, *, silent: bool) -> None:
        """By a tester's communication control."""
        self._hold(Do.SILENCE, "communication control", held=silent)

    def wake(self, why: WakeUp) -> None:
        """Something happened that needs the ECU, if it sleeps."""
        if self.asleep:
            self._why = why
            self._stay_for("waking up")

    # Sleep

    def _stay_for(self, user: str) -> None:
        """Up now if it was down, and for the usual time after."""
        self.bus.request(user)
        self.bus.release(user)

    def _switched(self, up: bool) -> None:  # noqa: FBT001 - a channel's switch
        """Down, the rules put the ECU to sleep; up, the ECU must be awake."""
        if up and self.asleep:
            assert self._ecum is not None
            self._ecum.wake(self._why)

    def _fall_asleep(self) -> None:
        self._company.stop()
        self._ears.bus.canif.overhear(self._overheard)
        self._heard = self._scheduler.now
        lead, departure = self._habits.sleep.before_departure, self._ears.departure()
        if lead and departure is not None and departure * S > lead:
            self._timer.rearm(departure * S - lead)

    def _woken(self) -> None:
        self._ears.bus.canif.hear_no_more()
        self._timer.cancel()

    def _overheard(self, frame: CanFrame) -> None:
        """A tester always wakes; any frame does that comes after the bus was silent."""
        silence, self._heard = self._scheduler.now - self._heard, self._scheduler.now
        tester = self._ears.tester
        mark = EXTENDED if tester.extended else 0
        if frame.key in {tester.request | mark, tester.functional | mark}:
            self.wake(WakeUp.TESTER)
        elif silence >= self._habits.sleep.quiet:
            self.wake(WakeUp.VEHICLE)

    def _signals_changed(self) -> None:
        told = self._ears.bus.signals.state
        mode = told.status.vehicle_mode
        self._why = WakeUp.VEHICLE
        self.bswm.report("vehicle", UNKNOWN if mode is None else mode.value)
        if self._wish_came(told):
            self.wake(WakeUp.VEHICLE)

    def _wish_came(self, told: VehicleSnapshot) -> bool:
        """A wish that is there now and was heard not to be there before."""
        came = False
        for name, wish in _WISHES:
            value = getattr(told.permission, name)
            if value is not None:
                came |= value == wish and self._wanted.get(name, wish) != wish
                self._wanted[name] = value
        return came

    # The managers

    def ecu_is(self, state: State) -> None:
        if state is State.STARTING:
            self.bus.request("starting" if self._habits.sleep.enabled else "no sleep")
        self._company.start() if state is State.RUN else self._company.stop()
        self.bswm.report("ecu", state.value)
        if state is State.RUN:
            assert self._ecum is not None
            self._ears.voice.woken(_WAKE_UPS[self._ecum.wake_up])
            self.bus.release("starting")
        self._ears.status(f"{state.value}, {self._ecum.wake_up.value}" if self._ecum else "")
        self._show()

    def _bus_is(self, mode: Mode) -> None:
        """Who lets the bus go cannot miss anybody on it."""
        self._ears.bus.signals.monitor(on=mode is Mode.UP)
        self.bswm.report("bus", _BUS[mode])
        self._show()

    def _show(self) -> None:
        """What the vehicle sees of it: our state, and whether its network must stay awake."""
        state = None
        if self.bus.mode is Mode.LEAVING:
            state = EcuState.GOING_TO_SLEEP
        elif self._engaged is Engaged.PAUSED:
            state = EcuState.PAUSED
        self._ears.voice.show_mode(state, keep_awake=self.bus.mode is Mode.UP)

    # Rules

    def _rules(self, rules: Iterable[ModeRule]) -> Iterable[Rule]:
        for rule in rules:
            yield Rule(rule.name, rule.holds, self._edge(rule, held=True),
                       self._edge(rule, held=False))  # fmt: skip

    def _edge(self, rule: ModeRule, *, held: bool) -> Action:
        return lambda: self._hold(rule.do, rule.name, held=held)

    def _hold(self, do: Do, who: str, *, held: bool) -> None:
        """Several rules may ask for the same; it is done while one of them does."""
        holders = self._held[do]
        (holders.add if held else holders.discard)(who)
        if do is Do.KEEP_AWAKE:
            (self.bus.request if held else self.bus.release)(who)
        else:
            self._act(do, done=bool(holders))

    def _act(self, do: Do, *, done: bool) -> None:
        ears, habits = self._ears, self._habits
        match do:
            case Do.SPEAK:
                ears.bus.publisher.start() if done else ears.bus.publisher.stop()
            case Do.SLEEP if done and self._ecum is not None:
                self._ecum.sleep()
            case Do.LESS_CURRENT:
                ears.voice.limit(habits.degraded_share if done else 1.0)
            case Do.NO_CHARGING:
                ears.voice.withhold(withheld=done)
            case Do.SILENCE:
                self.bswm.report("sending", "forbidden" if done else "allowed")
            case _:
                pass
