"""UDP on the host: one non-blocking socket behind a ``DatagramPort``.

Owns the socket options of SDP: the multicast group, the hop limit, the interface that a datagram
really came in on.  Knows nothing of what a datagram says, except that in a flood it lets the
kernel drop those that do not begin as asked.
"""

import ctypes
import socket
import struct
from collections.abc import Callable
from typing import Final

from bsw.net.hostnet import Host, Interface, dynamic_port, endpoint, sockaddr
from bsw.net.ports import DatagramReceiver, Endpoint
from bsw.os.clock import S

LONGEST: Final = 2048
"""Longer datagrams are cut; nothing we speak comes near."""

PER_TURN: Final = 64
"""Datagrams taken per readiness, so that a flood never holds up an alarm."""

_QUEUE: Final = 1 << 20
_PKTINFO: Final = struct.Struct("@16sI")
_SO_ATTACH_FILTER: Final = 26
_SO_DETACH_FILTER: Final = 27
_SHIELD_FOR: Final = 2 * S


def starts_with(prefix: bytes) -> bytes:
    """A classic BPF program for a UDP socket: keep datagrams that begin with ``prefix``.

    The kernel counts offsets from the UDP header, which has 8 octets.
    """
    reject = len(prefix) * 2 + 1
    steps = []
    for index, octet in enumerate(prefix):
        steps.append((0x30, 0, 0, 8 + index))  # load octet
        steps.append((0x15, 0, reject - len(steps) - 1, octet))  # jump if different
    steps.append((0x06, 0, 0, 0x40000))  # keep
    steps.append((0x06, 0, 0, 0))  # drop
    return b"".join(struct.pack("@HBBI", *step) for step in steps)


class HostDatagramPort:
    """A bound UDP socket on one interface."""

    def __init__(
        self,
        host: Host,
        interface: Interface,
        receive: DatagramReceiver,
        *,
        port: int,
        groups: tuple[str, ...],
        dynamic: bool,
        forget: Callable[["HostDatagramPort"], None],
    ) -> None:
        self.unsent = 0
        self._host = host
        self._interface = interface
        self._receive = receive
        self._forget = forget
        self._socket = sock = socket.socket(
            socket.AF_INET6, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
        )
        self._open = True
        try:
            self._prepare(groups)
            self._bind(port, dynamic=dynamic, everywhere=bool(groups))
        except OSError:
            sock.close()
            raise
        self._shield = host.scheduler.alarm(self._lower_shield, name="udp.shield")
        self._watch = host.clock.watch(sock.fileno(), "udp", readable=self._read)

    @property
    def local(self) -> Endpoint:
        return Endpoint(self._interface.address, self._port, self._interface.scope)

    def send(self, payload: bytes, to: Endpoint) -> None:
        """Send, or count it as unsent: a datagram may always be lost."""
        if not self._open:
            return
        try:
            self._socket.sendto(payload, sockaddr(to, self._interface))
        except OSError as error:
            self.unsent += 1
            self._host.log.debug("datagram-unsent", to=str(to), error=str(error))

    def shield(self, prefix: bytes) -> None:
        """For two seconds let the kernel drop what does not begin with ``prefix``."""
        if not self._open:
            return
        if not self._shield.armed:
            program = ctypes.create_string_buffer(starts_with(prefix))
            count = (len(program) - 1) // 8
            what = struct.pack("@HP", count, ctypes.addressof(program))
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, what)
            self._host.log.warning("datagram-flood", port=self._port)
        self._shield.rearm(_SHIELD_FOR)

    def close(self) -> None:
        if self._open:
            self._open = False
            self._shield.cancel()
            self._host.clock.forget(self._watch)
            self._socket.close()
            self._forget(self)

    def _prepare(self, groups: tuple[str, ...]) -> None:
        sock, index = self._socket, self._interface.index
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _QUEUE)
        if groups:  # several roles may share a host and its well-known port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for group in groups:
            request = socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", index)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)

    def _bind(self, port: int, *, dynamic: bool, everywhere: bool) -> None:
        """A group member binds to no address, or it would not hear the group."""
        name = "::" if everywhere else self._interface.address
        scope = 0 if everywhere else self._interface.scope_id

        def bind(number: int) -> None:
            self._socket.bind((name, number, 0, scope))

        if port or not dynamic:
            bind(port)
        else:
            dynamic_port(bind)
        self._port: int = self._socket.getsockname()[1]

    def _read(self) -> None:
        for _ in range(PER_TURN):
            if not self._open:
                return
            try:
                data, ancillary, _, source = self._socket.recvmsg(LONGEST, 64)
            except BlockingIOError:
                return
            except OSError as error:  # an ICMP answer to something we sent
                self._host.log.debug("datagram-error", error=str(error))
                continue
            if self._came_in_here(ancillary):
                self._receive(data, endpoint(source, self._interface))

    def _came_in_here(self, ancillary: list[tuple[int, int, bytes]]) -> bool:
        for level, kind, value in ancillary:
            if level == socket.IPPROTO_IPV6 and kind == socket.IPV6_PKTINFO:
                index: int = _PKTINFO.unpack(value)[1]
                return index == self._interface.index
        return True

    def _lower_shield(self) -> None:
        if self._open:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
