"""The story of a scenario while it is played: which orders are due, and when nothing more can come.

Who lets time pass and who carries the orders out is not known here: a simulated world and
processes on real sockets follow the same story.
"""

from dataclasses import dataclass
from typing import Final

from bsw.os.clock import S
from tools.bench.scenarios.model import Scenario, Step
from tools.bench.scenarios.words import Order, Sight

SETTLES: Final = 3 * S
"""After the last session: contactors open, the pilot comes to rest."""

HOPELESS: Final = 60 * S
"""All sessions have ended, and a step waits for so long for what does not come."""


@dataclass(slots=True)
class _Waiting:
    """A step and when it is due, once what it waits for has come."""

    step: Step
    due: int | None = None

    def comes(self, sight: Sight, now: int) -> bool:
        if self.due is None:
            if self.step.when is not None and not self.step.when.holds(sight):
                return False
            self.due = now + self.step.after
        return now >= self.due


class Story:
    """``look`` often; ``over`` once everything has been done, has ended and has come to rest."""

    def __init__(self, scenario: Scenario) -> None:
        self._steps = [_Waiting(step) for step in scenario.story]
        self._meanwhile = [_Waiting(step) for step in scenario.meanwhile]
        self._sessions = len(scenario.expect.vehicle)
        self._linger = scenario.linger
        self.quiet_since: int | None = None

    def look(self, sight: Sight, now: int, *, busy: bool) -> list[Order]:
        """What is due now.  ``busy``: a session runs."""
        orders = []
        while self._steps and self._steps[0].comes(sight, now):
            orders.append(self._steps.pop(0).step.do)
        for waiting in [one for one in self._meanwhile if one.comes(sight, now)]:
            self._meanwhile.remove(waiting)
            orders.append(waiting.step.do)
        waits = bool(self._steps) and self._steps[0].due is not None
        told = sight.ended >= max(self._sessions, 1 if self._steps else 0)
        if waits or not told or busy:
            self.quiet_since = None
        elif self.quiet_since is None:
            self.quiet_since = now
        return orders

    def over(self, now: int) -> bool:
        lasts = HOPELESS if self._steps else SETTLES + self._linger
        return self.quiet_since is not None and now - self.quiet_since >= lasts

    @property
    def untold(self) -> Step | None:
        """The step that it never came to."""
        return self._steps[0].step if self._steps else None
