"""The way to a back end: TCP by name, over whichever interface and IP version leads there.

A driver beside the one for vehicles, which knows link-local IPv6 only.  An IPv4 address is written
as IPv6 writes it (``::ffff:192.0.2.1``), so that one kind of socket serves both.  Looking up a name
blocks and runs on a worker of its own.
"""

import ipaddress
import socket
from collections.abc import Callable
from typing import Final

from bsw.dlt import Dlt, silent
from bsw.net.host.listen import HostListener
from bsw.net.host.network import Host, Interface
from bsw.net.host.opened import Opened
from bsw.net.host.tcp import HostStream
from bsw.net.ports import Endpoint, Stream, StreamUser, TcpOptions
from bsw.os.clock import S
from bsw.os.host import HostClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Outcome, Worker, WorkerFull

ANY: Final = Interface("", 0, "::")
UPLINK_OPTIONS: Final = TcpOptions(
    idle=30 * S, interval=10 * S, gone_after=60 * S, dynamic_ports=False
)


class _UplinkStream(HostStream):
    def _bind(self) -> int:
        """The kernel chooses address and port; IPv4 is welcome."""
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        return 0


class _UplinkListener(HostListener):
    def _bind(self, port: int, options: TcpOptions) -> None:
        del options
        sock = self._socket
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((self._interface.address, port))
        sock.listen()
        self._local = Endpoint(self._interface.address, sock.getsockname()[1])


class Uplink:
    """Connects and listens on the host, on any interface."""

    def __init__(
        self,
        scheduler: Scheduler,
        clock: HostClock,
        *,
        options: TcpOptions = UPLINK_OPTIONS,
        dlt: Dlt | None = None,
    ) -> None:
        self._host = Host(scheduler, clock, (dlt or silent()).logger("uplink"))
        self._options = options
        self._open = Opened()

    @property
    def busy(self) -> bool:
        """Something is open, if only a stream that lingers."""
        return bool(self._open)

    def connect(self, to: Endpoint, user: StreamUser, *, timeout: int) -> Stream:
        """Start a TCP connection; ``user`` hears ``connected`` or ``ended``."""
        sock = socket.socket(socket.AF_INET6, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        stream = self._stream(sock)
        stream.start(to, user, timeout)
        return stream

    def listen(
        self, accept: Callable[[Stream], StreamUser], *, port: int = 0, address: str = "::"
    ) -> HostListener:
        """Accept connections to an address of this machine; ``::`` is all, IPv4's too."""

        def accepted(sock: socket.socket, peer: Endpoint, _interface: Interface) -> None:
            self._stream(sock).adopt(peer, accept)

        opened = _UplinkListener(
            self._host,
            Interface("", 0, as_ipv6(address)),
            self._options,
            port=port,
            accepted=accepted,
            forget=self._open.forget,
        )
        self._open.add(opened)
        return opened

    def close(self) -> None:
        """Break off and close everything that is open here."""
        self._open.close()

    def _stream(self, sock: socket.socket) -> HostStream:
        stream = _UplinkStream(
            self._host,
            sock,
            ANY,
            self._options,
            forget=self._open.forget,
            lingers=self._open.lingers,
        )
        self._open.add(stream)
        return stream


class Names:
    """Looks up hosts.  One that has several addresses gives another one at each try."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._tries = 0

    def __call__(self, host: str, port: int, done: Callable[[Outcome[Endpoint]], None]) -> None:
        number, self._tries = self._tries, self._tries + 1

        def look() -> Endpoint:
            found = addresses_of(host)
            return Endpoint(found[number % len(found)], port)

        try:
            self._worker.submit("name", look, done)
        except WorkerFull as full:
            done(Outcome(error=full))


def addresses_of(host: str) -> list[str]:
    """Blocks.  In the resolver's order, without repeats; raises ``OSError`` if there is none."""
    entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(as_ipv6(str(entry[4][0])) for entry in entries))


def as_ipv6(address: str) -> str:
    parsed = ipaddress.ip_address(address)
    return f"::ffff:{parsed}" if parsed.version == 4 else str(parsed)
