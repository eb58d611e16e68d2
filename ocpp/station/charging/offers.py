"""What a vehicle is offered over time: what all profiles allow, with their prices [K15, K16].

A transaction's own profile may have up to three schedules; each becomes one offer, held down by all
that limits besides.  Of own profiles of other levels the n-th schedule goes with the n-th
[K15.FR.22, K18.FR.24].  Without such a profile there is one offer, if anything limits at all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ocpp.station.charging.composite import Limit, Running, Span, Supply, composite
from ocpp.station.charging.profiles import DAY, Profile, Purpose
from ocpp.station.twoway.grid import NOWHERE, Grid

MOST: Final = 3
PRICES: Final = ("salesTariff", "absolutePriceSchedule", "priceLevelSchedule")


@dataclass(frozen=True, slots=True)
class Step:
    """From ``start`` seconds on at most so many watts."""

    start: int
    watts: float


@dataclass(frozen=True, slots=True)
class Offer:
    """``number`` is what the vehicle calls it, ``schedule`` what the back end does.

    ``prices`` are the parts of the schedule that say what it costs, as they were sent; the schedule
    began ``age`` seconds ago.  ``back`` is what the vehicle may give, as magnitudes; none: nothing.
    """

    number: int
    schedule: int
    steps: tuple[Step, ...]
    until: int
    age: float = 0.0
    prices: Mapping[str, Any] = field(default_factory=dict)
    back: tuple[Step, ...] = ()

    def at(self, now: float) -> tuple[object, ...]:
        """What it says by the calendar, to be compared with another made at the same time."""
        later = tuple((round(now + step.start), round(step.watts)) for step in self.steps[1:])
        given = tuple((round(now + step.start), round(step.watts)) for step in self.back[1:])
        first = round(self.back[0].watts) if self.back else 0
        return (self.schedule, round(self.steps[0].watts), later, self.prices, first, given)


def offers(
    now: float,
    evse: int,
    held: Sequence[Profile],
    supply: Supply,
    running: Running,
    *,
    grid: Grid = NOWHERE,
) -> tuple[Offer, ...]:
    """From ``now`` on, for a day; none where nothing limits but the hardware."""
    own = own_profile(now, held, running)
    if own is None:
        spans = composite((now, now + DAY), evse, held, supply, running, grid=grid)
        free = all(span.limit.by is None and span.limit.back == supply.back for span in spans)
        steps, back = _steps(spans, now, supply), _back(spans, now, supply)
        return () if free else (Offer(1, 0, steps, int(DAY), back=back),)
    wires = own.wire["chargingSchedule"]
    wires = wires if isinstance(wires, list) else [wires]
    made = []
    for place, (schedule, wire) in enumerate(zip(own.schedules[:MOST], wires, strict=False)):
        alone = [each.alone(place) if _is_own(each, running) else each for each in held]
        spans = composite((now, now + DAY), evse, alone, supply, running, grid=grid)
        prices = {name: wire[name] for name in PRICES if name in wire}
        age = _age(own.alone(place), now, running)
        steps = _steps(spans, now, supply)
        back = _back(spans, now, supply)
        made.append(Offer(place + 1, schedule.number, steps, int(DAY), age, prices, back))
    return tuple(made)


def own_profile(now: float, held: Sequence[Profile], running: Running) -> Profile | None:
    """The transaction's own that counts now: of the highest level that is not silent."""
    ready = now if running.ready is None else running.ready
    own = [each for each in held if _is_own(each, running)]
    speaking = [each for each in own if _speaks(each, now, ready)]
    return max(speaking, key=lambda each: each.level, default=None)


def _is_own(profile: Profile, running: Running) -> bool:
    return profile.purpose is Purpose.TRANSACTION and profile.transaction == running.transaction


def _speaks(profile: Profile, now: float, ready: float) -> bool:
    """By any of its schedules."""
    each = (profile.alone(place) for place in range(len(profile.schedules)))
    return any(one.period_at(now, ready) is not None for one in each)


def _age(profile: Profile, now: float, running: Running) -> float:
    return max(0.0, profile.age(now, now if running.ready is None else running.ready) or 0.0)


def _steps(spans: list[Span], now: float, supply: Supply) -> tuple[Step, ...]:
    """Where there is a set point it is what may be taken: a vehicle follows its schedule."""

    def most(limit: Limit) -> float:
        return limit.amperes if limit.setpoint is None else max(0.0, limit.setpoint)

    return _over_time(spans, now, supply, most)


def _back(spans: list[Span], now: float, supply: Supply) -> tuple[Step, ...]:
    """What may be given; nothing where it never may."""

    def most(limit: Limit) -> float:
        return limit.back if limit.setpoint is None else max(0.0, -limit.setpoint)

    steps = _over_time(spans, now, supply, most)
    return steps if any(step.watts > 0 for step in steps) else ()


def _over_time(
    spans: list[Span], now: float, supply: Supply, most: Callable[[Limit], float]
) -> tuple[Step, ...]:
    """Instants between seconds go to the second before where less is allowed from then on."""
    steps: dict[int, float] = {}
    for span in spans:
        start = int(span.begin - now + 1e-6)
        watts = supply.watts(most(span.limit), span.limit.phases)
        steps[start] = min(watts, steps.get(start, watts))
    return tuple(Step(start, watts) for start, watts in steps.items())
