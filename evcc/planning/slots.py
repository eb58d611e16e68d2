"""The time until departure cut where a limit or a price changes, each slot with what it can do."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from operator import attrgetter
from typing import Final

from bsw.prices.tariff import Algorithm, Stack, Tariff
from evcc.planning.convex import Convex, hull, through

HOUR: Final = 3600.0
KILO: Final = 1000.0
BELOW: Final = 1.0
"""Watts by which a power stays below the range in which energy is dearer."""


@dataclass(frozen=True, slots=True)
class Limit:
    """From ``begin`` to ``end`` seconds at most ``power`` watts."""

    begin: int
    end: int
    power: float


@dataclass(frozen=True, slots=True)
class Offer:
    """One schedule tuple: limits, in the order of time, and prices of taking and of giving."""

    number: int
    limits: tuple[Limit, ...]
    tariff: Tariff | None = None
    back: tuple[Limit, ...] = ()
    back_tariff: Tariff | None = None
    available: float | None = None
    """Wh that this schedule has in all."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the vehicle can: watts at the plug, and what the way into the battery keeps of them."""

    most: float
    least: float = 0.0
    most_back: float = 0.0
    least_back: float = 0.0
    efficiency: float = 1.0
    wear: float = 0.0
    """Money per kWh given back that the battery's age is worth."""


@dataclass(frozen=True, slots=True)
class Point:
    """Running at ``power`` watts changes the battery by ``rate`` watts and costs per hour."""

    rate: float
    cost: float
    power: float


REST: Final = Point(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Slot:
    """``points`` are the corners: between two of them the time is shared, or the power lies."""

    begin: int
    end: int
    points: tuple[Point, ...]
    taking: Stack | None = None

    @property
    def hours(self) -> float:
        return (self.end - self.begin) / HOUR

    def function(self) -> Convex:
        """The least cost by the battery's energy that this slot brings."""
        hours = self.hours
        return through([(point.rate * hours, point.cost * hours) for point in self.points])


def cut(offer: Offer, can: Abilities, until: int, caps: dict[int, float]) -> list[Slot]:
    """``caps`` are powers to stay below by the beginning of a stack (for prices by peak)."""
    edges = {0, until}
    edges |= _edges(limit for limit in (*offer.limits, *offer.back))
    for tariff in (offer.tariff, offer.back_tariff):
        edges |= _edges(tariff.stacks if tariff is not None else ())
    places = sorted(edge for edge in edges if 0 <= edge <= until)
    return [_slot(offer, can, begin, end, caps) for begin, end in pairwise(places)]


def _edges(spans: Iterable[Limit | Stack]) -> set[int]:
    return {int(edge) for span in spans for edge in (span.begin, span.end) if edge < inf}


def _slot(offer: Offer, can: Abilities, begin: int, end: int, caps: dict[int, float]) -> Slot:
    stack = None if offer.tariff is None else offer.tariff.stack_at(begin)
    most = min(can.most, limit_at(offer.limits, begin))
    if stack is not None and stack.begin in caps:
        most = min(most, caps[stack.begin])
    take = _taking(offer.tariff, stack, can, most)
    give = _giving(offer, can, begin)
    corners = _hulled([REST, *take])
    if give:
        floor = corners[1].cost / corners[1].rate if len(corners) > 1 else inf
        corners = _hulled([*(_no_trade(point, floor) for point in give), *corners])
    return Slot(begin, end, tuple(corners), stack)


def _hulled(points: list[Point]) -> list[Point]:
    by_place = {(point.rate, point.cost): point for point in points}
    return [by_place[corner] for corner in hull(list(by_place))]


def _no_trade(point: Point, floor: float) -> Point:
    """Giving never counts for more than taking costs then: nobody does both at one moment."""
    return point if floor == inf else replace(point, cost=max(point.cost, point.rate * floor))


def limit_at(limits: tuple[Limit, ...], second: float) -> float:
    """What may flow at ``second``: nothing where no limit reaches."""
    place = bisect_right(limits, second, key=attrgetter("begin")) - 1
    return limits[place].power if place >= 0 and second < limits[place].end else 0.0


def _taking(tariff: Tariff | None, stack: Stack | None, can: Abilities, most: float) -> list[Point]:
    if most <= 0 or most < can.least:
        return []
    factor = 1.0 if tariff is None else tariff.energy_factor()
    algorithm = Algorithm.POWER if tariff is None else tariff.algorithm
    return [
        Point(power * can.efficiency, price_per_hour(stack, algorithm, power, most) * factor, power)
        for power in _powers(stack, can.least, most)
    ]


def _giving(offer: Offer, can: Abilities, begin: int) -> list[Point]:
    most = min(can.most_back, limit_at(offer.back, begin))
    if most <= 0 or most < can.least_back:
        return []
    tariff = offer.back_tariff
    stack = None if tariff is None else tariff.stack_at(begin)
    factor = 1.0 if tariff is None else tariff.energy_factor()
    algorithm = Algorithm.POWER if tariff is None else tariff.algorithm
    return [
        Point(
            -power / can.efficiency,
            power / KILO * can.wear - price_per_hour(stack, algorithm, power, most) * factor,
            -power,
        )
        for power in _powers(stack, can.least_back, most)
    ]


def _powers(stack: Stack | None, least: float, most: float) -> list[float]:
    """Where the price changes its course: both ends, and both sides of each range's beginning."""
    starts = [] if stack is None else [rule.power for rule in stack.rules[1:]]
    sides = [side for start in starts for side in (start - BELOW, start)]
    within = (power for power in (least, *sides, most) if least <= power <= most)
    return sorted({power for power in within if power > 0})


def price_per_hour(stack: Stack | None, algorithm: Algorithm, power: float, peak: float) -> float:
    """Money per hour at ``power``; by peak price the rule of ``peak`` holds for all of it."""
    if stack is None:
        return 0.0
    if algorithm is Algorithm.STACKED_ENERGY:
        ranges = stack.ranges()
        return sum(max(0.0, min(power, end) - start) / KILO * fee for start, end, fee in ranges)
    ruled = peak if algorithm is Algorithm.PEAK_POWER else power
    return stack.rule_at(ruled).fee * power / KILO
