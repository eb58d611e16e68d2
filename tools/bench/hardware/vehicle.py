"""The whole simulated vehicle on its bus, and the world of volts and amperes around it.

``SimulatedVehicle`` puts the control units together and lets physics run; attributes lead to each
of them, for tests and for people.  It does not know whether anybody charges it.
"""

from collections.abc import Callable

from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanPort
from can_adapter.config import BusConfig, CanConfig
from can_adapter.matrix.model import SECOND_INLET, shipped_matrix
from can_adapter.vehicle.bus import VEHICLE_REPORT, VEHICLE_VALUES
from can_adapter.vehicle.config import VehicleCanConfig
from can_adapter.vehicle.report import VehicleReport
from tools.bench.hardware import bms, units
from tools.bench.hardware.battery import Battery
from tools.bench.hardware.bms import BatteryManagement
from tools.bench.hardware.cable import Physics
from tools.bench.hardware.node import Node, sides
from tools.bench.hardware.units import EnergyManagement, InletUnit, OnBoardCharger, VehicleControl

Unit = BatteryManagement | VehicleControl | EnergyManagement | InletUnit | OnBoardCharger
PortOf = Callable[[str], CanPort]
"""Gives a node of that name its connection to the bus."""


def vehicle_config(bus: BusConfig, inlets: int = 1) -> VehicleCanConfig:
    """The shipped matrices, and the second inlet's where there is one."""
    shipped = VehicleCanConfig(bus=bus)
    if inlets == 1:
        return shipped
    return VehicleCanConfig(bus=bus, matrix=(*shipped.matrix, shipped_matrix(SECOND_INLET)))


class SimulatedVehicle:
    def __init__(
        self,
        scheduler: Scheduler,
        port_of: PortOf,
        config: CanConfig,
        physics: Physics,
        battery: Battery | None = None,
    ) -> None:
        bus = sides(config, VEHICLE_VALUES, VEHICLE_REPORT, VehicleReport)

        def node(name: str, hears: tuple[type, ...] = ()) -> Node[VehicleReport]:
            return Node(scheduler, port_of(name), bus, name, hears)

        self.physics = physics
        self.wires = wires = physics.wires
        self.battery = battery or Battery()
        pace, battery = config.cycle_stretch, self.battery
        self.bms = BatteryManagement(scheduler, node("BMS", bms.HEARS), battery, wires.cable, pace)
        self.vcu = VehicleControl(scheduler, node("VCU"), pace)
        self.ems = EnergyManagement(scheduler, node("EMS"), battery, pace)
        self.inlet = InletUnit(scheduler, node("INLET", units.HEARD_BY_INLET), wires, pace)
        self.second_inlet: InletUnit | None = None
        if any(bus.matrix.sent_by("INLET2")):
            second = node("INLET2", units.HEARD_BY_INLET)
            self.second_inlet = InletUnit(scheduler, second, wires, pace, 2)
        self.obc = OnBoardCharger(
            scheduler, node("OBC", units.HEARD_BY_CHARGER), battery, wires, pace
        )
        self.charged = 0.0  # Wh into the battery since the start
        self.hard_openings = 0  # contactors opened under more than 5 A
        self._was_closed = False
        physics.join(self._act, self._feel)

    @property
    def nodes(self) -> tuple[Node[VehicleReport], ...]:
        return tuple(unit.node for unit in self._units)

    @property
    def _units(self) -> tuple[Unit, ...]:
        second = () if self.second_inlet is None else (self.second_inlet,)
        return (self.bms, self.vcu, self.ems, self.inlet, *second, self.obc)

    def start(self) -> None:
        """Let the control units speak."""
        for node in self.nodes:
            node.start()

    def stop(self) -> None:
        for unit in self._units:
            unit.stop()
            unit.node.stop()
            unit.node.canif.close()

    def plug_in(self) -> None:
        self.wires.cable.plugged = True

    def pull_out(self) -> None:
        self.wires.cable.plugged = False

    def _act(self, _seconds: float) -> None:
        load, battery = self.wires.cable.load, self.battery
        closed = self.bms.contactors.closed
        if self._was_closed and not closed and abs(self.wires.cable.current) > 5.0:
            self.hard_openings += 1
        self._was_closed = closed
        load.connected = closed
        load.voltage = battery.ocv
        load.resistance = battery.resistance

    def _feel(self, seconds: float) -> None:
        battery, cable = self.battery, self.wires.cable
        through = cable.current if self.bms.contactors.closed else 0.0
        battery.current = through + self.obc.battery_current
        self.charged += battery.current * battery.voltage * seconds / 3600
        battery.step(seconds)
