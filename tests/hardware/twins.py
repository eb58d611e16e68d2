"""Two islands, the C core in this process, as the hardware of both ECUs of a simulated world."""

from math import inf

from bsw.dlt import silent
from bsw.hardware.found import maker
from bsw.hardware.port import PlugHardware, Side, Surroundings
from bsw.island.config import IslandConfig
from bsw.net.ports import StreamUser
from bsw.os.clock import MS
from csm.randomness import SeededRandomness
from ecu.world import World
from tests.island.bench import OPEN, Bench
from tests.island.twin import Twin

SHOWN = (2740.0, 882.0, 246.0)
DRIVEN = {0: (-12_000, -12_000), 3: (0, 0)}
"""State F and E as the other end of the cable measures them."""


class Islands:
    """Made with the world.  ``plug`` joins them; what one end does the other sees."""

    def __init__(self) -> None:
        self.twins: dict[Side, Twin] = {}
        self.plugged = False

    def __call__(self, world: World, side: Side) -> PlugHardware:
        if not self.twins:
            for one in Side:
                self.twins[one] = Twin(world.scheduler, role=int(one is Side.VEHICLE))
            world.scheduler.every(MS, self._carry, name="cable")
        twin = self.twins[side]

        def line(user: StreamUser) -> Twin:
            world.scheduler.post(lambda: twin.connect(user), name="line")
            return twin

        chance = SeededRandomness(side.value)
        return maker("island")(
            Surroundings(side, IslandConfig(), world.scheduler, silent(), chance, line)
        )

    @property
    def benches(self) -> tuple[Bench, Bench]:
        return self.twins[Side.VEHICLE].bench, self.twins[Side.STATION].bench

    def plug(self, *, plugged: bool = True) -> None:
        self.plugged = plugged
        for bench in self.benches:
            bench.load = SHOWN[0] if plugged else inf
            bench.ohm = 220 if plugged else OPEN

    def _carry(self) -> None:
        if not self.plugged:
            return
        vehicle, station = self.benches
        shows, drives = vehicle.core.outputs, station.core.outputs
        station.load = SHOWN[shows.show]
        vehicle.duty = drives.duty
        if vehicle.levels in {None, *DRIVEN.values()}:
            vehicle.levels = DRIVEN.get(drives.drive)
