"""A primary device that exists only as numbers: it sees a vehicle over it, tests, and gives power.

Its inverter is fed through the station's AC contactor.
"""

from typing import Final

from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from secc.api.charger import Charger
from secc.api.devices import PadIssue, PadStatus
from secc.power.lane import Lane

TEST_POWER: Final = 50.0
"""W of the alignment check."""
TEST_TIME: Final = 1 * S
CODE: Final = 4711
"""What the vehicle over it can observe."""


class SimulatedPad(Lane):
    """``misaligned``: the test finds too little; ``issue``: what it detects over itself."""

    def __init__(self, charger: Charger, scheduler: Scheduler) -> None:
        super().__init__(charger, scheduler)
        self.misaligned = False
        self.issue = PadIssue.NOTHING
        self.code: int | None = CODE
        self._tested_at: int | None = None

    def start(self) -> None:
        super().start()
        self.charger.subscribe("pad_alignment_check", self._test)
        self._say()

    def detect(self, issue: PadIssue) -> None:
        self.issue = issue
        self._say()

    def _test(self, _none: object) -> None:
        self._tested_at = self.scheduler.now + TEST_TIME
        self._say()

    def _tick(self) -> None:
        super()._tick()
        self._say()

    def _say(self) -> None:
        tested = self._tested_at is not None and self.scheduler.now >= self._tested_at
        told = PadStatus(
            issue=self.issue,
            code=self.code if self.in_place else None,
            aligned=not self.misaligned if tested else None,
            test_power=TEST_POWER if self._tested_at is not None else None,
        )
        if self.charger.state.pad != told:
            self.charger.update_pad(pad=told)
