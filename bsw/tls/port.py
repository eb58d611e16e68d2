"""What a byte stream asks of transport security, and what transport security asks in turn.

An engine takes the peer's octets and gives octets for the peer; it owns no socket, no thread and
no timer.  ``advance`` is the only call that computes, and with a private key in a slow token it
may block: a channel then runs it on the worker.  Whether a certificate may be trusted is never
decided here: that is asked of a ``Trust``, for each connection anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha512
from typing import Protocol

from bsw.crypto import Signer


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
    BROKEN_CHAIN = "certificate chain does not hold together, or is no certificate"
    REVOKED = "certificate revoked"
    NO_STAPLE = "no OCSP staple where one is demanded"
    BAD_STAPLE = "OCSP staple that proves nothing"
    NO_PEER_CERTIFICATE = "the peer shows no certificate"
    NO_COMMON_SUITE = "no common version, suite, group or signature algorithm"
    PEER_ALERT = "the peer refused with an alert"
    BAD_RECORD = "octets that are no valid TLS"
    TRUNCATED = "stream ended without close_notify"
    KEY_FAILURE = "our private key could not be used"
    TIMEOUT = "handshake not finished in time"
    UNAVAILABLE = "TLS cannot be used in this environment"


class TlsProfile(Enum):
    """Which edition's TLS rules a connection follows."""

    ISO2 = "iso2"
    ISO20 = "iso20"


@dataclass(frozen=True, slots=True)
class TlsFailure:
    """A reason, the alert number if there was one, and a sentence with place and remedy."""

    reason: TlsReason
    detail: str
    alert: int | None = None


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What was agreed, for the session and the trace.  Certificates in DER, leaf first.

    ``peer_staple`` is the OCSP response that came with the chain.  ``own_chain`` is what we
    showed: a station may have several to choose from.  ``peer_roots`` says which roots the peer
    named, readable and free of secrets.
    """

    version: str
    suite: str
    peer_chain: tuple[bytes, ...] = ()
    peer_staple: bytes | None = None
    profile: TlsProfile = TlsProfile.ISO2
    group: str = ""
    own_chain: tuple[bytes, ...] = ()
    peer_roots: tuple[str, ...] = ()

    @property
    def peer_fingerprint(self) -> bytes:
        """SHA-512 of the peer's own certificate, empty where it showed none [V2G20-2677]."""
        return sha512(self.peer_chain[0]).digest() if self.peer_chain else b""


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
        """Do what can be done now with what was fed and sent.  Never raises: see ``failure``.

        While it runs on a worker the other methods may be called from the scheduler's thread.
        """

    def outgoing(self) -> bytes:
        """Octets for the peer, handed over once.  A refusal leaves its alert here."""

    def incoming(self) -> bytes:
        """Plain octets from the peer, handed over once."""


class Trust(Protocol):
    """Who judges the peer's certificates: dates, path, profile, revocation.

    Called in the middle of a handshake, in the thread that runs ``advance``: it answers at once.
    """

    def roots(self, profile: TlsProfile) -> Sequence[bytes]:
        """The anchors for this connection, DER.  They are named to the peer as hints."""

    def judge_chain(self, profile: TlsProfile, chain: Sequence[bytes]) -> TlsFailure | None:
        """Judge what the peer sent, DER, leaf first, nothing checked yet.  ``None`` accepts."""

    def judge_status(
        self, profile: TlsProfile, chain: Sequence[bytes], staple: bytes | None
    ) -> TlsFailure | None:
        """Judge the OCSP response that came with an accepted chain, or that none came.

        Asked on the vehicle's side only: a station has no way to receive one.
        """


def no_staple() -> bytes | None:
    return None


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate chain with the key of its leaf.

    ``chain`` is DER, leaf first, as the peer shall see it: without the root, except in a private
    environment [V2G2-872].  ``root`` is the anchor it ends in, to be matched with the peer's
    hints.  ``staple`` gives the freshest OCSP response for the leaf at the time of asking.
    """

    profile: TlsProfile
    chain: tuple[bytes, ...]
    signer: Signer
    root: bytes | None = None
    staple: Callable[[], bytes | None] = field(default=no_staple, compare=False)
