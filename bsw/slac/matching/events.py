"""What the state machines of this room say: frames to send, things to do, what became of it."""

from dataclasses import dataclass, field

from bsw.slac.frames.layout import Message
from bsw.slac.keys import NetworkKey
from bsw.slac.outcome import Linked, Reason

_ON_THE_WAY = (
    Reason.NO_STATION,
    Reason.NO_RESULTS,
    Reason.TOO_WEAK,
    Reason.NOT_VALIDATED,
    Reason.NO_MATCH_ANSWER,
    Reason.JOIN_TIMEOUT,
    Reason.KEY_REFUSED,
    Reason.MODEM_SILENT,
)
"""Reasons of a vehicle, in the order in which a matching comes to them."""


def furthest(one: Reason | None, other: Reason) -> Reason:
    """Of several tries the one that came furthest says most about what is wrong."""
    if one not in _ON_THE_WAY or other not in _ON_THE_WAY:
        return other
    return max(one, other, key=_ON_THE_WAY.index)


@dataclass(frozen=True, slots=True)
class Send:
    """``version`` overrides the header version, for messages that modems disagree about."""

    to: bytes
    message: Message
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Toggle:
    """Show B-C-B so many times, each phase for ``phase`` nanoseconds."""

    count: int
    phase: int


@dataclass(frozen=True, slots=True)
class Agreed:
    """CM_SLAC_MATCH.CNF has passed: both hosts know the key.  Next the modems must link up."""

    peer: bytes
    run_id: bytes
    key: NetworkKey
    attenuation: float
    validated: bool


@dataclass(frozen=True, slots=True)
class LinkLost:
    reason: Reason


@dataclass(frozen=True, slots=True)
class Failed:
    """All tries are used up.  ``attempts`` says how many there were."""

    reason: Reason
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Moved:
    """A state machine went on; for the trace."""

    machine: str
    to: str
    peer: bytes = b""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message that the rules say to treat as not received, and the field that was wrong."""

    message: str
    peer: bytes
    field: str


@dataclass(frozen=True, slots=True)
class TryFailed:
    """One try failed; another follows, or ``Failed``."""

    reason: Reason
    peer: bytes = b""


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """The modem's link changed."""

    up: bool


@dataclass(frozen=True, slots=True)
class KeyTaken:
    """The modem took the key it was given last."""

    key: NetworkKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class ModemRestarted:
    """By its own word: the key it had is gone."""


@dataclass(frozen=True, slots=True)
class ModemFault:
    """MODEM_SILENT or KEY_REFUSED."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class AmplitudeMap:
    """The peer asks us to lower our transmit level: one 4-bit step per carrier."""

    steps: tuple[int, ...]


Output = (
    Send
    | Toggle
    | Agreed
    | Linked
    | LinkLost
    | Failed
    | Moved
    | Ignored
    | TryFailed
    | LinkStatus
    | KeyTaken
    | ModemFault
    | ModemRestarted
    | AmplitudeMap
)
