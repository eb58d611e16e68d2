"""The station's end of the simulated plug: its pilot, and the data link through its modem."""

from collections.abc import Callable

from bsw.base_host import HostBase
from bsw.cp.pilot import StationPilot
from bsw.net.ports import Endpoint
from bsw.net.recording import Recording
from bsw.net.tcpip import HostNetwork
from bsw.plug.client import PlugClient
from bsw.slac.node import Host
from bsw.slac.station_link import StationLink
from csm.randomness import HostRandomness
from secc.config import SeccConfig
from secc.plug.plug_side import OutletPlug
from secc.plug.slac_side import SlacSide


class SimulatedPlug:
    """A ``PlugSide``.  ``lost`` hears when the plug's process is gone."""

    def __init__(
        self, base: HostBase, config: SeccConfig, recording: Recording, lost: Callable[[str], None]
    ) -> None:
        self._base = base
        self._recording = recording
        self._config = config
        self._lost = lost
        self._client = PlugClient("station", base.dlt.logger("plug"))
        self._link: StationLink | None = None
        self.pilot: StationPilot = self._client.pilot

    @property
    def leaving(self) -> bool:
        return self._link is not None and self._link.node.leaving

    def start(self, service: OutletPlug) -> None:
        to = Endpoint("::1", self._config.hardware.plug_port)
        loopback = HostNetwork(self._base.scheduler, self._base.clock, "lo")
        self._client.connect(loopback, to, ready=lambda: self._plugged(service), lost=self._lost)

    def close(self) -> None:
        self._client.close()

    def _plugged(self, service: OutletPlug) -> None:
        log = self._base.dlt.logger("slac")
        ethernet = self._recording.port(self._client.ethernet)
        host = Host(self._base.scheduler, ethernet, HostRandomness(), log)
        self._link = StationLink(host, self.pilot, self._config.link, service)
        service.attach(self._link)
        SlacSide(service.charger, self._link)
        self._link.start()
