"""What becomes of a data link: there is one, or the reason why not.

All that the plug sides and the sessions need to know of matching, so that an ECU whose plug brings
its own link loads no more of it.  ``Reason`` is closed: each way a matching or a link can end has
a name, and there is no other.
"""

from dataclasses import dataclass
from enum import Enum


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


@dataclass(frozen=True, slots=True)
class Linked:
    """D-LINK_READY: IP frames pass.  ``attenuation`` in dB; 0 after a pause."""

    peer: bytes
    nid: bytes
    run_id: bytes
    attenuation: float
    resumed: bool = False
