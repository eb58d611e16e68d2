"""Answers that wait for the plug side: a pilot state, a contactor.

Looks every few milliseconds, gives up at a limit, and says which of the two it was.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from bsw.chrgm.later import Later
from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler

LOOK_EVERY: Final = 5 * MS
T = TypeVar("T")


def when(
    scheduler: Scheduler,
    condition: Callable[[], bool],
    limit: int,
    answer: Callable[[bool], T],
) -> T | Later[T]:
    """``answer(True)`` as soon as the condition holds, ``answer(False)`` when the limit passed."""
    if condition():
        return answer(True)
    promise: Later[T] = Later()
    deadline = scheduler.now + limit

    def look() -> None:
        if condition():
            promise.resolve(answer(True))
        elif scheduler.now >= deadline:
            promise.resolve(answer(False))
        elif not promise.dropped:
            alarm.rearm(LOOK_EVERY)

    alarm = scheduler.after(LOOK_EVERY, look, name="waiting")
    return promise
