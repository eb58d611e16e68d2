"""A network that somebody listens in on: UDP and TCP, told as Ethernet frames.

Wraps any ``Network``; nothing that passes is changed.  Tap one side of a link only, or each
octet is told twice.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from bsw.net.frames import Conversation, Made, udp
from bsw.net.ports import (
    DatagramPort,
    DatagramReceiver,
    Endpoint,
    Listener,
    Network,
    Stream,
    StreamEnd,
    StreamUser,
)
from bsw.net.record.pcapng import Direction


class FrameSink(Protocol):
    """Who is told: a ``Capture``."""

    def frame(
        self, now: int, octets: bytes, *, interface: str = ..., direction: Direction = ...
    ) -> None: ...


class _Told:
    """Gives the frames of one interface to the sink."""

    def __init__(self, sink: FrameSink, now: Callable[[], int], interface: str) -> None:
        self._sink = sink
        self._now = now
        self._interface = interface

    def tell(self, frame: bytes, *, outgoing: bool) -> None:
        direction = Direction.OUTBOUND if outgoing else Direction.INBOUND
        self._sink.frame(self._now(), frame, interface=self._interface, direction=direction)

    def tell_all(self, made: Iterable[Made]) -> None:
        for one in made:
            self.tell(one.frame, outgoing=one.outgoing)


class _TappedDatagrams:
    def __init__(self, told: _Told, receive: DatagramReceiver, groups: tuple[str, ...]) -> None:
        self._told = told
        self._receive = receive
        self._groups = groups
        self._port: DatagramPort | None = None

    def wrap(self, port: DatagramPort) -> "_TappedDatagrams":
        self._port = port
        return self

    @property
    def port(self) -> DatagramPort:
        assert self._port is not None
        return self._port

    @property
    def local(self) -> Endpoint:
        return self.port.local

    def send(self, payload: bytes, to: Endpoint) -> None:
        self._told.tell(udp(self.local, to, payload), outgoing=True)
        self.port.send(payload, to)

    def close(self) -> None:
        self.port.close()

    def heard(self, payload: bytes, source: Endpoint) -> None:
        """A member of a group is taken to have heard it by the group."""
        local = self.local
        to = Endpoint(self._groups[0], local.port) if self._groups else local
        self._told.tell(udp(source, to, payload), outgoing=False)
        self._receive(payload, source)


class _TappedStream:
    """Stands between a stream and its user, for both."""

    def __init__(self, told: _Told, *, we_called: bool) -> None:
        self._told = told
        self._we_called = we_called
        self._stream: Stream | None = None
        self._user: StreamUser | None = None
        self._conversation: Conversation | None = None
        self._early: list[bytes] = []
        self._finished_early = False

    def between(self, stream: Stream, user: StreamUser) -> None:
        self._stream, self._user = stream, user

    @property
    def stream(self) -> Stream:
        assert self._stream is not None
        return self._stream

    @property
    def local(self) -> Endpoint:
        return self.stream.local

    @property
    def peer(self) -> Endpoint:
        return self.stream.peer

    def write(self, data: bytes) -> None:
        if self._conversation is None:
            self._early.append(data)
        else:
            self._told.tell_all(self._conversation.say(data, outgoing=True))
        self.stream.write(data)

    def pause(self) -> None:
        self.stream.pause()

    def resume(self) -> None:
        self.stream.resume()

    def finish(self) -> None:
        self._tell_finish()
        self.stream.finish()

    def close(self) -> None:
        self._tell_finish()
        self.stream.close()

    def abort(self) -> None:
        if self._conversation is not None:
            self._told.tell_all(self._conversation.reset(outgoing=True))
        self.stream.abort()

    def connected(self) -> None:
        conversation = Conversation(self.local, self.peer, we_called=self._we_called)
        self._conversation = conversation
        self._told.tell_all(conversation.greet())
        for data in self._early:
            self._told.tell_all(conversation.say(data, outgoing=True))
        self._early.clear()
        if self._finished_early:
            self._tell_finish()
        if self._user is not None:
            self._user.connected()

    def received(self, data: bytes) -> None:
        if self._conversation is not None:
            self._told.tell_all(self._conversation.say(data, outgoing=False))
        if self._user is not None:
            self._user.received(data)

    def ended(self, how: StreamEnd) -> None:
        self._tell_end(how)
        if self._user is not None:
            self._user.ended(how)

    def _tell_finish(self) -> None:
        if self._conversation is not None:
            self._told.tell_all(self._conversation.finish(outgoing=True))
        else:
            self._finished_early = True

    def _tell_end(self, how: StreamEnd) -> None:
        conversation = self._conversation
        if conversation is None:
            missed = Conversation(self.local, self.peer, we_called=self._we_called)
            refused = how is StreamEnd.REFUSED
            self._told.tell_all(missed.refuse() if refused else missed.attempt())
        elif how is StreamEnd.CLOSED:
            self._told.tell_all(conversation.finish(outgoing=False))
        elif how in {StreamEnd.RESET, StreamEnd.OVERFLOW}:
            self._told.tell_all(conversation.reset(outgoing=how is StreamEnd.OVERFLOW))
        else:
            conversation.break_off()


class TappedNetwork:
    """A ``Network`` around another one."""

    def __init__(
        self,
        network: Network,
        now: Callable[[], int],
        sink: FrameSink,
        *,
        interface: str = "",
    ) -> None:
        self._network = network
        self._told = _Told(sink, now, interface or network.scope or "lo")

    @property
    def scope(self) -> str:
        return self._network.scope

    def link_local(self) -> str:
        return self._network.link_local()

    def datagram(
        self,
        receive: DatagramReceiver,
        *,
        port: int = 0,
        groups: tuple[str, ...] = (),
        wanted: tuple[bytes, ...] = (),
    ) -> DatagramPort:
        tapped = _TappedDatagrams(self._told, receive, groups)
        opened = self._network.datagram(tapped.heard, port=port, groups=groups, wanted=wanted)
        return tapped.wrap(opened)

    def connect(self, to: Endpoint, user: StreamUser, *, timeout: int) -> Stream:
        tapped = _TappedStream(self._told, we_called=True)
        tapped.between(self._network.connect(to, tapped, timeout=timeout), user)
        return tapped

    def listen(self, accept: Callable[[Stream], StreamUser], *, port: int = 0) -> Listener:
        def accepted(stream: Stream) -> StreamUser:
            tapped = _TappedStream(self._told, we_called=False)
            tapped.between(stream, _Nobody())
            tapped.between(stream, accept(tapped))
            return tapped

        return self._network.listen(accepted, port=port)


class _Nobody:
    """Before an accepted stream has its user."""

    def connected(self) -> None: ...
    def received(self, data: bytes) -> None: ...
    def ended(self, how: StreamEnd) -> None: ...
