"""What the written functions call: values to bits and back, on texts of zeros and ones.

Readers get the whole stream ``b`` and a position ``p`` and give the value and the next position.
The stream is followed by ``PADDING`` zeros, so no slice of a short value comes up short; whoever
called checks at the end that the position did not run past the data.
"""

from __future__ import annotations

from bsw.chrgm.messages.kinds import Octets, Text
from bsw.chrgm.messages.specs import KindOfField, Value
from bsw.exi.bits import BIG_OCTETS, LONG_OCTETS, fixed_values, width

PADDING = "0" * 128


class Unusual(Exception):
    """These octets are not what the quick decoder reads."""


BYTES = [format(value, "08b") for value in range(256)]
SMALL = {value: BYTES[value] for value in range(128)}
FROM_SMALL = {bits: value for value, bits in SMALL.items()}


def to_stream(data: bytes) -> str:
    """The bits of ``data`` and the padding."""
    return format(int.from_bytes(data, "big"), f"0{8 * len(data)}b") + PADDING if data else PADDING


def to_octets(bits: str) -> bytes:
    """Bits to octets, filled up with zeros."""
    bits += "0" * (-len(bits) & 7)
    return int(bits, 2).to_bytes(len(bits) >> 3, "big")


def read_unsigned(b: str, p: int, octets: int = LONG_OCTETS) -> tuple[int, int]:
    """An Unsigned Integer of any length."""
    pair = int(b[p : p + 16], 2)
    if pair < 0x8000:
        return pair >> 8, p + 8
    if not pair & 0x80:
        return pair >> 8 & 0x7F | (pair & 0x7F) << 7, p + 16
    value = 0
    for group in range(octets):
        octet = int(b[p : p + 8], 2)
        p += 8
        value |= (octet & 0x7F) << 7 * group
        if octet < 0x80:
            return value, p
    raise Unusual


def read_signed(b: str, p: int, octets: int = LONG_OCTETS) -> tuple[int, int]:
    """A sign and an Unsigned Integer."""
    value, end = read_unsigned(b, p + 1, octets)
    return (-value - 1 if b[p] == "1" else value), end


def read_big(b: str, p: int) -> tuple[int, int]:
    """An integer without bounds."""
    return read_signed(b, p, BIG_OCTETS)


def read_text(b: str, p: int, low: int, high: int) -> tuple[str, int]:
    """A literal string of ``low`` to ``high`` characters."""
    size, p = read_unsigned(b, p)
    size -= 2
    if not low <= size <= high:
        raise Unusual
    if not size:
        return "", p
    end = p + 8 * size
    piece = b[p:end]
    if len(piece) != 8 * size:
        raise Unusual
    octets = int(piece, 2).to_bytes(size, "big")
    if octets.isascii():
        return octets.decode("ascii"), end
    characters = []
    for _ in range(size):
        point, p = read_unsigned(b, p)
        if 0xD800 <= point < 0xE000:
            raise Unusual
        characters.append(chr(point))
    return "".join(characters), p


def read_octets(b: str, p: int, low: int, high: int) -> tuple[bytes, int]:
    """``low`` to ``high`` octets."""
    size, p = read_unsigned(b, p)
    if not low <= size <= high:
        raise Unusual
    if not size:
        return b"", p
    end = p + 8 * size
    piece = b[p:end]
    if len(piece) != 8 * size:
        raise Unusual
    return int(piece, 2).to_bytes(size, "big"), end


def unsigned(value: int) -> str:
    """An Unsigned Integer in its shortest form."""
    if value < 0:
        raise ValueError(value)
    groups = []
    while value > 0x7F:
        groups.append(BYTES[value & 0x7F | 0x80])
        value >>= 7
    groups.append(BYTES[value])
    return "".join(groups)


def signed(value: int) -> str:
    """A sign and an Unsigned Integer."""
    return "0" + unsigned(value) if value >= 0 else "1" + unsigned(-value - 1)


def text(value: str) -> str:
    """A literal string."""
    if not value:
        return BYTES[2]
    size = unsigned(len(value) + 2)
    if value.isascii():
        octets = value.encode("ascii")
        return size + format(int.from_bytes(octets, "big"), f"0{8 * len(octets)}b")
    value.encode()  # refuses lone surrogates
    return size + "".join([unsigned(ord(character)) for character in value])


def octets(value: bytes) -> str:
    """Octets with their count."""
    size = unsigned(len(value))
    return size + format(int.from_bytes(value, "big"), f"0{8 * len(value)}b") if value else size


def simple(kind: KindOfField, value: Value) -> str:
    """A value of any simple type, for the few places that are not worth a function of their own."""
    values = fixed_values(kind)
    if values is not None:
        size = width(len(values))
        return format(values.index(value), f"0{size}b") if size else ""
    if isinstance(kind, Text):
        return text(value)
    if isinstance(kind, Octets):
        return octets(value)
    return unsigned(value) if kind.low is not None and kind.low >= 0 else signed(value)
