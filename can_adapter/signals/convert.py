"""From raw signals to values and back, one converter per kind of role.

A converter is made once, when a role is bound to its signals; on the bus it compares, multiplies
and looks up.  What cannot be a value comes out as ``REFUSED`` and is never handed on.  Which role
it serves is not known here.
"""

import math
import re
from collections.abc import Mapping, Sequence
from enum import Enum, IntFlag
from functools import lru_cache
from typing import Final, Protocol

from can_adapter.matrix.codec import Raw
from can_adapter.matrix.specs import SignalSpec
from can_adapter.signals.roles import Kind, Role, Value


class Refused(Enum):
    """Stands for a raw signal that is no value."""

    REFUSED = "refused"


REFUSED: Final = Refused.REFUSED

Translation = Mapping[str, tuple[int, ...]]
"""For each literal the raw numbers that mean it; the first one is sent."""


class Converter(Protocol):
    """Raw signals, one for all kinds but text, to a value and back."""

    def value(self, raws: Sequence[Raw]) -> Value | Refused: ...
    def raws(self, value: Value) -> Sequence[Raw]: ...


class NumberConverter:
    """value = raw x factor + shift; out of range is refused on the way in, held on the way out."""

    def __init__(
        self,
        role: Role,
        signal: SignalSpec,
        bounds: tuple[int, int],
        *,
        scale: float = 1.0,
        offset: float = 0.0,
        invalid: frozenset[Raw] = frozenset(),
    ) -> None:
        self._factor = signal.scale * scale
        self._shift = signal.offset * scale + offset
        self._whole = role.whole
        self._floating = signal.floating
        self._invalid = invalid
        self._divisor = _divisor(self._factor)
        low, high = (self._raw(value) for value in _range(role, signal, scale, offset))
        ends = (low, high) if self._factor > 0 else (high, low)
        if signal.floating:
            self._low, self._high = ends
        else:
            self._low = max(math.ceil(ends[0] - 1e-6), bounds[0])
            self._high = min(math.floor(ends[1] + 1e-6), bounds[1])

    @property
    def empty(self) -> bool:
        """No raw number gives a value of this role: scale or offset must be wrong."""
        return self._low > self._high

    def value(self, raws: Sequence[Raw]) -> Value | Refused:
        raw = raws[0]
        if not self._low <= raw <= self._high or raw in self._invalid:  # also refuses NaN
            return REFUSED
        scaled = raw / self._divisor if self._divisor else raw * self._factor
        value = scaled + self._shift
        return round(value) if self._whole else float(value)

    def raws(self, value: Value) -> Sequence[Raw]:
        assert isinstance(value, (int, float))
        moved = value - self._shift
        raw = moved * self._divisor if self._divisor else moved / self._factor
        if raw < self._low:
            raw = self._low
        elif raw > self._high:
            raw = self._high
        return (raw if self._floating else round(raw),)

    def _raw(self, value: float) -> float:
        moved = value - self._shift
        return moved * self._divisor if self._divisor else moved / self._factor


def _divisor(factor: float) -> int:
    """10 for 0.1: dividing by whole numbers gives 400.3 where multiplying gives 400.300000001."""
    inverse = 1 / factor
    nearest = round(inverse)
    return nearest if abs(inverse - nearest) < 1e-9 * abs(inverse) and nearest not in {1, 0} else 0


def _range(role: Role, signal: SignalSpec, scale: float, offset: float) -> tuple[float, float]:
    low, high = role.low, role.high
    if signal.low is not None and signal.high is not None and signal.low < signal.high:
        ends = sorted((signal.low * scale + offset, signal.high * scale + offset))
        low, high = max(low, ends[0]), min(high, ends[1])
    return low, high


class TableConverter:
    """Switches and choices: each known raw number means one value."""

    def __init__(self, meanings: Mapping[Value, tuple[int, ...]]) -> None:
        self._values = {raw: value for value, numbers in meanings.items() for raw in numbers}
        self._raws = {value: (numbers[0],) for value, numbers in meanings.items() if numbers}

    def value(self, raws: Sequence[Raw]) -> Value | Refused:
        return self._values.get(int(raws[0]), REFUSED)

    def raws(self, value: Value) -> Sequence[Raw]:
        return self._raws[value]


class BitsConverter:
    """A set of flags in one number; unknown bits are ignored."""

    def __init__(self, options: type[IntFlag], translation: Translation) -> None:
        self._options = options
        self._pairs = tuple(
            (member, translation.get(member.name or "", (int(member),))[0]) for member in options
        )

    def value(self, raws: Sequence[Raw]) -> Value | Refused:
        raw, found = int(raws[0]), self._options(0)
        for member, bit in self._pairs:
            if raw & bit:
                found |= member
        return found

    def raws(self, value: Value) -> Sequence[Raw]:
        assert isinstance(value, IntFlag)
        raw = 0
        for member, bit in self._pairs:
            if member in value:
                raw |= bit
        return (raw,)


class TextConverter:
    """ASCII spread over several signals, the first characters first, filled up with zeros."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = tuple(sizes)

    def value(self, raws: Sequence[Raw]) -> Value | Refused:
        octets = b"".join(
            int(raw).to_bytes(size, "little") for raw, size in zip(raws, self._sizes, strict=True)
        )
        characters = octets.rstrip(b"\0")
        if not characters.isascii() or b"\0" in characters:
            return REFUSED
        return characters.decode("ascii")

    def raws(self, value: Value) -> Sequence[Raw]:
        assert isinstance(value, str)
        octets = value.encode("ascii", "replace")[: sum(self._sizes)]
        found, start = [], 0
        for size in self._sizes:
            found.append(int.from_bytes(octets[start : start + size], "little"))
            start += size
        return found


@lru_cache(maxsize=4096)
def plain(word: str) -> str:
    """A name without case and punctuation, with the usual abbreviations."""
    letters = re.sub(r"[^a-z0-9]", "", word.lower())
    return letters.replace("maximum", "max").replace("minimum", "min")


def meanings(
    role: Role, signal: SignalSpec, translation: Translation
) -> dict[Value, tuple[int, ...]]:
    """The raw numbers of each value of a switch or a choice; an empty tuple if there is none."""
    if role.kind is Kind.SWITCH:
        return {
            False: translation.get("false", (0,)),
            True: translation.get("true", (1,)),
        }
    assert role.options is not None
    named = {plain(text): number for number, text in signal.choices}
    found: dict[Value, tuple[int, ...]] = {}
    for member in role.options:
        literal = str(member.value)
        if literal in translation:
            found[member] = translation[literal]
        elif translation:
            found[member] = ()
        else:
            number = named.get(plain(literal), named.get(plain(member.name)))
            found[member] = () if number is None else (number,)
    return found


def physical(signal: SignalSpec, raw: Raw) -> float | str:
    """What a person reads: the word of an enumeration, else the quantity in the signal's unit."""
    word = dict(signal.choices).get(int(raw)) if math.isfinite(raw) else None
    return raw * signal.scale + signal.offset if word is None else word
