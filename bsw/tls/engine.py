"""One end of one TLS connection over two memory buffers.

It knows when there is something to do and what became of it; what to offer and whom to believe
is in the opening it is given.  ``feed``, ``send``, ``finish``, ``outgoing`` and ``incoming`` touch
nothing but queues, so they may be called while ``advance`` runs on a worker.
"""

import ssl
from dataclasses import dataclass
from typing import Protocol

from bsw.os.worker import attempt
from bsw.tls.handshake import Handshake
from bsw.tls.port import TlsFacts, TlsFailure, TlsReason, TlsState
from bsw.tls.reasons import INTERNAL_ERROR, from_openssl, truncated, unusable

LARGEST_BACKLOG = 1 << 20
"""Octets fed or sent that ``advance`` has not seen yet."""

CHUNK = 1 << 14


@dataclass(frozen=True, slots=True)
class Opened:
    """A context ready for its handshake, and the listener that answers for it."""

    context: ssl.SSLContext
    handshake: Handshake
    server: bool


class Opening(Protocol):
    """How a connection starts: the vehicle at once, the station with the vehicle's offer."""

    @property
    def may_block(self) -> bool: ...
    def open(self, stream: bytes) -> Opened | None:
        """The context for what has come so far; ``None`` to wait for more."""


class Engine:
    """A ``TlsEngine``."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._state = TlsState.HANDSHAKE
        self._failure: TlsFailure | None = None
        self._facts: TlsFacts | None = None
        self._handshake: Handshake | None = None
        self._tls: ssl.SSLObject | None = None
        self._server = False
        self._from_peer, self._to_peer = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._fed, self._plain_out = bytearray(), bytearray()
        self._ready_out, self._plain_in = bytearray(), bytearray()
        self._peer_ended = False
        self._peer_said_goodbye = False
        self._finish_wanted = False
        self._goodbye_said = False

    @property
    def state(self) -> TlsState:
        return self._state

    @property
    def failure(self) -> TlsFailure | None:
        return self._failure

    @property
    def facts(self) -> TlsFacts | None:
        return self._facts

    @property
    def may_block(self) -> bool:
        return self._state is TlsState.HANDSHAKE and self._opening.may_block

    def feed(self, data: bytes) -> None:
        if not data:
            self._peer_ended = True
        elif self._fits(self._fed, data):
            self._fed += data

    def send(self, data: bytes) -> None:
        if self._fits(self._plain_out, data):
            self._plain_out += data

    def finish(self) -> None:
        self._finish_wanted = True

    def outgoing(self) -> bytes:
        return _taken(self._ready_out)

    def incoming(self) -> bytes:
        return _taken(self._plain_in)

    def advance(self) -> None:
        if self._state in {TlsState.CLOSED, TlsState.FAILED}:
            return
        try:
            self._advance()
        except ssl.SSLError as error:
            self._failed(self._reason_of(error))
        self._ready_out += self._to_peer.read()

    def _advance(self) -> None:
        if self._tls is None and not self._open():
            return
        ended = self._peer_ended
        self._from_peer.write(_taken(self._fed))
        if ended:
            self._from_peer.write_eof()
        assert self._tls is not None, "opened above"
        if self._state is TlsState.HANDSHAKE and not self._shake(self._tls):
            return
        self._exchange(self._tls)

    def _open(self) -> bool:
        """Whether the connection has a context now."""
        if self._finish_wanted:
            self._state = TlsState.CLOSED
            return False
        outcome = attempt(lambda: self._opening.open(bytes(self._fed)))
        if outcome.error is not None:
            self._failed(unusable(outcome.error))
            if self._fed:
                self._ready_out += INTERNAL_ERROR
            return False
        opened = outcome.result()
        if opened is None:
            if self._peer_ended:
                self._failed(truncated(handshake=True))
            return False
        self._handshake, self._server = opened.handshake, opened.server
        self._tls = opened.context.wrap_bio(
            self._from_peer, self._to_peer, server_side=opened.server
        )
        return True

    def _shake(self, tls: ssl.SSLObject) -> bool:
        """Whether the handshake is done and everything in it was judged."""
        if self._finish_wanted:
            self._state = TlsState.CLOSED
            return False
        assert self._handshake is not None, "set together with the context"
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        self._handshake.settle(tls)
        unproven = self._handshake.unproven(server=self._server)
        if unproven is not None:
            self._failed(unproven)
            return False
        self._facts = self._handshake.facts(tls)
        self._state = TlsState.OPEN
        return True

    def _exchange(self, tls: ssl.SSLObject) -> None:
        if self._plain_out and not self._goodbye_said:
            data = _taken(self._plain_out)
            while data:
                data = data[tls.write(data) :]
        self._read(tls)
        if self._peer_said_goodbye or self._finish_wanted:
            self._say_goodbye(tls)
        if self._peer_said_goodbye or (self._goodbye_said and self._peer_ended):
            self._state = TlsState.CLOSED

    def _read(self, tls: ssl.SSLObject) -> None:
        try:
            while not self._peer_said_goodbye:
                data = tls.read(CHUNK)
                self._plain_in += data
                self._peer_said_goodbye = not data
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self._peer_said_goodbye = True
        except ssl.SSLError as error:
            if not _is_end(error) or not (self._goodbye_said or self._finish_wanted):
                raise

    def _say_goodbye(self, tls: ssl.SSLObject) -> None:
        if self._goodbye_said:
            return
        self._goodbye_said = True
        try:
            tls.unwrap()
        except ssl.SSLWantReadError:
            pass  # said; the peer's answer is still to come
        except ssl.SSLError:
            if not self._peer_ended and not self._plain_in:
                raise  # otherwise data or the end crossed our goodbye

    def _reason_of(self, error: ssl.SSLError) -> TlsFailure:
        handshake = self._handshake
        known = None if handshake is None else handshake.why()
        if known is not None:
            return known
        if _is_end(error):
            return truncated(handshake=self._state is TlsState.HANDSHAKE)
        if handshake is None:
            return from_openssl(error)
        return from_openssl(error, handshake.sent, handshake.offer)

    def _failed(self, failure: TlsFailure) -> None:
        self._failure = failure
        self._state = TlsState.FAILED

    def _fits(self, queue: bytearray, data: bytes) -> bool:
        if len(queue) + len(data) <= LARGEST_BACKLOG:
            return True
        self._failed(
            TlsFailure(
                TlsReason.BAD_RECORD,
                f"more than {LARGEST_BACKLOG} octets are waiting; the peer floods the connection, "
                "or nobody advances it",
            )
        )
        return False


def _is_end(error: ssl.SSLError) -> bool:
    """The stream ended.  Before Python 3.11.4 that has no class of its own with OpenSSL 3."""
    return isinstance(error, ssl.SSLEOFError) or error.reason == "UNEXPECTED_EOF_WHILE_READING"


def _taken(queue: bytearray) -> bytes:
    """Empty a queue that another thread may be filling: what comes meanwhile stays."""
    data = bytes(queue)
    del queue[: len(data)]
    return data
