"""A driver of a simulated plug: pilot of a cable, lock and contactors that do what they are told.

What goes wrong is set by whoever tests: a contactor that stays where it is, a lock that does not
close, names of faults.
"""

from typing import Final

from bsw.cp.pilot import StationPilot, VehiclePilot
from bsw.cp.proximity import ProximityPort
from bsw.hardware.port import Lost
from bsw.os.clock import MS, Action
from bsw.os.scheduler import Scheduler
from bsw.sim.cable import SimulatedCable

MOVES: Final = 20 * MS
"""What a contactor or a lock takes."""


class Switch:
    """Something that follows an order after a while, unless it is ``stuck``."""

    def __init__(self, scheduler: Scheduler, name: str) -> None:
        self.on = self.wished = self.stuck = False
        self._alarm = scheduler.alarm(self._move, name=name)

    def order(self, *, on: bool) -> None:
        self.wished = on
        self._alarm.rearm(MOVES)

    def _move(self) -> None:
        if not self.stuck:
            self.on = self.wished


class SimulatedContactors:
    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    @property
    def closed(self) -> bool | None:
        return self._switch.on

    @property
    def why_open(self) -> tuple[str, ...]:
        return () if self._switch.on or self._switch.wished else ("permit",)

    def permit(self, *, closed: bool) -> None:
        self._switch.order(on=closed)


class SimulatedLock:
    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    @property
    def locked(self) -> bool | None:
        return self._switch.on

    def request(self, *, locked: bool) -> None:
        self._switch.order(on=locked)


class CableHardware:
    """A ``PlugHardware`` of either side of a simulated cable."""

    stopped = False
    levels = None
    temperatures: tuple[float | None, ...] = (25.0, 25.0)

    def __init__(self, scheduler: Scheduler, cable: SimulatedCable) -> None:
        self.contactor = Switch(scheduler, "contactor")
        self.bolt = Switch(scheduler, "bolt")
        self.contactors = SimulatedContactors(self.contactor)
        self.lock = SimulatedLock(self.bolt)
        self.vehicle_pilot: VehiclePilot = cable.vehicle
        self.station_pilot: StationPilot = cable.station
        self.proximity: ProximityPort = cable.proximity
        self.faults: tuple[str, ...] = ()
        self.open = False

    def start(self, ready: Action, lost: Lost) -> None:
        del lost
        self.open = True
        ready()

    def close(self) -> None:
        self.open = False
