"""From a packet to what it carries: link layers, VLAN tags, IPv6 and IPv4 with their fragments.

Everything that is not whole or not ours ends here as ``None``; a capture of a live line is full of
it.  Fragments wait for each other, a bounded number of them.
"""

import struct
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from tools.capture.wire.packets import Packet

ETHERNET, RAW, RAW_OLD, SLL, NULL, SLL2, IPV4, IPV6 = 1, 101, 12, 113, 0, 276, 228, 229
CAN = 227
TCP, UDP = 6, 17

_IP4, _IP6, _HOMEPLUG = 0x0800, 0x86DD, 0x88E1
_CAN_KINDS: Final = frozenset({0x000C, 0x000D})
_VLAN: Final = frozenset({0x8100, 0x88A8, 0x9100})
_OPTIONS: Final = frozenset({0, 43, 60, 51, 135})  # extension headers that are passed over
_FRAGMENT: Final = 44
_MOST_FRAGMENTED: Final = 64
_LONGEST: Final = 65_535
_SLL = struct.Struct(">HHH8sH")
_SLL2 = struct.Struct(">HHIHBB8s")


class HomePlug(NamedTuple):
    """A management frame of a power-line modem, as Ethernet carries it."""

    when: int
    source: str
    destination: str
    frame: bytes


class CanFrame(NamedTuple):
    """A frame of a CAN bus that was captured as packets are."""

    when: int
    bus: str
    number: int
    extended: bool
    octets: bytes


class Segment(NamedTuple):
    """What IP hands to TCP or UDP."""

    when: int
    protocol: int
    source: bytes
    destination: bytes
    octets: bytes


Inside = Segment | HomePlug | CanFrame


def mac(octets: bytes) -> str:
    return octets.hex(":")


class Layers:
    """One per capture: keeps fragments until they are whole."""

    def __init__(self) -> None:
        self._fragments: OrderedDict[tuple[bytes, ...], _Pieces] = OrderedDict()

    def open(self, packet: Packet) -> Inside | None:
        try:
            return _can(packet, 0) if packet.link == CAN else self._open(packet)
        except (struct.error, IndexError):
            return None

    def _open(self, packet: Packet) -> Inside | None:
        begin = _LINKS.get(packet.link)
        if begin is None:
            return None
        octets = packet.octets
        kind, at, source, destination = begin(octets)
        while kind in _VLAN:
            kind, at = int.from_bytes(octets[at + 2 : at + 4], "big"), at + 4
        if kind == _IP6:
            return self._ip6(packet.when, octets, at)
        if kind == _IP4:
            return self._ip4(packet.when, octets, at)
        if kind in _CAN_KINDS and packet.link in {SLL, SLL2}:
            return _can(packet, at)
        if kind != _HOMEPLUG:
            return None
        frame = destination.ljust(6, b"\0") + source.ljust(6, b"\0") + b"\x88\xe1" + octets[at:]
        return HomePlug(packet.when, mac(source), mac(destination) or "?", frame)

    def _ip6(self, when: int, octets: bytes, at: int) -> Segment | None:
        length = int.from_bytes(octets[at + 4 : at + 6], "big")
        kind = octets[at + 6]
        source, destination = octets[at + 8 : at + 24], octets[at + 24 : at + 40]
        end = at + 40 + length if length else len(octets)
        at += 40
        if end > len(octets) or len(destination) < 16:
            return None
        while kind in _OPTIONS or kind == _FRAGMENT:
            if kind == _FRAGMENT:
                following = octets[at]
                place = int.from_bytes(octets[at + 2 : at + 4], "big")
                key = (source, destination, octets[at + 4 : at + 8])
                whole = self._join(key, place & 0xFFF8, octets[at + 8 : end], more=bool(place & 1))
                if whole is None:
                    return None
                octets, at, end, kind = whole, 0, len(whole), following
                continue
            size = (octets[at + 1] + 2) * 4 if kind == 51 else (octets[at + 1] + 1) * 8
            kind, at = octets[at], at + size
        return self._segment(when, kind, source, destination, octets[at:end])

    def _ip4(self, when: int, octets: bytes, at: int) -> Segment | None:
        head = (octets[at] & 0x0F) * 4
        length, ident, place = struct.unpack_from(">HHH", octets, at + 2)
        kind = octets[at + 9]
        source, destination = octets[at + 12 : at + 16], octets[at + 16 : at + 20]
        end = at + length if length else len(octets)
        if end > len(octets) or head < 20:
            return None
        body = octets[at + head : end]
        more, offset = bool(place & 0x2000), (place & 0x1FFF) * 8
        if more or offset:
            key = (source, destination, ident.to_bytes(2, "big"), bytes((kind,)))
            whole = self._join(key, offset, body, more=more)
            if whole is None:
                return None
            body = whole
        return self._segment(when, kind, source, destination, body)

    def _segment(
        self, when: int, kind: int, source: bytes, destination: bytes, octets: bytes
    ) -> Segment | None:
        if kind not in {TCP, UDP}:
            return None
        return Segment(when, kind, source, destination, octets)

    def _join(
        self, key: tuple[bytes, ...], offset: int, piece: bytes, *, more: bool
    ) -> bytes | None:
        pieces = self._fragments.get(key)
        if pieces is None:
            if len(self._fragments) >= _MOST_FRAGMENTED:
                self._fragments.popitem(last=False)
            pieces = self._fragments[key] = _Pieces()
        whole = pieces.take(offset, piece, more=more)
        if whole is not None:
            del self._fragments[key]
        return whole


