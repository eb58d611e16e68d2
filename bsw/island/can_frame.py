"""Messages of the island on a CAN bus: ``length, body, CRC-32``, cut into frames.

The first octet of a frame bears 80 for the first one of a message and counts frames below it.  The
CRC runs over the identifier too, so that a message is nobody else's.  Pure.
"""

from collections.abc import Iterator
from typing import Final
from zlib import crc32

from bsw.island.frame import BODY_MOST

FIRST: Final = 0x80
COUNT: Final = 0x7F
AROUND: Final = 5
"""Octets for length and CRC."""
CLASSIC: Final = 8
LENGTHS: Final = (12, 16, 20, 24, 32, 48, 64)
"""Of CAN-FD frames beyond the classic ones."""


def _crc(identifier: int, octets: bytes) -> bytes:
    return crc32(identifier.to_bytes(2, "little") + octets).to_bytes(4, "little")


def _stretched(octets: bytes) -> bytes:
    """Filled up to a length that a frame can have."""
    if len(octets) <= CLASSIC:
        return octets
    return octets.ljust(next(length for length in LENGTHS if length >= len(octets)), b"\0")


class Cutter:
    """Bodies into frames of at most ``room`` octets."""

    def __init__(self, identifier: int, room: int = CLASSIC) -> None:
        self._identifier = identifier
        self._part = room - 1
        self._counter = 0

    def cut(self, body: bytes) -> Iterator[bytes]:
        if len(body) > BODY_MOST:
            raise ValueError(f"a body has at most {BODY_MOST} octets, not {len(body)}")
        framed = bytes([len(body)]) + body
        whole = framed + _crc(self._identifier, framed)
        for at in range(0, len(whole), self._part):
            head = self._counter | (0 if at else FIRST)
            self._counter = (self._counter + 1) & COUNT
            yield _stretched(bytes([head]) + whole[at : at + self._part])


class Gatherer:
    """Frames into bodies; what is lost, repeated or damaged is dropped and counted."""

    def __init__(self, identifier: int) -> None:
        self.dropped = self.damaged = 0
        self._identifier = identifier
        self._whole = b""
        self._next = 0

    def take(self, octets: bytes) -> bytes | None:
        """The body that this frame completes."""
        if len(octets) < 2 or not self._expected(octets[0]):
            self.dropped += 1
            return None
        self._whole = (self._whole + octets[1:])[: BODY_MOST + AROUND]
        end = self._whole[0] + 1
        if end > BODY_MOST + 1:
            self.dropped += 1
            self._whole = b""
        elif len(self._whole) >= end + 4:
            whole, self._whole = self._whole, b""
            if _crc(self._identifier, whole[:end]) == whole[end : end + 4]:
                return whole[1:end]
            self.damaged += 1
        return None

    def _expected(self, head: int) -> bool:
        first = bool(head & FIRST)
        follows = first or (bool(self._whole) and head & COUNT == self._next)
        if first or not follows:
            self._whole = b""
        self._next = (head + 1) & COUNT
        return follows
