"""Events on their way to the scheduler, in a queue that has a bound.

Drivers post here, from their own threads if they have any.  Nothing above a driver takes a
lock: what is posted runs later, in the scheduler's thread, in the order of posting.
"""

from collections import deque
from dataclasses import dataclass

from bsw.os.clock import Action


class MailboxFull(RuntimeError):
    """More events are waiting than the mailbox holds; the newest was refused."""

    def __init__(self, name: str, bound: int) -> None:
        super().__init__(
            f"event {name!r} refused: {bound} events are waiting already; "
            "the scheduler is blocked or a driver floods it"
        )


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    action: Action


class Mailbox:
    """A bounded first-in first-out queue; ``put`` is safe from any thread.

    ``waiting`` is for looking, whether anything is there.
    """

    def __init__(self, bound: int = 4096) -> None:
        self.bound = bound
        self.refused = 0
        self.highest = 0
        self.waiting: deque[Event] = deque()

    def __len__(self) -> int:
        return len(self.waiting)

    def put(self, event: Event, *, owed: bool = False) -> None:
        """Queue ``event``.  One that is *owed* is taken even when the mailbox is full.

        Owed is the outcome of a job: somebody waits for it, and the worker bounds their number.
        """
        waiting = len(self.waiting)
        if waiting >= self.bound and not owed:
            self.refused += 1
            raise MailboxFull(event.name, self.bound)
        self.waiting.append(event)  # atomic; a race may exceed the bound by one per thread
        self.highest = max(self.highest, waiting + 1)

    def take(self) -> Event | None:
        return self.waiting.popleft() if self.waiting else None
