"""A channel: V2G messages over a byte stream, secured or not, the same object for both roles.

Puts together a ``Stream``, optionally a ``TlsEngine``, and the V2GTP reader.  Owns the deadlines
of connecting, of the handshake and of a frame that was begun; runs a handshake that may wait for
a token on the worker; says once, and with the reason, that it is over.  Does not know what a
message means nor who should speak next.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from bsw.dlt import Dlt, Logger, silent
from bsw.net.guard import Flooded, Guard, Plain
from bsw.net.ports import Endpoint, Listener, Network, Stream, StreamEnd, StreamUser
from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Worker
from bsw.tls.port import TlsEngine, TlsFacts, TlsFailure, TlsReason, TlsState
from bsw.v2gtp import DEFAULT_RULES, HANDSHAKE, Broken, Frame, Ignored, Reader, Rules, pack


class Cause(Enum):
    """Why a channel is over without our asking.  A closed list."""

    PEER = "the peer closed"
    RESET = "the connection was reset"
    REFUSED = "nobody listens there"
    UNREACHABLE = "no way to the peer"
    TIMEOUT = "the peer does not answer"
    OVERFLOW = "more was waiting than a queue holds"
    TLS = "transport security failed"
    FRAMING = "the V2GTP stream cannot be followed"


@dataclass(frozen=True, slots=True)
class Closed:
    """The end of a channel: why, in words, and the particulars where there are any.

    ``failure`` beside ``Cause.PEER`` tells of an end without close_notify, which many peers do
    and which is no error here.
    """

    cause: Cause
    detail: str = ""
    failure: TlsFailure | None = None
    broken: Broken | None = None

    def __str__(self) -> str:
        return f"{self.cause.value}: {self.detail}" if self.detail else self.cause.value


class ChannelUser(Protocol):
    """Who listens to a channel.  After ``closed``, or after closing it, nothing more comes."""

    def opened(self) -> None: ...
    def frame(self, payload_type: int, payload: bytes) -> None: ...
    def closed(self, reason: Closed) -> None: ...


@dataclass(frozen=True, slots=True)
class ChannelOptions:
    connect_within: int = 5 * S
    handshake_within: int = 10 * S
    waiting: int = 262_144  # octets from the peer kept while the worker computes
    rules: Rules = DEFAULT_RULES


DEFAULT_OPTIONS: Final = ChannelOptions()

_CAUSES: Final = {
    StreamEnd.CLOSED: Cause.PEER,
    StreamEnd.RESET: Cause.RESET,
    StreamEnd.REFUSED: Cause.REFUSED,
    StreamEnd.UNREACHABLE: Cause.UNREACHABLE,
    StreamEnd.TIMEOUT: Cause.TIMEOUT,
    StreamEnd.OVERFLOW: Cause.OVERFLOW,
    StreamEnd.LOCAL: Cause.RESET,
}


class _Phase(Enum):
    SETTING_UP = "setting up"
    OPEN = "open"
    OVER = "over"


class Channel:
    """One connection.  Made by ``Channels``; send with ``send``, end with ``close``."""

    def __init__(
        self,
        scheduler: Scheduler,
        *,
        engine: TlsEngine,
        worker: Worker | None,
        options: ChannelOptions,
        log: Logger,
    ) -> None:
        self._scheduler = scheduler
        self._guard = Guard(engine, worker, options.waiting, self._computed)
        self._options = options
        self._log = log
        self._reader = Reader(HANDSHAKE, options.rules)
        self._phase = _Phase.SETTING_UP
        self._spoken_to = False
        self._heard = False
        self._ignored = 0
        self._paused = False
        self._broke: StreamEnd | None = None
        self._handshake = scheduler.alarm(self._handshake_late, name="channel.handshake")
        self._loris = scheduler.alarm(self._frame_late, name="channel.frame")
        self._stream: Stream | None = None
        self._user: ChannelUser | None = None

    def start(self, stream: Stream, user: ChannelUser | None = None) -> None:
        """Tie stream and user together; ``Channels`` does this."""
        self._stream, self._user = stream, user

    def serve(self, user: ChannelUser | None) -> None:
        """The user of an accepted connection; nobody breaks it off."""
        if user is None:
            self.abort()
        self._user = user

    @property
    def local(self) -> Endpoint:
        assert self._stream is not None
        return self._stream.local

    @property
    def peer(self) -> Endpoint:
        assert self._stream is not None
        return self._stream.peer

    @property
    def is_open(self) -> bool:
        return self._phase is _Phase.OPEN

    @property
    def spoken_to(self) -> bool:
        """The peer has sent something, whatever it was."""
        return self._spoken_to

    @property
    def facts(self) -> TlsFacts | None:
        """What TLS agreed on; ``None`` on plain TCP."""
        return None if self._guard.busy else self._guard.engine.facts

    @property
    def ignored(self) -> int:
        """How many frames were passed over because of their header."""
        return self._ignored

    @property
    def accepted(self) -> Collection[int]:
        """The payload types that belong here; set it when a protocol is agreed."""
        return self._reader.accepted

    @accepted.setter
    def accepted(self, payload_types: Collection[int]) -> None:
        self._reader.accepted = frozenset(payload_types)

    def send(self, payload_type: int, payload: bytes) -> None:
        """Frame, secure and write.  Before ``opened`` it waits, after the end it is dropped."""
        self.send_raw(pack(payload_type, payload))

    def send_raw(self, octets: bytes) -> None:
        """Octets without a header of ours; for testers."""
        if self._phase is _Phase.OVER:
            return
        self._guard.send(octets)
        if self._phase is _Phase.OPEN:
            self._write(self._guard.engine.outgoing())
            if self._guard.engine.state is not TlsState.OPEN:
                self._scheduler.after(0, self._computed, name="channel")

    def half_close(self) -> None:
        """FIN without a word of TLS, and go on listening; for testers."""
        if self._phase is _Phase.OPEN and self._stream is not None:
            self._stream.finish()

    def close(self) -> None:
        """Say close_notify and FIN, linger in the background, tell the user nothing more."""
        if self._phase is _Phase.OVER:
            return
        if self._phase is _Phase.OPEN:
            self._guard.finish()
            self._write(self._guard.engine.outgoing())
        self._finish()
        if self._stream is not None:
            self._stream.close()

    def abort(self) -> None:
        """Break off with a reset, tell the user nothing more."""
        if self._phase is not _Phase.OVER:
            self._finish()
            if self._stream is not None:
                self._stream.abort()

    def connected(self) -> None:
        """From the stream."""
        if self._phase is _Phase.SETTING_UP:
            self._handshake.rearm(self._options.handshake_within)
            self._guarded(self._guard.start)

    def received(self, data: bytes) -> None:
        """From the stream."""
        if self._phase is not _Phase.OVER:
            self._spoken_to = True
            self._guarded(lambda: self._guard.feed(data))

    def ended(self, how: StreamEnd) -> None:
        """From the stream.  What came before the end counts first."""
        if self._phase is _Phase.OVER:
            return
        self._broke = how
        if how is StreamEnd.CLOSED:
            self._guarded(lambda: self._guard.feed(b""))
        if not self._guard.busy:
            self._fail(self._reason(how))

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Flooded as flood:
            self._fail(Closed(Cause.OVERFLOW, str(flood)))
        if self._guard.busy and self._stream is not None:
            self._stream.pause()
            self._paused = True

    def _computed(self) -> None:
        """Hand over what the engine has for both sides, and see where it stands."""
        engine = self._guard.engine
        if self._phase is _Phase.OVER:
            return
        if self._paused and self._stream is not None:
            self._stream.resume()
            self._paused = False
        self._write(engine.outgoing())
        if self._phase is _Phase.SETTING_UP and (engine.facts or engine.state is TlsState.OPEN):
            self._open()
        self._read_frames(engine.incoming())
        if engine.state is TlsState.CLOSED:
            self._fail(Closed(Cause.PEER))
        elif engine.state is TlsState.FAILED:
            self._fail(self._tls_end(engine.failure))
        elif self._broke not in {None, StreamEnd.CLOSED}:
            self._fail(self._reason(self._broke))

    def _tls_end(self, failure: TlsFailure | None) -> Closed:
        """An end without close_notify is an ordinary end, unless it is a refusal in disguise."""
        if failure is None:
            return Closed(Cause.TLS)
        if failure.reason is TlsReason.TRUNCATED and self._broke is not None:
            reason = self._reason(self._broke)
            return Closed(reason.cause, reason.detail or failure.detail, reason.failure or failure)
        return Closed(Cause.TLS, failure.detail, failure)

    def _reason(self, how: StreamEnd) -> Closed:
        """A break between handshake and first message is a refusal of our certificate.

        In TLS 1.3 a client is done before the server has judged the client's certificate.
        """
        facts = self.facts
        broken_off = how in {StreamEnd.CLOSED, StreamEnd.RESET}
        if facts is not None and "1.3" in facts.version and broken_off and not self._heard:
            detail = f"{how.value} right after the handshake: the peer may refuse our certificate"
            return Closed(Cause.TLS, detail, TlsFailure(TlsReason.PEER_ALERT, detail))
        if self._handshake.armed and broken_off:
            detail = f"connection {how.value} by the peer during the handshake"
            return Closed(Cause.TLS, detail, TlsFailure(TlsReason.TRUNCATED, detail))
        return Closed(_CAUSES[how])

    def _write(self, octets: bytes) -> None:
        if octets and self._stream is not None:
            self._stream.write(octets)

    def _open(self) -> None:
        self._phase = _Phase.OPEN
        self._handshake.cancel()
        facts = self._guard.engine.facts
        secure = f"{facts.version} {facts.suite}" if facts is not None else "none"
        self._log.info("opened", peer=str(self.peer), security=secure)
        if self._user is not None:
            self._user.opened()

    def _read_frames(self, data: bytes) -> None:
        reader = self._reader
        reader.feed(data, self._scheduler.now)
        while self._phase is _Phase.OPEN and (item := reader.next()) is not None:
            match item:
                case Frame(payload_type, payload):
                    self._heard = True
                    if self._user is not None:
                        self._user.frame(payload_type, payload)
                case Ignored():
                    self._note(item)
                case Broken():
                    self._fail(_framing(item))
        if self._phase is _Phase.OPEN and reader.due is not None and not self._loris.armed:
            self._loris.rearm(reader.due - self._scheduler.now)

    def _note(self, item: Ignored) -> None:
        """One line for the first, the second, the fourth ... so that a flood stays readable."""
        self._ignored += 1
        if self._ignored & (self._ignored - 1) == 0:
            self._log.warning(
                "frame-ignored", why=item.fault.value, header=item.header, times=self._ignored
            )

    def _frame_late(self) -> None:
        broken = self._reader.late(self._scheduler.now)
        if broken is not None:
            self._fail(_framing(broken))
        elif self._reader.due is not None:
            self._loris.rearm(self._reader.due - self._scheduler.now)

    def _handshake_late(self) -> None:
        detail = f"handshake not finished in {self._options.handshake_within / S:g} s"
        self._fail(Closed(Cause.TLS, detail, TlsFailure(TlsReason.TIMEOUT, detail)))

    def _fail(self, reason: Closed) -> None:
        if self._phase is _Phase.OVER:
            return
        user = self._user
        self._finish()
        self._log.info("closed", why=reason.cause.value, detail=reason.detail)
        if self._stream is not None:
            if reason.cause is Cause.OVERFLOW:
                self._stream.abort()
            else:
                self._stream.close()
        if user is not None:
            user.closed(reason)

    def _finish(self) -> None:
        self._phase = _Phase.OVER
        self._user = None
        self._handshake.cancel()
        self._loris.cancel()
        self._guard.drop()


def _framing(broken: Broken) -> Closed:
    detail = f"{broken.fault.value} (header {broken.header.hex()})"
    return Closed(Cause.FRAMING, detail, broken=broken)


class Channels:
    """Makes channels; holds what all of them need."""

    def __init__(
        self,
        scheduler: Scheduler,
        *,
        worker: Worker | None = None,
        options: ChannelOptions = DEFAULT_OPTIONS,
        dlt: Dlt | None = None,
    ) -> None:
        self._scheduler = scheduler
        self._worker = worker
        self._options = options
        self._log = (dlt or silent()).logger("channel")

    def connect(
        self, network: Network, to: Endpoint, user: ChannelUser, *, tls: TlsEngine | None = None
    ) -> Channel:
        """Connect, secure if an engine is given; ``user`` hears ``opened`` or ``closed``."""
        channel = self._make(tls)
        stream = network.connect(to, channel, timeout=self._options.connect_within)
        channel.start(stream, user)
        return channel

    def listen(
        self,
        network: Network,
        accept: Callable[[Channel], ChannelUser | None],
        *,
        port: int = 0,
        tls: Callable[[], TlsEngine] | None = None,
    ) -> Listener:
        """Accept channels; ``accept`` names the user of each, or nobody to break it off.

        ``tls`` makes each one's engine.
        """

        def accepted(stream: Stream) -> StreamUser:
            channel = self._make(tls() if tls is not None else None)
            channel.start(stream)
            channel.serve(accept(channel))
            return channel

        return network.listen(accepted, port=port)

    def _make(self, tls: TlsEngine | None) -> Channel:
        return Channel(
            self._scheduler,
            engine=tls if tls is not None else Plain(),
            worker=self._worker,
            options=self._options,
            log=self._log,
        )
