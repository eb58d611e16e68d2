"""When to take how much: the cheapest way to the wanted energy under the station's schedules.

Plain numbers.  Each offered tuple is cut where power or price changes; the cheapest pieces are
filled first, and the tuple that brings the energy in time for the least money wins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HOUR: Final = 3600
DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Piece:
    """From ``begin`` to ``end`` seconds: a power limit and a price per energy, lowest is best."""

    begin: int
    end: int
    power: float
    price: float = 0.0

    @property
    def energy(self) -> float:
        return self.power * (self.end - self.begin) / HOUR


@dataclass(frozen=True, slots=True)
class Offer:
    """One schedule tuple, cut into pieces in the order of time."""

    number: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """From ``start`` on the vehicle takes at most ``power``."""

    start: int
    power: float


@dataclass(frozen=True, slots=True)
class Offered:
    """The station's own limit now, for how long, and the next one; and the whole tuple."""

    power: float | None = None
    remaining: int | None = None
    next_power: float | None = None
    pieces: tuple[Piece, ...] = ()


NOTHING_OFFERED: Final = Offered()


@dataclass(frozen=True, slots=True)
class Choice:
    number: int
    entries: tuple[Entry, ...]
    energy: float
    cost: float
    offered: tuple[Piece, ...] = ()
    """What the station offers in this tuple, of which the entries take a part."""

    def power_at(self, second: float) -> float:
        power = self.entries[0].power
        for entry in self.entries:
            if entry.start <= second:
                power = entry.power
        return power

    def next_change(self, second: float) -> Entry | None:
        return next((entry for entry in self.entries if entry.start > second), None)

    def offered_at(self, second: float) -> "Offered":
        begun = [piece for piece in self.offered if piece.begin <= second]
        coming = next((piece for piece in self.offered if piece.begin > second), None)
        return Offered(
            begun[-1].power if begun else None,
            None if coming is None else int(coming.begin - second),
            None if coming is None else coming.power,
            self.offered,
        )


def choose(
    offers: Sequence[Offer],
    *,
    energy: float | None,
    departure: int | None,
    most_power: float,
    entries: int = 24,
) -> Choice:
    """The best tuple and what to take of it.

    First the energy that is missing counts, then the cost, then the station's own order.
    Without an energy goal, or without prices, all power is taken as soon as it is offered.
    """
    plans = [_fill(offer, energy, departure, most_power, entries) for offer in offers]
    return min(plans, key=lambda plan: (-round(plan.energy, 3), round(plan.cost, 6)))


def _fill(
    offer: Offer, energy: float | None, departure: int | None, most_power: float, entries: int
) -> Choice:
    until = departure if departure is not None and departure > 0 else None
    pieces = [_cut(piece, until, most_power) for piece in offer.pieces]
    priced = len({piece.price for piece in pieces}) > 1
    goal = energy if energy is not None else float("inf")
    order = sorted(pieces, key=lambda piece: (piece.price, piece.begin)) if priced else pieces
    used: set[int] = set()
    got = cost = 0.0
    for piece in order:
        if got >= goal:
            break
        taken = min(piece.energy, goal - got)
        if taken > 0 or not priced:
            used.add(piece.begin)
        got += taken
        cost += taken * piece.price
    powers = [piece.power if piece.begin in used or not priced else 0.0 for piece in pieces]
    starts = [piece.begin for piece in pieces]
    steps = [Entry(start, power) for start, power in zip(starts, powers, strict=True)]
    return Choice(offer.number, merged(steps, entries), got, cost, offer.pieces)


def _cut(piece: Piece, until: int | None, most_power: float) -> Piece:
    end = piece.end if until is None else max(piece.begin, min(piece.end, until))
    return Piece(piece.begin, end, max(0.0, min(piece.power, most_power)), piece.price)


def merged(steps: list[Entry], most: int) -> tuple[Entry, ...]:
    """Equal neighbours become one; what is too many becomes a last step at its least power."""
    merged: list[Entry] = []
    for step in steps:
        if not merged or merged[-1].power != step.power:
            merged.append(step)
    if len(merged) > most:
        rest = merged[most - 1 :]
        merged = [*merged[: most - 1], Entry(rest[0].start, min(step.power for step in rest))]
    return tuple(merged)
