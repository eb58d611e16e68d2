"""What bus, values, sessions and services of the vehicle ECU ask of each other, where two of them
need one another.

Each is handed this at its making and none calls it before the ECU is whole; what it asks for is
written there as a protocol, so that nothing can be forgotten and the type checker sees all of it.
"""

from typing import TYPE_CHECKING

from bsw.chrgm.endings import SessionResult
from bsw.mode.ecum import WakeUp
from evcc.plug.activity import Engaged

if TYPE_CHECKING:
    from evcc.ecu.ecu import VehicleEcu


class Ring:
    """A ``CanUser``, a ``NorthUser`` and a ``ManagerUser``."""

    def __init__(self, ecu: "VehicleEcu") -> None:
        self._ecu = ecu

    # Of the bus

    @property
    def flowing(self) -> bool:
        return self._ecu.manager.active

    def bus_changed(self) -> None:
        self._ecu.north.blend.refresh()

    def opened_under_load(self, amps: float) -> None:
        self._ecu.rooms.supervision.opened_under_load(amps)

    # Of bus and north side

    def wake_station(self) -> None:
        self._ecu.manager.wake_up()

    # Of the north side

    @property
    def running(self) -> str:
        session = self._ecu.manager.session
        return "" if session is None else session.mode

    def values_changed(self) -> None:
        self._ecu.manager.refresh()
        self._ecu.manager.go_on()

    # Of the sessions

    def session_ended(self, result: SessionResult) -> None:
        self._ecu.session_ended(result)

    def link_is(self, state: str) -> None:
        self._ecu.north.vehicle.variables.publish("link_state", state)

    def engaged(self, now: Engaged, why: WakeUp) -> None:
        self._ecu.rooms.modes.charging(now, why)
