"""The cheapest energy for each slot that ends with what is needed and stays within the battery."""

from collections.abc import Generator
from dataclasses import dataclass
from itertools import islice
from math import ceil
from typing import Final, Generic, TypeAlias, TypeVar

from evcc.planning.convex import Convex, share
from evcc.planning.slots import Point, Slot

CLOSE: Final = 1e-6
T = TypeVar("T")
Steps: TypeAlias = Generator[None, None, T]
"""Work in small steps: a long schedule shall not keep the rest of the ECU waiting."""


class Work(Generic[T]):
    """Steps that are taken a few at a time; ``result`` is there once they are done."""

    def __init__(self, steps: Steps[T]) -> None:
        self._rest = self._through(steps)
        self.result: T | None = None

    def go_on(self, count: int) -> bool:
        """Take at most so many steps.  True: nothing is left to do."""
        for _ in islice(self._rest, count):
            pass
        return self.result is not None

    def _through(self, steps: Steps[T]) -> Generator[None, None, None]:
        self.result = yield from steps


def finish(steps: Steps[T]) -> T:
    """All steps at once."""
    work = Work(steps)
    while not work.go_on(1000):
        pass
    assert work.result is not None
    return work.result


@dataclass(frozen=True, slots=True)
class Battery:
    """Wh: what it holds, what it must hold at the end, and between which it stays on the way."""

    held: float
    target: float
    least: float
    most: float


def solve(slots: list[Slot], battery: Battery) -> Steps[list[float]]:
    """Wh into the battery for each slot: the target, or as near to it as the time allows.

    Where energy is given back, what the battery must keep is filled first, whatever it costs.
    """
    high = max(battery.most, battery.held)
    gives = any(slot.points[0].rate < 0 for slot in slots)
    reached = Convex(battery.held, 0.0)
    history = [reached]
    functions = [slot.function() for slot in slots]
    for function in functions:
        after = reached.plus(function)
        low = min(battery.least, after.high) if gives else battery.held
        within = after.within(low, high)
        reached = within if within is not None else reached
        history.append(reached)
        yield
    end = reached.least_from(min(battery.target, reached.high))
    taken: list[float] = []
    for before, function in zip(reversed(history[:-1]), reversed(functions), strict=True):
        part = share(before, function, end)
        taken.append(part)
        end -= part
        yield
    return taken[::-1]


@dataclass(frozen=True, slots=True)
class Run:
    """From ``begin`` to ``end`` seconds ``power`` watts at the plug; below zero they are given."""

    begin: int
    end: int
    power: float


def runs(slots: list[Slot], energies: list[float]) -> list[Run]:
    """How each slot brings its energy: one power where it lies on one line, else time shared."""
    found: list[Run] = []
    for slot, energy in zip(slots, energies, strict=True):
        found.extend(_within(slot, energy / slot.hours))
    return [run for run in found if run.end > run.begin]


def _within(slot: Slot, rate: float) -> list[Run]:
    left = slot.points[0]
    for point in slot.points:
        if abs(point.rate - rate) <= CLOSE * max(1.0, abs(rate)):
            return [Run(slot.begin, slot.end, point.power)]
        if point.rate > rate:
            return _shared(slot, left, point, rate)
        left = point
    return [Run(slot.begin, slot.end, left.power)]


def _shared(slot: Slot, left: Point, right: Point, rate: float) -> list[Run]:
    """The busier of both first, in whole seconds: taking rounded up, giving rounded down."""
    span = slot.end - slot.begin
    part = (rate - left.rate) / (right.rate - left.rate)
    if right.power > 0:
        middle = slot.begin + min(span, ceil(part * span - CLOSE))
        return [Run(slot.begin, middle, right.power), Run(middle, slot.end, left.power)]
    middle = slot.begin + int((1.0 - part) * span + CLOSE)
    return [Run(slot.begin, middle, left.power), Run(middle, slot.end, right.power)]
