"""A pantograph that exists only as numbers: it sees where a vehicle stands, comes down, goes up.

It never leaves the vehicle's rails while there is a voltage on them.
"""

from typing import Final

from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from secc.api.charger import Charger
from secc.api.devices import PantographPosition
from secc.power.lane import Lane

SAFE_VOLTAGE: Final = 60.0
TRAVEL: Final = 3 * S


class SimulatedPantograph(Lane):
    """``stuck``: it does not move any more."""

    def __init__(self, charger: Charger, scheduler: Scheduler) -> None:
        super().__init__(charger, scheduler)
        self.stuck = False
        self.position = self._goal = PantographPosition.HOME
        self._since = 0

    def start(self) -> None:
        super().start()
        down, home = PantographPosition.END_POSITION, PantographPosition.HOME
        self.charger.subscribe("pantograph_down", lambda _none: self._go(down))
        self.charger.subscribe("pantograph_up", lambda _none: self._go(home))
        self._tell()

    def _go(self, goal: PantographPosition) -> None:
        self._goal, self._since = goal, self.scheduler.now

    def _tick(self) -> None:
        super()._tick()
        if self.position is not self._goal:
            self._move()

    def _move(self) -> None:
        rising = self._goal is PantographPosition.HOME
        present = self.charger.state.dc_present
        if rising and present is not None and present.evse_present_voltage >= SAFE_VOLTAGE:
            self._since = self.scheduler.now
            return
        there = self.scheduler.now - self._since >= TRAVEL and not self.stuck
        self.position = self._goal if there else PantographPosition.MOVING
        self._tell()

    def _tell(self) -> None:
        if self.charger.state.pantograph is not self.position:
            self.charger.update_pantograph(position=self.position)
