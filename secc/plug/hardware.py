"""The station's end of a real plug: a driver of pilot, lock and contactors.

Contactors are permitted and withdrawn as the charger interface orders its power electronics; the
lock follows the pilot.  Without a modem a vehicle that is plugged in gets 5 % at once, and the
data link is taken for granted: a cable between two Ethernet ports.  With one see ``slac_plug``.
"""

from collections.abc import Callable
from typing import Final

from bsw.cp.duty import DIGITAL
from bsw.cp.pilot import CONNECTED, X1, Drive, Pilot, PilotState, StationPilot
from bsw.dlt import Logger
from bsw.hardware.port import PlugHardware
from secc.api.charger import Charger
from secc.plug.plug_side import OutletPlug

CLOSES: Final = ("start_cable_check", "start_pre_charge", "ac_close_contactor")
OPENS: Final = ("dc_open_contactor", "ac_open_contactor")


class Orders:
    """Lock and contactors of one plug, as charger and pilot have them."""

    def __init__(self, hardware: PlugHardware) -> None:
        self._hardware = hardware

    def follow(self, charger: Charger) -> None:
        for names, closed in ((CLOSES, True), (OPENS, False)):
            for name in names:
                charger.subscribe(name, self._permitter(closed=closed))
        pilot = self._hardware.station_pilot
        pilot.listen(self._follow_pilot)
        self._follow_pilot(pilot.read())

    def _permitter(self, *, closed: bool) -> Callable[[object], None]:
        return lambda _none: self._hardware.contactors.permit(closed=closed)

    def _follow_pilot(self, pilot: Pilot) -> None:
        if pilot.state is PilotState.A:
            self._hardware.contactors.permit(closed=False)
            self._hardware.lock.request(locked=False)
        elif pilot.state in CONNECTED:
            self._hardware.lock.request(locked=True)


class HardwarePlug:
    """A ``PlugSide`` without a modem.  ``lost`` hears when the driver cannot go on."""

    leaving = False

    def __init__(self, hardware: PlugHardware, lost: Callable[[str], None], log: Logger) -> None:
        self._hardware = hardware
        self._orders = Orders(hardware)
        self._lost = lost
        self._log = log
        self.pilot: StationPilot = hardware.station_pilot

    def start(self, service: OutletPlug) -> None:
        def ready() -> None:
            self._log.info("hardware ready", faults=" ".join(self._hardware.faults))
            self._orders.follow(service.charger)
            self.pilot.listen(self._offer)
            self.pilot.drive(X1)
            self._offer(self.pilot.read())
            service.granted()

        self._hardware.start(ready, self._lost)

    def close(self) -> None:
        self._hardware.close()

    def _offer(self, pilot: Pilot) -> None:
        if pilot.state is PilotState.A:
            self.pilot.drive(X1)
        elif pilot.state is PilotState.B and not pilot.oscillating:
            self.pilot.drive(Drive(DIGITAL))
