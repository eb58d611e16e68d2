"""The alarms that are armed, in the order they are due: a heap that tolerates chaff.

What is cancelled stays in the heap until it comes to the top, or until there is too much of it.
"""

from __future__ import annotations

import heapq
from typing import Protocol

from bsw.os.clock import Action

STALE_ALLOWED = 64
"""Cancelled plans stay in the heap until half of it, and more than this, is such chaff."""


class Planned(Protocol):
    """``serial`` is negative while it is not armed, and new with each arming.

    With a ``period``, above zero, it is planned anew each time it rings.
    """

    due: int
    period: int
    priority: int
    serial: int
    slack: int
    name: str
    action: Action

    def next_due(self, now: int) -> int: ...


class Plan:
    """``entries`` is for looking, whether there may be one."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, int, int, Planned]] = []
        self._stale = 0

    def __len__(self) -> int:
        """Cancelled ones that are not swept out yet included."""
        return len(self.entries)

    @property
    def waiting(self) -> int:
        return len(self.entries) - self._stale

    def add(self, one: Planned) -> None:
        heapq.heappush(self.entries, (one.due, one.priority, one.serial, one))

    def cancelled(self) -> None:
        """One that is in here was disarmed or armed anew."""
        self._stale += 1
        if self._stale > STALE_ALLOWED and 2 * self._stale > len(self.entries):
            self.entries = [entry for entry in self.entries if entry[2] == entry[3].serial]
            heapq.heapify(self.entries)
            self._stale = 0

    def next_due(self) -> int | None:
        entries = self.entries
        while entries and entries[0][2] != entries[0][3].serial:
            heapq.heappop(entries)
            self._stale -= 1
        return entries[0][0] if entries else None

    def take(self) -> Planned:
        """The next one; only after ``next_due`` found one."""
        one = heapq.heappop(self.entries)[3]
        one.serial = -1
        return one
