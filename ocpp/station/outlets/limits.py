"""Limits of a transaction by cost, energy, time or state of charge [E16, F07].

The back end sets them in its answers to events, a driver at the station; the lower one counts.
What is reached ends the transaction where energy is its stop point, else energy rests until a limit
is raised.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from bsw.os.clock import S
from ocpp.station.ground import Ground
from ocpp.station.outlets.places import Place
from ocpp.station.outlets.points import Point
from ocpp.station.records import ChargingState, Stop, Trigger, TxEvent
from ocpp.versions import Version

REACHED: Final = {
    "maxCost": (Trigger.COST_LIMIT, Stop.OUT_OF_CREDIT),
    "maxEnergy": (Trigger.ENERGY_LIMIT, Stop.ENERGY_LIMIT),
    "maxTime": (Trigger.TIME_LIMIT, Stop.TIME_LIMIT),
    "maxSoC": (Trigger.SOC_LIMIT, Stop.SOC_LIMIT),
}
LOOK_EACH: Final = 1 * S
KEPT: Final = "limits"


@dataclass(slots=True)
class _Course:
    """Of one transaction: what the back end and the driver have set, and what it has used."""

    transaction: str
    since: int
    given: dict[str, float] = field(default_factory=dict)
    own: dict[str, float] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    cost: float = 0.0

    @property
    def limits(self) -> dict[str, float]:
        """Never above the back end's [E16.FR.04]."""
        both = (self.given, self.own)
        return {
            name: min(each[name] for each in both if name in each)
            for name in REACHED
            if any(name in each for each in both)
        }


class _Kept(msgspec.Struct, frozen=True):
    """What is remembered of one; ``age`` in seconds."""

    transaction: str
    age: float
    given: dict[str, float]
    own: dict[str, float]
    cost: float


class TxLimits:
    """The block.  ``stop`` ends a transaction, ``changed`` lets energy rest or flow."""

    def __init__(
        self,
        ground: Ground,
        *,
        stop: Callable[[Place, Trigger, Stop], None],
        changed: Callable[[], None],
    ) -> None:
        self._ground = ground
        self._stop = stop
        self._changed = changed
        self._courses: dict[int, _Course] = {}
        self._looking = ground.scheduler.alarm(self._look, name="ocpp.limits")

    def close(self) -> None:
        self._looking.cancel()

    def keep(self) -> None:
        """Remember the limits of running transactions, and what they have used until now."""
        kept = [
            _Kept(each.transaction, self._age(each), each.given, each.own, each.cost)
            for each in self._courses.values()
            if each.limits
        ]
        self._ground.memory.write(KEPT, kept)

    def resume(self, place: Place, transaction: str) -> None:
        """An interrupted transaction goes on; the time in between does not count [E17]."""
        kept = self._ground.memory.read(KEPT, list[_Kept], [])
        one = next((each for each in kept if each.transaction == transaction), None)
        if one is None:
            return
        since = self._ground.scheduler.now - round(one.age * S)
        course = _Course(transaction, since, one.given, one.own, cost=one.cost)
        self._courses[place.evse] = course
        course.told = course.limits
        self._judge(place, course)
        self._looking.rearm(LOOK_EACH)

    def look(self, place: Place) -> None:
        """A transaction may have begun or ended here [E16.FR.09]."""
        course, transaction = self._courses.get(place.evse), place.outlet.transaction
        if course is not None and course.transaction != transaction:
            del self._courses[place.evse]
            place.blocked = False
        if transaction is not None and place.evse not in self._courses:
            self._courses[place.evse] = _Course(transaction, self._ground.scheduler.now)

    def learned(self, event: TxEvent, limits: Mapping[str, Any] | None, cost: float | None) -> None:
        """From the answer to an event: the supported ones are confirmed once [E16.FR.03]."""
        course = self._courses.get(event.evse or 0)
        if course is None or course.transaction != event.transaction:
            return
        if cost is not None:
            course.cost = cost  # [E16.FR.11]
        known = self._ground.model.members("TxCtrlr", "SupportedLimits")
        for name, value in (limits or {}).items():
            if name in REACHED and name in known:
                course.given[name] = float(value)
        self._confirm(self._ground.places[event.evse or 0], course)

    def priced(self, event: TxEvent) -> None:
        """What it costs by a tariff here [E16.FR.15, E16.FR.16]."""
        course = self._courses.get(event.evse or 0)
        if event.cost is None or course is None or course.transaction != event.transaction:
            return
        total = event.cost.wire["totalCost"]["total"]
        course.cost = float(total.get("inclTax", total["exclTax"]))

    def wish(self, evse: int, **limits: float) -> bool:
        """The driver's [E16.FR.01].  False: there is no transaction."""
        course = self._courses.get(evse)
        if course is None or not set(limits) <= set(REACHED):
            return False
        course.own |= limits
        self._confirm(self._ground.places[evse], course)
        return True

    def _confirm(self, place: Place, course: _Course) -> None:
        limits = course.limits
        if limits == course.told:
            return
        course.told = limits
        if self._ground.version in {None, Version.V21}:
            place.outlet.limits = dict(limits)
            place.outlet.measure(Trigger.LIMIT_SET)
        self._judge(place, course)
        if not self._looking.armed:
            self._looking.rearm(LOOK_EACH)

    def _look(self) -> None:
        limited = [(evse, each) for evse, each in self._courses.items() if each.limits]
        for evse, course in limited:
            self._judge(self._ground.places[evse], course)
        if limited:
            self._looking.rearm(LOOK_EACH)

    def _judge(self, place: Place, course: _Course) -> None:
        """Act at once on what is reached, also if it was before it was set [E16.FR.10]."""
        name = next((each for each in course.limits if self._is_reached(each, place, course)), None)
        if name is None:
            if place.blocked:
                self._resume(place)
            return
        trigger, stop = REACHED[name]
        if Point.ENERGY in place.outlet.rules.stop:
            self._stop(place, trigger, stop)
        elif not place.blocked:
            place.blocked = True
            self._changed()
            place.outlet.pause(by_vehicle=False, trigger=trigger)

    def _resume(self, place: Place) -> None:
        """[E16.FR.14]."""
        place.blocked = False
        self._changed()
        if place.outlet.charging is ChargingState.SUSPENDED_EVSE:
            place.outlet.flow()

    def _age(self, course: _Course) -> float:
        return (self._ground.scheduler.now - course.since) / S

    def _is_reached(self, name: str, place: Place, course: _Course) -> bool:
        limit = course.limits[name]
        if name == "maxEnergy":
            return place.outlet.since_begin_wh >= limit
        if name == "maxTime":
            return self._age(course) >= limit
        if name == "maxCost":
            return course.cost >= limit
        samples = self._ground.charger.meter(place.evse)
        soc = next((each.value for each in samples if each.measurand == "SoC"), None)
        return soc is not None and soc >= limit
