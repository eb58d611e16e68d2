"""What a byte stream asks of transport security.

An engine takes the peer's octets and gives octets for the peer; it owns no socket, no thread and
no timer.  ``advance`` is the only call that computes, and with a private key in a slow token it
may block: a channel then runs it on the worker.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class TlsState(Enum):
    HANDSHAKE = "handshake"
    OPEN = "open"
    CLOSED = "closed"  # close_notify in both directions, or the peer's end of stream after it
    FAILED = "failed"


class TlsReason(Enum):
    """Why a connection is not, or no longer, secure.  A closed list, told apart for people."""

    UNTRUSTED_ROOT = "untrusted root"
    EXPIRED = "certificate expired"
    NOT_YET_VALID = "certificate not yet valid"
    WRONG_PROFILE = "certificate breaks the profile"
    REVOKED = "certificate revoked"
    NO_STAPLE = "no OCSP staple where one is demanded"
    NO_PEER_CERTIFICATE = "the peer shows no certificate"
    NO_COMMON_SUITE = "no common version, suite, group or signature algorithm"
    PEER_ALERT = "the peer refused with an alert"
    BAD_RECORD = "octets that are no valid TLS"
    TRUNCATED = "stream ended without close_notify"
    KEY_FAILURE = "our private key could not be used"
    TIMEOUT = "handshake not finished in time"


@dataclass(frozen=True, slots=True)
class TlsFailure:
    """A reason, the alert number if there was one, and a sentence with place and remedy."""

    reason: TlsReason
    detail: str
    alert: int | None = None


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What was agreed, for the session and the trace.  Certificates in DER, leaf first."""

    version: str
    suite: str
    peer_chain: tuple[bytes, ...] = ()
    peer_staple: bytes | None = None


class TlsEngine(Protocol):
    """One end of one connection."""

    @property
    def state(self) -> TlsState: ...
    @property
    def failure(self) -> TlsFailure | None: ...
    @property
    def facts(self) -> TlsFacts | None: ...
    @property
    def may_block(self) -> bool:
        """``advance`` may wait for a token: run it on the worker while in HANDSHAKE."""

    def feed(self, data: bytes) -> None:
        """Octets from the peer; empty means the peer's stream has ended."""

    def send(self, data: bytes) -> None:
        """Plain octets for the peer; kept until the handshake is done."""

    def finish(self) -> None:
        """Say close_notify."""

    def advance(self) -> None:
        """Do what can be done now with what was fed and sent.  Never raises: see ``failure``."""

    def outgoing(self) -> bytes:
        """Octets for the peer, handed over once."""

    def incoming(self) -> bytes:
        """Plain octets from the peer, handed over once."""
