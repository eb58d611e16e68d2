"""What the clock on the wall says where the station stands: ClockCtrlr's TimeZone, or TimeOffset.

Asked each time, since the back end may set another.  Knows when summer time begins and ends.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ocpp.station.provisioning.model import Model, Unfit

CLOCK: Final = "ClockCtrlr"
STEP: Final = 3600.0
"""Seconds; a place does not change its time twice within them."""


class LocalTime:
    """One station's."""

    def __init__(self, model: Model) -> None:
        self._model = model
        model.guard(CLOCK, "TimeZone", _check_zone)
        model.guard(CLOCK, "TimeOffset", _check_offset)

    @property
    def zone(self) -> tzinfo:
        name = self._model.get(CLOCK, "TimeZone")
        return ZoneInfo(name) if name else _fixed(self._model.get(CLOCK, "TimeOffset"))

    def offset(self, instant: float) -> float:
        """Seconds that the clock is ahead of UTC."""
        ahead = datetime.fromtimestamp(instant, tz=self.zone).utcoffset()
        return 0.0 if ahead is None else ahead.total_seconds()

    def stretches(self, begin: float, end: float) -> Iterator[tuple[float, float, float]]:
        """(from, to, offset) in which the clock runs on without a jump."""
        jumps = [self._jump(one, two) for one, two in pairwise(_steps(begin, end))]
        places = [begin, *(jump for jump in jumps if jump is not None), end]
        for one, two in pairwise(places):
            yield one, two, self.offset(one)

    def _jump(self, begin: float, end: float) -> float | None:
        """The second in which it changes, if it does."""
        before = self.offset(begin)
        if self.offset(end) == before:
            return None
        low, high = int(begin), int(end) + 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.offset(middle) == before else (low, middle)
        return float(high)


def _steps(begin: float, end: float) -> list[float]:
    count = int((end - begin) / STEP) + 1
    return [*(begin + n * STEP for n in range(count)), end]


def _fixed(offset: str) -> tzinfo:
    """``+01:00`` as a zone; UTC where nothing is set."""
    if not offset:
        return timezone.utc
    return datetime.strptime(offset.replace("Z", "+00:00"), "%z").tzinfo or timezone.utc


def _check_zone(value: str) -> None:
    try:
        if value:
            ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        raise Unfit("InvalidValue", "a name as Europe/Vienna, known to this machine") from None


def _check_offset(value: str) -> None:
    try:
        good = _fixed(value).utcoffset(None) or timedelta()
    except ValueError:
        raise Unfit("InvalidValue", "hours and minutes as +01:00") from None
    if abs(good) > timedelta(hours=14):
        raise Unfit("InvalidValue", "no place is more than 14 hours from UTC")
