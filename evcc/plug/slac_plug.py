"""The vehicle's end of a plug with a modem: its pilot, and the data link that SLAC makes.

With two inlets there are two of them, and a switch between them: the inlet that is not active looks
unplugged to its data link and to the sessions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bsw.cp.pilot import VehiclePilot
from bsw.cp.switch import PilotSwitch
from bsw.net.ports import EthernetPort
from bsw.os.budget import Budget
from bsw.plug.end import PlugEnd
from bsw.slac.links.link import VehicleLinkConfig
from bsw.slac.links.node import Host
from bsw.slac.links.vehicle_link import VehicleLink
from evcc.plug.charging import ChargingManager
from evcc.vehicle import Actuators


@dataclass(frozen=True, slots=True)
class LinkPorts:
    """What a data link needs: its settings, and what a node on a modem's port stands on.

    ``lost`` hears when the plug is gone; ``keep`` gets the budget of matchings under ``name``.
    """

    config: VehicleLinkConfig
    host: Callable[[EthernetPort], Host]
    lost: Callable[[str], None]
    keep: Callable[[str, Budget], None]
    name: str = "matchings"


class SlacPlug:
    """A ``PlugSide``."""

    def __init__(
        self,
        ports: LinkPorts,
        end: PlugEnd[VehiclePilot],
        actuators: Callable[[Actuators], Actuators] = lambda behind: behind,
        faults: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        """``actuators`` puts whoever drives lock and contactors before the vehicle's bus;
        ``faults`` is what they have found.
        """
        self._faults = faults
        self._ports = ports
        self._end = end
        self._actuators = actuators
        self.pilot: VehiclePilot = end.pilot
        self.inlets: Mapping[int, VehiclePilot] = {1: self.pilot}
        self.link: VehicleLink | None = None

    def actuators(self, behind: Actuators) -> Actuators:
        return self._actuators(behind)

    @property
    def faults(self) -> tuple[str, ...]:
        return self._faults()

    @property
    def leaving(self) -> bool:
        return self.link is not None and self.link.node.leaving

    def activate(self, inlet: int | None) -> None:
        """There is one."""

    def start(self, manager: ChargingManager) -> None:
        def ready() -> None:
            manager.attach(self.join(manager, self.pilot))
            manager.link.start()

        self.connect(ready)

    def connect(self, ready: Callable[[], None]) -> None:
        self._end.connect(ready, self._ports.lost)

    def join(self, manager: ChargingManager, pilot: VehiclePilot) -> VehicleLink:
        """A data link that follows this pilot."""
        host = self._ports.host(self._end.ethernet)
        self.link = VehicleLink(host, pilot, self._ports.config, manager)
        self._ports.keep(self._ports.name, self.link.budget)
        return self.link

    def close(self) -> None:
        self._end.close()


class TwoPlugs:
    """A ``PlugSide`` of two inlets.  Each has its pilot, its modem and its data link."""

    faults: tuple[str, ...] = ()

    def __init__(self, ports: LinkPorts, ends: Mapping[int, PlugEnd[VehiclePilot]]) -> None:
        self._plugs = {
            number: SlacPlug(replace(ports, name=f"matchings {number}"), end)
            for number, end in ends.items()
        }
        self.inlets: Mapping[int, VehiclePilot] = {
            number: plug.pilot for number, plug in self._plugs.items()
        }
        self._switch = PilotSwitch(self.inlets)
        self.pilot: VehiclePilot = self._switch
        self._manager: ChargingManager | None = None

    def actuators(self, behind: Actuators) -> Actuators:
        return behind

    @property
    def leaving(self) -> bool:
        return any(plug.leaving for plug in self._plugs.values())

    def start(self, manager: ChargingManager) -> None:
        self._manager = manager

        def ready(number: int) -> Callable[[], None]:
            def joined() -> None:
                link = self._plugs[number].join(manager, self._switch.gate(number))
                if not manager.attached or self._switch.active == number:
                    manager.attach(link)
                link.start()

            return joined

        for number, plug in self._plugs.items():
            plug.connect(ready(number))

    def activate(self, inlet: int | None) -> None:
        """The old one is left first; what it has to say goes to its own link still."""
        self._switch.activate(None)
        link = None if inlet is None else self._plugs[inlet].link
        if link is not None and self._manager is not None:
            self._manager.attach(link)
        self._switch.activate(inlet)

    def close(self) -> None:
        for plug in self._plugs.values():
            plug.close()
