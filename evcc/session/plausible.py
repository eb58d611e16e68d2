"""What of a station's values is believed, and what follows if one is not: one row for each.

A row says in which unit a value comes, between which bounds it can be true at all, how it stands
to what the vehicle measures, asked for and was promised, for how long a contradiction is borne,
and how the session ends then.  A value out of its bounds is not taken over: a measurement is
unknown then, a limit keeps its last word.  It knows no protocol's messages.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bsw.chrgm.endings import Ending
from bsw.os.clock import MS, S
from evcc.vehicle import StationView, VehicleValues

LEAST_MULTIPLIER, MOST_MULTIPLIER = -3, 3
STEP: Final = 500 * MS
"""One message counts for no longer than this, however late the next one comes."""
NO_ERROR: Final = "NO_ERROR"


@dataclass(frozen=True, slots=True)
class Known:
    """What a value is compared with.  ``asked``: the most that may flow by our requests, ``given``
    the same out of the battery.
    """

    view: StationView
    state: VehicleValues
    asked: float = 0.0
    given: float = 0.0

    @property
    def inlet(self) -> float | None:
        """The voltage behind closed contactors is the station's as well as ours."""
        return self.state.inlet_voltage if self.state.contactors_closed else None


@dataclass(frozen=True, slots=True)
class Relation:
    """``broken`` gets the value; ``hold``: how long it may be so."""

    text: str
    broken: Callable[[float, Known], bool]
    hold: int
    ending: Ending = Ending.IMPLAUSIBLE
    error: str = NO_ERROR


