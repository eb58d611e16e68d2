"""When a session may begin, as bus, north side and configuration have it."""

from evcc.bus.canbus import VehicleCan
from evcc.config import EvccConfig
from evcc.north.vehicle import Vehicle


class EcuGates:
    """Implements ``Gates``."""

    def __init__(self, can: VehicleCan, north: Vehicle, config: EvccConfig) -> None:
        self._can = can
        self._north = north
        self._told_by_north = config.api.values == "north"
        self._without_bus = config.can.bus.interface == "none"

    @property
    def barred(self) -> bool:
        """A fault of ours stands."""
        return self._can.barred

    @property
    def held(self) -> bool:
        """Where the north side says what to do, it says so first."""
        return self._told_by_north and "mode" not in self._north.said

    @property
    def chosen(self) -> bool:
        """Without a bus nobody will say it there."""
        return self._without_bus or self._can.chosen