def _can(packet: Packet, at: int) -> CanFrame | None:
    """As SocketCAN has it, the identifier in network order; no error or remote frames."""
    number, size = struct.unpack_from(">IB", packet.octets, at)
    octets = packet.octets[at + 8 : at + 8 + size]
    if number & 0x6000_0000 or len(octets) < size:
        return None
    extended = bool(number & 0x8000_0000)
    return CanFrame(packet.when, packet.interface or "can", number & 0x1FFF_FFFF, extended, octets)


_Begun = tuple[int, int, bytes, bytes]
"""EtherType, where its contents begin, and the two hardware addresses."""


def _ethernet(octets: bytes) -> _Begun:
    return int.from_bytes(octets[12:14], "big"), 14, octets[6:12], octets[:6]


def _sll(octets: bytes) -> _Begun:
    """Cooked captures do not say for whom a frame is."""
    _, _, size, source, kind = _SLL.unpack_from(octets)
    return kind, _SLL.size, source[: min(size, 6)], b""


def _sll2(octets: bytes) -> _Begun:
    kind, _, _, _, _, size, source = _SLL2.unpack_from(octets)
    return kind, _SLL2.size, source[: min(size, 6)], b""


def _raw(octets: bytes) -> _Begun:
    return (_IP6 if octets[0] >> 4 == 6 else _IP4), 0, b"", b""


def _null(octets: bytes) -> _Begun:
    """Loopback of the BSDs: the address family in the capturing host's byte order."""
    return (_IP4 if 2 in {octets[0], octets[3]} else _IP6), 4, b"", b""


_LINKS: Final[dict[int, Callable[[bytes], _Begun]]] = {
    ETHERNET: _ethernet,
    SLL: _sll,
    SLL2: _sll2,
    NULL: _null,
    **dict.fromkeys((RAW, RAW_OLD, IPV4, IPV6), _raw),
}


class _Pieces:
    """The fragments of one packet."""

    def __init__(self) -> None:
        self._pieces: dict[int, bytes] = {}
        self._length: int | None = None

    def take(self, offset: int, piece: bytes, *, more: bool) -> bytes | None:
        if offset + len(piece) > _LONGEST:
            return None
        self._pieces.setdefault(offset, piece)
        if not more:
            self._length = offset + len(piece)
        if self._length is None:
            return None
        whole = bytearray()
        for start in sorted(self._pieces):
            if start > len(whole):
                return None
            whole[start:] = self._pieces[start]
        return bytes(whole) if len(whole) >= self._length else None
