"""Schedule tuples of ISO 15118-20 as plain numbers, and a plan as entries of a power profile."""

from itertools import pairwise

from bsw.chrgm.iso20.words import most, si
from bsw.chrgm.messages.iso20 import common
from bsw.prices.iso20 import LONGEST, read, read_levels
from bsw.prices.tariff import Tariff
from evcc.plan import Choice, Piece
from evcc.schedules import Schedule, Slot


def schedule_of(one: common.ScheduleTuple, *, priced: bool = True) -> Schedule:
    """Discharge powers count by their magnitude: stacks differ in the sign.

    Where it is not ``priced`` the prices in it are nobody's word.
    """
    charging, discharging = one.charging_schedule, one.discharging_schedule
    power = charging.power_schedule
    return Schedule(
        number=one.schedule_tuple_id,
        anchor=power.time_anchor,
        charge=slots(power),
        discharge=() if discharging is None else slots(discharging.power_schedule),
        tolerance=si(power.power_tolerance),
        available=si(power.available_energy),
        prices=_prices(charging, power.time_anchor) if priced else None,
        discharge_prices=None
        if discharging is None or not priced
        else _prices(discharging, discharging.power_schedule.time_anchor),
    )


def _prices(
    schedule: common.ChargingSchedule | common.DynamicSEResControlMode, anchor: int
) -> Tariff | None:
    if schedule.absolute_price_schedule is not None:
        return read(schedule.absolute_price_schedule, anchor)
    if schedule.price_level_schedule is not None:
        return read_levels(schedule.price_level_schedule, anchor)
    return None


def priced_pieces(told: common.DynamicSEResControlMode, anchor: int) -> tuple[Piece, ...]:
    """The prices of dynamic control, in which the station sets the power: no piece has one."""
    prices = _prices(told, anchor)
    stacks = () if prices is None else prices.stacks
    return tuple(
        Piece(int(stack.begin), int(stack.end), 0.0, stack.rules[0].fee) for stack in stacks
    )


def slots(schedule: common.PowerSchedule) -> tuple[Slot, ...]:
    """Without gaps, from the anchor on; a power of single lines is their sum.

    An entry that lasts no time says nothing, nor does one from where no profile of ours can reach.
    """
    made, begin = [], 0
    for entry in schedule.power_schedule_entries.power_schedule_entry:
        end = min(begin + entry.duration, LONGEST)
        if end == begin:
            continue
        lines = (entry.power, entry.power_l2, entry.power_l3)
        power = abs(sum(line.si() for line in lines if line is not None))
        made.append(Slot(begin, end, power))
        begin = end
    return tuple(made)


def profile_entries(plan: Choice, chosen: Schedule) -> tuple[common.PowerScheduleEntry, ...]:
    """Never above the station's schedule: rounded down."""
    until = max(chosen.charge[-1].end, plan.entries[-1].start + 1)
    starts = [*(entry.start for entry in plan.entries), until]
    return tuple(
        common.PowerScheduleEntry(duration=end - begin, power=most(entry.power))
        for entry, (begin, end) in zip(plan.entries, pairwise(starts), strict=True)
    )
