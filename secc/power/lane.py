"""A place that a simulated vehicle comes to, and may leave: what a pantograph or a pad can see.

A client of the charger interface like any other.
"""

from typing import Final

from bsw.os.clock import MS, S
from bsw.os.scheduler import Scheduler
from secc.api.charger import Charger
from secc.api.devices import EvPositioning, VehiclePlace

LOOKS: Final = 100 * MS
WINDOW_ALONG, WINDOW_ACROSS = 150, 100
"""mm from where a vehicle should stand."""
SEEN_AT, APPROACH = 800, 400
"""mm at which it is seen first, and mm/s at which it comes."""


class Lane:
    """``out_of_reach``: mm from its place where the vehicle comes to a halt."""

    def __init__(self, charger: Charger, scheduler: Scheduler) -> None:
        self.charger = charger
        self.scheduler = scheduler
        self.out_of_reach = 0
        self.along: int | None = None

    def start(self) -> None:
        self.charger.subscribe("vehicle_positioning", self._look_for)
        self.charger.subscribe("dlink_terminate", self._gone)
        self.charger.subscribe("dlink_error", self._gone)
        self.scheduler.every(LOOKS, self._tick, name="device")

    @property
    def in_place(self) -> bool:
        return self.along is not None and abs(self.along) <= WINDOW_ALONG

    def drive_off(self) -> None:
        """The vehicle rolls out of the window, whatever it is connected to."""
        self.along = 3 * WINDOW_ALONG
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
            self.along = SEEN_AT
            self._see()

    def _tick(self) -> None:
        if self.along is not None and self.along > self.out_of_reach and not self.in_place:
            self.along = max(self.out_of_reach, self.along - APPROACH * LOOKS // S)
            self._see()

    def _see(self) -> None:
        self.charger.update_vehicle_place(
            place=VehiclePlace(
                in_place=self.in_place,
                along=self.along or 0,
                window_along=WINDOW_ALONG,
                window_across=WINDOW_ACROSS,
            )
        )
