"""What a vehicle keeps over a pause: enough to ask for the same session again."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PausedSession:
    """``since`` is UNIX time; departure and energy are given again, less what has passed."""

    protocol: str
    session_id: bytes
    payment: str
    since: int


class Memory(Protocol):
    """Survives a restart; NvM behind it in the ECU."""

    def load(self) -> PausedSession | None: ...
    def keep(self, paused: PausedSession) -> None: ...
    def forget(self) -> None: ...


class VolatileMemory:
    """Lasts as long as the process.  For the bench and for tests."""

    def __init__(self) -> None:
        self._paused: PausedSession | None = None

    def load(self) -> PausedSession | None:
        return self._paused

    def keep(self, paused: PausedSession) -> None:
        self._paused = paused

    def forget(self) -> None:
        self._paused = None
