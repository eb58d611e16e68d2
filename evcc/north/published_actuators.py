"""Makes what a session asks of the vehicle heard on the north side as well.

Wraps the actuators and the pilot a session works with: each wish goes on to whoever fulfils it,
and is published at the moment it changes.  Who fulfils it - CAN, a bench, nobody - is not known
here.
"""

from evcc.north.variables import ViewTeller
from evcc.north.vehicle import Vehicle
from evcc.vehicle import Actuators, Pilot, StationView


class PublishedActuators:
    """Implements ``evcc.vehicle.Actuators``."""

    def __init__(self, vehicle: Vehicle, behind: Actuators) -> None:
        self._vehicle = vehicle
        self._behind = behind
        self._closed = False
        self._tell = ViewTeller(vehicle.variables)

    def request_contactors(self, *, closed: bool) -> None:
        """Closing is an event, said once; ``dc_power_on`` has no counterpart."""
        if closed and not self._closed:
            self._vehicle.variables.publish("dc_power_on")
        self._closed = closed
        self._behind.request_contactors(closed=closed)

    def request_lock(self, *, locked: bool) -> None:
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
        self._tell(view)
        self._behind.view_changed(view)


class PublishedPilot:
    """Implements ``evcc.vehicle.Pilot``."""

    def __init__(self, vehicle: Vehicle, behind: Pilot) -> None:
        self._vehicle = vehicle
        self._behind = behind

    @property
    def state(self) -> str:
        return self._behind.state

    @property
    def limit(self) -> float | None:
        return self._behind.limit

    def set_ready(self, *, ready: bool) -> None:
        self._behind.set_ready(ready=ready)
        self._vehicle.variables.publish_changed("ev_power_ready", ready)
