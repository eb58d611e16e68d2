"""Numbers with a power of ten: from a quantity to the wire form and back, never overflowing.

Both forms keep a 16-bit value and a decimal exponent.  ``of`` takes the finest exponent whose
value still fits, then drops trailing zeros up to exponent 0, so 400 stays ``400`` and 400.5
becomes ``4005`` times a tenth.  What does not fit raises.  What is finer than the form can say is
rounded: to the nearest, or to the safe side with ``rounding=floor`` or ``rounding=ceil``.

A limit is said in each message of a charge loop.  What was made is kept,
because nobody can change it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING

from bsw.chrgm.messages.kinds import MessageError

if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Self

    # Each protocol has its own ``Unit``; the class that inherits says which.
    AnyUnit = Any

LOW, HIGH = -(2**15), 2**15 - 1
SECONDS = {"h": 3600, "m": 60}


def scaled(
    amount: float, finest: int, coarsest: int, rounding: Callable[[float], int], called: str
) -> tuple[int, int]:
    """``(exponent, value)`` with ``value * 10**exponent`` next to ``amount``.

    >>> scaled(400.5, -3, 3, round, "voltage")
    (-1, 4005)
    """
    if not isfinite(amount):
        raise MessageError(f"{called}: {amount} is not a number that can be sent")
    for exponent in range(finest, coarsest + 1):
        value = _rounded(amount, exponent, rounding)
        if LOW <= value <= HIGH:
            break
    else:
        limit = f"{LOW * 10**coarsest:g}..{HIGH * 10**coarsest:g}"
        raise MessageError(f"{called}: {amount:g} is outside {limit}")
    while exponent < 0 and value % 10 == 0:
        value //= 10
        exponent += 1
    return exponent, value


def _rounded(amount: float, exponent: int, rounding: Callable[[float], int]) -> int:
    exact = amount * 10**-exponent if exponent <= 0 else amount / 10**exponent
    nearest = round(exact)
    # 2.3 * 1000 is 2299.9999999999995: the last bits of a float are no reason to round down.
    return nearest if abs(exact - nearest) < 1e-6 else rounding(exact)


def quantity(value: int, exponent: int) -> float:
    """The number meant, rounded once."""
    return value / 10**-exponent if exponent < 0 else float(value * 10**exponent)


class PhysicalQuantity:
    """What ``PhysicalValue`` of DIN 70121 and ISO 15118-2 can do."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def multiplier(self) -> int: ...
        @property
        def value(self) -> int: ...
        @property
        def unit(self) -> AnyUnit: ...
        def __init__(self, *, multiplier: int, value: int, unit: AnyUnit) -> None: ...

    @classmethod
    def of(cls, amount: float, unit: AnyUnit, *, rounding: Callable[[float], int] = round) -> Self:
        """``PhysicalValue.of(400.5, Unit.V)`` is 4005 times 0.1 V."""
        maker: Any = cls
        made: Self = _physical(maker, amount, unit, rounding)
        return made

    def si(self) -> float:
        """The quantity without its multiplier: A, V, W, VA, W/s; time always in seconds.

        Energy stays in Wh and charge in Ah, as everybody here counts them.
        """
        amount = quantity(self.value, self.multiplier)
        return amount * SECONDS.get(self.unit._value_, 1) if self.unit is not None else amount

    def __float__(self) -> float:
        return self.si()


class Rational:
    """What ``RationalNumber`` of ISO 15118-20 can do.  The field it stands in fixes the unit."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def exponent(self) -> int: ...
        @property
        def value(self) -> int: ...
        def __init__(self, *, exponent: int, value: int) -> None: ...

    @classmethod
    def of(
        cls, amount: float, *, finest: int = -3, rounding: Callable[[float], int] = round
    ) -> Self:
        """``RationalNumber.of(400.5)`` is 4005 times a tenth.

        Peers expect exponents from -3 to 3; a price per Wh wants ``finest=-6``.
        """
        maker: Any = cls
        made: Self = _rational(maker, amount, finest, rounding)
        return made

    def si(self) -> float:
        """The number meant, in the unit of the field."""
        return quantity(self.value, self.exponent)

    def __float__(self) -> float:
        return self.si()


REMEMBERED = 1024
"""Amounts kept, of all protocols together."""


@lru_cache(maxsize=REMEMBERED)
def _physical(cls: Any, amount: float, unit: AnyUnit, rounding: Callable[[float], int]) -> Any:  # noqa: ANN401 - of the class
    multiplier, value = scaled(amount, -3, 3, rounding, f"{cls.__name__} in {unit._value_}")
    return cls(multiplier=multiplier, unit=unit, value=value)


@lru_cache(maxsize=REMEMBERED)
def _rational(cls: Any, amount: float, finest: int, rounding: Callable[[float], int]) -> Any:  # noqa: ANN401 - of the class
    exponent, value = scaled(amount, finest, 127, rounding, cls.__name__)
    return cls(exponent=exponent, value=value)
