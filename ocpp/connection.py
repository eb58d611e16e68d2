"""One connection on the scheduler: stream, security, WebSocket and router put together.

The same object serves both ends.  Owns the deadlines - handshake, answers, pings, closing - and
says once, and with the reason, that it is over.  Knows no socket: the stream comes through the
port, simulated or the host's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from bsw.dlt import Logger
from bsw.net.guard import Flooded, Guard
from bsw.net.ports import Stream, StreamEnd
from bsw.os.clock import S
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Worker
from bsw.tls.port import TlsEngine, TlsFacts, TlsFailure, TlsState
from ocpp.catalogue import Catalogue
from ocpp.happenings import Happening
from ocpp.router import DEFAULT_RULES, Router, RouterRules
from ocpp.versions import Version, version_named
from ocpp.websocket import (
    DEFAULT_SOCKET,
    GOING_AWAY,
    NORMAL,
    PROTOCOL_ERROR,
    Asked,
    Closing,
    Event,
    Opened,
    Pong,
    Refusal,
    SocketRules,
    Text,
    WebSocket,
)


class Cause(Enum):
    """Why a connection is over, or came to nothing.  A closed list."""

    CLOSED = "the peer closed"
    LOST = "the stream ended without a word"
    REFUSED = "nobody listens there"
    UNREACHABLE = "no way to the peer"
    UNKNOWN_NAME = "the name of the back end cannot be resolved"
    TIMEOUT = "the peer does not answer"
    OVERFLOW = "more was waiting than a queue holds"
    TLS = "transport security failed"
    UNAUTHORIZED = "the back end refuses our credentials"
    UNKNOWN_IDENTITY = "the back end does not know our identity"
    REJECTED = "the handshake was rejected"
    NO_VERSION = "no version of OCPP was agreed"
    LOCAL = "we closed"


@dataclass(frozen=True, slots=True)
class Gone:
    """The end of a connection: why, in words, and the particulars where there are any."""

    cause: Cause
    detail: str = ""
    failure: TlsFailure | None = None

    def __str__(self) -> str:
        return f"{self.cause.value}: {self.detail}" if self.detail else self.cause.value


class ConnectionUser(Protocol):
    """Who listens to a connection.  After ``gone`` nothing more comes."""

    def opened(self) -> None: ...
    def happened(self, happening: Happening) -> None: ...
    def gone(self, reason: Gone) -> None: ...


@dataclass(frozen=True, slots=True)
class ConnectionRules:
    """``ping_every`` 0 sends none.  A ping must be answered ``pong_within``."""

    handshake_within: int = 30 * S
    ping_every: int = 60 * S
    pong_within: int = 30 * S
    close_within: int = 5 * S
    waiting: int = 262_144  # octets from the peer kept while the worker computes
    socket: SocketRules = DEFAULT_SOCKET
    router: RouterRules = DEFAULT_RULES


DEFAULT_CONNECTION: Final = ConnectionRules()

_ENDS: Final = {
    StreamEnd.CLOSED: Cause.LOST,
    StreamEnd.RESET: Cause.LOST,
    StreamEnd.REFUSED: Cause.REFUSED,
    StreamEnd.UNREACHABLE: Cause.UNREACHABLE,
    StreamEnd.TIMEOUT: Cause.TIMEOUT,
    StreamEnd.OVERFLOW: Cause.OVERFLOW,
    StreamEnd.LOCAL: Cause.LOCAL,
}
_STATUSES: Final = {
    401: Cause.UNAUTHORIZED,
    403: Cause.UNAUTHORIZED,
    404: Cause.UNKNOWN_IDENTITY,
}


@dataclass(frozen=True, slots=True)
class Means:
    """What every connection of a role needs."""

    scheduler: Scheduler
    randomness: Randomness
    catalogues: Mapping[Version, Catalogue]
    log: Logger
    worker: Worker | None = None
    rules: ConnectionRules = DEFAULT_CONNECTION


class Connection:
    """One connection, from the stream's beginning to its end."""

    def __init__(
        self,
        means: Means,
        socket: WebSocket,
        engine: TlsEngine,
        user: ConnectionUser,
        *,
        asked: Callable[[Asked], None] | None = None,
    ) -> None:
        """``asked`` is for the server's end: who decides whether a client may come in."""
        self._means = means
        self._socket = socket
        self._user = user
        self._asked = asked
        self._guard = Guard(engine, means.worker, means.rules.waiting, self._computed)
        self._stream: Stream | None = None
        self._router: Router | None = None
        self._over = False
        self._telling = False
        self._paused = False
        self._goodbye: Gone | None = None
        self._nonce = b""
        alarm = means.scheduler.alarm
        self._deadline = alarm(self._too_late, name="ocpp.deadline")
        self._answer = alarm(self._tick, name="ocpp.answer")
        self._ping = alarm(self._send_ping, name="ocpp.ping")
        self._pong = alarm(self._no_pong, name="ocpp.pong")

    def start(self, stream: Stream) -> None:
        """Tie the stream to it; its callbacks come here."""
        self._stream = stream
        self._deadline.rearm(self._means.rules.handshake_within)

    @property
    def is_open(self) -> bool:
        """A version is agreed and calls can be made."""
        return self._router is not None and self._goodbye is None and not self._over

    @property
    def version(self) -> Version:
        return self.router.version

    @property
    def router(self) -> Router:
        """For calls and answers; follow each with ``flush``."""
        assert self._router is not None, "not open"
        return self._router

    @property
    def facts(self) -> TlsFacts | None:
        """What TLS agreed on; ``None`` on plain TCP."""
        return None if self._guard.busy else self._guard.engine.facts

    def flush(self) -> None:
        """Tell what has happened, send what is to be sent, see when to look again."""
        router = self._router
        if router is None or self._telling or self._over:
            return
        self._telling = True
        while happenings := router.happenings():
            for happening in happenings:
                self._user.happened(happening)
        self._telling = False
        for frame in router.outgoing():
            self._socket.text(frame)
        self._write()
        self._answer.cancel()
        if router.due is not None:
            self._answer.move(router.due)

    def accept(self, protocol: str) -> None:
        """Let the client in; without a protocol the socket is opened and closed at once."""
        self._socket.accept(protocol)
        self._attend()

    def reject(self, status: int, text: str) -> None:
        self._socket.reject(status, text)
        self._attend()

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Say goodbye; ``gone`` follows when the peer has answered, or after a while."""
        if self._over:
            return
        if self._router is None:
            self._end(Gone(Cause.LOCAL, reason))
            return
        self._leave(Gone(Cause.LOCAL, reason), code, reason)

    def abort(self) -> None:
        """Break off without a word; ``gone`` follows at once."""
        if not self._over:
            self._end(Gone(Cause.LOCAL), broken=True)

    def connected(self) -> None:
        """From the stream."""
        if not self._over:
            self._guarded(self._guard.start)

    def received(self, data: bytes) -> None:
        """From the stream."""
        if not self._over:
            self._guarded(lambda: self._guard.feed(data))

    def ended(self, how: StreamEnd) -> None:
        """From the stream.  What came before the end counts first."""
        if self._over:
            return
        if how is StreamEnd.CLOSED:
            self._guarded(lambda: self._guard.feed(b""))
        if not self._over:
            self._end(self._goodbye or Gone(_ENDS[how]))

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Flooded as flood:
            self._end(Gone(Cause.OVERFLOW, str(flood)))
        if self._guard.busy and self._stream is not None:
            self._stream.pause()
            self._paused = True

    def _computed(self) -> None:
        """The engine has something: hand it to both sides and see where it stands."""
        if self._over:
            return
        engine = self._guard.engine
        if self._paused and self._stream is not None:
            self._stream.resume()
            self._paused = False
        data = engine.incoming()
        if data:
            self._socket.received(data)
        if engine.state is TlsState.CLOSED:
            self._socket.received(b"")
        self._attend()
        if engine.state is TlsState.FAILED and not self._over:
            detail = engine.failure.detail if engine.failure is not None else ""
            self._end(self._goodbye or Gone(Cause.TLS, detail, engine.failure))

    def _attend(self) -> None:
        """Follow what the WebSocket says."""
        self._write()
        for event in self._socket.events():
            if self._over:
                return
            self._event(event)
        self._write()
        if self._socket.close_expected and not self._over and self._goodbye is not None:
            self._end(self._goodbye)
        self.flush()

    def _event(self, event: Event) -> None:
        match event:
            case Asked():
                assert self._asked is not None
                self._asked(event)
            case Opened(protocol):
                self._open(protocol)
            case Text(octets):
                if self._router is not None and self._goodbye is None:
                    self._router.received(octets, self._means.scheduler.now)
                    self.flush()
            case Pong(octets):
                if octets == self._nonce:
                    self._pong.cancel()
            case Refusal(status, why):
                self._end(Gone(_STATUSES.get(status, Cause.REJECTED), f"{status} {why}".strip()))
            case Closing(code, reason):
                detail = f"{code} {reason}".strip()
                self._end(self._goodbye or Gone(Cause.CLOSED, detail))

    def _open(self, protocol: str) -> None:
        version = version_named(protocol)
        catalogue = self._means.catalogues.get(version) if version is not None else None
        if catalogue is None:
            detail = f"the other end took {protocol!r}" if protocol else "none was picked"
            self._leave(Gone(Cause.NO_VERSION, detail), PROTOCOL_ERROR, "no version of OCPP")
            return
        means = self._means
        self._router = Router(catalogue, means.randomness, means.rules.router)
        self._deadline.cancel()
        if means.rules.ping_every:
            self._ping.rearm(means.rules.ping_every)
        means.log.info("opened", version=protocol)
        self._user.opened()
        self.flush()

    def _leave(self, reason: Gone, code: int, text: str) -> None:
        """Close politely and give the peer a while to answer."""
        if self._goodbye is None:
            self._goodbye = reason
            self._socket.close(code, text)
            self._write()
            self._deadline.rearm(self._means.rules.close_within)

    def _tick(self) -> None:
        if self._router is not None:
            self._router.tick(self._means.scheduler.now)
            self.flush()

    def _send_ping(self) -> None:
        self._nonce = self._means.randomness.octets(4)
        self._socket.ping(self._nonce)
        self._write()
        self._ping.rearm(self._means.rules.ping_every)
        if not self._pong.armed:
            self._pong.rearm(self._means.rules.pong_within)

    def _no_pong(self) -> None:
        self._leave(Gone(Cause.TIMEOUT, "no answer to a ping"), GOING_AWAY, "no pong")

    def _too_late(self) -> None:
        """Of the handshake, or of the peer's part in closing."""
        late = Gone(Cause.TIMEOUT, "the handshake was not finished in time")
        self._end(self._goodbye or late, broken=True)

    def _write(self) -> None:
        octets, _ends = self._socket.outgoing()
        if octets and self._stream is not None:
            self._guard.send(octets)
            if not self._guard.busy:
                self._stream.write(self._guard.engine.outgoing())
        elif self._stream is not None and not self._guard.busy:
            pending = self._guard.engine.outgoing()
            if pending:
                self._stream.write(pending)

    def _end(self, reason: Gone, *, broken: bool = False) -> None:
        if self._over:
            return
        self._write()
        self._over = True
        for alarm in (self._deadline, self._answer, self._ping, self._pong):
            alarm.cancel()
        if self._stream is not None:
            if not broken and not self._guard.busy:
                self._guard.finish()
                self._stream.write(self._guard.engine.outgoing())
            self._stream.abort() if broken else self._stream.close()
        self._guard.drop()
        self._means.log.info("gone", why=reason.cause.value, detail=reason.detail)
        if self._router is not None:
            self._router.lost()
            for happening in self._router.happenings():
                self._user.happened(happening)
        self._user.gone(reason)
