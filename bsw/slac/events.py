"""What the state machines of this room say: frames to send, things to do, what became of it.

``Reason`` is closed: each way a matching or a link can end has a name, and there is no other.
"""

from dataclasses import dataclass, field
from enum import Enum

from bsw.slac.keys import NetworkKey
from bsw.slac.layout import Message


class Reason(Enum):
    """Why there is no link.  The value is for people."""

    NO_STATION = "no station answered CM_SLAC_PARM.REQ"
    NO_RESULTS = "no station reported an attenuation"
    TOO_WEAK = "no station is near enough to be the one on this cable"
    NOT_VALIDATED = "no candidate proved to be on this cable"
    NO_MATCH_ANSWER = "the chosen station did not answer CM_SLAC_MATCH.REQ"
    TOO_LONG = "the matching as a whole took too long"
    NO_REQUEST = "no vehicle asked for matching"
    NO_START = "the vehicle announced no sounds"
    NO_SOUNDS = "no sound was heard"
    NO_RESPONSE = "the vehicle did not confirm the attenuation"
    NO_MATCH_REQUEST = "the vehicle confirmed the attenuation but never asked to match"
    JOIN_TIMEOUT = "the modems did not link up with the agreed key"
    RESUME_TIMEOUT = "the link did not come back after a pause"
    MODEM_SILENT = "the own modem does not answer"
    KEY_REFUSED = "the own modem refuses the key"
    LINK_DOWN = "the modem reports that the link is gone"
    RESTARTED = "the vehicle began anew"
    UNPLUGGED = "the plug was pulled"
    PILOT_FAULT = "the pilot shows E or F"
    DIODE_SHORT = "the diode of the vehicle's pilot circuit is shorted"
    PILOT_QUIET = "the oscillator was switched off"
    TOO_OFTEN = "the pilot asks for one matching after the other"
    TERMINATED = "ended on request (D-LINK_TERMINATE)"
    ERROR_REQUESTED = "given up on request (D-LINK_ERROR)"


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
class Linked:
    """D-LINK_READY: IP frames pass.  ``attenuation`` in dB; 0 after a pause."""

    peer: bytes
    nid: bytes
    run_id: bytes
    attenuation: float
    resumed: bool = False


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
