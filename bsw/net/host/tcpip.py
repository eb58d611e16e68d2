"""The host's IPv6 as a ``Network``: one interface, non-blocking, on the scheduler.

Owns what is open on the interface, so that closing the network leaves nothing behind.
"""

import errno
import fcntl
import socket
import struct
from collections.abc import Callable

from bsw.dlt import Dlt, silent
from bsw.net.host.listen import HostListener
from bsw.net.host.network import Host, Interface, InterfaceUnusable, find_interface
from bsw.net.host.opened import Opened
from bsw.net.host.tcp import HostStream
from bsw.net.host.udp import HostDatagramPort
from bsw.net.ports import DatagramReceiver, Endpoint, Stream, StreamUser, TcpOptions
from bsw.os.host import HostClock
from bsw.os.scheduler import Scheduler

DEFAULT_OPTIONS = TcpOptions()
_SIOCGIFINDEX = 0x8933


class HostNetwork:
    """``HostNetwork(scheduler, clock, "eth1")``; ``"lo"`` gives ``::1``."""

    def __init__(
        self,
        scheduler: Scheduler,
        clock: HostClock,
        interface: str,
        *,
        address: str = "",
        options: TcpOptions = DEFAULT_OPTIONS,
        dlt: Dlt | None = None,
    ) -> None:
        self._name, self._address = interface, address
        self._interface = find_interface(interface, address)
        self._host = Host(scheduler, clock, (dlt or silent()).logger("net"))
        self._options = options
        self._open = Opened()

    @property
    def interface(self) -> Interface:
        """As it is now: a modem that was pulled and put back has another number and address."""
        try:
            self._interface = find_interface(self._name, self._address)
        except InterfaceUnusable as error:
            self._host.log.warning("interface-unusable", why=str(error.args[-1]))
        return self._interface

    @property
    def scope(self) -> str:
        return self._interface.scope

    def link_local(self) -> str:
        return self.interface.address

    @property
    def busy(self) -> bool:
        """Something is open, if only a stream that lingers."""
        return bool(self._open)

    @property
    def lingering(self) -> bool:
        """A closed stream still waits for its peer; a process should not exit yet."""
        return self._open.lingering

    def datagram(
        self,
        receive: DatagramReceiver,
        *,
        port: int = 0,
        groups: tuple[str, ...] = (),
        wanted: tuple[bytes, ...] = (),
    ) -> HostDatagramPort:
        opened = HostDatagramPort(
            self._host,
            self.interface,
            receive,
            port=port,
            groups=groups,
            wanted=wanted,
            dynamic=self._options.dynamic_ports,
            forget=self._open.forget,
        )
        self._open.add(opened)
        return opened

    def connect(self, to: Endpoint, user: StreamUser, *, timeout: int) -> HostStream:
        stream = self._stream(
            socket.socket(socket.AF_INET6, socket.SOCK_STREAM | socket.SOCK_NONBLOCK),
            self.interface,
        )
        stream.start(to, user, timeout)
        return stream

    def gone(self) -> str:
        """What became of the interface, if it is not there any more."""
        try:
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as asking:
                fcntl.ioctl(asking, _SIOCGIFINDEX, struct.pack("@16si8x", self._name.encode(), 0))
        except OSError as error:
            if error.errno == errno.ENODEV:
                return f"the interface {self._name!r} is gone; bring it back and start again"
        return ""

    def listen(self, accept: Callable[[Stream], StreamUser], *, port: int = 0) -> HostListener:
        def accepted(sock: socket.socket, peer: Endpoint, interface: Interface) -> None:
            self._stream(sock, interface).adopt(peer, accept)

        opened = HostListener(
            self._host,
            self.interface,
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

    def _stream(self, sock: socket.socket, interface: Interface) -> HostStream:
        stream = HostStream(
            self._host,
            sock,
            interface,
            self._options,
            forget=self._open.forget,
            lingers=self._open.lingers,
        )
        self._open.add(stream)
        return stream
