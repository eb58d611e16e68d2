"""What may never happen while two ECUs charge, looked at from outside at each physical step.

Each rule says what is wrong and how long it may last, because a stop takes its time.  Nothing in
here asks the ECUs what they think: cables, contactors, wishes and the messages on the line tell.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bsw.chrgm.modes import Approach, mode_of
from bsw.cp.pilot import READY
from bsw.os.clock import MS, S
from can_adapter.signals.values import LockState, StopRequest
from tools.bench.scenarios.player import Player
from tools.campaign.asked import Asked
from tools.campaign.paid import Paid

FLOWS: Final = 5.0
"""Amperes of DC from which a contactor must not open, and that count as charging."""

AC_FLOWS: Final = 2.0
LIVE: Final = 60.0
"""Volts that are dangerous to touch."""

EQUAL: Final = 20.0
"""Volts between inlet and battery at which main contactors may close."""

EMERGENCY: Final = ("pull", "fault crash", "fault interlock", "fault plug pulled", "fault stop req")
"""After these the vehicle may open its contactors under load: staying closed is worse."""

DEFECT: Final = (
    "contactor",
    "out of range",
    " missing",
    " silent",
    " short",
    "checksum",
    "counter",
    "frozen",
    "wrong data id",
    "noise vehicle",
    "BMS reports",
    "voltage misread",
)
"""With these the battery's own unit is not what it says, or is not heard."""

