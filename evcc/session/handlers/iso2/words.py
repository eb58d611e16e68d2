"""ISO 15118-2 words for the vehicle's state and wishes."""

from functools import lru_cache
from math import floor
from typing import Final

from bsw.chrgm.messages import iso2
from evcc.plan import DAY, Choice, Offer, Piece
from evcc.session.context import VehicleContext

Unit = iso2.Unit
NO_PRICE: Final = 0.0
MOST_WATTS: Final = 32_767_000.0
"""The highest power that a message can say."""


def volts(amount: float) -> iso2.PhysicalValue:
    return iso2.PhysicalValue.of(amount, Unit.V)


def amps(amount: float) -> iso2.PhysicalValue:
    return iso2.PhysicalValue.of(amount, Unit.A)


def quantity(amount: float, unit: iso2.Unit) -> iso2.PhysicalValue:
    return iso2.PhysicalValue.of(amount, unit)


def optional(amount: float | None, unit: iso2.Unit) -> iso2.PhysicalValue | None:
    return None if amount is None else iso2.PhysicalValue.of(amount, unit)


def percent(share: float | None) -> int:
    """Whole percent, rounded down, never above 100."""
    return 0 if share is None else max(0, min(100, int(share)))


def dc_status(context: VehicleContext) -> iso2.DCEVStatus:
    state = context.state
    return _dc_status(state.ready, context.error, percent(state.soc))


@lru_cache(maxsize=64)
def _dc_status(ready: bool, error: str, soc: int) -> iso2.DCEVStatus:  # noqa: FBT001 - a value
    """Kept: a steady charge says the same in each turn of the loop."""
    return iso2.DCEVStatus(ev_ready=ready, ev_error_code=iso2.DCEVErrorCode(error), evresssoc=soc)


def offers(schedules: iso2.SAScheduleList, *, priced: bool) -> list[Offer]:
    """The station's tuples, cut where power or price changes."""
    return [_offer(one, priced=priced) for one in schedules.sa_schedule_tuple]


def _offer(one: iso2.SAScheduleTuple, *, priced: bool) -> Offer:
    entries = one.p_max_schedule.p_max_schedule_entry
    power = {entry.time_interval.start: entry.p_max.si() for entry in entries}
    price: dict[int, float] = {}
    if priced and one.sales_tariff is not None:
        for cost in one.sales_tariff.sales_tariff_entry:
            price[cost.time_interval.start] = _price(cost)
    starts = sorted({*power, *price})
    last = entries[-1].time_interval
    until = max(last.start + (last.duration or DAY), starts[-1] + 1)
    pieces = []
    watts, per_energy = 0.0, NO_PRICE
    for begin, end in zip(starts, [*starts[1:], until], strict=True):
        watts = power.get(begin, watts)
        per_energy = price.get(begin, per_energy)
        pieces.append(Piece(begin, end, watts, per_energy))
    return Offer(one.sa_schedule_tuple_id, tuple(pieces))


def _price(entry: iso2.SalesTariffEntry) -> float:
    """Relative price if given, else the price level: 0 is best in both."""
    for block in entry.consumption_cost:
        for cost in block.cost:
            if cost.cost_kind is iso2.CostKind.RELATIVE_PRICE_PERCENTAGE:
                return float(cost.amount * 10 ** (cost.amount_multiplier or 0))
    return float(entry.e_price_level or 0)


def charging_profile(plan: Choice) -> iso2.ChargingProfile:
    """What we mean to take, never above the station's PMax: rounded down."""
    return iso2.ChargingProfile(
        profile_entry=tuple(
            iso2.ProfileEntry(
                charging_profile_entry_start=entry.start,
                charging_profile_entry_max_power=iso2.PhysicalValue.of(
                    min(entry.power, MOST_WATTS), Unit.W, rounding=floor
                ),
            )
            for entry in plan.entries
        )
    )
