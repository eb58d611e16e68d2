"""What a course of power costs: energy, parking, overstay, services and taxes, each apart."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from operator import attrgetter
from typing import Final

from bsw.prices.tariff import Algorithm, Stack, Tariff, Tax

HOUR: Final = 3600.0
KILO: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """From ``begin`` to ``end`` seconds ``power`` watts flow; what flows back is a tariff apart."""

    begin: float
    end: float
    power: float

    @property
    def kwh(self) -> float:
        return self.power * (self.end - self.begin) / HOUR / KILO


@dataclass(frozen=True, slots=True)
class Bill:
    """All in the tariff's currency; ``tax`` is what comes on top of the fees."""

    energy: float = 0.0
    parking: float = 0.0
    overstay: float = 0.0
    services: float = 0.0
    tax: float = 0.0
    total: float = 0.0


def bill(tariff: Tariff, course: Sequence[Drawn], *, parked_until: float | None = None) -> Bill:
    """The course is in the order of time; the vehicle leaves at ``parked_until``, or at its end."""
    leaves = max((drawn.end for drawn in course), default=0.0)
    leaves = leaves if parked_until is None else parked_until
    energy = sum(_energy(tariff.algorithm, stack, course) for stack in tariff.stacks)
    parking = sum(_parking(stack, course, leaves) for stack in tariff.stacks)
    overstay = _overstay(tariff, leaves)
    services = sum(fee for _, fee in tariff.services)
    tax = sum(_tax(tax, energy, parking, overstay) for tax in tariff.taxes)
    total, tax = _bounded(tariff, energy + parking + overstay, tax)
    return Bill(energy, parking, overstay, services, tax, total + services + tax)


def _energy(algorithm: Algorithm, stack: Stack, course: Sequence[Drawn]) -> float:
    within = list(_within(stack, course))
    if algorithm is Algorithm.STACKED_ENERGY:
        return sum(_stacked(stack, drawn) for drawn in within)
    if algorithm is Algorithm.PEAK_POWER:
        peak = max((drawn.power for drawn in within), default=0.0)
        return stack.rule_at(peak).fee * sum(drawn.kwh for drawn in within)
    return sum(stack.rule_at(drawn.power).fee * drawn.kwh for drawn in within)


def _within(stack: Stack, course: Sequence[Drawn]) -> Iterator[Drawn]:
    """The parts of the course, which is in the order of time, that fall into the stack."""
    place = bisect_right(course, stack.begin, key=attrgetter("end"))
    while place < len(course) and course[place].begin < stack.end:
        drawn = course[place]
        begin, end = max(stack.begin, drawn.begin), min(stack.end, drawn.end)
        if begin < end:
            yield Drawn(begin, end, drawn.power)
        place += 1


def _stacked(stack: Stack, drawn: Drawn) -> float:
    hours = (drawn.end - drawn.begin) / HOUR
    return sum(
        max(0.0, min(drawn.power, end) - start) / KILO * hours * fee
        for start, end, fee in stack.ranges()
    )


def _parking(stack: Stack, course: Sequence[Drawn], leaves: float) -> float:
    """Each period begun within the stack counts, by the rule for the stack's highest power."""
    stayed = min(stack.end, leaves) - stack.begin
    if stayed <= 0:
        return 0.0
    rule = stack.rule_at(max((drawn.power for drawn in _within(stack, course)), default=0.0))
    if not rule.parking_fee:
        return 0.0
    return rule.parking_fee * (ceil(stayed / rule.parking_period) if rule.parking_period else 1)


def _overstay(tariff: Tariff, leaves: float) -> float:
    """Each rule counts from its own start to the next rule's, each period begun."""
    if tariff.overstay_after is None or not tariff.overstay:
        return 0.0
    stayed = leaves - tariff.overstay_after
    rules = sorted(tariff.overstay, key=lambda rule: rule.start)
    ends = [*(rule.start for rule in rules[1:]), stayed]
    periods = (
        rule.fee * ceil((min(end, stayed) - rule.start) / max(1, rule.period))
        for rule, end in zip(rules, ends, strict=True)
        if min(end, stayed) > rule.start
    )
    return sum(periods)


def _tax(tax: Tax, energy: float, parking: float, overstay: float) -> float:
    if tax.included:
        return 0.0
    taxed = energy * tax.energy + parking * tax.parking + overstay * tax.overstay
    return taxed * tax.rate / 100.0


def _bounded(tariff: Tariff, fees: float, tax: float) -> tuple[float, float]:
    """Fees within the least and the most that may be asked, with the tax on what is asked."""
    bound = fees
    if tariff.minimum is not None:
        bound = max(bound, tariff.minimum)
    if tariff.maximum is not None:
        bound = min(bound, tariff.maximum)
    if bound == fees:
        return fees, tax
    rate = sum(entry.rate for entry in tariff.taxes if entry.bounds and not entry.included)
    return bound, bound * rate / 100.0
