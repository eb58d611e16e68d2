"""The station's end of the cable on a bench that has a station's messages but no hardware of it.

The vehicle feels what its own ECU was told (``told``): voltage and current as the station says
them.  A station that only simulates its messages says voltages no battery could be charged with;
then the battery's own voltage is felt instead (``wished``) and only the current is believed.
"""

from typing import Final, Literal

from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanPort
from can_adapter.config import CanConfig
from can_adapter.signals.values import SessionState
from can_adapter.vehicle.bus import VEHICLE_REPORT, VEHICLE_VALUES
from can_adapter.vehicle.report import SessionStatus, StationPresent, VehicleReport
from tools.bench.hardware.node import Node, sides
from tools.bench.hardware.vehicle import SimulatedVehicle

Belief = Literal["told", "wished"]

LIVE: Final = {SessionState.PRE_CHARGE, SessionState.POWER_DELIVERY, SessionState.CHARGING}


class NoModule:
    """Takes the place of ``PowerModule``; hears the ECU on the vehicle's bus."""

    def __init__(
        self,
        scheduler: Scheduler,
        port: CanPort,
        config: CanConfig,
        vehicle: SimulatedVehicle,
        belief: Belief,
    ) -> None:
        bus = sides(config, VEHICLE_VALUES, VEHICLE_REPORT, VehicleReport)
        self.node: Node[VehicleReport] = Node(
            scheduler, port, bus, "EVSE", (StationPresent, SessionStatus)
        )
        self._wires = vehicle.wires
        self._battery = vehicle.battery
        self._belief = belief
        vehicle.physics.join(self._act, self._feel)

    def stop(self) -> None:
        self.node.canif.close()

    def _act(self, _seconds: float) -> None:
        heard, source, ac = self.node.heard, self._wires.cable.source, self._wires.ac
        live = heard.session.session_state in LIVE
        source.limit = max(0.0, heard.present.evse_present_current or 0.0)
        source.voltage = self._voltage(heard.present.evse_present_voltage or 0.0, live=live)
        source.on = source.voltage > 0.0
        ac.energized = live and heard.present.evse_present_voltage is None

    def _voltage(self, told: float, *, live: bool) -> float:
        if self._belief == "told" or not live:
            return told
        closed = self._wires.cable.load.connected
        return self._battery.pack.max_voltage if closed else self._battery.ocv

    def _feel(self, _seconds: float) -> None:
        """Nothing here measures."""
