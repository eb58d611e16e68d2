"""Whether anybody else is heard on the vehicle's bus.

An ECU that nobody needs, on a bus on which nobody speaks, has no one to tell anything: its cyclic
frames would only keep the processor awake, and on a real bus nobody would acknowledge them.  Who
falls silent for that is not known here.
"""

from collections.abc import Callable
from typing import Final

from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanFrame
from can_adapter.canif import CanIf

LOOKS: Final = 4
"""Within the time after which a bus counts as silent."""

Told = Callable[[str], None]


class Company:
    """``told`` hears "alone" when the bus has been silent, "heard" with the first frame then."""

    def __init__(self, scheduler: Scheduler, canif: CanIf, silence: int, told: Told) -> None:
        """``silence`` 0: there is always company."""
        self._scheduler = scheduler
        self._canif = canif
        self._silence = silence
        self._told = told
        self._count = self._since = 0
        self._alone = False
        each = silence // LOOKS
        self._look = scheduler.alarm(self._looked, name="company", slack=each // LOOKS)

    def start(self) -> None:
        """Nobody has had time to speak yet."""
        if self._silence and not self._look.armed and not self._alone:
            self._begin()

    def stop(self) -> None:
        """Somebody else listens from now on, or nobody."""
        self._look.cancel()
        if self._alone:
            self._not_alone()

    def _begin(self) -> None:
        self._count, self._since = self._canif.counters.received, self._scheduler.now
        self._look.rearm(self._silence // LOOKS)

    def _looked(self) -> None:
        if self._canif.counters.received != self._count:
            self._begin()
        elif self._scheduler.now - self._since < self._silence:
            self._look.rearm(self._silence // LOOKS)
        else:
            self._alone = True
            self._canif.overhear(self._heard)
            self._told("alone")

    def _heard(self, _frame: CanFrame) -> None:
        self._not_alone()
        self._begin()

    def _not_alone(self) -> None:
        self._alone = False
        self._canif.hear_no_more()
        self._told("heard")
