"""Ethernet frames made up from what is known of a datagram or a connection.

Sockets do not show the frames that carried their octets.  For a capture they are made again, with
valid headers, checksums, sequence and acknowledgement numbers, so that Wireshark reassembles the
same octets.  Only addresses and payload are true; windows, options and MAC addresses are ours.
"""

import hashlib
import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from bsw.net.ports import Endpoint

SEGMENT: Final = 1_440
WINDOW: Final = 65_535

_IPV6: Final = 0x86DD
_UDP: Final = 17
_TCP: Final = 6
_HOPS: Final = 64


class Flag(IntFlag):
    FIN = 0x01
    SYN = 0x02
    RST = 0x04
    PSH = 0x08
    ACK = 0x10


def mac_of(address: str) -> bytes:
    """The MAC address inside a link-local address if it has one, else one of our making."""
    packed = ipaddress.IPv6Address(address).packed
    if packed[0] == 0xFF:
        return b"\x33\x33" + packed[12:]
    if packed[:2] == b"\xfe\x80" and packed[11:13] == b"\xff\xfe":
        return bytes((packed[8] ^ 0x02, *packed[9:11], *packed[13:]))
    return b"\x02" + hashlib.sha256(packed).digest()[:5]


def udp(source: Endpoint, destination: Endpoint, payload: bytes) -> bytes:
    header = struct.pack(">HHHH", source.port, destination.port, 8 + len(payload), 0)
    hops = 1 if destination.address.lower().startswith("ff") else _HOPS
    return _frame(source, destination, _UDP, header + payload, checksum_at=6, hops=hops)


def _checksum(source: bytes, destination: bytes, protocol: int, segment: bytes) -> int:
    """The Internet checksum over the IPv6 pseudo-header and the segment."""
    data = source + destination + struct.pack(">II", len(segment), protocol) + segment
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF or 0xFFFF


def _frame(
    source: Endpoint,
    destination: Endpoint,
    protocol: int,
    segment: bytes,
    *,
    checksum_at: int,
    hops: int,
) -> bytes:
    here = ipaddress.IPv6Address(source.address).packed
    there = ipaddress.IPv6Address(destination.address).packed
    checksum = struct.pack(">H", _checksum(here, there, protocol, segment))
    ethernet = mac_of(destination.address) + mac_of(source.address) + struct.pack(">H", _IPV6)
    ip = struct.pack(">IHBB", 6 << 28, len(segment), protocol, hops) + here + there
    return ethernet + ip + segment[:checksum_at] + checksum + segment[checksum_at + 2 :]


@dataclass(slots=True)
class _Side:
    """One end as the other one sees it."""

    endpoint: Endpoint
    sent: int  # the next sequence number
    acknowledged: int = 0  # up to where this end has acknowledged the other
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A frame, and whether our side sent it."""

    frame: bytes
    outgoing: bool


class Conversation:
    """One TCP connection told in frames.  ``ours`` is our end."""

    def __init__(self, ours: Endpoint, theirs: Endpoint, *, we_called: bool) -> None:
        self._ours = _Side(ours, 1_000)
        self._theirs = _Side(theirs, 5_000)
        self._we_called = we_called
        self._greeted = False
        self._over = False

    def attempt(self) -> Iterator[Made]:
        """A call that has not been answered."""
        yield self._make(self._caller, Flag.SYN)

    def greet(self) -> Iterator[Made]:
        """The three-way handshake."""
        self._greeted = True
        caller, called = self._caller, self._called
        yield self._make(caller, Flag.SYN)
        caller.sent += 1
        called.acknowledged = caller.sent
        yield self._make(called, Flag.SYN | Flag.ACK)
        called.sent += 1
        caller.acknowledged = called.sent
        yield self._make(caller, Flag.ACK)

    def refuse(self) -> Iterator[Made]:
        """A call that was answered with a reset."""
        yield from self.attempt()
        self._called.acknowledged = self._caller.sent + 1
        self._called.sent = 0
        yield self._make(self._called, Flag.RST | Flag.ACK)

    def say(self, octets: bytes, *, outgoing: bool) -> Iterator[Made]:
        """Octets in one direction, and the acknowledgement that lets the window move."""
        speaker, hearer = self._sides(outgoing=outgoing)
        if not self._speaking(speaker):
            return
        for at in range(0, len(octets), SEGMENT):
            piece = octets[at : at + SEGMENT]
            last = at + SEGMENT >= len(octets)
            yield self._make(speaker, Flag.ACK | Flag.PSH if last else Flag.ACK, piece)
            speaker.sent += len(piece)
            if speaker.sent - hearer.acknowledged > WINDOW // 2:
                hearer.acknowledged = speaker.sent
                yield self._make(hearer, Flag.ACK)
        hearer.acknowledged = speaker.sent
        yield self._make(hearer, Flag.ACK)

    def finish(self, *, outgoing: bool) -> Iterator[Made]:
        speaker, hearer = self._sides(outgoing=outgoing)
        if not self._speaking(speaker):
            return
        speaker.finished = True
        yield self._make(speaker, Flag.FIN | Flag.ACK)
        speaker.sent += 1
        hearer.acknowledged = speaker.sent
        yield self._make(hearer, Flag.ACK)

    def reset(self, *, outgoing: bool) -> Iterator[Made]:
        speaker, _ = self._sides(outgoing=outgoing)
        if self._greeted and not self._over:
            self._over = True
            yield self._make(speaker, Flag.RST | Flag.ACK)

    def break_off(self) -> None:
        """Nothing more passes, for a reason that no frame told."""
        self._over = True

    def _speaking(self, speaker: _Side) -> bool:
        return self._greeted and not self._over and not speaker.finished

    @property
    def _caller(self) -> _Side:
        return self._ours if self._we_called else self._theirs

    @property
    def _called(self) -> _Side:
        return self._theirs if self._we_called else self._ours

    def _sides(self, *, outgoing: bool) -> tuple[_Side, _Side]:
        return (self._ours, self._theirs) if outgoing else (self._theirs, self._ours)

    def _make(self, speaker: _Side, flags: Flag, payload: bytes = b"") -> Made:
        outgoing = speaker is self._ours
        hearer = self._theirs if outgoing else self._ours
        options = struct.pack(">BBH", 2, 4, SEGMENT) if flags & Flag.SYN else b""
        header = struct.pack(
            ">HHIIBBHHH",
            speaker.endpoint.port,
            hearer.endpoint.port,
            speaker.sent & 0xFFFFFFFF,
            speaker.acknowledged & 0xFFFFFFFF if flags & Flag.ACK else 0,
            (20 + len(options)) // 4 << 4,
            flags,
            0 if flags & Flag.RST else WINDOW,
            0,
            0,
        )
        segment = header + options + payload
        frame = _frame(speaker.endpoint, hearer.endpoint, _TCP, segment, checksum_at=16, hops=_HOPS)
        return Made(frame, outgoing)
