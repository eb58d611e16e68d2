"""Reading single values the careful way: bounds, lengths, and the string table of a stream.

Knows types and bits, nothing of grammars.  Every refusal carries the path that its owner keeps.
"""

from __future__ import annotations

from bsw.chrgm.messages.kinds import Integer, Kind, Octets, Text
from bsw.chrgm.messages.specs import KindOfField, Value
from bsw.exi.bits import BIG_OCTETS, LONG_OCTETS, BitReader, fixed_values, width
from bsw.exi.errors import Tolerance
from bsw.exi.names import literal
from bsw.exi.schema import Name


class ValueReader(BitReader):
    """A stream of bits with what was read so far: strings, and notes of what was let pass."""

    __slots__ = ("_strings", "_strings_of", "_tolerance", "notes")

    def __init__(self, data: bytes, tolerance: Tolerance) -> None:
        super().__init__(data)
        self.notes: list[str] = []
        self._tolerance = tolerance
        self._strings: list[str] = []
        self._strings_of: dict[Name, list[str]] = {}

    def note(self, said: str) -> None:
        """Remember what was let pass here."""
        self.notes.append(f"{'/'.join(self.path)} {said}".strip())

    def code(self, count: int, size: int, expected: object) -> int:
        """A number below ``count`` in ``size`` bits."""
        position = self.position
        code = self.bits(size, expected)
        if code >= count:
            raise self.error(f"{expected} (0..{count - 1})", f"code {code}", position)
        return code

    def simple(self, kind: KindOfField, name: Name) -> Value:
        """A value of a simple type in the element or attribute ``name``."""
        if isinstance(kind, Text):
            position = self.position
            return self.sized(kind, self.string(kind, name), position)
        if isinstance(kind, Octets):
            return self._binary(kind)
        values = fixed_values(kind)
        if values is None:
            return self._integer(kind)
        called = kind.name if isinstance(kind, Kind) else kind.__wire__
        return values[self.code(len(values), width(len(values)), f"a {called}")]

    def string(self, kind: Text, name: Name) -> str:
        """A literal, or a hit in one of the partitions."""
        position = self.position
        code = self.unsigned("a length")
        if code == 0:
            return self._hit(self._strings_of.get(name, []), f"earlier values of {name.wire}")
        if code == 1:
            return self._hit(self._strings, "earlier values")
        self._check_size(kind, code - 2, position)
        value = literal(self, code - 2)
        if value:
            self._strings.append(value)
            self._strings_of.setdefault(name, []).append(value)
        return value

    def sized(self, kind: Text | Octets, value: Value, position: int) -> Value:
        """A value whose length may come from a table or be empty: check it all the same."""
        self._check_size(kind, len(value), position)
        return value

    def _hit(self, known: list[str], called: str) -> str:
        position = self.position
        if not known:
            found = f"a hit on {called}, there are none"
            raise self.error("a literal value", found, position)
        index = self.bits(width(len(known)), "the number of an earlier value")
        if index >= len(known):
            raise self.error(f"one of {len(known)} {called}", f"number {index}", position)
        return known[index]

    def _integer(self, kind: Integer) -> int:
        position = self.position
        low, high = kind.low, kind.high
        if low is not None and low >= 0:
            value = self.unsigned("an unsigned integer")
        else:
            octets = BIG_OCTETS if low is None else LONG_OCTETS
            negative = self.bits(1, "a sign")
            value = self.unsigned("an integer", octets)
            value = -value - 1 if negative else value
        if (low is not None and value < low) or (high is not None and value > high):
            if not (self._tolerance.loose_bounds and within_base(kind, value)):
                raise self.error(f"{low}..{high}", str(value), position)
            self.note(f"is {value}")
        return value

    def _binary(self, kind: Octets) -> bytes:
        position = self.position
        count = self.unsigned("a length")
        self._check_size(kind, count, position)
        return self.octets(count, "content")

    def _check_size(self, kind: Text | Octets, size: int, position: int) -> None:
        if kind.low <= size and (kind.high is None or size <= kind.high):
            return
        loose = self._tolerance.loose_bounds or (size == 0 and self._tolerance.empty_values)
        if size < kind.low and loose:
            self.note(f"has {size} of {kind.low}" if size else "is empty")
            return
        unit = "characters" if isinstance(kind, Text) else "octets"
        limit = f"{kind.low}..{'' if kind.high is None else kind.high} {unit}"
        raise self.error(limit, str(size), position)


def within_base(kind: Integer, value: int) -> bool:
    """Whether the built-in type that ``kind`` restricts can hold a value."""
    low, high = kind.low or 0, kind.high or 0
    for size in (8, 16, 32, 64):
        bottom, top = (-(1 << size - 1), (1 << size - 1) - 1) if low < 0 else (0, (1 << size) - 1)
        if bottom <= low and high <= top:
            return bottom <= value <= top
    return False
