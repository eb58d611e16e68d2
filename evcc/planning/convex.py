"""Convex functions of energy, piecewise linear: added up over time they find the optimum exactly.

A function is its left end and its segments in the order of their slopes.  The least cost of
reaching an energy after two slots is the convolution of both slots' costs, and for convex
functions that is their segments in the order of slopes; bounds on the energy cut off ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

TINY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Convex:
    """From ``low`` on, where it is ``value``; each segment is (slope, length), slopes rising."""

    low: float
    value: float
    segments: tuple[tuple[float, float], ...] = ()

    @property
    def high(self) -> float:
        return self.low + sum(length for _, length in self.segments)

    def at(self, place: float) -> float:
        value, left = self.value, place - self.low
        for slope, length in self.segments:
            if left <= 0:
                break
            step = min(left, length)
            value += slope * step
            left -= step
        return value

    def plus(self, other: "Convex") -> "Convex":
        """The least of ``self(x) + other(y)`` over all x + y."""
        merged = sorted((*self.segments, *other.segments))
        return Convex(self.low + other.low, self.value + other.value, tuple(merged))

    def within(self, low: float, high: float) -> "Convex | None":
        """Only from ``low`` to ``high``; nothing where none of it lies there."""
        own_high = self.high
        if low > own_high + TINY or high < self.low - TINY:
            return None
        begin, end = min(max(low, self.low), own_high), max(self.low, min(high, own_high))
        return Convex(begin, self.at(begin), tuple(self._cut(begin - self.low, end - self.low)))

    def _cut(self, begin: float, end: float) -> list[tuple[float, float]]:
        kept: list[tuple[float, float]] = []
        passed = 0.0
        for slope, length in self.segments:
            part = min(end, passed + length) - max(begin, passed)
            if part > TINY:
                kept.append((slope, part))
            passed += length
        return kept

    def least_from(self, place: float) -> float:
        """Where it is least at or above ``place``, as far left as that goes."""
        at = self.low
        for slope, length in self.segments:
            if slope >= -TINY and at >= place - TINY:
                return at
            if slope >= -TINY:
                return min(place, self.high)
            at += length
        return at


def hull(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The lower convex hull of (place, value), from left to right."""
    kept: list[tuple[float, float]] = []
    for point in sorted(points):
        if kept and point[0] - kept[-1][0] <= TINY:
            continue
        while len(kept) > 1 and not _turns_up(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return kept


def _turns_up(
    first: tuple[float, float], second: tuple[float, float], third: tuple[float, float]
) -> bool:
    left = (second[1] - first[1]) * (third[0] - first[0])
    right = (third[1] - first[1]) * (second[0] - first[0])
    return left < right - TINY * TINY


def through(points: Sequence[tuple[float, float]]) -> Convex:
    """The function through the corners of a hull."""
    steps = pairwise(points)
    segments = tuple(((y2 - y1) / (x2 - x1), x2 - x1) for (x1, y1), (x2, y2) in steps)
    return Convex(points[0][0], points[0][1], segments)


def share(before: Convex, slot: Convex, total: float) -> float:
    """What the last slot takes of ``total`` at the least sum; where it is equal, what was before.

    Starts with as much before as there may be and moves to the slot what is cheaper there.
    """
    place = max(slot.low, total - before.high)
    most = min(slot.high, total - before.low)
    under = before.within(before.low, total - place)
    rest = [] if under is None else list(under.segments)
    for slope, length in _segments_from(slot, place):
        left = min(length, most - place)
        while left > TINY and rest and rest[-1][0] > slope + TINY:
            step = min(left, rest[-1][1])
            place, left = place + step, left - step
            rest[-1] = (rest[-1][0], rest[-1][1] - step)
            if rest[-1][1] <= TINY:
                rest.pop()
        if left > TINY:
            break
    return place


def _segments_from(function: Convex, place: float) -> list[tuple[float, float]]:
    cut = function.within(place, function.high)
    return [] if cut is None else list(cut.segments)
