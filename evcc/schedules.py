"""Schedules of ISO 15118-20 as plain numbers, and the one place where the vehicle chooses.

``choose`` gets what the station offers, what the vehicle needs and what it can, and says what to
take when.  It knows no message, no clock and no battery.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evcc.plan import Choice, Offer, Piece
from evcc.plan import choose as cheapest


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
    prices: Any = None
    discharge_prices: Any = None


@dataclass(frozen=True, slots=True)
class Need:
    """Wh that are wanted, and seconds until the vehicle leaves; ``None``: no matter."""

    energy: float | None = None
    minimum: float | None = None
    departure: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """W, as magnitudes, and how many entries a profile may have."""

    charge: float
    discharge: float = 0.0
    entries: int = 1024


def choose(schedules: Sequence[Schedule], need: Need, limits: Limits) -> Choice:
    """The schedule that brings what is needed, clipped by what the vehicle can."""
    return cheapest(
        [_offer(one) for one in schedules],
        energy=need.energy,
        departure=need.departure,
        most_power=limits.charge,
        entries=limits.entries,
    )


def _offer(one: Schedule) -> Offer:
    return Offer(one.number, tuple(Piece(slot.begin, slot.end, slot.power) for slot in one.charge))
