"""Vehicle and station of one protocol in one room: real EXI octets, virtual time.

The plug between them carries the pilot, the voltage and the current.  Every message that passes
is kept, so that a test can ask what was said.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bsw.chrgm.agreement import Agreement
from bsw.chrgm.dialect import Dialect, din, iso2
from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.initiator import Initiator
from bsw.chrgm.record import Heard, Said, SessionRecord
from bsw.chrgm.responder import Responder
from bsw.chrgm.sequence import din as din_table
from bsw.chrgm.sequence import iso2 as iso2_table
from bsw.dlt import silent
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from csm.randomness import SeededRandomness
from evcc.car import Car
from evcc.handlers.din import DinScript
from evcc.handlers.iso2 import Iso2Script
from evcc.memory import Memory as VehicleMemory
from evcc.memory import VolatileMemory
from evcc.profile import CONFORMANCE as VEHICLE_CONFORMANCE
from evcc.profile import VehicleProfile
from evcc.vehicle import StationView, VehicleState
from secc.api.charger import Charger
from secc.api.literals import (
    AuthorizationStatus,
    CertificateStatus,
    EnergyTransferMode,
    PaymentOption,
    SaeJ2847BidiMode,
    SupportedAppProtocol,
)
from secc.api.objects import EvseId
from secc.electronics import Ratings, SimulatedElectronics
from secc.handlers.din import DinAnswers
from secc.handlers.iso2 import Iso2Answers
from secc.memory import Memory
from secc.profile import CONFORMANCE as STATION_CONFORMANCE
from secc.profile import StationProfile
from secc.schedules import Schedules
from secc.station import Station

PROTOCOLS: dict[str, tuple[Callable[[], Dialect], Any, Any, Any]] = {
    "din": (din, din_table.TABLE, DinScript, DinAnswers),
    "iso2": (iso2, iso2_table.TABLE, Iso2Script, Iso2Answers),
}


@dataclass
class Plug:
    """The pilot: the vehicle pulls it to C, the station measures it."""

    ready: bool = False
    fault: str = ""

    @property
    def state(self) -> str:
        return self.fault or ("C" if self.ready else "B")

    def set_ready(self, *, ready: bool) -> None:
        self.ready = ready


@dataclass
class Pack:
    """A battery with an inner resistance behind contactors, as actuators and as a load."""

    scheduler: Scheduler
    state: VehicleState
    view: StationView
    ocv: float = 380.0
    ohms: float = 0.05
    capacity: float = 60_000.0  # Wh
    contactor_delay: int = 50 * MS
    stuck: bool | None = None
    asked: list[float] = field(default_factory=list)
    ac_allowed: float = 0.0
    wanted_closed: bool = False
    opened_at: list[int] = field(default_factory=list)
    amps: float = 0.0
    views: int = 0

    def voltage(self, amps: float) -> float | None:
        if not self.state.contactors_closed:
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

    def allow_ac_current(self, amps: float) -> None:
        self.ac_allowed = amps

    def view_changed(self, _view: StationView) -> None:
        self.views += 1

    def tick(self, electronics: SimulatedElectronics, step: int) -> None:
        state = self.state
        state.battery_voltage = self.ocv + self.ohms * electronics.current
        state.inlet_voltage = electronics.voltage
        state.battery_current = electronics.current if state.contactors_closed else 0.0
        moved = electronics.voltage * electronics.current * step / S / 3600.0
        state.soc = min(100.0, (state.soc or 0.0) + 100.0 * moved / self.capacity)
        if state.soc >= (state.full_soc or 100.0):
            state.charging_complete = True


class Today:
    def __init__(self, scheduler: Scheduler, start: int = 1_790_000_000) -> None:
        self._scheduler = scheduler
        self._start = start

    def unix(self) -> int:
        return self._start + self._scheduler.now // S


def dc_vehicle() -> VehicleState:
    return VehicleState(
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


class Rig:
    """One session.  Change what you like before ``run``."""

    def __init__(
        self,
        protocol: str = "iso2",
        *,
        secure: bool = False,
        mode: str = "DC_extended",
        vehicle_profile: VehicleProfile = VEHICLE_CONFORMANCE,
        station_profile: StationProfile = STATION_CONFORMANCE,
        ratings: Ratings | None = None,
        vehicle_memory: VehicleMemory | None = None,
        station_memory: Memory | None = None,
        seed: int = 1,
    ) -> None:
        self.protocol = protocol
        self.scheduler = Scheduler(VirtualClock())
        self.today = Today(self.scheduler)
        self.plug = Plug()
        self.state = dc_vehicle()
        self.state.mode = mode
        self.view = StationView(protocol=protocol)
        self.pack = Pack(self.scheduler, self.state, self.view)
        self.charger = Charger(tuple(SupportedAppProtocol))
        self.electronics = SimulatedElectronics(
            self.charger, self.scheduler, ratings=ratings, load=self.pack
        )
        self.results: dict[str, SessionResult] = {}
        self.ended_at: dict[str, int] = {}
        self.said: list[tuple[int, str, Heard]] = []
        self.lose: Callable[[str, Heard], bool] = lambda _side, _heard: False
        self.twist: Callable[[Heard], Heard] = lambda heard: heard
        self.latency = 2 * MS
        log = silent().logger("test")
        agreed = Agreement(secure=secure)
        self.car = Car(
            state=self.state,
            view=self.view,
            actuators=self.pack,
            pilot=self.plug,
            scheduler=self.scheduler,
            record=SessionRecord(agreed=agreed),
            profile=vehicle_profile,
            memory=vehicle_memory or VolatileMemory(),
            calendar=self.today,
            log=log,
            evccid=bytes.fromhex("0200000000a1"),
        )
        self.station = Station(
            charger=self.charger,
            record=SessionRecord(agreed=agreed),
            scheduler=self.scheduler,
            chance=SeededRandomness(seed),
            calendar=self.today,
            pilot=self.plug,
            profile=station_profile,
            memory=station_memory or Memory(),
            schedules=Schedules(),
            log=log,
        )
        self.charger.setup(
            evse_id=EvseId(evse_id="DE*PWX*E0001*1", evse_id_din="+49*123*456*789"),
            sae_j2847_mode=SaeJ2847BidiMode.NONE,
            debug_mode=False,
        )
        self.charger.update_energy_transfer_modes(
            supported_energy_transfer_modes=[EnergyTransferMode(mode)]
        )
        self.charger.update_ac_max_current(max_current=32.0)
        self.charger.session_setup(
            payment_options=[PaymentOption.EXTERNAL],
            supported_certificate_service=False,
            central_contract_validation_allowed=False,
        )
        self.customer_after: int | None = 500 * MS
        self.charger.subscribe("require_auth_eim", self._customer)
        dialect, table, script, answers = PROTOCOLS[protocol]
        self._dialect = dialect()
        self.vehicle = Initiator(
            table,
            script(self.car),
            self.car.record,
            scheduler=self.scheduler,
            timing=vehicle_profile.timing,
            say=lambda sid, said: self._carry("vehicle", sid, said),
            ended=lambda result: self._ended("vehicle", result),
        )
        self.responder = Responder(
            table,
            answers(self.station),
            self.station.record,
            scheduler=self.scheduler,
            timing=station_profile.timing,
            log=log,
            say=lambda sid, said: self._carry("station", sid, said),
            ended=lambda result: self._ended("station", result),
        )
        self.car.broken_off = self.vehicle.end

    def run(self, until: int = 3600 * S) -> "Rig":
        self.electronics.start()
        step = self.electronics.ratings.step
        self.scheduler.every(step, lambda: self.pack.tick(self.electronics, step), name="pack")
        paused = self.car.memory.load()
        self.car.record.resumed = paused.session_id if paused is not None else None
        self.responder.start(self.scheduler.now)
        self.vehicle.start(self.scheduler.now)
        self.scheduler.run(self.scheduler.now + until)
        return self

    def at(self, when: int, action: Callable[[], None]) -> None:
        self.scheduler.at(when, action, name="test")

    def ending(self, side: str) -> Ending:
        return self.results[side].ending

    def names(self, side: str) -> list[str]:
        return [type(heard.body).__name__ for _, who, heard in self.said if who == side]

    def bodies(self, kind: str) -> list[Any]:
        return [heard.body for _, _, heard in self.said if type(heard.body).__name__ == kind]

    def _customer(self, _none: None) -> None:
        if self.customer_after is not None:
            self.scheduler.after(
                self.customer_after,
                lambda: self.charger.authorization_response(
                    authorization_status=AuthorizationStatus.ACCEPTED,
                    certificate_status=CertificateStatus.ACCEPTED,
                ),
                name="customer",
            )

    def _carry(self, side: str, session_id: bytes, said: Said) -> None:
        """Through the wire: octets out, octets in."""
        heard = self._dialect.decode(*self._dialect.encode(session_id, said))
        self.said.append((self.scheduler.now, side, heard))
        if self.lose(side, heard):
            return
        if side == "station":
            heard = self.twist(heard)
        to = self.responder.received if side == "vehicle" else self.vehicle.received
        self.scheduler.after(self.latency, lambda: to(heard), name="wire")

    def _ended(self, side: str, result: SessionResult) -> None:
        self.results[side] = result
        self.ended_at[side] = self.scheduler.now
        if side == "vehicle":
            self.car.safe()
        else:
            self.electronics.switch_off()
        if len(self.results) == 2:
            self.scheduler.after(1 * S, self.scheduler.stop, name="both ended")
