"""When cyclic messages are due: each in its own phase, all on one alarm.

For where waking up costs something: the messages of a publisher that are due in one turn go out
one after the other, and one alarm is armed for all of them.  What is sent is not known here.
"""

import heapq
from typing import Final

from bsw.os.clock import Action
from bsw.os.scheduler import Scheduler

SLACK: Final = 10
"""A turn may be late by this part of the shortest cycle, so that it goes with what wakes anyhow."""


class Timetable:
    """``add`` what is due over and over, then ``start``."""

    def __init__(self, scheduler: Scheduler, shortest: int) -> None:
        """``shortest`` is the cycle that the others go along with."""
        self._scheduler = scheduler
        self._now = scheduler.clock.now
        self._plan: list[tuple[int, int, int, Action]] = []
        slack = shortest // SLACK
        self._alarm = scheduler.alarm(self._turn, name="cyclic frames", slack=slack)

    def add(self, cycle: int, offset: int, action: Action) -> None:
        """First after ``offset``; of those due together, who was added first is the first."""
        now = self._now()
        due = now + offset + (-now) % cycle  # phases keep their distance, whenever it began
        heapq.heappush(self._plan, (due, len(self._plan), cycle, action))

    def start(self) -> None:
        if self._plan:
            self._alarm.move(self._plan[0][0])

    def stop(self) -> None:
        self._alarm.cancel()
        self._plan.clear()

    def _turn(self) -> None:
        """All that is due.  Who missed whole cycles does not make up for them."""
        plan, now = self._plan, self._now()
        ready: list[Action] = []
        while plan[0][0] <= now:
            due, number, cycle, action = plan[0]
            ready.append(action)
            heapq.heapreplace(
                plan, (due + cycle * ((now - due) // cycle + 1), number, cycle, action)
            )
        self._alarm.move(plan[0][0])
        for action in ready:
            action()
