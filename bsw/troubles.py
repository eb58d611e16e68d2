"""What an ECU misses of its host at this moment: a disk that takes nothing, a lost recording.

None of it ends a charge.  Whoever notices says so by name, and says when it is over; whoever tells
others - trouble codes, the north side - listens, and hears first how everything stands.
"""

from collections.abc import Callable
from enum import Enum


class Trouble(Enum):
    """The names are those of the trouble codes."""

    MEMORY = "NVM_DAMAGED"
    TRACE = "TRACE_NOT_WRITTEN"
    CAPTURE = "CAPTURE_NOT_WRITTEN"


Listener = Callable[[Trouble, str | None], None]
"""Which, and why it stands; ``None``: it does not."""


class Troubles:
    """One for an ECU."""

    def __init__(self) -> None:
        self._standing: dict[Trouble, str] = {}
        self._listeners: list[Listener] = []

    @property
    def standing(self) -> tuple[str, ...]:
        """By their names, in one order."""
        return tuple(one.value for one in Trouble if one in self._standing)

    def failed(self, trouble: Trouble, why: str) -> None:
        """Also each time it is tried again in vain."""
        self._standing[trouble] = why
        for listener in self._listeners:
            listener(trouble, why)

    def passed(self, trouble: Trouble) -> None:
        if self._standing.pop(trouble, None) is not None:
            for listener in self._listeners:
                listener(trouble, None)

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)
        for trouble in Trouble:
            listener(trouble, self._standing.get(trouble))
