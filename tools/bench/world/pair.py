"""Both ECUs, whole, on the virtual clock: built from their configurations as on a host.

Between them is a simulated world - cable, power line, both buses - with the hardware at the far
ends.  Nothing is shared between the two but the cable: every value a request carries has come over
the vehicle's bus, and every order to the power electronics goes over the station's.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from bsw.base import Start
from bsw.hardware.port import PlugHardware, Side
from bsw.nvm.service import BlockStore
from bsw.os.clock import S
from bsw.sim.blocks import MemoryBlocks
from can_adapter.config import CanConfig
from can_adapter.drivers.simulated import SimulatedBus
from ecu.beginning import begin
from ecu.simulated import TODAY
from ecu.world import World
from evcc.config import EvccConfig
from evcc.ecu.build import build_vehicle
from secc.config import SeccConfig
from secc.ecu.build import build_station
from tools.bench.hardware.battery import Battery
from tools.bench.hardware.cable import Physics
from tools.bench.hardware.power import Output, PowerModule, Rating
from tools.bench.hardware.vehicle import SimulatedVehicle
from tools.bench.world.stores import Stores

BusMaker = Callable[[World], SimulatedBus]


def same_bus(world: World) -> SimulatedBus:
    """The vehicle ECU is on the vehicle's own bus."""
    return world.vehicle_bus


@dataclass(kw_only=True)
class Surroundings:
    """What is around the two ECUs.  ``None``: as usual."""

    soc: float = 30.0
    target: float = 80.0
    seed: int = 1
    unix: int = TODAY
    """When the calendar begins."""
    battery: Battery | None = None
    output: Output | None = None
    """The station's power stage."""
    rating: Rating | None = None
    """What the power module is built for."""
    hardware_can: CanConfig | None = None
    """The matrices of the vehicle's own control units; those of its ECU."""
    ecu_bus: BusMaker = same_bus
    station_at: int = 1
    """The inlet that the station's plug goes into."""
    loud: bool = True
    """A development error is raised where it happens; else it is handled as in the field."""
    blocks: BlockStore = field(default_factory=MemoryBlocks)
    """The vehicle's non-volatile memory."""
    vehicle_keys: Stores = field(default_factory=Stores)
    station_keys: Stores = field(default_factory=Stores)
    """Keys and certificates; without, they lie where the configurations say."""
    drivers: Callable[[World, Side], PlugHardware] | None = None
    """Of the plug, for configurations with ``hardware.driver: own``."""


class Hardware:
    """Battery and control units on the vehicle's bus, a power module on the station's."""

    def __init__(
        self, world: World, vehicle: CanConfig, station: CanConfig, around: Surroundings
    ) -> None:
        scheduler = world.scheduler
        self.physics = Physics(scheduler)
        self.physics.wires.cable.inlet = around.station_at
        battery = around.battery or Battery(soc=around.soc)
        self.vehicle = SimulatedVehicle(
            scheduler, world.vehicle_bus.attach, vehicle, self.physics, battery
        )
        self.vehicle.bms.moods.target_soc = around.target
        self.vehicle.ems.target_soc = around.target
        self.module = PowerModule(
            scheduler,
            world.station_bus.attach("PM"),
            station,
            self.physics,
            rating=around.rating,
            output=around.output,
        )

    def start(self) -> None:
        self.vehicle.start()
        self.module.start()


class Pair:
    """``start``, ``plug`` and ``run``."""

    def __init__(
        self, evcc: EvccConfig, secc: SeccConfig, around: Surroundings | None = None
    ) -> None:
        around = around or Surroundings()
        self.world = World(around.seed)
        self.scheduler = self.world.scheduler
        self.hardware = Hardware(self.world, around.hardware_can or evcc.can, secc.can, around)
        self.vehicle_base = self.world.base(loud=around.loud)
        self.station_base = self.world.base(loud=around.loud)
        self.vehicle_doors = self.world.vehicle_doors(self.vehicle_base, evcc, around.station_at)
        self.station_doors = self.world.station_doors(self.station_base, secc)
        self.vehicle_doors.bus = self.ecu_bus = around.ecu_bus(self.world)
        self.vehicle_doors.blocks = around.blocks
        for doors, stores in (
            (self.vehicle_doors, around.vehicle_keys),
            (self.station_doors, around.station_keys),
        ):
            doors.unix = around.unix
            doors.own_keys, doors.own_shelf = stores.keys, stores.shelf
        if around.drivers is not None:
            self.vehicle_doors.own_hardware = around.drivers(self.world, Side.VEHICLE)
            self.station_doors.own_hardware = around.drivers(self.world, Side.STATION)
        for role, base, config in (
            ("evcc", self.vehicle_base, evcc),
            ("secc", self.station_base, secc),
        ):
            begin(base.trace, role, tuple(config.session.protocols), config, around.unix * S)
        self.vehicle = build_vehicle(self.vehicle_base, evcc, self.vehicle_doors)
        self.station = build_station(self.station_base, secc, self.station_doors)

    def start(self) -> tuple[Start, Start]:
        """Power on: hardware first, then the ECUs, step by step."""
        self.hardware.start()
        return self.vehicle_base.run(self.vehicle.start), self.station_base.run(self.station.start)

    def plug(self) -> None:
        self.hardware.physics.wires.cable.plugged = True
        self.world.plug()

    def unplug(self) -> None:
        self.hardware.physics.wires.cable.plugged = False
        self.world.unplug()

    def run(self, seconds: float) -> None:
        self.scheduler.run(self.scheduler.now + int(seconds * S))

    def stop(self) -> None:
        """Both in order; how it went is in the bases' ``process.status``."""
        for base in (self.vehicle_base, self.station_base):
            base.process.done()
