"""Vehicle and station of one protocol next to each other: real EXI octets, virtual time.

The plug between them carries the pilot, the voltage and the current.  Every message that passes
is kept, so that a test can ask what was said.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bsw.chrgm import protocols as spoken
from bsw.chrgm.agreement import Agreement
from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.engine.initiator import Initiator
from bsw.chrgm.engine.responder import Responder
from bsw.chrgm.modes import Approach, mode_of
from bsw.chrgm.record import Heard, Said, SessionRecord
from bsw.dlt import Logger, silent
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from csm.randomness import SeededRandomness
from evcc.session.context import VehicleContext
from evcc.session.handlers.registry import SCRIPTS as VEHICLE_SCRIPTS
from evcc.session.memory import Memory as VehicleMemory
from evcc.session.memory import VolatileMemory
from evcc.session.profile import CONFORMANCE as VEHICLE_CONFORMANCE
from evcc.session.profile import VehicleProfile
from evcc.vehicle import Asked, StationView
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
from secc.power.pad import SimulatedPad
from secc.power.pantograph import SimulatedPantograph
from secc.power.simulated import Ratings, SimulatedElectronics
from secc.session.context import StationContext
from secc.session.handlers.registry import SCRIPTS as STATION_SCRIPTS
from secc.session.memory import Memory
from secc.session.profile import CONFORMANCE as STATION_CONFORMANCE
from secc.session.profile import StationProfile
from secc.session.schedules import Schedules
from tools.bench.world.plug import Pack, Plug, Today, dc_vehicle


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
        offered: tuple[str, ...] = (),
        scheduler: Scheduler | None = None,
    ) -> None:
        self.protocol = protocol
        self.offered = offered or (mode,)
        self.scheduler = scheduler or Scheduler(VirtualClock())
        self.today = Today(self.scheduler)
        self.plug = Plug()
        self.state = dc_vehicle()
        self.asked = Asked()
        self.state.mode = mode
        self.pack = Pack(self.scheduler, self.state, phases=mode_of(mode).phases)
        self.charger = Charger(
            tuple(SupportedAppProtocol), lambda: self.scheduler.now, silent().logger("test")
        )
        self.electronics = SimulatedElectronics(
            self.charger, self.scheduler, ratings=ratings, load=self.pack
        )
        self.pantograph = SimulatedPantograph(self.charger, self.scheduler)
        self.pad = SimulatedPad(self.charger, self.scheduler)
        self.charger.on_command(self._commanded)
        self.results: dict[str, SessionResult] = {}
        self.ended_at: dict[str, int] = {}
        self.said: list[tuple[int, str, Heard]] = []
        self.lose: Callable[[str, Heard], bool] = lambda _side, _heard: False
        self.twist: Callable[[Heard], Heard] = lambda heard: heard
        self.forge: Callable[[Heard], Heard] = lambda heard: heard
        """What becomes of the vehicle's requests on the way, as ``twist`` of the responses."""
        self.latency = 2 * MS
        log = silent().logger("test")
        agreed = Agreement(secure=secure)
        self.car = VehicleContext(
            values=self.state,
            asked=self.asked,
            view=StationView(protocol=protocol),
            actuators=self.pack,
            pilot=self.plug,
            scheduler=self.scheduler,
            record=SessionRecord(agreed=agreed),
            profile=vehicle_profile,
            memory=vehicle_memory or VolatileMemory(),
            calendar=self.today,
            log=log,
            evccid=bytes.fromhex("0200000000a1"),
            break_off=self._break_off,
        )
        self.station = StationContext(
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
        self.customer_after: int | None = 500 * MS
        self.charger.subscribe("require_auth_eim", self._customer)
        self._set_up()
        self._add_engines(protocol, log)

    def _commanded(self, name: str) -> None:
        if name == "update_pad":
            self.station.watch_pad()

    def _set_up(self) -> None:
        """What a station's operator tells it at its start."""
        self.charger.setup(
            evse_id=EvseId(evse_id="DE*PWX*E0001*1", evse_id_din="+49*123*456*789"),
            sae_j2847_mode=SaeJ2847BidiMode.NONE,
            debug_mode=False,
        )
        self.charger.update_energy_transfer_modes(
            supported_energy_transfer_modes=[EnergyTransferMode(one) for one in self.offered]
        )
        self.charger.update_ac_max_current(max_current=32.0)
        self.charger.session_setup(
            payment_options=[PaymentOption.EXTERNAL],
            supported_certificate_service=False,
            central_contract_validation_allowed=False,
        )

    def _add_engines(self, protocol: str, log: Logger) -> None:
        table = spoken.protocol(protocol).table
        for context in (self.car, self.station):
            context.record.agreed = replace(
                context.record.agreed,
                approach=spoken.approach_of(protocol),
                late=context.profile.meets_after_selection,
            )
        self.dialect = spoken.dialect_of(protocol)
        self.vehicle = Initiator(
            table,
            VEHICLE_SCRIPTS.script(protocol, self.car),
            self.car.record,
            scheduler=self.scheduler,
            timing=self.car.profile.timing,
            say=lambda sid, said: self._carry("vehicle", sid, said),
            ended=lambda result: self._ended("vehicle", result),
        )
        self.responder = Responder(
            table,
            STATION_SCRIPTS.script(protocol, self.station),
            self.station.record,
            scheduler=self.scheduler,
            timing=self.station.profile.timing,
            log=log,
            say=lambda sid, said: self._carry("station", sid, said),
            ended=lambda result: self._ended("station", result),
        )

    def _break_off(self, result: SessionResult) -> None:
        self.vehicle.end(result)

    @property
    def view(self) -> StationView:
        """What the station told."""
        return self.car.view

    def run(self, until: int = 3600 * S) -> "Rig":
        self.electronics.start()
        approach = mode_of(self.state.mode).approach
        if approach is Approach.PANTOGRAPH:
            self.pantograph.start()
        elif approach is Approach.PAD:
            self.pad.start()
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

    def loops(self) -> list[Any]:
        """The charge loop requests of ISO 15118-20."""
        return [*self.bodies("DCChargeLoopReq"), *self.bodies("ACChargeLoopReq")]

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
        heard = self.dialect.decode(*self.dialect.encode(session_id, said))
        self.said.append((self.scheduler.now, side, heard))
        if self.lose(side, heard):
            return
        heard = self.twist(heard) if side == "station" else self.forge(heard)
        to = self.responder.received if side == "vehicle" else self.vehicle.received
        self.scheduler.after(self.latency, lambda: to(heard), name="wire")

    def _ended(self, side: str, result: SessionResult) -> None:
        self.results[side] = result
        self.ended_at[side] = self.scheduler.now
        if side == "vehicle":
            self.car.safe(result.ending)
        else:
            self.station.leave()  # as the outlet does
            self.electronics.switch_off()
        if len(self.results) == 2:
            self.scheduler.after(2 * S, self.scheduler.stop, name="both ended")
