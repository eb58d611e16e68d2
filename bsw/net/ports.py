"""What the protocol rooms ask of a network.

Three kinds of port: raw Ethernet frames (SLAC), datagrams (SDP) and byte streams (V2G).  The
host drivers and the simulated line implement the same ones; nothing above can tell them apart.
All calls return at once and all callbacks come from the scheduler's thread.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from bsw.os.clock import S


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An IPv6 address, a port, and for link-local addresses the interface that gives them scope."""

    address: str
    port: int
    scope: str = ""

    def __str__(self) -> str:
        host = f"{self.address}%{self.scope}" if self.scope else self.address
        return f"[{host}]:{self.port}"


FrameReceiver = Callable[[bytes], None]


class EthernetPort(Protocol):
    """One end of a wire that carries whole Ethernet frames, header included, checksum not."""

    @property
    def mac(self) -> bytes: ...
    def listen(self, receive: FrameReceiver | None) -> None:
        """Hand each received frame to ``receive``; ``None`` stops listening."""

    def send(self, frame: bytes) -> None: ...
    def close(self) -> None: ...


DatagramReceiver = Callable[[bytes, Endpoint], None]


class DatagramPort(Protocol):
    @property
    def local(self) -> Endpoint: ...
    def send(self, payload: bytes, to: Endpoint) -> None:
        """Send, or lose it: a datagram gives no promise."""

    def close(self) -> None: ...


class StreamEnd(Enum):
    """How a byte stream came to its end, seen from here."""

    CLOSED = "closed"  # the peer finished sending (FIN)
    RESET = "reset"  # the peer or the path broke it off (RST)
    REFUSED = "refused"  # nobody listens there
    UNREACHABLE = "unreachable"  # no route, interface gone
    TIMEOUT = "timeout"  # no connection in time, or the peer fell silent for good
    OVERFLOW = "overflow"  # the peer does not read; our bounded queue is full
    LOCAL = "local"  # we closed it


@dataclass(frozen=True, slots=True)
class TcpOptions:
    """How connections behave.  Times in nanoseconds.

    A peer from which nothing has come for ``idle`` is probed each ``interval``; after
    ``gone_after`` without a sign of life, be it to a probe or to what we sent, it is gone.
    """

    queue: int = 1 << 20  # octets waiting to be sent; more is an OVERFLOW
    linger: int = 5 * S  # how long a closed stream waits for the peer's end
    idle: int = 5 * S
    interval: int = 1 * S
    gone_after: int = 10 * S
    dynamic_ports: bool = True  # 49152 to 65535 for every port that is not given


class StreamUser(Protocol):
    """Who listens to a stream.

    Nothing is told from inside a call to the stream.  After ``ended`` nothing more comes, nor
    after ``close`` or ``abort``.
    """

    def connected(self) -> None: ...
    def received(self, data: bytes) -> None: ...
    def ended(self, how: StreamEnd) -> None: ...


class Stream(Protocol):
    @property
    def local(self) -> Endpoint: ...
    @property
    def peer(self) -> Endpoint: ...
    def write(self, data: bytes) -> None:
        """Queue ``data``; what the kernel does not take at once follows when it can."""

    def pause(self) -> None:
        """Take nothing more from the peer until ``resume``; its octets wait on the way."""

    def resume(self) -> None: ...
    def finish(self) -> None:
        """No more from us (FIN); still hear what the peer has to say."""

    def close(self) -> None:
        """Finish, linger in the background for what is queued, say nothing more.

        Also due after ``ended(CLOSED)``, which leaves our own direction open.
        """

    def abort(self) -> None:
        """Break off at once (RST)."""


class Listener(Protocol):
    @property
    def local(self) -> Endpoint: ...
    def close(self) -> None: ...


class Network(Protocol):
    """One interface with its IPv6 addresses."""

    @property
    def scope(self) -> str:
        """The interface's name, where its link-local addresses need one; else empty."""

    def link_local(self) -> str:
        """The interface's link-local address, e.g. ``fe80::1``."""

    def datagram(
        self,
        receive: DatagramReceiver,
        *,
        port: int = 0,
        groups: tuple[str, ...] = (),
        wanted: tuple[bytes, ...] = (),
    ) -> DatagramPort:
        """Open a UDP port (0: any free one), joined to the given multicast groups.

        Datagrams that begin like one of ``wanted`` never wait behind others; the others may be
        dropped.
        """

    def connect(self, to: Endpoint, user: StreamUser, *, timeout: int) -> Stream:
        """Start a TCP connection; ``user`` hears ``connected`` or ``ended``."""

    def listen(self, accept: Callable[[Stream], StreamUser], *, port: int = 0) -> Listener:
        """Accept TCP connections; ``accept`` names the user of each."""


class OwnNetwork(Network, Protocol):
    """A network that is ours to watch and to close."""

    @property
    def busy(self) -> bool:
        """Something is open, if only a stream that lingers."""

    def gone(self) -> str:
        """What became of the interface, if it is not there any more."""

    def close(self) -> None:
        """Break off and close everything that is open here."""
