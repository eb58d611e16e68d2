"""ISO 15118-20 words that both roles use: the header with its time, and quantities.

The unit of a quantity is fixed by the field it stands in.  A limit is rounded to its safe side.
"""

from math import ceil, floor
from typing import Final

from bsw.chrgm.messages.iso20.common_types import MessageHeader, RationalNumber
from bsw.chrgm.record import NO_SESSION

FINEST: Final = -3
"""Peers expect exponents from -3 to 3."""


def header(unix: int) -> MessageHeader:
    """Session and signature are put in when the message leaves."""
    return MessageHeader(session_id=NO_SESSION, time_stamp=max(0, unix))


def number(amount: float) -> RationalNumber:
    return RationalNumber.of(amount, finest=FINEST)


def most(amount: float) -> RationalNumber:
    """An upper limit: what cannot be said exactly is rounded down."""
    return RationalNumber.of(amount, finest=FINEST, rounding=floor)


def least(amount: float) -> RationalNumber:
    """A lower limit: what cannot be said exactly is rounded up."""
    return RationalNumber.of(amount, finest=FINEST, rounding=ceil)


def maybe(amount: float | None) -> RationalNumber | None:
    return None if amount is None else number(amount)


def si(value: RationalNumber | None) -> float | None:
    return None if value is None else value.si()


def percent(share: float | None) -> int | None:
    """Whole percent, rounded down, from 0 to 100."""
    return None if share is None else max(0, min(100, int(share)))
