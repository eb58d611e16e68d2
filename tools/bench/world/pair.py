"""Both ECUs, whole, on the virtual clock: built from their configurations as on a host.

Between them is a simulated world - cable, power line, both buses - with the hardware at the far
ends.  Nothing is shared between the two but the cable: every value a request carries has come over
the vehicle's bus, and every order to the power electronics goes over the station's.
"""

from bsw.base import Start
from bsw.os.clock import S
from can_adapter.config import CanConfig
from ecu.simulated import TODAY
from ecu.world import World
from evcc.config import EvccConfig
from evcc.ecu.build import build_vehicle
from secc.config import SeccConfig
from secc.ecu.build import build_station
from tools.bench.hardware.battery import Battery
from tools.bench.hardware.cable import Physics
from tools.bench.hardware.power import PowerModule
from tools.bench.hardware.vehicle import SimulatedVehicle


class Hardware:
    """Battery and control units on the vehicle's bus, a power module on the station's."""

    def __init__(
        self, world: World, vehicle: CanConfig, station: CanConfig, soc: float, target: float
    ) -> None:
        scheduler = world.scheduler
        self.physics = Physics(scheduler)
        self.vehicle = SimulatedVehicle(
            scheduler, world.vehicle_bus.attach, vehicle, self.physics, Battery(soc=soc)
        )
        self.vehicle.bms.moods.target_soc = target
        self.vehicle.ems.target_soc = target
        port = world.station_bus.attach("PM")
        self.module = PowerModule(scheduler, port, station, self.physics)

    def start(self) -> None:
        self.vehicle.start()
        self.module.start()


class Pair:
    """``start``, ``plug`` and ``run``.  ``unix`` is when the calendar begins."""

    def __init__(
        self,
        evcc: EvccConfig,
        secc: SeccConfig,
        *,
        soc: float = 30.0,
        target: float = 80.0,
        seed: int = 1,
        unix: int = TODAY,
    ) -> None:
        self.world = World(seed)
        self.scheduler = self.world.scheduler
        self.hardware = Hardware(self.world, evcc.can, secc.can, soc, target)
        self.vehicle_base, self.station_base = self.world.base(), self.world.base()
        self.vehicle_doors = self.world.vehicle_doors(self.vehicle_base, evcc)
        self.station_doors = self.world.station_doors(self.station_base, secc)
        self.vehicle_doors.unix = self.station_doors.unix = unix
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
