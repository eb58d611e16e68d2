"""Reading bits, most significant first, with an error for everything that is not there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from bsw.chrgm.messages.kinds import Boolean, Integer, WireEnum
from bsw.chrgm.messages.specs import KindOfField, Value
from bsw.exi.errors import DecodeError

# An integer of 64 bits takes at most ten octets; one without bounds gets 512 bits.
LONG_OCTETS = 10
BIG_OCTETS = 74
# An integer type with at most this many values has a fixed width.
FIXED_RANGE = 4096


@cache
def fixed_values(kind: KindOfField) -> Sequence[Value] | None:
    """The values of a type of fixed width, in the order of their codes; None for other types."""
    if isinstance(kind, Boolean):
        return (False, True)
    if isinstance(kind, Integer):
        low, high = kind.low, kind.high
        if low is None or high is None or high - low >= FIXED_RANGE:
            return None
        return range(low, high + 1)
    if isinstance(kind, type) and issubclass(kind, WireEnum):
        return tuple(kind)
    return None


def width(count: int) -> int:
    """How many bits tell ``count`` values apart."""
    return (count - 1).bit_length()


class BitReader:
    """A position in a run of octets, and the path of names that led there.

    What was ``expected`` is put into words only when it is not there.
    """

    __slots__ = ("_data", "end", "path", "position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.end = len(data) * 8
        self.position = 0
        self.path: list[str] = []

    def bits(self, count: int, expected: object) -> int:
        """The next ``count`` bits as a number."""
        start = self.position
        stop = start + count
        if stop > self.end:
            raise self.error(expected, "the end of the data")
        self.position = stop
        if count == 1:
            return self._data[start >> 3] >> (~start & 7) & 1
        octets = self._data[start >> 3 : (stop + 7) >> 3]
        return int.from_bytes(octets, "big") >> (-stop & 7) & ((1 << count) - 1)

    def octets(self, count: int, expected: object) -> bytes:
        """The next ``count`` octets, wherever they begin."""
        if self.position + 8 * count > self.end:
            left = (self.end - self.position) // 8
            raise self.error(f"{count} octets of {expected}", f"{left} before the end of the data")
        return self.bits(8 * count, expected).to_bytes(count, "big")

    def unsigned(self, expected: object, octets: int = LONG_OCTETS) -> int:
        """An Unsigned Integer: groups of seven bits, the least significant first."""
        value = 0
        for group in range(octets):
            octet = self.bits(8, expected)
            value |= (octet & 0x7F) << 7 * group
            if octet < 0x80:
                return value
        raise self.error(expected, f"an integer of more than {octets} octets")

    def error(self, expected: object, found: str, position: int | None = None) -> DecodeError:
        """The refusal of what stands here (or at ``position``)."""
        place = self.position if position is None else position
        return DecodeError(place, "/".join(self.path) or "the start", str(expected), found)
