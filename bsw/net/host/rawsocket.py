"""Ethernet frames on a network interface of the host (Linux, AF_PACKET).

Two uses: a host that speaks HomePlug management messages to its modem, and a process that stands
between interfaces as modems would (``bridging``).  Needs CAP_NET_RAW.  The simulated line offers
the same port, so nobody above can tell them apart.
"""

import errno
import socket
import struct

from bsw.net.ports import FrameReceiver
from bsw.os.host import HostClock

ALL = 0x0003
HOMEPLUG = 0x88E1

FRAMES_PER_TURN = 32
"""Frames taken from the socket before others have their turn."""

_LARGEST = 80_000  # a bridge sees segments that the card was to cut up
_SOL_PACKET = 263
_PACKET_ADD_MEMBERSHIP = 1
_PACKET_VNET_HDR = 15
_PROMISCUOUS = 1
_OFFLOAD = 10
"""Octets of the header that says what the virtual card was to do with a packet."""

_TRANSIENT = frozenset({errno.ENOBUFS, errno.EAGAIN, errno.ENETDOWN, errno.ENXIO, errno.EMSGSIZE})


class Offloaded(bytes):
    """A frame whose checksum or segmentation was left to the (virtual) card, with the note that
    says so.  It passes through a bridge as it is; the next card does the work.
    """

    note: bytes


class RawSocketUnavailable(OSError):
    """No raw socket on this interface; says what to do about it."""


def explain(interface: str, error: OSError) -> RawSocketUnavailable:
    """What to do about an interface that gives no frames."""
    hints = {
        errno.EPERM: "raw frames need root or CAP_NET_RAW (setcap cap_net_raw+ep on the program)",
        errno.ENODEV: "there is no such interface; `ip link` lists them",
        errno.ENETDOWN: f"the interface is down; `ip link set {interface} up`",
    }
    hint = hints.get(error.errno or 0, str(error))
    return RawSocketUnavailable(error.errno, f"no raw socket on {interface}: {hint}")


class RawSocket:
    """An ``EthernetPort`` on a real interface.  ``ethertype`` filters what is received.

    ``bridging`` takes every frame, whoever it is for, as ``Offloaded``.
    """

    def __init__(
        self,
        clock: HostClock,
        interface: str,
        *,
        ethertype: int = HOMEPLUG,
        bridging: bool = False,
    ) -> None:
        self.interface = interface
        self.lost = 0
        """Frames the kernel would not take: interface down or its queue full."""
        self._clock = clock
        self._bridging = bridging
        self._receive: FrameReceiver | None = None
        protocol = ALL if bridging else ethertype
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except OSError as error:
            raise explain(interface, error) from None
        try:
            self._prepare(protocol)
        except OSError as error:
            self._socket.close()
            raise explain(interface, error) from None
        self._watch = clock.watch(self._socket.fileno(), f"raw {interface}", readable=self._read)

    @property
    def mac(self) -> bytes:
        return self._mac

    def listen(self, receive: FrameReceiver | None) -> None:
        self._receive = receive

    def send(self, frame: bytes) -> None:
        note = frame.note if isinstance(frame, Offloaded) else bytes(_OFFLOAD)
        try:
            self._socket.send(note + frame if self._bridging else frame)
        except OSError as error:
            if error.errno not in _TRANSIENT:
                raise
            self.lost += 1

    def close(self) -> None:
        self._clock.forget(self._watch)
        self._socket.close()
        self._receive = None

    def _prepare(self, protocol: int) -> None:
        self._socket.setblocking(False)
        if self._bridging:
            self._socket.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
        self._socket.bind((self.interface, protocol))
        self._mac: bytes = self._socket.getsockname()[4]
        if self._bridging:
            index = socket.if_nametoindex(self.interface)
            request = struct.pack("IHH8s", index, _PROMISCUOUS, 0, b"")
            self._socket.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, request)

    def _read(self) -> None:
        for _ in range(FRAMES_PER_TURN):
            try:
                data, where = self._socket.recvfrom(_LARGEST)
            except BlockingIOError:
                return
            except OSError:  # the interface went down; it may come back
                self.lost += 1
                return
            if where[2] != socket.PACKET_OUTGOING and self._receive is not None:
                self._receive(_noted(data) if self._bridging else data)


def _noted(packet: bytes) -> Offloaded:
    frame = Offloaded(packet[_OFFLOAD:])
    frame.note = packet[:_OFFLOAD]
    return frame
