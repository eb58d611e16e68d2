"""The vehicle's end of the simulated plug: its pilot, and the data link through its modem.

With two inlets there are two of them, and a switch between them: the inlet that is not active looks
unplugged to its data link and to the sessions.
"""

from collections.abc import Callable, Mapping

from bsw.base_host import HostBase
from bsw.cp.pilot import VehiclePilot
from bsw.cp.switch import PilotSwitch
from bsw.net.ports import Endpoint
from bsw.net.recording import Recording
from bsw.net.tcpip import HostNetwork
from bsw.plug.client import PlugClient
from bsw.slac.node import Host
from bsw.slac.vehicle_link import VehicleLink
from csm.randomness import HostRandomness
from evcc.config import EvccConfig
from evcc.plug.charging import ChargingManager

Lost = Callable[[str], None]


class SimulatedPlug:
    """A ``PlugSide``.  ``lost`` hears when the plug's process is gone."""

    def __init__(
        self,
        base: HostBase,
        config: EvccConfig,
        recording: Recording,
        lost: Lost,
        role: str = "vehicle",
    ) -> None:
        self._base = base
        self._recording = recording
        self._config = config
        self._lost = lost
        self._client = PlugClient(role, base.dlt.logger("plug"))
        self.pilot: VehiclePilot = self._client.pilot
        self.inlets: Mapping[int, VehiclePilot] = {1: self.pilot}
        self.link: VehicleLink | None = None

    @property
    def leaving(self) -> bool:
        return self.link is not None and self.link.node.leaving

    def activate(self, inlet: int | None) -> None:
        """There is one."""

    def start(self, manager: ChargingManager) -> None:
        def ready() -> None:
            manager.attach(self.join(manager))
            manager.link.start()

        self.connect(ready)

    def connect(self, ready: Callable[[], None]) -> None:
        to = Endpoint("::1", self._config.hardware.plug_port)
        loopback = HostNetwork(self._base.scheduler, self._base.clock, "lo")
        self._client.connect(loopback, to, ready=ready, lost=self._lost)

    def join(self, manager: ChargingManager) -> VehicleLink:
        """A data link that follows this pilot."""
        log = self._base.dlt.logger("slac")
        ethernet = self._recording.port(self._client.ethernet)
        host = Host(self._base.scheduler, ethernet, HostRandomness(), log)
        self.link = VehicleLink(host, self.pilot, self._config.link, manager)
        return self.link

    def close(self) -> None:
        self._client.close()


class TwoPlugs:
    """A ``PlugSide`` of two inlets.  Each has its pilot, its modem and its data link."""

    def __init__(
        self, base: HostBase, config: EvccConfig, recording: Recording, lost: Lost
    ) -> None:
        self._plugs = {
            1: SimulatedPlug(base, config, recording, lost),
            2: SimulatedPlug(base, config, recording, lost, "vehicle-2"),
        }
        self.inlets: Mapping[int, VehiclePilot] = {
            number: plug.pilot for number, plug in self._plugs.items()
        }
        self._switch = PilotSwitch(self.inlets)
        for number, plug in self._plugs.items():
            plug.pilot = self._switch.gate(number)
        self.pilot: VehiclePilot = self._switch
        self._manager: ChargingManager | None = None

    @property
    def leaving(self) -> bool:
        return any(plug.leaving for plug in self._plugs.values())

    def start(self, manager: ChargingManager) -> None:
        self._manager = manager

        def ready(number: int) -> Callable[[], None]:
            def joined() -> None:
                link = self._plugs[number].join(manager)
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
