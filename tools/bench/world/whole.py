"""The whole bench on virtual time: plug, power line, IP, both ECUs, both CAN buses, the hardware.

Nothing is shared between the two ECUs but the cable.  Every value a request carries has come over
the vehicle's bus, and every order to the power electronics goes over the station's.
"""

from dataclasses import dataclass, field, replace
from functools import partial

from bsw.chrgm.modes import mode_of
from bsw.cp.pilot import VehiclePilot
from bsw.cp.switch import PilotSwitch
from bsw.dlt import silent
from bsw.net.ports import Network
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker, Worker
from bsw.sim.cable import SimulatedCable
from bsw.sim.network import SimLink
from bsw.sim.site import Site
from bsw.slac.link import StationLinkConfig, VehicleLinkConfig
from bsw.slac.node import Host
from bsw.slac.station_link import StationLink
from bsw.slac.vehicle_link import VehicleLink
from can_adapter.config import BusConfig
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.station.bus import open_station_bus
from can_adapter.station.config import StationCanConfig
from can_adapter.vehicle.bus import open_vehicle_bus
from can_adapter.vehicle.config import VehicleCanConfig
from csm.randomness import SeededRandomness
from evcc.bus.canbus import VehicleCan
from evcc.bus.merge import MergedValues
from evcc.north.vehicle import Vehicle
from evcc.plug.basic import BasicCharging
from evcc.plug.charging import ChargingManager, PilotOnPort, RetryRules
from evcc.session.results import result_on_can
from evcc.session.session import VehicleSession
from secc.plug.plug_side import OutletPlug
from secc.plug.plug_side import PilotOnPort as StationPilotOnPort
from secc.power.canbus import StationCan
from tools.bench.hardware.battery import Battery
from tools.bench.hardware.cable import Physics
from tools.bench.hardware.power import Output, PowerModule, Rating
from tools.bench.hardware.vehicle import SimulatedVehicle, vehicle_config
from tools.bench.world.network import NetRig, Options

SIMULATED = BusConfig(interface="simulated")


@dataclass
class Place:
    """Two ends of one simulated link."""

    scheduler: Scheduler
    vehicle: Network
    station: Network
    worker: Worker


@dataclass
class WholeOptions:
    options: Options = field(default_factory=Options)
    soc: float = 30.0
    target: float = 80.0
    seed: int = 1
    inlets: int = 1
    station_at: int = 1  # the inlet into which the station's plug goes
    battery: Battery | None = None  # instead of one of ``soc``
    output: Output | None = None  # the station's power stage, where it is not the usual one
    rating: Rating | None = None  # what the power module is built for


