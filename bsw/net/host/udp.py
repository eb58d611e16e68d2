"""UDP on the host: non-blocking sockets behind a ``DatagramPort``.

Owns the socket options of SDP: the multicast group, the hop limit, the interface that a datagram
really came in on.  A port that says what it wants has its own queue in the kernel for that, so
no amount of anything else can fill it.
"""

import contextlib
import ctypes
import socket
import struct
from collections.abc import Callable
from typing import Final

from bsw.net.host.network import Host, Interface, dynamic_port, endpoint, needs_scope, sockaddr
from bsw.net.ports import DatagramReceiver, Endpoint
from bsw.os.host import Watch

LONGEST: Final = 2048
"""Longer datagrams are cut; nothing we speak comes near."""

PER_TURN: Final = 64
"""Datagrams taken per readiness, so that a flood never holds up an alarm."""

_QUEUE: Final = 1 << 20
_PKTINFO: Final = struct.Struct("@16sI")
_SO_ATTACH_FILTER: Final = 26
_UDP_HEADER: Final = 8
_KEEP: Final = 0x40000
_DROP: Final = 0


def kernel_filter(beginnings: tuple[bytes, ...], *, keep: bool) -> bytes:
    """A classic BPF program: keep the datagrams that begin like this, or all the others."""
    match, other = (_KEEP, _DROP) if keep else (_DROP, _KEEP)
    steps: list[tuple[int, int, int, int]] = []
    for beginning in beginnings:
        steps.append((0x80, 0, 0, 0))  # load length: what looks behind the end is dropped
        steps.append((0x35, 0, 2 * len(beginning) + 1, _UDP_HEADER + len(beginning)))
        for index, octet in enumerate(beginning):
            rest = 2 * (len(beginning) - index) - 1
            steps.append((0x30, 0, 0, _UDP_HEADER + index))  # load octet
            steps.append((0x15, 0, rest, octet))  # if different: the next beginning
        steps.append((0x06, 0, 0, match))
    steps.append((0x06, 0, 0, other))
    return b"".join(struct.pack("@HBBI", *step) for step in steps)


def attach(sock: socket.socket, program: bytes) -> None:
    """Have the kernel run ``program``.  It keeps a copy of its own."""
    memory = ctypes.create_string_buffer(program, len(program))
    what = struct.pack("@HP", len(program) // 8, ctypes.addressof(memory))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, what)


class HostDatagramPort:
    """A bound UDP port on one interface.

    With ``wanted``, what begins so has the main socket for itself.  The rest is heard from a
    second, small one bound to the group, for those who want to report it, or not at all.
    """

    def __init__(
        self,
        host: Host,
        interface: Interface,
        receive: DatagramReceiver,
        *,
        port: int,
        groups: tuple[str, ...],
        wanted: tuple[bytes, ...],
        dynamic: bool,
        forget: Callable[["HostDatagramPort"], None],
    ) -> None:
        self.unsent = 0
        self._host = host
        self._interface = interface
        self._receive = receive
        self._forget = forget
        self._sockets: list[socket.socket] = []
        self._watches: list[Watch] = []
        self._open = True
        try:
            self._open_main(port, groups, wanted, dynamic=dynamic)
            if wanted:
                self._open_rest(groups, wanted)
        except OSError:
            self._close_sockets()
            raise
        for sock in self._sockets:
            self._watches.append(self._watch(sock))

    @property
    def local(self) -> Endpoint:
        return Endpoint(self._interface.address, self._port, self._interface.scope)

    def send(self, payload: bytes, to: Endpoint) -> None:
        """Send, or count it as unsent: a datagram may always be lost."""
        if not self._open:
            return
        try:
            self._sockets[0].sendto(payload, sockaddr(to, self._interface))
        except OSError as error:
            self.unsent += 1
            self._host.log.debug("datagram-unsent", to=str(to), error=str(error))

    def close(self) -> None:
        if self._open:
            self._open = False
            for watch in self._watches:
                self._host.clock.forget(watch)
            self._close_sockets()
            self._forget(self)

    def _open_main(
        self, port: int, groups: tuple[str, ...], wanted: tuple[bytes, ...], *, dynamic: bool
    ) -> None:
        """A group member binds to no address, or it would not hear both group and itself."""
        sock = self._socket(groups)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _QUEUE)
        if wanted:
            attach(sock, kernel_filter(wanted, keep=True))
        name = "::" if groups else self._interface.address
        scope = 0 if groups else self._interface.scope_id

        def bind(number: int) -> None:
            sock.bind((name, number, 0, scope))

        if port or not dynamic:
            bind(port)
        else:
            dynamic_port(bind)
        self._port: int = sock.getsockname()[1]

    def _open_rest(self, groups: tuple[str, ...], wanted: tuple[bytes, ...]) -> None:
        """Where there is no multicast, as on loopback, the rest is not heard at all."""
        for group in groups:
            if needs_scope(self._interface.address):
                sock = self._socket((group,))
                attach(sock, kernel_filter(wanted, keep=False))
                sock.bind((group, self._port, 0, self._interface.index))

    def _socket(self, groups: tuple[str, ...]) -> socket.socket:
        index = self._interface.index
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._sockets.append(sock)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 1)
        if groups:  # several roles, and several interfaces, may share a well-known port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(PermissionError):  # older kernels want a privilege
                name = self._interface.name.encode()
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name)
        for group in groups:
            request = socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", index)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)
        return sock

    def _watch(self, sock: socket.socket) -> Watch:
        return self._host.clock.watch(sock.fileno(), "udp", readable=lambda: self._read(sock))

    def _read(self, sock: socket.socket) -> None:
        for _ in range(PER_TURN):
            if not self._open:
                return
            try:
                data, ancillary, _, source = sock.recvmsg(LONGEST, 64)
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

    def _close_sockets(self) -> None:
        for sock in self._sockets:
            sock.close()