Question = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that was broken: which, when in nanoseconds, and what was seen."""

    rule: str
    at: int
    seen: str

    def __str__(self) -> str:
        return f"{self.at / S:.2f} s: {self.rule}: {self.seen}"


@dataclass(slots=True)
class Rule:
    """``wrong`` may hold for so long."""

    name: str
    within: int
    wrong: Question
    since: int | None = None
    told: bool = False


class Watch:
    """``found`` are the rules that were broken, each once."""

    def __init__(self, player: Player) -> None:
        self.found: list[Finding] = []
        self._player = player
        pair = player.pair
        self._scheduler = pair.scheduler
        self._vehicle, self._module = pair.hardware.vehicle, pair.hardware.module
        self._cable, self._ac = self._vehicle.wires.cable, self._vehicle.wires.ac
        self._wishes = self._vehicle.vcu.wishes
        self._pilot = pair.world.cables[0].vehicle
        self._manager, self._outlet = pair.vehicle.manager, pair.station.outlet
        mode = mode_of(player.scenario.vehicle.mode)
        self._is_ac = mode.ac
        self._plugged = mode.approach is Approach.PLUG  # a pad and a pantograph have no pilot
        self.paid = Paid(pair.station_base.trace)
        self._asked = Asked(pair.station_base.trace)
        self._flows = False
        self._doubts = False  # a rule waits for its time
        self._was_closed, self._volts = False, 0.0
        self._openings = 0
        self._rules = tuple(Rule(*one) for one in self._made())
        pair.hardware.physics.join(lambda _seconds: None, self._look)

    def did(self, *starts: str) -> bool:
        """Something like it was ordered so far."""
        return any(str(one).startswith(starts) for _, one in self._player.done)

    def _made(self) -> Iterator[tuple[str, int, Question]]:
        """The table of rules: a name, how long it may last, what is wrong."""
        wishes = self._wishes
        yield "current without permission", 6 * S, lambda: self._flows and not self._permitted
        yield "current after a crash", 1 * S, lambda: self._flows and wishes.crash
        yield "current with the interlock open", 1 * S, lambda: self._flows and self._interlock_open
        yield "current that nobody pays", 0, lambda: self._flows and not self.paid.holds
        yield "current without the vehicle's session", 1 * S, self._stray
        yield "current without the station's session", 5 * S, self._stray_at_station
        yield "current without pilot C or D", 500 * MS, lambda: self._flows and not self._ready
        yield "a request that nobody answers", 0, lambda: self._asked.owed
        yield "current through a plug that is not locked", 3 * S, self._unlocked
        yield "more current than the battery takes", 3 * S, self._too_much
        yield "more current than the duty cycle offers", 6 * S, self._above_duty
        yield "a live plug that is pulled", 2 * S, self._live_plug
        yield "a live cable without pilot C or D", 4 * S, self._live_cable
        yield "AC on without pilot C or D", 4 * S, lambda: self._ac.energized and not self._ready

    # What is asked

    @property
    def _permitted(self) -> bool:
        wishes = self._wishes
        return wishes.charge and wishes.stop is StopRequest.NONE

    @property
    def _interlock_open(self) -> bool:
        return not self._vehicle.bms.moods.hv_interlock_closed

    @property
    def _ready(self) -> bool:
        return not self._plugged or self._pilot.read().state in READY

    @property
    def _by_duty(self) -> bool:
        """The pilot's duty cycle offers a current: no session is needed."""
        return self._plugged and self._is_ac and self._pilot.read().current > 0

    def _stray(self) -> bool:
        return self._flows and not self._manager.session and not self._by_duty

    def _stray_at_station(self) -> bool:
        return self._flows and self._outlet.session is None and not self._by_duty

    def _above_duty(self) -> bool:
        return self._flows and self._by_duty and self._ac.current > self._pilot.read().current + 0.5

    def _unlocked(self) -> bool:
        inlet = self._vehicle.inlet.state
        return self._flows and inlet.lock is not LockState.LOCKED

    def _too_much(self) -> bool:
        battery = self._vehicle.battery
        if self._is_ac:
            return False
        return self._cable.current > 1.1 * battery.current_limit() + 10.0

    def _live_plug(self) -> bool:
        cable = self._cable
        return self._plugged and not cable.plugged and cable.voltage > LIVE

    def _live_cable(self) -> bool:
        cable = self._cable
        live = cable.source.on and cable.source.voltage > LIVE
        return live and not self._ready and not self._module.trouble.stuck_contactor

    # The look

    def _look(self, _seconds: float) -> None:
        self._flows = (
            self._ac.energized and self._ac.current > AC_FLOWS
            if self._is_ac
            else abs(self._cable.current) > FLOWS
        )
        if self._flows or self._asked.owed or self._live:
            self._judge(self._scheduler.now)
        elif self._doubts:
            self._doubts = False
            for rule in self._rules:
                rule.since = None
        self._contactors()

    @property
    def _live(self) -> bool:
        """Without it, and where nothing flows, each rule is kept."""
        cable = self._cable
        return self._ac.energized or cable.source.on or cable.voltage > LIVE

    def _judge(self, now: int) -> None:
        for rule in self._rules:
            if not rule.wrong():
                rule.since = None
                continue
            self._doubts = True
            if rule.since is None:
                rule.since = now
            if now - rule.since >= rule.within and not rule.told:
                rule.told = True
                self._tell(rule.name, self._state())

    def _contactors(self) -> None:
        """The step in which they close has joined both sides: what stood before it counts."""
        vehicle = self._vehicle
        closed = vehicle.bms.contactors.closed
        if closed and not self._was_closed and not self._defect:
            difference = abs(self._volts - vehicle.battery.ocv)
            if difference > EQUAL:
                self._tell("contactors closed on a difference", f"{difference:.0f} V")
        self._was_closed, self._volts = closed, self._cable.inlet_voltage
        if vehicle.hard_openings > self._openings:
            self._openings = vehicle.hard_openings
            if not self.did(*EMERGENCY) and not self._defect:
                self._tell("contactors opened under load", self._state())

    @property
    def _defect(self) -> bool:
        return any(word in str(one) for _, one in self._player.done for word in DEFECT)

    def _tell(self, rule: str, seen: str) -> None:
        self.found.append(Finding(rule, self._scheduler.now, seen))

    def _state(self) -> str:
        amps = self._ac.current if self._is_ac else self._cable.current
        phase = self._player.sight.phase or "no session"
        volts, pilot = self._cable.voltage, self._pilot.read().state.name
        return f"{amps:.1f} A, {volts:.0f} V, pilot {pilot}, {phase}"
