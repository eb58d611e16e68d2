"""The vehicle's north side in the ECU: joined to the bus, to the sessions, and to its doors.

Everything it tells is heard from who does it - session, manager, trace; everything it is told goes
through ``evcc.bus.merge``.  The doors only come into being where the configuration opens them.
"""

from base64 import b64encode
from typing import Protocol

from bsw.chrgm.endings import SessionResult
from bsw.cp.pilot import Pilot as PilotReading
from bsw.cp.pilot import PilotState, VehiclePilot
from bsw.north.side import Meaning, NorthSide
from bsw.os.clock import S
from bsw.os.scheduler import Scheduler, Task
from bsw.trace import TraceRecord
from ecu.doors import NorthDoor, VehicleDoors
from evcc.bus.merge import MergedValues
from evcc.config import VehicleApiConfig
from evcc.north import about
from evcc.north.objects import SdpResult, TlsInfo, V2gMessages
from evcc.north.published_actuators import PublishedActuators, PublishedPilot
from evcc.north.vehicle import COMMANDS, Vehicle
from evcc.vehicle import Actuators, Asked, Holds, Pilot, Values

LOOK_EACH = 1 * S
"""How often what counts down is counted."""


def side(vehicle: Vehicle) -> NorthSide:
    """The vehicle's interface as data, for any transport."""
    meaning = Meaning(about.COMMANDS, about.VARIABLES, about.NOT_HERE)
    return NorthSide(vehicle, COMMANDS, vehicle.variables, meaning)


class BusSide(Values, Holds, Protocol):
    """What the vehicle's bus says, and what the ECU holds back."""


class NorthUser(Protocol):
    """Who works with what bus and north side say together."""

    @property
    def running(self) -> str:
        """The mode of the session that runs now, empty if there is none."""

    def values_changed(self) -> None: ...
    def wake_station(self) -> None: ...


class North:
    """Made before the rooms that need its state.  A ``VehicleUser``."""

    def __init__(
        self,
        scheduler: Scheduler,
        bus: BusSide,
        config: VehicleApiConfig,
        asked: Asked,
        user: NorthUser,
    ) -> None:
        self._user = user
        self.vehicle = Vehicle(self, debug=config.debug, asked=asked)
        self.blend = MergedValues(
            bus,
            self.vehicle,
            scheduler,
            holds=bus,
            changed=user.values_changed,
            alone=config.values == "north",
            fresh=config.fresh,
        )
        self._scheduler = scheduler
        self._config = config
        self._door: NorthDoor | None = None
        self._looking: Task | None = None

    def actuators(self, behind: Actuators) -> PublishedActuators:
        return PublishedActuators(self.vehicle, behind)

    def pilot(self, behind: Pilot) -> PublishedPilot:
        return PublishedPilot(self.vehicle, behind)

    def protocols(self, configured: tuple[str, ...]) -> tuple[str, ...]:
        """What was asked for, as far as the configuration allows it."""
        wanted = tuple(name for name in self.vehicle.protocols if name in configured)
        return wanted or configured

    @property
    def running(self) -> str:
        return self._user.running

    def owned(self, name: str) -> bool:
        return self.blend.owned(name)

    def commanded(self) -> None:
        self.blend.refresh()

    def wake_station(self) -> None:
        self._user.wake_station()

    def follow(self, pilot: VehiclePilot) -> None:
        """It says when the plug is out; last of all, so that the wishes hold until then."""
        pilot.listen(self._pilot_changed)

    def start(self, doors: VehicleDoors) -> None:
        self.wake()
        self._door = doors.north(lambda: side(self.vehicle), self._config)

    def wake(self) -> None:
        """Count again what counts down."""
        self._looking = self._scheduler.every(LOOK_EACH, self.blend.refresh, name="north side")

    def sleep(self) -> None:
        """The door stays open; commands are what may wake the ECU."""
        if self._looking is not None:
            self._looking.stop()
            self._looking = None

    def stop(self) -> None:
        self.sleep()
        if self._door is not None:
            self._door.close()
            self._door = None

    def session_ended(self, result: SessionResult) -> None:
        self.vehicle.session_ended(result)

    def write(self, record: TraceRecord) -> None:
        """A sink of the session trace: what is noted there and nowhere else."""
        told, publish = record.fields, self.vehicle.variables.publish
        if record.kind == "station":
            publish("sdp_result", SdpResult(str(told["at"]), str(told["security"])))
        elif record.kind == "connected":
            publish("tls_info", TlsInfo(str(told["version"]), str(told["suite"])))
        elif record.kind == "message" and self.vehicle.debug:
            octets = told["exi"]
            assert isinstance(octets, bytes), "a message is traced in octets"
            coded = b64encode(octets).decode("ascii")
            publish("v2g_messages", V2gMessages(str(told["name"]), coded))

    def _pilot_changed(self, pilot: PilotReading) -> None:
        if pilot.state is PilotState.A:
            self.vehicle.forget_wishes()
            self.blend.refresh()
