"""Paused sessions: what the station keeps while the car sleeps.

A record lives until the car unplugs, a new session is set up, or the operator's limit passes.
"""

from dataclasses import dataclass
from typing import Any

from bsw.chrgm.agreement import Payment


@dataclass(frozen=True, slots=True)
class Paused:
    """``schedule`` is the tuple the car had chosen, ``since`` when it was paused."""

    session_id: bytes
    payment: Payment | None
    mode: str
    schedule: Any
    since: int


class Memory:
    """The one paused session of an outlet.  ``store`` and ``load`` go through NvM when wired."""

    def __init__(self) -> None:
        self.paused: Paused | None = None

    def keep(self, paused: Paused) -> None:
        self.paused = paused

    def take(self, session_id: bytes) -> Paused | None:
        """The session paused under this id, handed out once."""
        paused, self.paused = self.paused, None
        if paused is not None and paused.session_id == session_id:
            return paused
        return None

    def forget(self) -> None:
        """The car has gone."""
        self.paused = None
