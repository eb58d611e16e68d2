"""The calendar as certificates need it: a moment, and whether it can be relied on.

A port: the ECU's time base fills it, a test fixes it.  Without trustworthy time no validity check
passes, which is for the policy to soften, not for this module.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bsw.stbm import TimeBase


@dataclass(frozen=True, slots=True)
class Moment:
    """``at`` is aware of its zone.  ``trusted`` is false for a clock nobody has set."""

    at: datetime
    trusted: bool = True


class CalendarTime(Protocol):
    def moment(self) -> Moment: ...


class EcuCalendar:
    """The ECU's time base as this port."""

    def __init__(self, base: TimeBase) -> None:
        self._base = base

    def moment(self) -> Moment:
        stamp = self._base.stamp()
        return Moment(stamp.at, stamp.trusted)
