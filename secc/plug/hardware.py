"""The station's end of a real plug: a driver of pilot, lock and contactors.

Contactors are permitted and withdrawn as the charger interface orders its power electronics; the
lock follows the pilot.  Without a modem a vehicle that is plugged in gets 5 % at once, and the
data link is taken for granted: a cable between two Ethernet ports.  With one see ``slac_plug``.
A wallbox is not ``digital``: its pilot stays steady until a duty cycle names a current.
"""

from collections.abc import Callable
from typing import Final

from bsw.cp.duty import DIGITAL
from bsw.cp.pilot import CONNECTED, X1, Drive, Pilot, PilotState, StationPilot
from bsw.dlt import Logger
from bsw.hardware.port import PlugHardware
from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler, Task
from secc.plug.faults import FaultTeller
from secc.plug.plug_side import OutletPlug

CLOSES: Final = ("start_cable_check", "start_pre_charge", "ac_close_contactor")
OPENS: Final = ("dc_open_contactor", "ac_open_contactor")
ENDS: Final = ("dlink_terminate", "dlink_error")
"""After a session the plug may go; the driver unlocks once it is proved safe."""


LOOK_EACH: Final = 50 * MS
"""How often the driver is asked what is wrong."""


class Orders:
    """Lock and contactors of one plug, as charger and pilot have them, and what is wrong there."""

    def __init__(self, hardware: PlugHardware, scheduler: Scheduler, log: Logger) -> None:
        self._hardware = hardware
        self._scheduler = scheduler
        self._log = log
        self._looking: Task | None = None

    def follow(self, service: OutletPlug) -> None:
        charger = service.charger
        for names, closed in ((CLOSES, True), (OPENS, False)):
            for name in names:
                charger.subscribe(name, self._permitter(closed=closed))
        for name in ENDS:
            charger.subscribe(name, lambda _none: self._hardware.lock.request(locked=False))
        pilot = self._hardware.station_pilot
        pilot.listen(self._follow_pilot)
        self._follow_pilot(pilot.read())
        teller = FaultTeller(charger, service.cut_energy, self._log)
        self._looking = self._scheduler.every(
            LOOK_EACH,
            lambda: teller.look(self._hardware.faults),
            name="plug faults",
            slack=LOOK_EACH // 5,
        )

    def close(self) -> None:
        if self._looking is not None:
            self._looking.stop()

    def _permitter(self, *, closed: bool) -> Callable[[object], None]:
        def permit(_none: object) -> None:
            if closed:
                self._hardware.lock.request(locked=True)
            self._hardware.contactors.permit(closed=closed)

        return permit

    def _follow_pilot(self, pilot: Pilot) -> None:
        if pilot.state is PilotState.A:
            self._hardware.contactors.permit(closed=False)
            self._hardware.lock.request(locked=False)
        elif pilot.state in CONNECTED:
            self._hardware.lock.request(locked=True)


class HardwarePlug:
    """A ``PlugSide`` without a modem.  ``lost`` hears when the driver cannot go on."""

    leaving = False

    def __init__(
        self,
        hardware: PlugHardware,
        scheduler: Scheduler,
        lost: Callable[[str], None],
        log: Logger,
        *,
        digital: bool = True,
    ) -> None:
        self._digital = digital
        self._vacant = True
        self.hardware: PlugHardware | None = hardware
        self._hardware = hardware
        self._orders = Orders(hardware, scheduler, log)
        self._lost = lost
        self._log = log
        self.pilot: StationPilot = hardware.station_pilot

    def start(self, service: OutletPlug) -> None:
        def ready() -> None:
            self._log.info("hardware ready", faults=" ".join(self._hardware.faults))
            self._orders.follow(service)
            self.pilot.listen(self._offer)
            self.pilot.drive(X1)
            self._offer(self.pilot.read())
            if self._digital:
                service.granted()
            service.duty_by(None)

        self._hardware.start(ready, self._lost)

    def close(self) -> None:
        self._orders.close()
        self._hardware.close()

    def _offer(self, pilot: Pilot) -> None:
        if pilot.state is PilotState.A:
            self._vacant = True
            self.pilot.drive(X1)
        elif self._vacant and pilot.state in CONNECTED:
            self._vacant = False
            if self._digital:
                self.pilot.drive(Drive(DIGITAL))
