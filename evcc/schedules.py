"""Schedules of ISO 15118-20 as plain numbers, and the one place where the vehicle chooses.

``choosing`` gets what the station offers, what the vehicle needs and what it can, and says what
to take or to give when.  It knows no message, no clock and no battery.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from bsw.prices.tariff import Tariff, covering
from evcc.plan import Choice, Entry, Piece, merged
from evcc.plan import Offer as Bare
from evcc.plan import choose as at_once
from evcc.planning.choice import Need as Wanted
from evcc.planning.choice import Plan
from evcc.planning.choice import choosing as planned
from evcc.planning.optimum import Steps
from evcc.planning.slots import Abilities, Limit, Offer


@dataclass(frozen=True, slots=True)
class Slot:
    """From ``begin`` to ``end`` seconds after the schedule's anchor at most ``power`` watts."""

    begin: int
    end: int
    power: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """One tuple.  ``discharge`` has magnitudes; ``prices`` is what came with the schedules.

    ``anchor`` is UNIX time by the station's clock, ``tolerance`` W that it asks to be confirmed.
    """

    number: int
    anchor: int
    charge: tuple[Slot, ...]
    discharge: tuple[Slot, ...] = ()
    tolerance: float | None = None
    available: float | None = None  # Wh
    prices: Tariff | None = None
    discharge_prices: Tariff | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """Wh that are wanted, and seconds until the vehicle leaves; ``None``: no matter.

    ``held`` is in the battery now, of which ``kept`` is never given back; ``room`` still fits in.
    """

    energy: float | None = None
    departure: int | None = None
    held: float = 0.0
    kept: float = 0.0
    room: float = inf


@dataclass(frozen=True, slots=True)
class Limits:
    """W, as magnitudes, and how many entries a profile may have.

    ``wear`` is money per kWh given back, ``efficiency`` what the way into the battery leaves.
    """

    charge: float
    discharge: float = 0.0
    entries: int = 1024
    efficiency: float = 1.0
    wear: float = 0.0


def choosing(schedules: Sequence[Schedule], need: Need, limits: Limits) -> Steps[Choice]:
    """The schedule that brings what is needed for the least money, worked out in steps.

    Without prices, or without a goal that they could serve, all power is taken as it is offered.
    """
    priced = any(one.prices is not None for one in schedules)
    if need.energy is None or not priced:
        return _at_once(schedules, need, limits)
    plan = yield from planned(
        [_offer(one, limits) for one in schedules],
        Wanted(
            held=need.held,
            target=need.held + need.energy,
            least=need.kept,
            most=need.held + max(need.room, need.energy),
            departure=need.departure,
        ),
        Abilities(
            most=limits.charge,
            most_back=limits.discharge,
            efficiency=limits.efficiency,
            wear=limits.wear,
        ),
    )
    chosen = next(one for one in schedules if one.number == plan.number)
    return _choice(plan, chosen, need, limits)


def _at_once(schedules: Sequence[Schedule], need: Need, limits: Limits) -> Choice:
    return at_once(
        [Bare(one.number, _pieces(one)) for one in schedules],
        energy=need.energy,
        departure=need.departure,
        most_power=limits.charge,
        entries=limits.entries,
    )


def _offer(one: Schedule, limits: Limits) -> Offer:
    gives = limits.discharge > 0 and one.discharge_prices is not None and bool(one.discharge)
    return Offer(
        number=one.number,
        limits=tuple(Limit(slot.begin, slot.end, slot.power) for slot in one.charge),
        tariff=_covering(one.prices, one.charge),
        back=tuple(Limit(slot.begin, slot.end, slot.power) for slot in one.discharge)
        if gives
        else (),
        back_tariff=_covering(one.discharge_prices, one.discharge) if gives else None,
        available=one.available,
    )


def _covering(prices: Tariff | None, slots: tuple[Slot, ...]) -> Tariff | None:
    return None if prices is None else covering(prices, slots[0].begin, slots[-1].end)


def _choice(plan: Plan, chosen: Schedule, need: Need, limits: Limits) -> Choice:
    entries = [Entry(run.begin, run.power) for run in plan.runs]
    end = chosen.charge[-1].end
    if plan.runs[-1].end < end:
        entries.append(Entry(plan.runs[-1].end, 0.0))
    return Choice(
        plan.number,
        merged(entries, limits.entries),
        plan.held - need.held,
        plan.cost,
        _pieces(chosen),
    )


def _pieces(one: Schedule) -> tuple[Piece, ...]:
    """The station's limits with the price of each moment, for those who look on."""
    stacks = () if one.prices is None else one.prices.stacks
    edges = sorted({stack.begin for stack in stacks} | {slot.begin for slot in one.charge})
    found: list[Piece] = []
    for slot in one.charge:
        inner = edges[bisect_left(edges, slot.begin) : bisect_left(edges, slot.end)]
        for begin, end in zip(inner, [*inner[1:], slot.end], strict=True):
            stack = None if one.prices is None else one.prices.stack_at(begin)
            fee = 0.0 if stack is None else stack.rule_at(slot.power).fee
            found.append(Piece(begin, end, slot.power, fee))
    return tuple(found)
