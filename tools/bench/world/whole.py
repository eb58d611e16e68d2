"""The whole bench on virtual time: plug, power line, IP, both ECUs, both CAN buses, the hardware.

A ``Pair`` as most tests want it, with its parts at hand by short names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bsw.chrgm.modes import mode_of
from bsw.os.clock import S
from bsw.trace import MemoryTrace
from can_adapter.config import BusConfig
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.vehicle.config import VehicleCanConfig
from ecu.world import World
from evcc.bus.canbus import VehicleCan
from evcc.config import EvccConfig
from evcc.plug.charging import ChargingManager
from evcc.vehicle import StationView, VehicleValues
from secc.api.charger import Charger
from secc.config import SeccConfig
from secc.plug.plug_side import OutletPlug
from secc.plug.session_server import SessionServer
from tools.bench.hardware.vehicle import vehicle_config
from tools.bench.world.pair import Pair, Surroundings, same_bus
from tools.bench.world.stores import editions_of, with_contract

SIMULATED = BusConfig(interface="simulated")


@dataclass(kw_only=True)
class WholeOptions(Surroundings):
    """How the two are set up, by the letter of the norms, and what is around them."""

    protocols: tuple[str, ...] = ("iso2",)
    mode: str = "DC_extended"
    contract: bool = False
    """Pay by contract, over TLS, with keys and certificates in memory."""
    tls: bool = False
    """External payment over TLS, with certificates in memory."""
    inlets: int = 1
    wallbox: bool = False
    """The station has a duty cycle and a contactor, and no modem."""
    services: Mapping[str, Any] | None = None
    """More of the vehicle's configuration, by its sections."""


class Bench:
    """Plug in with ``plug``, then ``run``."""

    def __init__(self, setup: WholeOptions | None = None) -> None:
        setup = setup or WholeOptions()
        if setup.contract or setup.tls:
            vehicle, station = with_contract(setup.unix, editions_of(setup.protocols))
            setup = replace(setup, vehicle_keys=vehicle, station_keys=station)
        hardware = vehicle_config(SIMULATED, setup.inlets)
        self.setup = setup = replace(setup, hardware_can=hardware, ecu_bus=self.make_ecu_bus)
        evcc = EvccConfig.model_validate(self._evcc(setup, hardware))
        self.pair = pair = Pair(evcc, SeccConfig.model_validate(_secc(setup)), setup)
        self.scheduler = pair.scheduler
        self.physics = pair.hardware.physics
        self.vehicle, self.module = pair.hardware.vehicle, pair.hardware.module
        self.vehicle_bus, self.station_bus = pair.world.vehicle_bus, pair.world.station_bus
        self.ecu_bus = pair.ecu_bus
        self.cable, self.other_cable = pair.world.cables

    def _evcc(self, setup: WholeOptions, hardware: VehicleCanConfig) -> dict[str, Any]:
        session = {"profile": "conformance", "protocols": setup.protocols}
        if setup.contract or setup.tls:
            session["security"] = "tls"
        return {
            "hardware": {"driver": "plug", "inlets": setup.inlets},
            "session": session,
            "link": {"energy": "ac" if mode_of(setup.mode).on_mains else "dc"},
            "can": self.ecu_can(hardware),
            "keym": {"secc": {"revocation": "soft-fail"}},
            **(setup.services or {}),
        }

    # What another bench may have otherwise

    def make_ecu_bus(self, world: World) -> SimulatedBus:
        """What the vehicle ECU is connected to."""
        return same_bus(world)

    def ecu_can(self, hardware: VehicleCanConfig) -> VehicleCanConfig:
        """The vehicle ECU's matrices."""
        return hardware

    # The parts

    @property
    def manager(self) -> ChargingManager:
        return self.pair.vehicle.manager

    @property
    def vehicle_can(self) -> VehicleCan:
        return self.pair.vehicle.can

    @property
    def state(self) -> VehicleValues:
        """The vehicle's values as its sessions have them."""
        return self.pair.vehicle.state

    @property
    def view(self) -> StationView:
        """What the station told in the latest session."""
        return self.pair.vehicle.view

    @property
    def charger(self) -> Charger:
        return self.pair.station.charger

    @property
    def outlet(self) -> SessionServer:
        return self.pair.station.outlet

    @property
    def service(self) -> OutletPlug:
        return self.pair.station.service

    @property
    def vehicle_trace(self) -> MemoryTrace:
        return self.pair.vehicle_base.memory

    @property
    def station_trace(self) -> MemoryTrace:
        return self.pair.station_base.memory

    # What can be done

    def start(self) -> "Bench":
        """Power on: hardware first, then the ECUs."""
        self.pair.start()
        return self

    def plug(self) -> None:
        self.pair.plug()

    def unplug(self) -> None:
        self.pair.unplug()

    def plug_other(self) -> None:
        """A plug that leads nowhere, into the inlet where the station's is not."""
        self.physics.wires.cable.other = True
        self.other_cable.plug()

    def unplug_other(self) -> None:
        self.physics.wires.cable.other = False
        self.other_cable.unplug()

    def run(self, seconds: float) -> None:
        self.pair.run(seconds)

    def until_ended(self, count: int = 1, within: float = 7200.0) -> None:
        """Until the vehicle has so many results; a session without an end is an error."""
        deadline = self.scheduler.now + int(within * S)
        while len(self.manager.results) < count:
            if self.scheduler.now >= deadline:
                raise TimeoutError(f"{len(self.manager.results)} results after {within:g} s")
            self.run(1.0)


def _secc(setup: WholeOptions) -> dict[str, object]:
    """Whoever is asked at the station says yes at once."""
    session: dict[str, Any] = {"profile": "conformance", "modes": (setup.mode,)}
    if setup.contract:
        session |= {"tls": True, "plain": False, "payment": ("Contract",)}
        session["protocols"] = ("iso2",)
    if setup.tls:
        session |= {"tls": True, "protocols": setup.protocols}
    return {
        "hardware": {"driver": "none" if setup.wallbox else "plug", "power": "can"},
        "session": session,
        "customer": {"after": 0},
    }
