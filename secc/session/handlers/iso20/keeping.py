"""Whether the vehicle takes no more than the power profile it named [V2G20-1864].

First it is warned, later the session ends; both times are those of the station's profile, and the
norm's are not known.  What flows out of the battery is nothing too much.
"""

from collections.abc import Sequence
from typing import Final

from bsw.chrgm.messages.iso20.common_types import ResponseCode
from bsw.os.clock import S
from secc.session.context import StationContext
from secc.session.handlers.iso20.offers import Offers

ALLOWED: Final = 1.05
"""Of what was named, for whoever measures otherwise."""
SLACK: Final = 200.0
"""W, for small chargers."""


class Keeping:
    def __init__(self, station: StationContext, offers: Offers) -> None:
        self._station = station
        self._offers = offers
        self._course: tuple[tuple[int, float], ...] = ()  # ns of the scheduler, W from then on
        self._over_since: int | None = None

    def adopt(self, course: Sequence[tuple[int, float]]) -> None:
        """Seconds from now, and W from then on."""
        now = self._station.scheduler.now
        self._course = tuple((now + start * S, power) for start, power in course)
        self._over_since = None

    def judge(self, power: float) -> ResponseCode:
        """Of what flows now, in W."""
        station, now = self._station, self._station.scheduler.now
        named = self._named(now)
        if named is None or self._offers.made.dynamic or power <= named * ALLOWED + SLACK:
            self._over_since = None
            return ResponseCode.OK
        if self._over_since is None:
            self._over_since = now
        profile, over = station.profile, now - self._over_since
        if profile.violation_ends is not None and over >= profile.violation_ends:
            station.log.warning("power profile violated", takes=round(power), named=round(named))
            return ResponseCode.FAILED_EV_POWER_PROFILE_VIOLATION
        if over >= profile.violation_warned:
            return ResponseCode.WARNING_EV_POWER_PROFILE_VIOLATION
        return ResponseCode.OK

    def _named(self, now: int) -> float | None:
        begun = [power for start, power in self._course if start <= now]
        return max(0.0, begun[-1]) if begun else None
