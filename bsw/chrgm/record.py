"""The record of one session, shared by the engine that walks it and the role that speaks in it."""

from dataclasses import dataclass, field
from typing import Any

from bsw.chrgm.agreement import Agreement
from bsw.v2gtp import PayloadType

NO_SESSION = bytes(8)
"""What a vehicle writes as session id while it has none."""


@dataclass(slots=True)
class SessionRecord:
    """``resumed`` is the stored id of a paused session the vehicle asks to go on with.

    ``services`` are the value-added services selected, each with its parameter set.
    """

    session_id: bytes = NO_SESSION
    agreed: Agreement = field(default_factory=Agreement)
    resumed: bytes | None = None
    services: dict[int, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that came in: its body, what its header said, and how it came."""

    session_id: bytes
    body: Any
    signature: Any = None
    octets: bytes = b""
    notes: tuple[str, ...] = ()  # what had to be tolerated to read it
    payload_type: int = PayloadType.EXI  # what the wire said it was


@dataclass(frozen=True, slots=True)
class Said:
    """A message to go out: its body, and the signature its header shall carry.

    ``payload_type`` is for a protocol in which one message may go out under several: ``None``
    is the stream that the message belongs to.  ``made`` is the message as somebody else has made
    it: it goes out octet for octet if its header names the session.
    """

    body: Any
    signature: Any = None
    payload_type: int | None = None
    made: "Heard | None" = None

    def as_made(self, session_id: bytes) -> "Heard | None":
        """What may go out as it is; else it goes under the session's own header."""
        made = self.made
        return made if made is not None and made.session_id == session_id else None


def same_session(left: bytes, right: bytes) -> bool:
    """Session ids are compared after padding: some cars write fewer than eight octets."""
    return left == right or left.rjust(8, b"\0") == right.rjust(8, b"\0")


def code_of(body: Any) -> str:  # noqa: ANN401 - any response of any protocol
    """The response code as it stands on the wire, e.g. ``FAILED_SequenceError``."""
    return str(body.response_code._value_)


def told_with(body: object) -> str:
    """What a station says of itself beside a response code: state, isolation, notification."""
    status = getattr(getattr(body, "evse_charge_parameter", body), "dc_evse_status", None)
    if status is None:
        status = getattr(getattr(body, "evse_charge_parameter", body), "ac_evse_status", None)
    if status is None:
        status = getattr(body, "evse_status", None)
    code = _word(status, "evse_status_code")
    isolation = _word(status, "evse_isolation_status")
    notification = _word(status, "evse_notification")
    said = [code] if code else []
    said += [f"isolation {isolation}"] if isolation else []
    said += [notification] if notification not in {"", "None"} else []
    said += ["residual current"] if getattr(status, "rcd", False) else []
    return ", ".join(said)


def _word(status: object, name: str) -> str:
    value = getattr(status, name, None)
    return "" if value is None else str(value.value)


def refused(code: str) -> bool:
    return code.upper().startswith("FAILED")
