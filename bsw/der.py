"""A strict reader for DER, bounded by what it is given.

It follows a structure that the caller spells out and never descends by itself, so neither depth
nor length of hostile input costs more than reading it once.  Anything that is not the one DER
form of a value is an error; what the values mean is not known here.
"""

from dataclasses import dataclass
from datetime import datetime, timezone

INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x02, 0x03, 0x04, 0x05, 0x06
BOOLEAN, ENUMERATED, SEQUENCE, SET = 0x01, 0x0A, 0x30, 0x31
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
_TEXT = {
    0x0C: "utf-8",
    0x12: "ascii",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1A: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}


class DerError(ValueError):
    """Octets that are not the DER they should be."""


@dataclass(frozen=True, slots=True)
class Element:
    """One value: its tag, its content, and both together as they stood."""

    tag: int
    content: bytes
    whole: bytes

    def inside(self, what: str) -> "Reader":
        return Reader(self.content, what)


class Reader:
    """Takes one element after the other from a run of octets."""

    __slots__ = ("_at", "_data", "_what")

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._what = what
        self._at = 0

    @property
    def more(self) -> bool:
        return self._at < len(self._data)

    def next_tag(self) -> int | None:
        return self._data[self._at] if self.more else None

    def any(self) -> Element:
        data, start = self._data, self._at
        if len(data) - start < 2:
            raise DerError(f"{self._what} ends too early")
        tag = data[start]
        if tag & 0x1F == 0x1F:
            raise DerError(f"{self._what} has a tag of several octets")
        length, body = self._length(start + 1)
        end = body + length
        if end > len(data):
            raise DerError(f"{self._what} claims more octets than there are")
        self._at = end
        return Element(tag, data[body:end], data[start:end])

    def take(self, tag: int) -> Element:
        found = self.next_tag()
        if found != tag:
            shown = "nothing" if found is None else f"tag {found:02x}"
            raise DerError(f"{self._what} has {shown} where tag {tag:02x} belongs")
        return self.any()

    def maybe(self, tag: int) -> Element | None:
        return self.any() if self.next_tag() == tag else None

    def end(self) -> None:
        if self.more:
            raise DerError(f"{self._what} has {len(self._data) - self._at} octets too many")

    def _length(self, at: int) -> tuple[int, int]:
        first = self._data[at]
        if first < 0x80:
            return first, at + 1
        count = first & 0x7F
        octets = self._data[at + 1 : at + 1 + count]
        if not 1 <= count <= 4 or len(octets) < count:
            raise DerError(f"{self._what} has a length that is not DER")
        length = int.from_bytes(octets, "big")
        if length < 0x80 or octets[0] == 0:
            raise DerError(f"{self._what} has a length that is not the shortest")
        return length, at + 1 + count


def single(data: bytes, tag: int, what: str) -> Element:
    """The only element in ``data``."""
    reader = Reader(data, what)
    element = reader.take(tag)
    reader.end()
    return element


def integer(element: Element) -> int:
    content = element.content
    if not content or (
        len(content) > 1 and content[0] in {0, 0xFF} and (content[0] ^ content[1]) & 0x80 == 0
    ):
        raise DerError("an integer is not in its shortest form")
    return int.from_bytes(content, "big", signed=True)


def boolean(element: Element) -> bool:
    if element.content not in {b"\x00", b"\xff"}:
        raise DerError("a boolean is neither 00 nor ff")
    return element.content == b"\xff"


def bit_string(element: Element) -> bytes:
    """A bit string of whole octets, as keys and signatures are."""
    if element.content[:1] != b"\x00":
        raise DerError("a bit string of whole octets was expected")
    return element.content[1:]


def named_bits(element: Element) -> int:
    """A list of named bits as a number: bit 0 of ASN.1 is bit 0 of the number."""
    content = element.content
    unused = content[0] if content else 8
    octets = content[1:]
    if unused > 7 or (not octets and unused) or (octets and octets[-1] & ((1 << unused) - 1)):
        raise DerError("a list of named bits is not DER")
    value = int.from_bytes(octets, "big") >> unused if octets else 0
    width = len(octets) * 8 - unused
    return sum(1 << bit for bit in range(width) if value >> (width - 1 - bit) & 1)


def oid(element: Element) -> str:
    content = element.content
    if not content or content[-1] & 0x80 or len(content) > 64:
        raise DerError("an object identifier is not DER")
    arcs: list[int] = []
    value, fresh = 0, True
    for octet in content:
        if fresh and octet == 0x80:
            raise DerError("an object identifier is not in its shortest form")
        value = value << 7 | octet & 0x7F
        fresh = not octet & 0x80
        if fresh:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - first * 40, *arcs[1:]))


def text(element: Element) -> str:
    encoding = _TEXT.get(element.tag)
    if encoding is None:
        raise DerError(f"tag {element.tag:02x} is no string of a name")
    try:
        return element.content.decode(encoding)
    except UnicodeDecodeError:
        raise DerError(f"a string is not valid {encoding}") from None


def time(element: Element) -> datetime:
    """UTCTime or GeneralizedTime in the forms of RFC 5280: whole seconds, Zulu."""
    digits = element.content[:-1]
    if element.tag not in {UTC_TIME, GENERALIZED_TIME} or element.content[-1:] != b"Z":
        raise DerError("a time is not in Zulu form")
    width = 12 if element.tag == UTC_TIME else 14
    if len(digits) != width or not digits.isdigit():
        raise DerError("a time does not have whole seconds")
    year, rest = int(digits[: width - 10]), digits[width - 10 :]
    if element.tag == UTC_TIME:
        year += 1900 if year >= 50 else 2000
    month, day, hour, minute, second = (int(rest[at : at + 2]) for at in range(0, 10, 2))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        raise DerError("a time names a date that does not exist") from None


def algorithm(element: Element) -> tuple[str, Element | None]:
    """An AlgorithmIdentifier: its object identifier and its parameters."""
    inner = element.inside("an algorithm identifier")
    name = oid(inner.take(OID))
    parameters = inner.any() if inner.more else None
    inner.end()
    return name, parameters
