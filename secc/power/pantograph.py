"""A pantograph that exists only as numbers: it sees where a vehicle stands, comes down, goes up.

A client of the charger interface like any other.  It never leaves the vehicle's rails while there
is a voltage on them, and what can go wrong with it is in ``Trouble``.
"""

from dataclasses import dataclass, field
from typing import Final

from bsw.os.clock import MS, S
from bsw.os.scheduler import Scheduler
from secc.api.charger import Charger
from secc.api.devices import EvPositioning, PantographPosition, VehiclePlace

SAFE_VOLTAGE: Final = 60.0
LOOKS: Final = 100 * MS


@dataclass(slots=True)
class Trouble:
    """What a test or a person may break."""

    stuck: bool = False  # it does not move any more
    out_of_reach: int = 0  # mm at which the vehicle comes to a halt, from where it should


@dataclass(frozen=True, slots=True)
class Build:
    """How it is built; the vehicle is ``seen_at`` mm away and comes at ``approach`` mm/s."""

    window_along: int = 150
    window_across: int = 100
    travel: int = 3 * S
    seen_at: int = 800
    approach: int = 400


@dataclass(slots=True)
class SimulatedPantograph:
    charger: Charger
    scheduler: Scheduler
    build: Build = field(default_factory=Build)
    trouble: Trouble = field(default_factory=Trouble)
    position: PantographPosition = PantographPosition.HOME
    along: int | None = None
    _goal: PantographPosition = PantographPosition.HOME
    _since: int = 0

    def start(self) -> None:
        charger = self.charger
        charger.subscribe("vehicle_positioning", self._look_for)
        charger.subscribe(
            "pantograph_down", lambda _none: self._go(PantographPosition.END_POSITION)
        )
        charger.subscribe("pantograph_up", lambda _none: self._go(PantographPosition.HOME))
        charger.subscribe("dlink_terminate", self._gone)
        charger.subscribe("dlink_error", self._gone)
        self._tell()
        self.scheduler.every(LOOKS, self._tick, name="pantograph")

    @property
    def in_place(self) -> bool:
        return self.along is not None and abs(self.along) <= self.build.window_along

    def drive_off(self) -> None:
        """The vehicle rolls out of the window, whatever it is connected to."""
        self.along = 3 * self.build.window_along
        self._see()

    def stand_here(self) -> None:
        """The vehicle has been in its place all the time."""
        self.along = 0
        self._see()

    def _gone(self, _none: object) -> None:
        """The session is over, and it was no pause: the next to be seen is another vehicle."""
        if self.along is not None:
            self.along = None
            self._see()

    def _look_for(self, _told: EvPositioning) -> None:
        if self.along is None:
            self.along = self.build.seen_at
            self._see()

    def _go(self, goal: PantographPosition) -> None:
        self._goal, self._since = goal, self.scheduler.now

    def _tick(self) -> None:
        if self.along is not None and self.along > self.trouble.out_of_reach and not self.in_place:
            step = self.build.approach * LOOKS // S
            self.along = max(self.trouble.out_of_reach, self.along - step)
            self._see()
        if self.position is not self._goal:
            self._move()

    def _move(self) -> None:
        rising = self._goal is PantographPosition.HOME
        present = self.charger.state.dc_present
        if rising and present is not None and present.evse_present_voltage >= SAFE_VOLTAGE:
            self._since = self.scheduler.now
            return
        there = self.scheduler.now - self._since >= self.build.travel and not self.trouble.stuck
        self.position = self._goal if there else PantographPosition.MOVING
        self._tell()

    def _tell(self) -> None:
        if self.charger.state.pantograph is not self.position:
            self.charger.update_pantograph(position=self.position)

    def _see(self) -> None:
        self.charger.update_vehicle_place(
            place=VehiclePlace(
                in_place=self.in_place,
                along=self.along or 0,
                window_along=self.build.window_along,
                window_across=self.build.window_across,
            )
        )
