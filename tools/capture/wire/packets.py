"""Capture files as packets, one after the other: pcap and pcapng of any make and either byte order.

Owns the two file formats and nothing above the link layer.  A file is read as a stream, so that
its size costs time and not memory.  One that was cut off ends where it was cut, with a note.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final, NamedTuple

PCAP_MAGICS: Final = {
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}
"""Byte order, and nanoseconds of one unit of the sub-second field."""

PCAPNG_MAGIC: Final = b"\x0a\x0d\x0d\x0a"

_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _PACKET, _SECRETS = 0x0A0D0D0A, 1, 2, 3, 6, 0x0A
_TLS_KEY_LOG: Final = 0x544C534B
_LONGEST_BLOCK: Final = 64 * 1024 * 1024
_RESOLUTION, _OFFSET, _NAME = 9, 14, 2


class Packet(NamedTuple):
    """``when`` in nanoseconds since 1970; ``link`` as the registry of link types numbers it."""

    when: int
    link: int
    octets: bytes
    interface: str = ""
    cut: bool = False


class KeyLog(NamedTuple):
    """Lines of an NSS key log that came with the packets."""

    lines: bytes


class Note(NamedTuple):
    """What is odd about the file itself."""

    text: str


Found = Packet | KeyLog | Note


class NotACapture(ValueError):
    """Neither of the two formats."""


def read_packets(file: BinaryIO, magic: bytes) -> Iterator[Found]:
    """All that is in ``file``, whose first four octets were ``magic``."""
    if magic == PCAPNG_MAGIC:
        return _Pcapng(file).read()
    if magic in PCAP_MAGICS:
        return _pcap(file, *PCAP_MAGICS[magic])
    raise NotACapture(f"begins with {magic.hex()}, which is neither pcap nor pcapng")


# pcap


def _pcap(file: BinaryIO, order: str, unit: int) -> Iterator[Found]:
    rest = file.read(20)
    if len(rest) < 20:
        yield Note("the file ends within its header")
        return
    (network,) = struct.unpack(f"{order}16xI", rest)
    link = network & 0x0FFFFFFF
    head = struct.Struct(f"{order}IIII")
    read, size, unpack = file.read, head.size, head.unpack
    while octets := read(size):
        if len(octets) < size:
            yield Note("the file ends within the header of a packet")
            return
        seconds, part, kept, whole = unpack(octets)
        if kept > _LONGEST_BLOCK:
            yield Note(f"a packet of {kept} octets: the file is damaged from here on")
            return
        body = read(kept)
        if len(body) < kept:
            yield Note("the file ends within a packet")
            return
        yield Packet(seconds * 1_000_000_000 + part * unit, link, body, "", kept < whole)


# pcapng


@dataclass(slots=True)
class _Interface:
    link: int
    name: str = ""
    ticks: int = 1_000_000  # per second
    offset: int = 0  # seconds

    def time(self, high: int, low: int) -> int:
        ticks = high << 32 | low
        return self.offset * 1_000_000_000 + ticks * 1_000_000_000 // self.ticks


@dataclass(slots=True)
class _Pcapng:
    file: BinaryIO
    order: str = "<"
    interfaces: list[_Interface] = field(default_factory=list)

    def read(self) -> Iterator[Found]:
        kinds: dict[int, Callable[[bytes], Found | None]] = {
            _PACKET: self._packet,
            _SIMPLE: self._simple,
            _OLD_PACKET: self._old_packet,
            _INTERFACE: self._interface,
            _SECRETS: self._secrets,
        }
        begin = PCAPNG_MAGIC
        while len(begin) == 4:
            block = self._block(begin)
            if isinstance(block, Note):
                yield block
                return
            kind, body = block
            take = kinds.get(kind)
            try:
                found = take(body) if take is not None else None
            except struct.error:
                found = Note(f"a block of kind {kind} is too short for what it says")
            if found is not None:
                yield found
            begin = self.file.read(4)
        if begin:
            yield Note("the file ends within a block")

    def _block(self, begin: bytes) -> tuple[int, bytes] | Note:
        """Kind and body of the next block; a section says how its numbers are written."""
        length_octets = self.file.read(4)
        read = 8
        if begin == PCAPNG_MAGIC:
            mark = self.file.read(4)
            read = 12
            if mark not in {b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"}:
                return Note("a section without its byte-order mark: the file is damaged")
            self.order = ">" if mark[0] == 0x1A else "<"
            self.interfaces.clear()
        if len(length_octets) < 4:
            return Note("the file ends within a block")
        (kind,) = struct.unpack(f"{self.order}I", begin)
        (length,) = struct.unpack(f"{self.order}I", length_octets)
        if length < 12 or length % 4 or length > _LONGEST_BLOCK:
            return Note(f"a block of {length} octets: the file is damaged from here on")
        body = self.file.read(length - read)
        if len(body) < length - read:
            return Note("the file ends within a block")
        return kind, body[:-4]

    def _interface(self, body: bytes) -> None:
        (link,) = struct.unpack_from(f"{self.order}H", body)
        interface = _Interface(link)
        for code, value in self._options(body[8:]):
            if code == _RESOLUTION and value:
                power = value[0] & 0x7F
                interface.ticks = 2**power if value[0] & 0x80 else 10 ** min(power, 18)
            elif code == _OFFSET and len(value) == 8:
                (interface.offset,) = struct.unpack(f"{self.order}q", value)
            elif code == _NAME:
                interface.name = value.decode(errors="replace")
        self.interfaces.append(interface)

    def _packet(self, body: bytes) -> Found:
        number, high, low, kept, whole = struct.unpack_from(f"{self.order}IIIII", body)
        return self._made(number, high, low, body[20 : 20 + kept], kept < whole)

    def _old_packet(self, body: bytes) -> Found:
        number, high, low, kept, whole = struct.unpack_from(f"{self.order}HxxIIII", body)
        return self._made(number, high, low, body[20 : 20 + kept], kept < whole)

    def _simple(self, body: bytes) -> Found:
        (whole,) = struct.unpack_from(f"{self.order}I", body)
        return self._made(0, 0, 0, body[4 : 4 + whole], len(body) - 4 < whole)

    def _made(self, number: int, high: int, low: int, octets: bytes, cut: bool) -> Found:  # noqa: FBT001 - positions of a record
        if number >= len(self.interfaces):
            return Note(f"a packet of interface {number}, which the file does not describe")
        interface = self.interfaces[number]
        return Packet(interface.time(high, low), interface.link, octets, interface.name, cut)

    def _secrets(self, body: bytes) -> Found | None:
        kind, length = struct.unpack_from(f"{self.order}II", body)
        return KeyLog(body[8 : 8 + length]) if kind == _TLS_KEY_LOG else None

    def _options(self, octets: bytes) -> Iterator[tuple[int, bytes]]:
        at = 0
        while at + 4 <= len(octets):
            code, length = struct.unpack_from(f"{self.order}HH", octets, at)
            if code == 0:
                return
            yield code, octets[at + 4 : at + 4 + length]
            at += 4 + length + -length % 4
