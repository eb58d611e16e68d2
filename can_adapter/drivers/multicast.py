"""A bus of UDP multicast datagrams, the one that needs no hardware.

It speaks as python-can's ``udp_multicast`` does and takes a tenth of its time: ECUs at rest hear
hundreds of frames a second, and nearly all say nothing new.  Frames are sent from a socket of
their own, so that the kernel can keep our echoes from us.  What the frames mean is not known here.
"""

import ctypes
import errno
import ipaddress
import socket
import struct
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

from can_adapter.bus import (
    BusCounters,
    BusState,
    BusUnavailable,
    CanFrame,
    FrameReceiver,
    StateReceiver,
)
from can_adapter.drivers.datagrams import Datagrams, Malformed
from can_adapter.drivers.python_can import FRAMES_PER_TURN, RECEIVE_BUFFER, Option, Watching
from can_adapter.rings import RingListener

if TYPE_CHECKING:
    from bsw.os.host import Watch

INTERFACE: Final = "udp_multicast"
OPTIONS: Final = frozenset({"port", "hop_limit", "fd"})
"""What we know of python-can's options; with others the bus is python-can's."""

PORT: Final = 43113
LONGEST: Final = 1024
CATCH_UP: Final = 4096

_ATTACH_FILTER: Final = 26
_PASSING: Final = frozenset({errno.ENOBUFS, errno.EAGAIN, errno.EINTR})
_HINT: Final = (
    "give a multicast address such as 239.74.163.2 as channel, on a host that has a route"
)


class MulticastPort:
    """One node on the bus.  Opening raises ``BusUnavailable``; later trouble is a state."""

    def __init__(
        self,
        clock: Watching,
        channel: str,
        options: Mapping[str, Option] | None = None,
        *,
        name: str = "can",
    ) -> None:
        self._clock = clock
        self._channel = channel
        self._options = dict(options or {})
        self._name = name
        self._receive: FrameReceiver | None = None
        self._changed: StateReceiver | None = None
        self._wanted: frozenset[int] | None = None
        self._state = BusState.ACTIVE
        self._counters = BusCounters()
        self._datagrams = Datagrams()
        self._sockets: tuple[socket.socket, socket.socket] | None = None
        self._watch: Watch | None = None
        self._open()

    @property
    def name(self) -> str:
        return self._name

    @property
    def state(self) -> BusState:
        return self._state

    @property
    def counters(self) -> BusCounters:
        return self._counters

    def listen(self, receive: FrameReceiver | None, changed: StateReceiver | None = None) -> None:
        self._receive = receive
        self._changed = changed

    def accept(self, keys: Collection[int] | None) -> None:
        self._wanted = None if keys is None else frozenset(keys)

    def repeats_to(self, listener: RingListener) -> None:
        """Each frame is played."""

    def send(self, frame: CanFrame) -> bool:
        if self._sockets is None:
            self._counters.refused += 1
            return False
        try:
            self._sockets[1].send(self._datagrams.datagram(frame))
        except OSError as error:
            self._counters.refused += 1
            self._judge(error)
            return False
        self._counters.sent += 1
        return True

    def catch_up(self) -> None:
        self._drain(CATCH_UP)

    def recover(self) -> None:
        if self._state is not BusState.OFF:
            return
        try:
            self._open()
        except BusUnavailable:
            return
        self._counters.recoveries += 1
        self._enter(BusState.ACTIVE)

    def close(self) -> None:
        self._receive = self._changed = None
        self._shut()

    def _open(self) -> None:
        try:
            self._sockets = open_pair(
                self._channel,
                int(self._options.get("port", PORT)),
                int(self._options.get("hop_limit", 0)),
            )
        except (OSError, ValueError) as error:
            where = f"{INTERFACE}:{self._channel}"
            raise BusUnavailable(where, str(error) or type(error).__name__, _HINT) from error
        fd = self._sockets[0].fileno()
        self._watch = self._clock.watch(fd, self._name, readable=self._drain)

    def _shut(self) -> None:
        if self._watch is not None:
            self._clock.forget(self._watch)
            self._watch = None
        for one in self._sockets or ():
            one.close()
        self._sockets = None

    def _drain(self, most: int = FRAMES_PER_TURN) -> None:
        for _ in range(most):
            if self._sockets is None:  # a receiver may have closed the port
                return
            try:
                datagram = self._sockets[0].recv(LONGEST)
            except OSError as error:
                self._judge(error)
                return
            self._take(datagram)

    def _take(self, datagram: bytes) -> None:
        try:
            frame = self._datagrams.frame(datagram)
        except Malformed:
            self._counters.error_frames += 1
            return
        if frame is None or (self._wanted is not None and frame.key not in self._wanted):
            return
        self._counters.received += 1
        if self._receive is not None:
            self._receive(frame)

    def _judge(self, error: OSError) -> None:
        """Nothing to read and a full queue pass; with any other error the network is gone."""
        if error.errno not in _PASSING:
            self._enter(BusState.OFF)

    def _enter(self, state: BusState) -> None:
        if state is self._state:
            return
        self._state = state
        if state is BusState.OFF:
            self._counters.bus_off += 1
            self._shut()
        if self._changed is not None:
            self._changed(state)


