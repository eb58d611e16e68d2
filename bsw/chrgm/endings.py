"""How a session can end: a closed list, published the moment it is known.

The ending says what class of thing happened, for people and for the vehicle's reaction; the
result adds at which exchange, with which code or timer.
"""

from dataclasses import dataclass
from enum import Enum


class Ending(Enum):
    TERMINATED = "terminated"  # SessionStop, as agreed
    PAUSED = "paused"  # SessionStop(Pause), to be resumed
    NO_PROTOCOL = "no common protocol"
    NO_STATION = "no station found"  # SDP got no usable answer
    NO_CONNECTION = "no connection"  # TCP was refused or not established in time
    TLS_FAILED = "TLS failed"
    SETUP_TIMEOUT = "set-up not finished in time"
    ANSWER_TIMEOUT = "no answer in time"
    ONGOING_TIMEOUT = "still ongoing after the limit"
    SPAN_TIMEOUT = "a limit over several messages passed"
    SEQUENCE_TIMEOUT = "no request in time"
    SEQUENCE_ERROR = "message out of sequence"
    UNKNOWN_SESSION = "wrong session id"
    UNDECODABLE = "message not decodable"
    REFUSED = "refused with a response code"
    CONNECTION_LOST = "connection lost"
    LINK_LOST = "link lost"
    INCOMPATIBLE = "vehicle and station do not fit"
    ISOLATION_FAULT = "isolation fault"
    VOLTAGE_MISMATCH = "voltages do not agree"
    CONTACTOR_FAULT = "contactor fault"
    STATION_FAULT = "station reports a fault"
    VEHICLE_FAULT = "vehicle reports a fault"
    PILOT_FAULT = "control pilot or plug fault"
    PERMISSION_LOST = "charge permission withdrawn"
    CONDITION_TIMEOUT = "a condition was not met in time"
    SIGNATURE_FAULT = "signature or certificate not acceptable"
    KEY_FAULT = "our key could not be used"
    LOCAL_ABORT = "broken off here"
    INTERNAL_FAULT = "internal fault"
    IMPLAUSIBLE = "the station's values cannot be true"
    TOO_OFTEN = "the station asks for too much switching"
    LESS_SECURITY = "station found, but without the security that is demanded"
    NO_ENERGY = "station has no energy to give now"
    NOTHING_CHARGED = "over before anything was charged"

    @property
    def good(self) -> bool:
        return self in {Ending.TERMINATED, Ending.PAUSED}


@dataclass(frozen=True, slots=True)
class SessionResult:
    """What became of a session.  ``exchange`` is where it ended, empty before the first."""

    ending: Ending
    exchange: str = ""
    code: str = ""  # the response code, if one decided
    timer: str = ""  # the timer that passed, if one did
    detail: str = ""
    fault: str = ""  # the trouble code of its cause, if it has one of its own

    def __str__(self) -> str:
        parts = [self.ending.value]
        if self.exchange:
            parts.append(f"at {self.exchange}")
        parts += [part for part in (self.code, self.timer, self.detail) if part]
        return ", ".join(parts)