@dataclass(frozen=True, slots=True)
class Rule:
    """Bounds in the base unit.  ``hold`` is for a value out of them; ``None``: it ends nothing."""

    unit: str
    low: float
    high: float
    fault: str = ""  # the trouble code
    hold: int | None = 1 * S
    measured: bool = False  # a present value; else a limit or a promise
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Borne for too long: the session ends so, and the station is told this error."""

    text: str
    ending: Ending
    fault: str
    error: str = NO_ERROR


def _other_voltage(volts: float, known: Known) -> bool:
    """Stations of the field tell the voltage they were asked for, some tens of volts beside."""
    inlet = known.inlet
    return inlet is not None and abs(volts - inlet) > 50.0 + 0.15 * inlet


def _other_current(amps: float, known: Known) -> bool:
    measured = known.state.battery_current
    return measured is not None and abs(amps - measured) > 5.0 + 0.05 * abs(amps)


def _not_asked(amps: float, known: Known) -> bool:
    flowing = max(amps, known.state.battery_current or 0.0)
    least = known.view.min_current or 0.0  # less than that a station cannot deliver
    asked = max(known.asked, least)
    return flowing > asked + max(10.0, 0.1 * asked)


def _not_given(amps: float, known: Known) -> bool:
    return amps < -(known.given + max(10.0, 0.1 * known.given))


def _below_output(volts: float, known: Known) -> bool:
    flowing = known.inlet if known.inlet is not None else known.view.present_voltage
    return flowing is not None and volts < 0.95 * flowing - 10.0


_VOLTAGE, _CURRENT, _LIMITS = "STATION_VOLTAGE", "STATION_CURRENT", "STATION_LIMITS"

RULES: Final[Mapping[str, Rule]] = {
    "present_voltage": Rule(
        "V", -10.0, 1_500.0, _VOLTAGE, measured=True,
        relations=(
            Relation(
                "differs from the inlet", _other_voltage, 2 * S, Ending.VOLTAGE_MISMATCH,
                "FAILED_ChargingVoltageOutOfRange",
            ),
        ),
    ),
    "present_current": Rule(
        "A", -3_200.0, 3_200.0, _CURRENT, measured=True,
        relations=(
            Relation(
                "differs from the vehicle's measurement", _other_current, 5 * S,
                Ending.VEHICLE_FAULT, "FAILED_ChargingCurrentdifferential",
            ),
            Relation("is more than was asked for", _not_asked, 1 * S),
            Relation("is more than was given back", _not_given, 1 * S),
        ),
    ),
    "max_voltage": Rule(
        "V", 0.0, 1_500.0, _LIMITS,
        relations=(Relation("is below the voltage that is there", _below_output, 2 * S),),
    ),
    "max_current": Rule("A", 0.0, 3_200.0, _LIMITS),
    "max_power": Rule("W", 0.0, 5e6, _LIMITS),
    "min_voltage": Rule("V", 0.0, 1_500.0, _LIMITS),
    "min_current": Rule("A", 0.0, 3_200.0, _LIMITS),
    "nominal_voltage": Rule("V", 50.0, 1_000.0, _LIMITS),
    "ripple": Rule("A", 0.0, 1_000.0, hold=None),
    "tolerance": Rule("A", 0.0, 1_000.0, hold=None),
    "energy_to_deliver": Rule("Wh", 0.0, 5e6, hold=None),
}  # fmt: skip
"""Upper bounds are those of ISO 15118-20 and of megawatt charging: Table 68 of ISO 15118-2 (1,000
V, 400 A, 200 kW) is passed by stations in the street.  A measurement may be as much below zero as
it may be inaccurate, 10 V or 10 A."""

RELATIONS: Final = tuple(
    (name, rule, relation) for name, rule in RULES.items() for relation in rule.relations
)


def _read(told: Any, rule: Rule) -> tuple[float, str]:  # noqa: ANN401 - of any protocol
    """The amount a message says, and why it cannot be true; the reason is empty if it can."""
    multiplier = getattr(told, "multiplier", 0)  # the exponent of -20 may be any
    if not LEAST_MULTIPLIER <= multiplier <= MOST_MULTIPLIER:
        return 0.0, f"has the multiplier {multiplier}"
    unit = getattr(told, "unit", None)  # DIN may leave it out, -20 has none
    if unit is not None and unit._value_ != rule.unit:
        return 0.0, f"comes in {unit}, not in {rule.unit}"
    amount = float(told.si())
    if not rule.low <= amount <= rule.high:
        return amount, f"is {amount:g} {rule.unit}, outside {rule.low:g} to {rule.high:g}"
    return amount, ""


class Judge:
    """Says which values of the station are believed, and counts what contradicts them.

    ``relations`` false: the station simulates messages without a voltage behind them.
    """

    def __init__(self, *, relations: bool = True) -> None:
        self.doubtful = False  # something is contradicted now: no request may rise on it
        self._relations = relations
        self._refused: dict[str, str] = {}
        self._believed: dict[str, tuple[object, float]] = {}  # as told last, and what it counts
        self._borne: dict[str, int] = {}
        self._looked: int | None = None
        self._nothing: tuple[Known | None, bool] = (None, False)

    def believe(self, name: str, told: object, known: float | None = None) -> float | None:
        """One value of a message as it counts; ``known`` stays where the message says nothing."""
        if told is None:
            return known
        before = self._believed.get(name)
        if before is not None and not self._refused and before[0] == told:
            return before[1]
        rule = RULES[name]
        amount, wrong = _read(told, rule)
        if not wrong:
            if self._refused:
                self._refused.pop(name, None)
            noise = amount < 0.0 and rule.measured and rule.unit == "V"
            self._believed[name] = told, 0.0 if noise else amount
            return self._believed[name][1]
        self._refused[name] = wrong
        self.doubtful = self.doubtful or rule.hold is not None
        return None if rule.measured or rule.hold is None else known

    def offer(self) -> Finding | None:
        """What of an offer cannot be true: there is no second one, so nothing is borne.

        Whatever is the matter with it, it does not fit.
        """
        for name, wrong in self._refused.items():
            rule = RULES[name]
            if rule.hold is not None:
                return Finding(f"{name} {wrong}", Ending.INCOMPATIBLE, rule.fault)
        return None

    def look(self, now: int, known: Known, *, flowing: bool = True) -> Finding | None:
        """After each message.  ``flowing``: between closing and opening, where values relate."""
        passed = 0 if self._looked is None else min(STEP, now - self._looked)
        self._looked = now
        if self._calm(known, flowing=flowing):
            return None
        standing, late = self._standing(known, flowing=flowing), None
        self.doubtful = bool(standing)
        if not standing and not self._borne:  # as nearly always
            self._nothing = known, flowing
            return None
        for key, (hold, finding) in standing.items():
            self._borne[key] = self._borne.get(key, 0) + passed
            if self._borne[key] >= hold and late is None:
                late = finding
        for key in [key for key in self._borne if key not in standing]:
            self._heal(key, passed)
        return late

    def _calm(self, known: Known, *, flowing: bool) -> bool:
        """Nothing was found the last time, and it is the same again."""
        before, flowed = self._nothing
        return (
            before is not None
            and before.view is known.view
            and before.state is known.state
            and before.asked == known.asked
            and before.given == known.given
            and flowed is flowing
            and not (self._refused or self._borne or self.doubtful)
        )

    def _heal(self, key: str, passed: int) -> None:
        """Half as fast as it grew: who contradicts every second time does not go on for ever."""
        self._borne[key] -= passed // 2
        if self._borne[key] <= 0:
            del self._borne[key]

    def _standing(self, known: Known, *, flowing: bool) -> dict[str, tuple[int, Finding]]:
        found = {}
        for name, wrong in self._refused.items():
            rule = RULES[name]
            if rule.hold is not None:
                finding = Finding(f"{name} {wrong}", Ending.IMPLAUSIBLE, rule.fault)
                found[name] = (rule.hold, finding)
        if flowing and self._relations:
            for name, rule, relation in RELATIONS:
                amount = getattr(known.view, name)
                if amount is not None and relation.broken(amount, known):
                    text = f"{name} {amount:g} {rule.unit} {relation.text}"
                    finding = Finding(text, relation.ending, rule.fault, relation.error)
                    found[f"{name} {relation.text}"] = (relation.hold, finding)
        return found
