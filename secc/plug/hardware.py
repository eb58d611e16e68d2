"""The station's end of a real plug: a driver of pilot, lock and contactors, and no SLAC.

A vehicle that is plugged in gets 5 % at once; the data link is taken for granted, a cable between
two Ethernet ports, where a modem would be.  Contactors are permitted and withdrawn as the charger
interface orders its power electronics.
"""

from collections.abc import Callable
from typing import Final

from bsw.cp.duty import DIGITAL
from bsw.cp.pilot import X1, Drive, Pilot, PilotState, StationPilot
from bsw.dlt import Logger
from bsw.hardware.port import PlugHardware
from secc.api.charger import Charger
from secc.plug.plug_side import OutletPlug

CLOSES: Final = ("start_cable_check", "start_pre_charge", "ac_close_contactor")
OPENS: Final = ("dc_open_contactor", "ac_open_contactor")


class HardwarePlug:
    """A ``PlugSide``.  ``lost`` hears when the driver cannot go on."""

    leaving = False

    def __init__(self, hardware: PlugHardware, lost: Callable[[str], None], log: Logger) -> None:
        self._hardware = hardware
        self._lost = lost
        self._log = log
        self.pilot: StationPilot = hardware.station_pilot

    def start(self, service: OutletPlug) -> None:
        def ready() -> None:
            self._log.info("hardware ready", faults=" ".join(self._hardware.faults))
            self._follow_charger(service.charger)
            self.pilot.listen(self._follow_pilot)
            self.pilot.drive(X1)
            self._follow_pilot(self.pilot.read())
            service.granted()

        self._hardware.start(ready, self._lost)

    def close(self) -> None:
        self._hardware.close()

    def _follow_charger(self, charger: Charger) -> None:
        for names, closed in ((CLOSES, True), (OPENS, False)):
            for name in names:
                charger.subscribe(name, self._permitter(closed=closed))

    def _permitter(self, *, closed: bool) -> Callable[[object], None]:
        return lambda _none: self._hardware.contactors.permit(closed=closed)

    def _follow_pilot(self, pilot: Pilot) -> None:
        if pilot.state is PilotState.A:
            self._hardware.contactors.permit(closed=False)
            self._hardware.lock.request(locked=False)
            self.pilot.drive(X1)
        elif pilot.state is PilotState.B and not pilot.oscillating:
            self._hardware.lock.request(locked=True)
            self.pilot.drive(Drive(DIGITAL))
