"""What a vehicle keeps over a pause: enough to ask for the same session again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bsw.chrgm.pause import PauseAge
from bsw.nvm.service import Block, Nvm

BLOCK: Final = "paused session"


@dataclass(frozen=True, slots=True)
class PausedSession:
    """``since`` is UNIX time; departure and energy are given again, less what has passed.

    ``selection`` is the energy service of ISO 15118-20 and its parameters, ``station`` the
    fingerprint of the certificate that the station showed.
    """

    protocol: str
    session_id: bytes
    payment: str
    since: int
    selection: Mapping[str, Any] | None = None
    station: bytes = b""


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


class KeptMemory:
    """In non-volatile memory: a pause outlives the ECU's sleep and a power cut, up to an age."""

    def __init__(self, nvm: Nvm, age: PauseAge) -> None:
        self._nvm = nvm
        self._age = age
        nvm.register(Block(BLOCK, 1, {}))

    def load(self) -> PausedSession | None:
        """``None`` for what is too old or no whole record: the vehicle begins a new session."""
        kept = self._nvm.read(BLOCK)
        try:
            kept_at = int(kept.get("kept_at", 0))
            paused = PausedSession(
                str(kept["protocol"]),
                bytes.fromhex(str(kept["session_id"])),
                str(kept["payment"]),
                int(kept["since"]),
                kept.get("selection"),
                bytes.fromhex(str(kept.get("station", ""))),
            )
        except (KeyError, TypeError, ValueError):
            return None
        return None if self._age.over(kept_at) else paused

    def keep(self, paused: PausedSession) -> None:
        kept_at = self._age.begin()
        self._nvm.write(
            BLOCK,
            {
                "protocol": paused.protocol,
                "session_id": paused.session_id.hex(),
                "payment": paused.payment,
                "since": paused.since,
                "kept_at": kept_at,
                "selection": None if paused.selection is None else dict(paused.selection),
                "station": paused.station.hex(),
            },
        )
        self._nvm.flush()  # the ECU sleeps next, and power may go any time

    def forget(self) -> None:
        if self._nvm.read(BLOCK):
            self._nvm.restore(BLOCK)
