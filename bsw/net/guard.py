"""Runs a security engine where it may run: here, or on the worker while a token may be slow.

Owns the order of things while a job is under way: what arrives or is to be sent meanwhile waits,
bounded, because an engine must never be touched from two threads.  Also holds the engine that
secures nothing, so that plain TCP takes the same way as TLS.
"""

from collections.abc import Callable

from bsw.os.worker import Job, Outcome, Worker, WorkerFull
from bsw.tls.port import TlsEngine, TlsFacts, TlsFailure, TlsState


class Plain:
    """A ``TlsEngine`` without security: octets in, the same octets out."""

    may_block = False
    failure: TlsFailure | None = None
    facts: TlsFacts | None = None

    def __init__(self) -> None:
        self.state = TlsState.OPEN
        self._in: list[bytes] = []
        self._out: list[bytes] = []

    def feed(self, data: bytes) -> None:
        if data:
            self._in.append(data)
        else:
            self.state = TlsState.CLOSED

    def send(self, data: bytes) -> None:
        self._out.append(data)

    def finish(self) -> None:
        """Nothing to say: the stream's own end is enough."""

    def advance(self) -> None:
        """Nothing to compute."""

    def outgoing(self) -> bytes:
        taken, self._out = self._out, []
        return b"".join(taken)

    def incoming(self) -> bytes:
        taken, self._in = self._in, []
        return b"".join(taken)


class Flooded(Exception):
    """The peer talks on while we still compute, or the worker takes no more jobs."""


class Guard:
    """An engine and what waits for it.

    ``changed`` is called when the engine has computed with what came from the peer; it then
    looks at ``state``, ``outgoing`` and ``incoming``.  While ``busy`` these must be left alone.
    """

    def __init__(
        self, engine: TlsEngine, worker: Worker | None, bound: int, changed: Callable[[], None]
    ) -> None:
        self.engine = engine
        self._worker = worker
        self._bound = bound
        self._changed = changed
        self._job: Job | None = None
        self._arrived: list[bytes] = []
        self._waiting = 0
        self._unsent: list[bytes] = []
        self._started = False

    @property
    def busy(self) -> bool:
        return self._job is not None

    def start(self) -> None:
        """The stream is there; the engine may speak first."""
        self._started = True
        self._compute()

    def feed(self, data: bytes) -> None:
        """Octets from the peer; empty means the end of its stream."""
        if self._job is None:
            self.engine.feed(data)
            self._compute()
            return
        self._waiting += len(data)
        if self._waiting > self._bound:
            raise Flooded("the peer talks on while we still compute")
        self._arrived.append(data)

    def send(self, data: bytes) -> None:
        """Plain octets for the peer.  Computes here: sending needs no token."""
        if self._job is not None:
            self._unsent.append(data)
            return
        self.engine.send(data)
        if self._started and self.engine.state is not TlsState.HANDSHAKE:
            self.engine.advance()

    def finish(self) -> None:
        """Say that nothing more comes, unless the engine is away computing."""
        if self._job is None:
            self.engine.finish()
            self.engine.advance()

    def drop(self) -> None:
        """Forget it all; a job that runs is not listened to any more."""
        self._arrived.clear()
        self._unsent.clear()
        if self._job is not None:
            self._job.cancel()

    def _compute(self) -> None:
        engine = self.engine
        if self._worker is None or engine.state is not TlsState.HANDSHAKE or not engine.may_block:
            engine.advance()
            self._changed()
            return
        try:
            self._job = self._worker.submit("tls", engine.advance, self._computed)
        except WorkerFull as full:
            raise Flooded(str(full)) from None

    def _computed(self, outcome: Outcome[None]) -> None:
        self._job = None
        outcome.result()
        arrived, self._arrived = self._arrived, []
        unsent, self._unsent = self._unsent, []
        self._waiting = 0
        for data in unsent:
            self.engine.send(data)
        for data in arrived:
            self.engine.feed(data)
        self._changed()
        if arrived and self.engine.state in {TlsState.HANDSHAKE, TlsState.OPEN}:
            self._compute()
