"""How often a station has made the vehicle switch, and whether it may once more.

Sessions, contactors and renegotiations are counted where they happen.  Nothing here switches;
who is told that there is nothing left ends or waits as it always does.
"""

from collections.abc import Callable
from typing import Final

from bsw.os.budget import Budget
from bsw.os.scheduler import Scheduler
from evcc.plug.wear_config import HALF_MINUTE, WearConfig

RENEGOTIATIONS, SWITCHING, SESSIONS, MATCHING = (
    "WEAR_RENEGOTIATIONS",
    "WEAR_SWITCHING",
    "WEAR_SESSIONS",
    "WEAR_MATCHING",
)
"""The trouble codes."""

WORDS: Final = {
    SWITCHING: "contactors were closed too often",
    SESSIONS: "too many sessions on one plug-in",
    MATCHING: "the pilot asks for matching too often",
}


Told = Callable[[str, str], None]
Keep = Callable[[str, Budget], None]


def _nobody(_fault: str, _words: str) -> None:
    """A bench without a memory for faults."""


def _for_now(_name: str, _budget: Budget) -> None:
    """A bench that forgets what was spent."""


class Wear:
    """``told`` hears a trouble code and its words, each time something is refused.

    ``keep`` gets each budget with its name, to have what was spent outlive a restart.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        config: WearConfig | None = None,
        told: Told = _nobody,
        keep: Keep = _for_now,
    ) -> None:
        self.config = config or WearConfig()
        self._told = told
        self._scheduler = scheduler
        config = self.config
        self._sessions = Budget(config.sessions, config.session_each)
        self._closings = Budget(config.closings, config.closing_each)
        self._in_all = Budget(config.closings_in_all, HALF_MINUTE)
        keep("sessions", self._sessions)
        keep("closings", self._closings)
        keep("closings in all", self._in_all)

    def unplugged(self) -> None:
        """Another plug is another station; the contactors are the same."""
        self._sessions.refill()
        self._closings.refill()

    def session(self) -> int:
        """Begins one, unless it has to wait for so long."""
        now = self._scheduler.now
        wait = self._sessions.wait(now)
        if wait:
            return self._refused(SESSIONS, wait)
        wait = self.closing_wait
        if wait:
            return self._refused(SWITCHING, wait)
        self._sessions.spend(now)
        return 0

    def closing(self) -> int:
        """Begins to close, unless it has to wait for so long."""
        wait = self.closing_wait
        if wait:
            return self._refused(SWITCHING, wait)
        self.closed()
        return 0

    @property
    def closing_wait(self) -> int:
        now = self._scheduler.now
        return max(self._closings.wait(now), self._in_all.wait(now))

    def closed(self) -> None:
        now = self._scheduler.now
        self._closings.spend(now)
        self._in_all.spend(now)

    def tell(self, fault: str) -> None:
        self._told(fault, WORDS[fault])

    def _refused(self, fault: str, wait: int) -> int:
        self.tell(fault)
        return wait


class Renegotiations:
    """Those of one session."""

    def __init__(self, wear: Wear, scheduler: Scheduler) -> None:
        self._wear = wear
        self._scheduler = scheduler
        self._count = 0
        self._last: int | None = None

    @property
    def due(self) -> bool:
        """Not sooner than the least interval."""
        interval = self._wear.config.renegotiation_interval
        return self._last is None or self._scheduler.now - self._last >= interval

    def refused(self) -> tuple[str, str]:
        """Why there is none any more, and its trouble code; both empty if there is one."""
        most = self._wear.config.renegotiations
        if most and self._count >= most:
            return f"more than {most} renegotiations", RENEGOTIATIONS
        if self._wear.closing_wait:
            return WORDS[SWITCHING], RENEGOTIATIONS
        return "", ""

    def done(self) -> None:
        self._count += 1
        self._last = self._scheduler.now
