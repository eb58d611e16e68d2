"""When a plug counts as connected: after it sat still for long enough, gone at once.

Knows neither resistors nor messages; whoever reads the contact feeds it.
"""

from collections.abc import Callable

from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler


class PlugWatch:
    """``changed`` hears each change of ``connected``."""

    def __init__(
        self, scheduler: Scheduler, changed: Callable[[], None], settle: int = 2_000 * MS
    ) -> None:
        self.connected = False
        self._changed = changed
        self._settle = settle
        self._alarm = scheduler.alarm(self._settled, name="plug settles")

    def feed(self, *, plugged: bool | None) -> None:
        """What the contact says now; ``None`` leaves the judgement as it was."""
        if plugged is None:
            return
        if not plugged:
            self._alarm.cancel()
            if self.connected:
                self.connected = False
                self._changed()
        elif not self.connected and not self._alarm.armed:
            self._alarm.rearm(self._settle)

    def _settled(self) -> None:
        self.connected = True
        self._changed()
