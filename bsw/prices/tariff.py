"""What energy costs when: stacks of price rules over time, fees, taxes and bounds.

Plain numbers: watts, seconds from the tariff's beginning, money per kWh.  The handlers put the
words of their protocol into these and back.
"""

from bisect import bisect_right
from dataclasses import dataclass, replace
from enum import Enum
from math import inf
from operator import attrgetter
from typing import Final


class Algorithm(Enum):
    """How the rules of a stack are applied to a course of power, by the names of ISO 15118-20."""

    POWER = "urn:iso:std:iso:15118:-20:PriceAlgorithm:1-Power"
    """The rule for the power at each moment prices all energy of that moment."""
    PEAK_POWER = "urn:iso:std:iso:15118:-20:PriceAlgorithm:2-PeakPower"
    """The rule for the highest power within the stack prices all energy of the stack."""
    STACKED_ENERGY = "urn:iso:std:iso:15118:-20:PriceAlgorithm:3-StackedEnergy"
    """Each rule prices the part of the power that lies within its own range."""


@dataclass(frozen=True, slots=True)
class Rule:
    """From ``power`` watts on, up to the next rule's, a kWh costs ``fee``."""

    fee: float
    power: float = 0.0
    parking_fee: float = 0.0
    parking_period: int = 0
    carbon_dioxide: int | None = None
    renewable: int | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """From ``begin`` to ``end`` seconds these rules hold, in the order of their power."""

    begin: int
    end: float
    rules: tuple[Rule, ...]

    def rule_at(self, power: float) -> Rule:
        """The rule whose range holds ``power``; below the first range it is the first one."""
        place = bisect_right(self.rules, power + CLOSE, key=attrgetter("power")) - 1
        return self.rules[max(0, place)]

    def ranges(self) -> tuple[tuple[float, float, float], ...]:
        """(from, to, fee) of each rule; the first range begins at no power, the last is open."""
        starts = [0.0, *(rule.power for rule in self.rules[1:])]
        ends = [*starts[1:], inf]
        return tuple(
            (start, end, rule.fee)
            for start, end, rule in zip(starts, ends, self.rules, strict=True)
        )


CLOSE: Final = 1e-6
"""Powers nearer than this are one power."""


@dataclass(frozen=True, slots=True)
class Tax:
    """``rate`` per cent on the fees named; ``included`` says that they hold it already."""

    rate: float
    included: bool = False
    energy: bool = True
    parking: bool = True
    overstay: bool = True
    bounds: bool = True


@dataclass(frozen=True, slots=True)
class Overstay:
    """From ``start`` seconds after overstaying began, ``fee`` for each ``period`` begun."""

    start: int
    fee: float
    period: int


@dataclass(frozen=True, slots=True)
class Tariff:
    """The stacks follow one another without gaps; ``services`` are single fees by name."""

    stacks: tuple[Stack, ...]
    algorithm: Algorithm = Algorithm.POWER
    currency: str = "EUR"
    taxes: tuple[Tax, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    overstay: tuple[Overstay, ...] = ()
    overstay_after: int | None = None
    services: tuple[tuple[str, float], ...] = ()

    def energy_factor(self) -> float:
        """What the taxes make of one unit of energy fee."""
        return 1.0 + sum(tax.rate for tax in self.taxes if tax.energy and not tax.included) / 100.0

    def stack_at(self, second: float) -> Stack | None:
        place = bisect_right(self.stacks, second, key=attrgetter("begin")) - 1
        return self.stacks[place] if place >= 0 and second < self.stacks[place].end else None


def later(tariff: Tariff, seconds: int) -> Tariff:
    """The same prices, counted from a moment that is so much later."""
    stacks = (
        replace(stack, begin=stack.begin - seconds, end=stack.end - seconds)
        for stack in tariff.stacks
        if stack.end > seconds
    )
    return replace(tariff, stacks=tuple(stacks) or tariff.stacks[-1:])


def covering(tariff: Tariff, begin: int, end: int) -> Tariff:
    """The first and the last price hold on to both ends: what has no price is not free."""
    stacks = list(tariff.stacks)
    stacks[0] = replace(stacks[0], begin=min(stacks[0].begin, begin))
    stacks[-1] = replace(stacks[-1], end=max(stacks[-1].end, end))
    return replace(tariff, stacks=tuple(stacks))


def flat(fee: float, *, until: float = inf, currency: str = "EUR") -> Tariff:
    """One fee for all energy at all times."""
    return Tariff((Stack(0, until, (Rule(fee),)),), currency=currency)