ANY_INTERFACE: Final = bytes(4)
LOOPBACK: Final = socket.inet_aton("127.0.0.1")
_NO_WAY: Final = frozenset({errno.ENODEV, errno.ENETUNREACH})


def open_pair(group: str, port: int, hops: int) -> tuple[socket.socket, socket.socket]:
    """A socket that hears the group, but not what the other one sends to it.

    Frames that stay on this host need no route: where there is none, the loopback interface it is.
    """
    try:
        return _open_pair(group, port, hops, ANY_INTERFACE)
    except OSError as error:
        if hops or error.errno not in _NO_WAY:
            raise
        return _open_pair(group, port, hops, LOOPBACK)


def _open_pair(
    group: str, port: int, hops: int, interface: bytes
) -> tuple[socket.socket, socket.socket]:
    address = ipaddress.ip_address(socket.getaddrinfo(group, port)[0][4][0])
    if not address.is_multicast:
        raise ValueError(f"{group} is no multicast address")
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    ears = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    voice = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        _set_hops(voice, hops)
        if interface != ANY_INTERFACE and address.version == 4:
            voice.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface)
        voice.connect((str(address), port))
        voice.shutdown(socket.SHUT_RD)
        _join(ears, address, port, interface)
        _keep_out(ears, *voice.getsockname()[:2])
    except OSError:
        ears.close()
        voice.close()
        raise
    return ears, voice


def _set_hops(voice: socket.socket, hops: int) -> None:
    if voice.family == socket.AF_INET:
        voice.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, hops)
    else:
        voice.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, hops)


def _join(
    ears: socket.socket,
    group: ipaddress.IPv4Address | ipaddress.IPv6Address,
    port: int,
    interface: bytes,
) -> None:
    ears.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ears.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    ears.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    ears.bind(("", port))
    if group.version == 4:
        request = group.packed + interface
        ears.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
    else:
        request = group.packed + ANY_INTERFACE
        ears.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)


_LOAD_HALF, _LOAD_WORD, _JUMP_EQUAL, _RETURN = 0x28, 0x20, 0x15, 0x06
_NETWORK_HEADER: Final = 0xFFF00000
_SOURCE_AT: Final = {4: 12, 6: 8}


def _keep_out(ears: socket.socket, host: str, port: int) -> None:
    """Have the kernel drop what comes from this address: our own datagrams."""
    source = ipaddress.ip_address(host.partition("%")[0])
    words = struct.unpack(f"!{len(source.packed) // 4}I", source.packed)
    at = _NETWORK_HEADER + _SOURCE_AT[source.version]
    checks = [(_LOAD_HALF, 0, port)]
    checks += [(_LOAD_WORD, at + 4 * number, word) for number, word in enumerate(words)]
    program = b""
    for number, (load, offset, wanted) in enumerate(checks):
        to_accept = 2 * (len(checks) - number) - 1
        program += struct.pack("HBBI", load, 0, 0, offset)
        program += struct.pack("HBBI", _JUMP_EQUAL, 0, to_accept, wanted)
    program += struct.pack("HBBI", _RETURN, 0, 0, 0)
    program += struct.pack("HBBI", _RETURN, 0, 0, 0xFFFF)
    held = ctypes.create_string_buffer(program, len(program))
    ears.setsockopt(
        socket.SOL_SOCKET,
        _ATTACH_FILTER,
        struct.pack("HP", len(program) // 8, ctypes.addressof(held)),
    )
