"""Simple types: what a single value may be, and what to say when it is not.

A kind is an immutable description taken from the schema: its name on the wire and its bounds.
It knows how to test a value and how to word a refusal, nothing about bits or XML.
"""

from __future__ import annotations

from enum import Enum


class MessageError(ValueError):
    """A value that the schema does not allow.  The text names class, field and allowed range."""


class WireEnum(Enum):
    """An enumeration whose members stand in schema order and carry the value on the wire."""

    # Members are unique objects, so identity is enough; Enum's own hash is written in Python.
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"

    def __str__(self) -> str:
        return str(self.value)


class Kind:
    """One simple type of the schema."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def guard(self, value: str) -> str:
        """Source of an expression that is true when the variable ``value`` is acceptable.

        It may use ``type_`` and ``len_``: fields are called ``type`` too.
        """
        raise NotImplementedError

    def problem(self, value: object) -> str:
        """What is wrong with ``value``, or an empty text."""
        raise NotImplementedError


class Boolean(Kind):
    __slots__ = ()

    def guard(self, value: str) -> str:
        return f"({value} is True or {value} is False)"

    def problem(self, value: object) -> str:
        return "" if isinstance(value, bool) else f"expected bool, got {_called(value)}"


class Integer(Kind):
    """A whole number between ``low`` and ``high``; None leaves that side open."""

    __slots__ = ("high", "low")

    def __init__(self, name: str, low: int | None, high: int | None) -> None:
        super().__init__(name)
        self.low = low
        self.high = high

    def guard(self, value: str) -> str:
        if self.low is None or self.high is None:
            return f"type_({value}) is int"
        return f"type_({value}) is int and {self.low} <= {value} <= {self.high}"

    def problem(self, value: object) -> str:
        if type(value) is not int:
            return f"expected int, got {_called(value)}"
        below = self.low is not None and value < self.low
        above = self.high is not None and value > self.high
        return f"{value} is outside {self.low}..{self.high}" if below or above else ""


class Text(Kind):
    """Characters, counted as Unicode code points."""

    __slots__ = ("high", "low")

    def __init__(self, name: str, low: int = 0, high: int | None = None) -> None:
        super().__init__(name)
        self.low = low
        self.high = high

    def guard(self, value: str) -> str:
        return _sized(f"type_({value}) is str and {value}.isascii()", value, self.low, self.high)

    def problem(self, value: object) -> str:
        if type(value) is not str:
            return f"expected str, got {_called(value)}"
        if any("\ud800" <= character <= "\udfff" for character in value):
            return "a lone surrogate is not a character"
        return _size_problem(len(value), self.low, self.high, "characters")


class Octets(Kind):
    """Octets; ``hexadecimal`` says how XML spells them (else base64)."""

    __slots__ = ("hexadecimal", "high", "low")

    def __init__(
        self, name: str, low: int = 0, high: int | None = None, *, hexadecimal: bool = False
    ) -> None:
        super().__init__(name)
        self.low = low
        self.high = high
        self.hexadecimal = hexadecimal

    def guard(self, value: str) -> str:
        return _sized(f"type_({value}) is bytes", value, self.low, self.high)

    def problem(self, value: object) -> str:
        if type(value) is not bytes:
            return f"expected bytes, got {_called(value)}"
        return _size_problem(len(value), self.low, self.high, "octets")


def _called(value: object) -> str:
    return "nothing" if value is None else type(value).__name__


def _sized(test: str, value: str, low: int, high: int | None) -> str:
    if high is not None:
        return f"{test} and {low} <= len_({value}) <= {high}"
    return f"{test} and len_({value}) >= {low}" if low else test


def span(low: int, high: int | None, unit: str) -> str:
    """A range of sizes in words: ``exactly 16 octets``, ``1..8 items``, ``1 or more items``."""
    if high is None:
        return f"{low} or more {unit}"
    return f"exactly {low} {unit}" if low == high else f"{low}..{high} {unit}"


def _size_problem(size: int, low: int, high: int | None, unit: str) -> str:
    if size < low or (high is not None and size > high):
        return f"{size} {unit}, allowed {span(low, high, unit)}"
    return ""


BOOLEAN = Boolean("boolean")
BYTE = Integer("byte", -(2**7), 2**7 - 1)
SHORT = Integer("short", -(2**15), 2**15 - 1)
INT = Integer("int", -(2**31), 2**31 - 1)
LONG = Integer("long", -(2**63), 2**63 - 1)
UNSIGNED_BYTE = Integer("unsignedByte", 0, 2**8 - 1)
UNSIGNED_SHORT = Integer("unsignedShort", 0, 2**16 - 1)
UNSIGNED_INT = Integer("unsignedInt", 0, 2**32 - 1)
UNSIGNED_LONG = Integer("unsignedLong", 0, 2**64 - 1)
INTEGER = Integer("integer", None, None)
STRING = Text("string")
ANY_URI = Text("anyURI")
ID = Text("ID")
IDREF = Text("IDREF")
HEX_BINARY = Octets("hexBinary", hexadecimal=True)
BASE64_BINARY = Octets("base64Binary")
