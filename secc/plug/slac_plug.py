"""The station's end of a plug with a modem: its pilot, and the data link that SLAC makes."""

from collections.abc import Callable

from bsw.cp.pilot import StationPilot
from bsw.hardware.port import PlugHardware
from bsw.net.ports import EthernetPort
from bsw.plug.end import PlugEnd
from bsw.slac.links.link import StationLinkConfig
from bsw.slac.links.node import Host
from bsw.slac.links.station_link import StationLink
from secc.plug.plug_side import OutletPlug
from secc.plug.slac_side import SlacSide


class SlacPlug:
    """A ``PlugSide``.

    ``host`` is what a node on a modem's port stands on; ``lost`` hears when the plug is gone;
    ``follow`` is for who drives lock and contactors as the charger orders.
    """

    def __init__(
        self,
        end: PlugEnd[StationPilot],
        config: StationLinkConfig,
        host: Callable[[EthernetPort], Host],
        lost: Callable[[str], None],
        *,
        follow: Callable[[OutletPlug], None] = lambda _service: None,
        hardware: PlugHardware | None = None,
    ) -> None:
        self.hardware = hardware
        self._end = end
        self._config = config
        self._host = host
        self._lost = lost
        self._follow = follow
        self._link: StationLink | None = None
        self.pilot: StationPilot = end.pilot

    @property
    def leaving(self) -> bool:
        return self._link is not None and self._link.node.leaving

    def start(self, service: OutletPlug) -> None:
        self._end.connect(lambda: self._plugged(service), self._lost)

    def close(self) -> None:
        self._end.close()

    def _plugged(self, service: OutletPlug) -> None:
        self._follow(service)
        host = self._host(self._end.ethernet)
        self._link = StationLink(host, self.pilot, self._config, service)
        service.attach(self._link)
        SlacSide(service.charger, self._link)
        self._link.start()
        service.duty_by(self._link)
