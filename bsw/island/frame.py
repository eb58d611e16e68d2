"""Frames on the line to the island: body, CRC-32, stuffed so that 00 ends each.

The same octets run over a serial line and over TCP.  Pure: octets in, bodies out.
"""

from typing import Final
from zlib import crc32

BODY_MOST: Final = 64
"""Octets of a body; with CRC and stuffing no frame is longer than 70."""
WIRE_MOST: Final = BODY_MOST + 6


def encode(body: bytes) -> bytes:
    if len(body) > BODY_MOST:
        raise ValueError(f"a body has at most {BODY_MOST} octets, not {len(body)}")
    whole = body + crc32(body).to_bytes(4, "little")
    runs = whole.split(b"\0")
    return b"".join(bytes([len(run) + 1]) + run for run in runs) + b"\0"


def unstuff(stuffed: bytes) -> bytes | None:
    """``None`` if it is no stuffing."""
    out, at = bytearray(), 0
    while at < len(stuffed):
        after = at + stuffed[at]
        if stuffed[at] == 0 or after > len(stuffed):
            return None
        out += stuffed[at + 1 : after]
        at = after
        if at < len(stuffed):
            out.append(0)
    return bytes(out)


def sound(whole: bytes) -> bool:
    """A body and its CRC."""
    return len(whole) > 4 and whole[-4:] == crc32(whole[:-4]).to_bytes(4, "little")


class Decoder:
    """Collects octets into bodies; what is damaged or too long is counted and forgotten."""

    def __init__(self) -> None:
        self.damaged = 0
        self.dropped = 0
        self._rest = bytearray()
        self._overrun = False

    def feed(self, octets: bytes) -> list[bytes]:
        *closed, rest = octets.split(b"\0")
        bodies = []
        for piece in closed:
            self._collect(piece)
            bodies += self._close()
        self._collect(rest)
        return bodies

    def _collect(self, piece: bytes) -> None:
        room = WIRE_MOST - len(self._rest)
        self._overrun = self._overrun or len(piece) > room
        self._rest += piece[:room]

    def _close(self) -> list[bytes]:
        stuffed, overrun = bytes(self._rest), self._overrun
        self._rest, self._overrun = bytearray(), False
        if overrun:
            self.dropped += 1
            return []
        if not stuffed:
            return []
        whole = unstuff(stuffed)
        if (
            whole is None
            or len(whole) <= 4
            or whole[-4:] != crc32(whole[:-4]).to_bytes(4, "little")
        ):
            self.damaged += 1
            return []
        return [whole[:-4]]
