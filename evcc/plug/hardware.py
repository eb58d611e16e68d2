"""The vehicle's end of a real plug: a driver of pilot, lock and contactors.

Whatever the session asks of lock and contactors goes to the driver as well as to the vehicle's
bus.  Without a modem the data link is taken for granted while the pilot asks for digital
communication: a cable between two Ethernet ports.  With one see ``slac_plug``.
"""

from collections.abc import Callable, Mapping

from bsw.cp.duty import Meaning
from bsw.cp.pilot import CONNECTED, Pilot, VehiclePilot
from bsw.dlt import Logger
from bsw.hardware.port import PlugHardware
from bsw.slac.outcome import Linked, Reason
from evcc.plug.charging import ChargingManager
from evcc.vehicle import Actuators, StationView


class GrantedLink:
    """A ``Link`` that is there whenever the pilot asks for one."""

    def __init__(self, manager: ChargingManager, pilot: VehiclePilot) -> None:
        self._manager = manager
        self._pilot = pilot
        self._linked = False

    def start(self) -> None:
        self._pilot.listen(self._follow)
        self._follow(self._pilot.read())

    def terminate(self) -> None:
        """It stays until the plug is out."""

    error = pause = close = terminate

    def wake(self) -> None:
        """Nobody sleeps here."""
        self._linked = False
        self._follow(self._pilot.read())

    def _follow(self, pilot: Pilot) -> None:
        if pilot.state not in CONNECTED:
            if self._linked:
                self._linked = False
                self._manager.link_lost(Reason.UNPLUGGED)
        elif pilot.meaning is Meaning.DIGITAL and not self._linked:
            self._linked = True
            self._manager.linked(Linked(bytes(6), bytes(7), bytes(8), 0.0))


class HardwareActuators:
    """Implements ``evcc.vehicle.Actuators``: the driver hears of lock and contactors first."""

    def __init__(self, hardware: PlugHardware, behind: Actuators) -> None:
        self._hardware = hardware
        self._behind = behind

    def request_contactors(self, *, closed: bool) -> None:
        self._hardware.contactors.permit(closed=closed)
        self._behind.request_contactors(closed=closed)

    def request_lock(self, *, locked: bool) -> None:
        self._hardware.lock.request(locked=locked)
        self._behind.request_lock(locked=locked)

    def request_isolation_monitor(self, *, active: bool) -> None:
        self._behind.request_isolation_monitor(active=active)

    def request_current(self, amps: float) -> None:
        self._behind.request_current(amps)

    def allow_dc_current(self, amps: float) -> None:
        self._behind.allow_dc_current(amps)

    def allow_ac_current(self, amps: float) -> None:
        self._behind.allow_ac_current(amps)

    def view_changed(self, view: StationView) -> None:
        self._behind.view_changed(view)


class HardwarePlug:
    """A ``PlugSide``.  ``lost`` hears when the driver cannot go on."""

    leaving = False

    def __init__(self, hardware: PlugHardware, lost: Callable[[str], None], log: Logger) -> None:
        self._hardware = hardware
        self._lost = lost
        self._log = log
        self.pilot: VehiclePilot = hardware.vehicle_pilot
        self.inlets: Mapping[int, VehiclePilot] = {1: self.pilot}

    @property
    def faults(self) -> tuple[str, ...]:
        return self._hardware.faults

    def activate(self, inlet: int | None) -> None:
        """There is one."""

    def actuators(self, behind: Actuators) -> Actuators:
        return HardwareActuators(self._hardware, behind)

    def start(self, manager: ChargingManager) -> None:
        def ready() -> None:
            self._log.info("hardware ready", faults=" ".join(self._hardware.faults))
            manager.attach(GrantedLink(manager, self.pilot))
            manager.link.start()

        self._hardware.start(ready, self._lost)

    def close(self) -> None:
        self._hardware.close()
