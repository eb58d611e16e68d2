"""The plug between the two roles, and the battery behind it: pilot, voltage, current, contactors.

Stands in for copper and chemistry.  Anything in it may be set by a test: a pilot fault, contactors
that stick, a battery of another voltage.
"""

from dataclasses import dataclass, field

from bsw.chrgm.endings import SessionResult
from bsw.mode.ecum import WakeUp
from bsw.os.clock import MS, S
from bsw.os.scheduler import Scheduler
from evcc.plug.activity import Engaged
from evcc.vehicle import StationView
from secc.power.simulated import SimulatedElectronics
from tools.bench.world.dials import Dials

LINE_VOLTAGE = 230.0


@dataclass
class Plug:
    """The pilot: the vehicle pulls it to C, the station measures it."""

    ready: bool = False
    fault: str = ""
    limit: float | None = None

    @property
    def state(self) -> str:
        return self.fault or ("C" if self.ready else "B")

    def set_ready(self, *, ready: bool) -> None:
        self.ready = ready


@dataclass
class Pack:
    """A battery with an inner resistance behind contactors, as actuators and as a load."""

    scheduler: Scheduler
    state: Dials
    ocv: float = 380.0
    ohms: float = 0.05
    capacity: float = 60_000.0  # Wh
    contactor_delay: int = 50 * MS
    stuck: bool | None = None
    asked: list[float] = field(default_factory=list)
    ac_allowed: float = 0.0
    dc_allowed: float = 0.0
    phases: int = 1
    wanted_closed: bool = False
    opened_at: list[int] = field(default_factory=list)
    amps: float = 0.0
    views: int = 0

    def voltage(self, amps: float) -> float | None:
        if not self.state.told.get("contactors_closed"):
            return None
        self.amps = amps
        return self.ocv + self.ohms * amps

    def request_contactors(self, *, closed: bool) -> None:
        if closed == self.wanted_closed:
            return
        self.wanted_closed = closed
        if not closed:
            self.opened_at.append(self.scheduler.now)

        def follow() -> None:
            self.state.contactors_closed = self.wanted_closed if self.stuck is None else self.stuck

        self.scheduler.after(self.contactor_delay, follow, name="contactors")

    def request_lock(self, *, locked: bool) -> None:
        self.state.locked = locked

    def request_isolation_monitor(self, *, active: bool) -> None:
        self.state.isolation_monitor_active = active

    def request_current(self, amps: float) -> None:
        self.asked.append(amps)

    def allow_dc_current(self, amps: float) -> None:
        self.dc_allowed = amps

    def allow_ac_current(self, amps: float) -> None:
        self.ac_allowed = amps

    def view_changed(self, _view: StationView) -> None:
        self.views += 1

    @property
    def ac_power(self) -> float:
        """W that the charger on board draws, or gives: what it is allowed."""
        return self.ac_allowed * LINE_VOLTAGE * self.phases

    def tick(self, electronics: SimulatedElectronics, step: int) -> None:
        told = self.state.told
        power = electronics.voltage * electronics.current + self.ac_power
        moved = power * step / S / 3600.0
        soc = min(100.0, (told.get("soc") or 0.0) + 100.0 * moved / self.capacity)
        self.state.put(
            battery_voltage=self.ocv + self.ohms * electronics.current,
            inlet_voltage=electronics.voltage,
            battery_current=(electronics.current if told.get("contactors_closed") else 0.0)
            + self.ac_power / self.ocv,
            soc=soc,
        )
        if soc >= (told.get("full_soc") or 100.0):
            self.state.put(charging_complete=True)


class Today:
    def __init__(self, scheduler: Scheduler, start: int = 1_790_000_000) -> None:
        self._scheduler = scheduler
        self._start = start

    def unix(self) -> int:
        return self._start + self._scheduler.now // S


def dc_vehicle() -> Dials:
    return Dials(
        permission=True,
        soc=40.0,
        full_soc=80.0,
        max_current=200.0,
        max_voltage=420.0,
        max_power=80_000.0,
        target_current=120.0,
        target_voltage=410.0,
        energy_capacity=60_000.0,
        energy_request=24_000.0,
        battery_voltage=380.0,
        inlet_voltage=0.0,
        contactors_closed=False,
        ac_max_current=16.0,
        ac_min_current=6.0,
        ac_max_voltage=250.0,
    )


@dataclass
class OpenGates:
    """Nothing keeps a session from beginning, unless a test says so."""

    barred: bool = False
    held: bool = False
    chosen: bool = True
    withheld: bool = False
    share: float = 1.0


class NoUser:
    """Stands for the rest of an ECU where there is none: nothing runs, nobody cares."""

    running = ""
    flowing = False

    def owned(self, _name: str) -> bool:
        return False

    def commanded(self) -> None: ...
    def wake_station(self) -> None: ...
    def bus_changed(self) -> None: ...
    def values_changed(self) -> None: ...
    def opened_under_load(self, _amps: float) -> None: ...
    def session_ended(self, _result: SessionResult) -> None: ...
    def link_is(self, _state: str) -> None: ...
    def engaged(self, _now: Engaged, _why: WakeUp) -> None: ...