class Bench:
    """Plug in with ``plug``, then ``run``."""

    def __init__(self, setup: WholeOptions | None = None) -> None:
        setup = setup or WholeOptions()
        scheduler = self.scheduler = Scheduler(VirtualClock())
        chance = SeededRandomness(setup.seed)
        link = SimLink(scheduler, chance.fork("net"))
        self.place = Place(
            scheduler,
            link.node("vehicle"),
            link.node("station"),
            SimulatedWorker(scheduler, lambda _name: 5 * MS),
        )
        self.vehicle_bus = SimulatedBus(scheduler, chance.fork("vehicle bus"))
        self.station_bus = SimulatedBus(scheduler, chance.fork("station bus"))
        self._add_hardware(setup)
        options = replace(setup.options, hardware=False)
        self.rig = NetRig(self.place, options)
        self._add_ecus(setup, chance)

    def _add_hardware(self, setup: WholeOptions) -> None:
        scheduler = self.scheduler
        self.physics = Physics(scheduler)
        config = self.vehicle_config = vehicle_config(SIMULATED, setup.inlets)
        self.physics.wires.cable.inlet = setup.station_at
        self.vehicle = SimulatedVehicle(
            scheduler,
            self.vehicle_bus.attach,
            config,
            self.physics,
            setup.battery or Battery(soc=setup.soc),
        )
        self.vehicle.bms.moods.target_soc = setup.target
        self.vehicle.ems.target_soc = setup.target
        self.module = PowerModule(
            scheduler,
            self.station_bus.attach("PM"),
            StationCanConfig(bus=SIMULATED),
            self.physics,
            rating=setup.rating,
            output=setup.output,
        )

    def make_ecu_bus(self) -> tuple[SimulatedBus, VehicleCanConfig]:
        """What the vehicle ECU is connected to; the vehicle's own bus, where no other is made."""
        return self.vehicle_bus, self.vehicle_config

    def _add_ecus(self, setup: WholeOptions, chance: SeededRandomness) -> None:
        scheduler, rig = self.scheduler, self.rig
        log = silent().logger("bench")
        self.cable = SimulatedCable(scheduler)
        site = Site(scheduler, chance.fork("line"))
        car, box = site.vehicle(), site.station()
        site.attenuate(car, box, 10)
        self.ecu_bus, config = self.make_ecu_bus()
        self.can_bus = open_vehicle_bus(scheduler, self.ecu_bus.attach("EVCC"), config)
        self.vehicle_can = VehicleCan(
            self.can_bus, asked=rig.asked, inlets=setup.inlets, start=rig.state.now
        )
        self.merged = MergedValues(self.vehicle_can, Vehicle(asked=rig.asked), scheduler)
        rig.state.follow(self.merged)
        pilot = self.pilot = self._add_pilots(setup)
        rig.actuators = self.vehicle_can
        rig.vehicle_pilot = PilotOnPort(pilot)
        rig.station_pilot = StationPilotOnPort(self.cable.station)
        self.station_can = StationCan(
            open_station_bus(
                scheduler, self.station_bus.attach("SECC"), StationCanConfig(bus=SIMULATED)
            ),
            rig.charger,
        )
        self.service = OutletPlug(rig.charger, rig.outlet, self.cable.station, log=log)
        self.service.attach(
            StationLink(
                Host(scheduler, box.port, chance.fork("secc"), log),
                self.cable.station,
                StationLinkConfig(),
                self.service,
            )
        )
        basic = BasicCharging(
            scheduler, pilot, self.merged, self.vehicle_can, closing=rig.wear.closing
        )
        self.manager = ChargingManager(
            scheduler,
            self.merged,
            pilot,
            lambda ended: VehicleSession(rig.vehicle_means(), rig.make_car(), ended),
            basic=basic,
            rules=RetryRules(),
            log=log,
            wear=rig.wear,
        )
        self.manager.chosen = lambda: self.vehicle_can.chosen
        self.vehicle_can.changed = self.merged.refresh
        self.merged.changed = self.manager.refresh
        self.manager.on_result = lambda result: self.vehicle_can.session_ended(
            result_on_can(result)
        )
        self.manager.attach(
            VehicleLink(
                Host(scheduler, car.port, chance.fork("evcc"), log),
                pilot if self.switch is None else self.switch.gate(setup.station_at),
                VehicleLinkConfig(energy="ac" if mode_of(setup.options.mode).ac else "dc"),
                self.manager,
            )
        )
        self.vehicle_can.wake = self.manager.wake_up
        pilot.listen(self.vehicle_can.pilot_changed)

    def _add_pilots(self, setup: WholeOptions) -> VehiclePilot:
        """With two inlets the other one has a cable of its own, to a station that says nothing."""
        self.other_cable = SimulatedCable(self.scheduler)
        self.switch: PilotSwitch | None = None
        if setup.inlets == 1:
            return self.cable.vehicle
        here, there = setup.station_at, 3 - setup.station_at
        pilots = {here: self.cable.vehicle, there: self.other_cable.vehicle}
        self.switch = PilotSwitch(pilots)
        self.vehicle_can.inlets.on_active = self.switch.activate
        for number, pilot in pilots.items():
            pilot.listen(partial(self.vehicle_can.inlet_pilot, number))
        return self.switch

    def start(self) -> "Bench":
        """Power on: hardware first, then the ECUs."""
        self.vehicle.start()
        self.module.start()
        self.vehicle_can.start()
        self.station_can.start()
        self.service.link.start()
        self.manager.link.start()
        return self

    def plug(self) -> None:
        self.physics.wires.cable.plugged = True
        self.cable.plug()

    def unplug(self) -> None:
        self.physics.wires.cable.plugged = False
        self.cable.unplug()

    def plug_other(self) -> None:
        """A plug that leads nowhere, into the inlet where the station's is not."""
        self.physics.wires.cable.other = True
        self.other_cable.plug()

    def unplug_other(self) -> None:
        self.physics.wires.cable.other = False
        self.other_cable.unplug()

    def run(self, seconds: float) -> None:
        self.scheduler.run(self.scheduler.now + int(seconds * S))

    def until_ended(self, count: int = 1, within: float = 7200.0) -> None:
        """Until the vehicle has so many results; a session without an end is an error."""
        deadline = self.scheduler.now + int(within * S)
        while len(self.manager.results) < count:
            if self.scheduler.now >= deadline:
                raise TimeoutError(f"{len(self.manager.results)} results after {within:g} s")
            self.run(1.0)
