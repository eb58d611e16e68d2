"""The tariff of OCPP 2.1 that holds at an outlet, as prices over time for the vehicle.

What depends on how much was used already is said as it is at the begin; prices by the minute cannot
be said at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import ceil
from typing import Final

from bsw.prices.tariff import Rule, Stack, Tariff, Tax
from ocpp.station.tariffs.tariff import Conditions, Moment, Prices, taxed
from ocpp.station.tariffs.tariff import Tariff as Given

DAY: Final = 86_400
AHEAD: Final = DAY
"""Seconds for which prices are told."""


@dataclass(frozen=True, slots=True)
class Here:
    """Where and when: the outlet's kind, and the time there."""

    kind: str
    local: datetime


def prices_of(given: Given, here: Here) -> Tariff | None:
    """``None``: energy costs nothing that can be said."""
    if given.energy is None:
        return None
    conditions = [price.conditions for price in given.energy.prices]
    begins = sorted({0, *_changes(conditions, here.local)})
    powers = sorted({0.0, *_powers(conditions)})
    stacks: list[Stack] = []
    for begin, end in zip(begins, [*begins[1:], AHEAD], strict=True):
        rules = _rules(given.energy, here, begin, powers)
        if stacks and stacks[-1].rules == rules:
            stacks[-1] = Stack(stacks[-1].begin, end, rules)
        else:
            stacks.append(Stack(begin, end, rules))
    rate = round((taxed(1.0, given.energy.tax_rates) - 1.0) * 100, 6)
    taxes = (Tax(rate, parking=False, overstay=False, bounds=False),) if rate else ()
    least, most = given.min_cost, given.max_cost
    return Tariff(
        tuple(stacks),
        currency=given.currency,
        taxes=taxes,
        minimum=None if least is None else least.excl_tax,
        maximum=None if most is None else most.excl_tax,
        services=_fee(given.fixed_fee, here),
    )


def _rules(prices: Prices, here: Here, begin: int, powers: Iterable[float]) -> tuple[Rule, ...]:
    """One for each range of power in which another price holds."""
    rules: list[Rule] = []
    for power in powers:
        place = prices.at(Moment(_at(here.local, begin), here.kind, power=power))
        fee = 0.0 if place is None else prices.prices[place].price_kwh
        if not rules or rules[-1].fee != fee:
            rules.append(Rule(fee, power))
    return tuple(rules)


def _fee(fixed: Prices | None, here: Here) -> tuple[tuple[str, float], ...]:
    place = None if fixed is None else fixed.at(Moment(here.local, here.kind))
    if fixed is None or place is None:
        return ()
    return (("fixed fee", fixed.prices[place].price_fixed),)


def _powers(conditions: Iterable[Conditions]) -> Iterable[float]:
    for each in conditions:
        yield from (one for one in (each.min_power, each.max_power) if one is not None and one > 0)


def _changes(conditions: Iterable[Conditions], local: datetime) -> Iterable[int]:
    """Seconds from now at which a price may begin or end: times of day, and midnight."""
    times = {time(0)}
    for each in conditions:
        for text in (each.start_time_of_day, each.end_time_of_day):
            if text is not None and text != "24:00":
                times.add(time.fromisoformat(text))
    for days in range(2):
        for one in times:
            there = datetime.combine(local.date() + timedelta(days), one, local.tzinfo)
            seconds = ceil(there.timestamp() - local.timestamp())  # by then it holds
            if 0 < seconds < AHEAD:
                yield seconds


def _at(local: datetime, seconds: int) -> datetime:
    """By the clock on the wall, across a change to summer time too."""
    return datetime.fromtimestamp(local.timestamp() + seconds, tz=local.tzinfo)
