"""Whether who connects while a session still lives is the same vehicle, come back.

Nobody ends a running session by connecting.  Only who comes from the same address, names the same
EVCCID and is not less secure may take it over, and only after the old connection has been silent
for a while: a vehicle that still speaks there has not lost it.  Everybody else is refused; a
connection that is really dead ends by itself, by TCP's probes or the sequence time.
"""

from collections.abc import Callable
from typing import Final, Protocol

from bsw.os.scheduler import Scheduler

LOOKS: Final = 4
"""The silence is watched in so many pieces: after a stall of the host the first look comes late,
and what the vehicle said meanwhile is heard before the second."""


class Party(Protocol):
    """One of the two connections."""

    @property
    def peer(self) -> str: ...
    @property
    def vehicle_id(self) -> bytes: ...
    @property
    def secure(self) -> bool: ...
    @property
    def since(self) -> int: ...
    @property
    def heard_at(self) -> int: ...


def objection(old: Party, newer: Party) -> str:
    """Why ``newer`` cannot be the vehicle of ``old``; empty if it can."""
    if newer.peer != old.peer:
        return "another address than that of the session that runs"
    if newer.vehicle_id != old.vehicle_id:
        return "another EVCCID than that of the session that runs"
    if old.secure and not newer.secure:
        return "less secure than the session that runs"
    if old.heard_at > newer.since:
        return "the vehicle still speaks on its first connection"
    return ""


class Claim:
    """A newcomer's claim to the place of ``old``; ``decided`` hears why not, or nothing."""

    def __init__(
        self,
        scheduler: Scheduler,
        old: Party,
        newer: Party,
        silent_for: int,
        decided: Callable[[str], None],
    ) -> None:
        self.old, self.newer = old, newer
        self._scheduler = scheduler
        self._silent_for = silent_for
        self._decided = decided
        self._looks = 0
        self._alarm = scheduler.alarm(self._look, name="takeover")

    def begin(self) -> None:
        why = objection(self.old, self.newer)
        if why:
            self._decided(why)
        else:
            self._alarm.rearm(self._silent_for // LOOKS)

    def drop(self) -> None:
        self._alarm.cancel()

    def _look(self) -> None:
        self._looks += 1
        why = objection(self.old, self.newer)
        if why or self._looks >= LOOKS:
            self._decided(why)
        else:
            self._alarm.rearm(self._silent_for // LOOKS)
