"""The electronics of an inlet or outlet as a node on a CAN bus, simulated.

It guards its plug as the real one must: closes when permitted and all is well, opens by itself when
the order stays away, the pilot leaves C and D or something is wrong, and then wants to see the
permission withdrawn.  What it drives is the hardware of a simulated cable, and what goes wrong is
done to that.
"""

from typing import Final

from bsw.cp.pilot import CONNECTED, READY, Drive, Pilot, PilotState, Source
from bsw.hardware.port import Side
from bsw.island.messages import Why
from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler
from bsw.sim.cable import SimulatedCable
from bsw.sim.hardware import CableHardware, Switch
from can_adapter.bus import CanPort
from can_adapter.config import CanConfig
from can_adapter.plug.bus import PLUG_ORDERS, PLUG_TOLD
from can_adapter.plug.config import PlugCanConfig
from can_adapter.plug.values import (
    PlugDrive,
    PlugFault,
    PlugOrder,
    PlugOrders,
    PlugPresent,
    PlugShow,
)
from can_adapter.signals import values
from can_adapter.signals.values import ContactorFeedback, LockRequest, LockState
from tools.bench.hardware.node import Node, sides

LOOK_EACH: Final = 10 * MS
FEEDBACK: Final = 250 * MS
LOCK: Final = 1500 * MS
INPUT: Final = 50 * MS
"""How long something stands before it counts."""
SOURCES: Final = {
    PlugDrive.FAULT: Source.FAULT,
    PlugDrive.UNAVAILABLE: Source.UNAVAILABLE,
}
SHOWN: Final = {PlugShow.B: PilotState.B, PlugShow.C: PilotState.C, PlugShow.D: PilotState.D}
ENDS_UNPLUGGED: Final = ~PlugFault.STATION_FAULT
"""All faults but this one are held until the plug is out."""


