"""A reading that somebody outside tells: kept, and passed on when it is another one.

The base of pilots and proximity contacts whose hardware judges by itself and says what it sees.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Told(Generic[T]):
    """``reading`` is what holds before anything was told."""

    def __init__(self, reading: T) -> None:
        self._reading = reading
        self._listeners: list[Callable[[T], None]] = []

    def read(self) -> T:
        return self._reading

    def listen(self, changed: Callable[[T], None]) -> None:
        self._listeners.append(changed)

    def tell(self, reading: T) -> None:
        """The same again is no news."""
        if reading != self._reading:
            self._reading = reading
            for listener in tuple(self._listeners):
                listener(reading)
