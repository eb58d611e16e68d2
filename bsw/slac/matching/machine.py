"""What the state machines of this room are made of: named timers, an outbox, a request that is
repeated until it is answered.

A machine takes frames and ``now`` and gives outputs and the next deadline.  It owns no clock and
no socket; whoever runs it calls ``tick`` when the deadline has come.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from bsw.slac.matching.events import Output, Send

K = TypeVar("K", bound=Enum)


class Timers(Generic[K]):
    """Deadlines by name.  Starting one anew moves it."""

    def __init__(self) -> None:
        self._due: dict[K, int] = {}

    def start(self, timer: K, due: int) -> None:
        self._due[timer] = due

    def stop(self, timer: K) -> None:
        self._due.pop(timer, None)

    def clear(self) -> None:
        self._due.clear()

    def stop_all_but(self, timer: K) -> None:
        self._due = {name: due for name, due in self._due.items() if name is timer}

    def running(self, timer: K) -> bool:
        return timer in self._due

    @property
    def next(self) -> int | None:
        return min(self._due.values(), default=None)

    def take(self, now: int) -> K | None:
        """The earliest timer that is due, stopped."""
        if not self._due:
            return None
        timer = min(self._due, key=self._due.__getitem__)
        if self._due[timer] > now:
            return None
        del self._due[timer]
        return timer


@dataclass(slots=True)
class Question:
    """A request under way: what to repeat, how often still, what to do when nobody answers."""

    send: Send
    left: int
    wait: int
    silence: Callable[[], None]


class Machine(Generic[K]):
    """``repeat`` is the timer that stands for an unanswered request."""

    def __init__(self, repeat: K) -> None:
        self.now = 0
        self._timers: Timers[K] = Timers()
        self._repeat = repeat
        self._question: Question | None = None
        self._out: list[Output] = []

    @property
    def deadline(self) -> int | None:
        return self._timers.next

    def tick(self, now: int) -> list[Output]:
        """Do what is due.  Early calls do no harm."""
        self.now = now
        while (timer := self._timers.take(now)) is not None:
            if timer is self._repeat:
                self._ask_again()
            else:
                self._ring(timer)
        return self._taken()

    def _ring(self, timer: K) -> None:
        raise NotImplementedError

    def _taken(self) -> list[Output]:
        out, self._out = self._out, []
        return out

    def _emit(self, output: Output) -> None:
        self._out.append(output)

    def _after(self, timer: K, delay: int) -> None:
        self._timers.start(timer, self.now + delay)

    def _ask(self, send: Send, *, retries: int, wait: int, silence: Callable[[], None]) -> None:
        """Send, and repeat each ``wait`` until ``_answered``; then call ``silence``."""
        self._question = Question(send, retries, wait, silence)
        self._emit(send)
        self._after(self._repeat, wait)

    def _answered(self) -> None:
        self._question = None
        self._timers.stop(self._repeat)

    def _ask_again(self) -> None:
        question = self._question
        if question is None:
            return
        if question.left:
            question.left -= 1
            self._emit(question.send)
            self._after(self._repeat, question.wait)
        else:
            self._question = None
            question.silence()

    def _quiet(self) -> None:
        """Nothing runs any more, nothing is asked any more."""
        self._question = None
        self._timers.clear()
