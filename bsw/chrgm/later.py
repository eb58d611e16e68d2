"""A value that comes when a job is done.

A handler that needs a signature from a token cannot return its message yet; it returns a
``Later`` and keeps the other end.  Resolved once, in the scheduler's thread.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Later(Generic[T]):
    """A promise of one value to one listener.  Dropping it means: no longer interested."""

    __slots__ = ("_dropped", "_listener", "_value")

    def __init__(self) -> None:
        self._value: list[T] = []
        self._listener: Callable[[T], None] | None = None
        self._dropped = False

    def resolve(self, value: T) -> None:
        assert not self._value, "a promise is kept once"
        self._value.append(value)
        self._deliver()

    def then(self, listener: Callable[[T], None]) -> None:
        """Call ``listener`` with the value: now if it is there, else when it comes."""
        self._listener = listener
        self._deliver()

    @property
    def dropped(self) -> bool:
        return self._dropped

    def drop(self) -> None:
        self._dropped = True
        self._listener = None

    def _deliver(self) -> None:
        if self._value and self._listener is not None and not self._dropped:
            listener, self._listener = self._listener, None
            listener(self._value[0])