class PlugNode:
    """``hardware`` is what it drives; set things stuck there."""

    def __init__(
        self,
        scheduler: Scheduler,
        port: CanPort,
        config: CanConfig,
        hardware: CableHardware,
        side: Side,
    ) -> None:
        bus = sides(config, PLUG_TOLD, PLUG_ORDERS, PlugOrders)
        self.hardware = hardware
        self.node: Node[PlugOrders] = Node(scheduler, port, bus, "PLUG", (PlugOrder,))
        self.held = PlugFault(0)
        self._scheduler = scheduler
        self._station = side is Side.STATION
        self._pilot = hardware.station_pilot if self._station else hardware.vehicle_pilot
        self._since: dict[PlugFault, int] = {}
        self._armed = False
        self._order = PlugOrder()
        self.node.ears.on_change(self._obey)
        self._pilot.listen(lambda _pilot: self._look())
        self._task = scheduler.every(LOOK_EACH, self._look, name=f"plug node {side.value}")

    def start(self) -> None:
        self.node.start()

    def stop(self) -> None:
        self._task.stop()
        self.node.stop()

    def _obey(self) -> None:
        before, order = self._order, self.node.heard.order
        self._order = order
        if order.node_permission is False:
            self._armed = True
        self._drive(before)
        wish = order.node_lock_request
        if wish in {LockRequest.LOCK, LockRequest.UNLOCK} and wish is not before.node_lock_request:
            self.hardware.lock.request(locked=wish is LockRequest.LOCK)
        self._look()

    def _drive(self, before: PlugOrder) -> None:
        order, hardware = self._order, self.hardware
        if self._station:
            told = (order.node_drive, order.node_drive_duty)
            if told != (before.node_drive, before.node_drive_duty):
                hardware.station_pilot.drive(_drive(order))
        elif order.node_show is not before.node_show:
            hardware.vehicle_pilot.show(SHOWN[order.node_show or PlugShow.B])

    def _look(self) -> None:
        pilot = self._pilot.read()
        self._judge(pilot)
        why = self._against(pilot)
        contactor = self.hardware.contactor
        if why and contactor.wished:
            self._armed = False
        if contactor.wished is not (not why):
            contactor.order(on=not why)
        self.node.say(self._present(pilot, why))

    def _judge(self, pilot: Pilot) -> None:
        """What is wrong now, for long enough; it is held until the plug is out."""
        now, found = self._scheduler.now, self._made()
        for fault, there, patience in self._suspicions(pilot):
            if not there:
                self._since.pop(fault, None)
            elif now - self._since.setdefault(fault, now) >= patience:
                found |= fault
        if pilot.state is PilotState.A:
            self.held = PlugFault(0)
        self.held = found | (self.held & ENDS_UNPLUGGED)

    def _made(self) -> PlugFault:
        """What whoever tests says is wrong."""
        found = PlugFault(0)
        for name in self.hardware.faults:
            found |= PlugFault[name.upper()]
        return found

    def _suspicions(self, pilot: Pilot) -> list[tuple[PlugFault, bool, int]]:
        contactor, bolt = self.hardware.contactor, self.hardware.bolt
        plugged = self.hardware.proximity.read().plugged
        silent = self._order.node_permission is None
        fault, lost = PlugFault, pilot.state is PilotState.E
        driven = self._order.node_drive in {PlugDrive.STEADY, PlugDrive.OSCILLATOR}
        return [
            (fault.CONTACTOR_STUCK, contactor.wished and not contactor.on, FEEDBACK),
            (fault.CONTACTOR_WELDED, contactor.on and not contactor.wished, FEEDBACK),
            (fault.LOCK_STUCK, _late(bolt), LOCK),
            (fault.LOCK_LOST, contactor.on and not bolt.on, 0),
            (fault.DIODE_SHORT, self._station and pilot.diode_short, INPUT),
            (fault.PILOT_SHORT, self._station and lost and driven, INPUT),
            (fault.STATION_FAULT, not self._station and lost, INPUT),
            (fault.PROXIMITY_LOST, pilot.state in CONNECTED and not plugged, INPUT),
            (fault.HOST_LOST, contactor.on and silent, 0),
        ]

    def _against(self, pilot: Pilot) -> Why:
        """What keeps the contactors open."""
        why = {
            Why.PILOT: pilot.state not in READY,
            Why.PWM: not pilot.oscillating,
            Why.LOCK: not self.hardware.bolt.on,
            Why.HOST: self._order.node_permission is None,
            Why.PERMIT: self._order.node_permission is False,
            Why.ARMED: not self._armed,
            Why.FAULT: bool(self.held),
        }
        found = Why(0)
        for one, stands in why.items():
            found |= one if stands else Why(0)
        return found

    def _present(self, pilot: Pilot, why: Why) -> PlugPresent:
        hardware = self.hardware
        near = hardware.proximity.read()
        return PlugPresent(
            node_pilot=_word(pilot),
            node_duty=pilot.duty,
            node_diode_short=pilot.diode_short,
            node_plugged=near.plugged,
            node_button=near.button,
            node_stopped="stop_input" in hardware.faults,
            node_lock=LockState.LOCKED if hardware.bolt.on else LockState.UNLOCKED,
            node_contactors=ContactorFeedback.CLOSED
            if hardware.contactor.on
            else ContactorFeedback.OPEN,
            node_faults=self.held,
            node_why_open=why,
            node_cable_current=near.cable_current,
            node_temperature_1=hardware.temperatures[0],
            node_temperature_2=hardware.temperatures[1],
        )


class NodePlugs:
    """A cable with a node at each end, where ``PlugServer`` has a line to each ECU."""

    inlet = 1

    def __init__(self, scheduler: Scheduler, ports: dict[Side, CanPort]) -> None:
        self.cable = SimulatedCable(scheduler)
        self.cables = {1: self.cable}
        config = PlugCanConfig()
        self.nodes = tuple(
            PlugNode(scheduler, port, config, CableHardware(scheduler, self.cable), side)
            for side, port in ports.items()
        )
        for node in self.nodes:
            node.start()

    def plug(self, _inlet: int) -> None:
        self.cable.plug()

    def unplug(self) -> None:
        self.cable.unplug()

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()


def _word(pilot: Pilot) -> values.PilotState:
    return values.PilotState(str(pilot) if pilot.state in CONNECTED else pilot.state.name)


def _late(switch: Switch) -> bool:
    return switch.wished and not switch.on


def _drive(order: PlugOrder) -> Drive:
    """Without an order F: no station."""
    if order.node_drive is None:
        return Drive(source=Source.UNAVAILABLE)
    source = SOURCES.get(order.node_drive, Source.OSCILLATOR)
    duty = order.node_drive_duty if order.node_drive is PlugDrive.OSCILLATOR else None
    return Drive(duty or 100.0, source)
