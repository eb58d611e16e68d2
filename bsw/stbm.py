"""Calendar time with a quality: what certificates, schedules and time stamps ask.

Protocol timers never come here.  The time base holds an offset between the scheduler's clock and
the calendar, set by whoever knows better than the one before; it only ever asks the host once, at
start, and only if told to.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import IntEnum
from typing import Final

from bsw.os.clock import S

EARLIEST: Final = 1_577_836_800
"""1 January 2020: an earlier time is a clock that was never set."""
LATEST: Final = 4_102_444_800
"""1 January 2100: a later one as well."""


class Quality(IntEnum):
    """How far the time can be relied on; a better source replaces a worse one."""

    NONE = 0
    STATION = 1  # EVSETimeStamp: somebody else's word
    BACKUP = 2  # a real-time clock, or what was kept over a restart
    HOST = 3  # the operating system says so
    SYNCHRONISED = 4  # from a time master


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """``at`` is aware of its zone.  ``trusted`` is what certificate checks ask for."""

    at: datetime
    quality: Quality
    trusted: bool


class TimeBase:
    """The ECU's calendar.  ``trust_from`` is the least quality that certificates may rely on."""

    def __init__(self, now: Callable[[], int], *, trust_from: Quality = Quality.BACKUP) -> None:
        self._now = now
        self._trust_from = trust_from
        self._offset = EARLIEST * S - now()
        self.quality = Quality.NONE

    def unix(self) -> int:
        """Whole seconds since 1970."""
        return (self._now() + self._offset) // S

    def unix_if_known(self) -> int:
        """The same, to be compared after a restart; 0 while nobody has told the time."""
        return self.unix() if self.quality > Quality.NONE else 0

    def stamp(self) -> TimeStamp:
        at = datetime.fromtimestamp(self.unix(), tz=timezone.utc)
        return TimeStamp(at, self.quality, self.quality >= self._trust_from)

    def set(self, unix: int, quality: Quality) -> bool:
        """Take over a time, unless a better one is known or it makes no sense."""
        if quality < self.quality or not EARLIEST <= unix < LATEST:
            return False
        self._offset = unix * S - self._now()
        self.quality = quality
        return True

    def set_from_host(self) -> bool:
        """The operating system's calendar, asked once."""
        return self.set(int(time.time()), Quality.HOST)


def host_calendar() -> int:
    """Nanoseconds since 1970 by the operating system, right or wrong: for records that are to be
    laid beside those of others.
    """
    return time.time_ns()
