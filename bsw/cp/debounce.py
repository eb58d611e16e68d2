"""A value counts once it has stood still for a while.

Equivalent to asking for n equal samples in a row, without a task that samples: each change
starts the wait anew, and only the value that survives it is reported.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from bsw.os.scheduler import Scheduler

T = TypeVar("T")


class Debounce(Generic[T]):
    def __init__(
        self, scheduler: Scheduler, initial: T, hold: int, report: Callable[[T], None]
    ) -> None:
        self.value = initial
        self._candidate = initial
        self._hold = hold
        self._report = report
        self._alarm = scheduler.alarm(self._settled, name="debounce")

    def feed(self, value: T) -> None:
        if value == self._candidate:
            return
        self._candidate = value
        if value == self.value:
            self._alarm.cancel()
        else:
            self._alarm.rearm(self._hold)

    def _settled(self) -> None:
        self.value = self._candidate
        self._report(self.value)
