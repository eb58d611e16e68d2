"""Vehicle and station as they are deployed: discovery, TCP, TLS, on host or simulated sockets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from bsw.chrgm.applications import applications_of
from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.record import SessionRecord
from bsw.chrgm.sap import SapRules
from bsw.dlt import silent
from bsw.net.channel import Channels
from bsw.net.ports import Network
from bsw.os.clock import MS, S
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Worker
from bsw.tls.port import TlsEngine
from bsw.trace import MemoryTrace, Trace
from csm.randomness import SeededRandomness
from evcc.config import WithoutTls
from evcc.plug.wear import Wear
from evcc.session import session as vehicle_session
from evcc.session.context import VehicleContext
from evcc.session.discovery import search_rules
from evcc.session.memory import VolatileMemory
from evcc.session.ports import NewerWallet, Wallet
from evcc.session.profile import CONFORMANCE as VEHICLE_CONFORMANCE
from evcc.session.profile import VehicleProfile
from evcc.vehicle import Actuators, Asked, StationView
from evcc.vehicle import Pilot as VehiclePilotPort
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
from secc.plug.entrance import Doors
from secc.plug.session_server import Manners, SessionServer
from secc.power.simulated import Ratings, SimulatedElectronics
from secc.session import session as station_session
from secc.session.context import StationContext
from secc.session.memory import Memory
from secc.session.ports import ContractDesk, NewerDesk
from secc.session.ports import Pilot as StationPilotPort
from secc.session.profile import CONFORMANCE as STATION_CONFORMANCE
from secc.session.profile import StationProfile
from secc.session.schedules import Schedules
from tools.bench.world.plug import Pack, Plug, Today, dc_vehicle


class World(Protocol):
    """Two ends of one link, host or simulated."""

    @property
    def scheduler(self) -> Scheduler: ...
    @property
    def vehicle(self) -> Network: ...
    @property
    def station(self) -> Network: ...
    @property
    def worker(self) -> Worker: ...


@dataclass
class Options:
    """How the two are set up.  ``tls`` holds what makes an engine for each side."""

    protocols: tuple[str, ...] = ("iso2",)
    served: tuple[str, ...] = ("iso2", "din")
    mode: str = "DC_extended"
    ratings: Ratings = field(default_factory=Ratings)
    vehicle_profile: VehicleProfile = VEHICLE_CONFORMANCE
    station_profile: StationProfile = STATION_CONFORMANCE
    vehicle_tls: Callable[[], TlsEngine] | None = None
    station_tls: Callable[[], TlsEngine] | None = None
    plain: bool = True
    iso20_without_tls: bool = False
    without_tls: WithoutTls = "external"
    wallet: Wallet | None = None
    newer_wallet: NewerWallet | None = None
    desk: ContractDesk | None = None
    newer_desk: NewerDesk | None = None
    payment: tuple[PaymentOption, ...] = (PaymentOption.EXTERNAL,)
    certificate_service: bool = False
    central_validation: bool = False
    sdp_port: int = 15118
    seed: int = 1


class NetRig:
    def __init__(self, world: World, options: Options | None = None) -> None:
        self.world = world
        self.options = options = options or Options()
        scheduler = world.scheduler
        self.scheduler = scheduler
        self.today = Today(scheduler)
        self.plug = Plug()
        self.vehicle_pilot: VehiclePilotPort = self.plug
        self.station_pilot: StationPilotPort = self.plug
        self.state = dc_vehicle()
        self.asked = Asked()
        self.state.mode = options.mode
        self.vehicle_memory = VolatileMemory()
        self.memory = Memory()
        self.results: list[SessionResult] = []
        self.vehicle_trace, self.station_trace = MemoryTrace(), MemoryTrace()
        self._log = silent().logger("test")
        self.charger = Charger(
            tuple(SupportedAppProtocol), lambda: scheduler.now, silent().logger("test")
        )
        self.pack = Pack(scheduler, self.state)
        self.actuators: Actuators = self.pack
        self.wear = Wear(scheduler)
        self.electronics = SimulatedElectronics(
            self.charger,
            scheduler,
            ratings=options.ratings,
            load=self.pack,
        )
        self.schedules = Schedules()
        self.stations: list[StationContext] = []
        self.outlet = self._make_outlet()
        self._set_up()
        self.customer_after: int | None = 0
        self.tls_in_vain: Callable[[], bool] = lambda: False
        self.charger.subscribe("require_auth_eim", lambda _none: self._authorize())
        self.charger.subscribe("require_auth_pnc", lambda _token: self._authorize())
        self.electronics.start()
        step = options.ratings.step
        scheduler.every(step, lambda: self.pack.tick(self.electronics, step), name="pack")

    def plug_in(self) -> None:
        """The link is up on both sides; the vehicle starts a session."""
        self.charger.dlink_ready(value=True)
        self.drive()

    def drive(self) -> vehicle_session.VehicleSession:
        """One session of the vehicle."""
        session = vehicle_session.VehicleSession(self.vehicle_means(), self.make_car, self._ended)
        self.session = session
        session.start()
        return session

    def run(self, within: int = 120 * S) -> "NetRig":
        """Until both sides have ended; what does not end is an error."""
        count = len(self.results) + 1

        def look() -> None:
            if len(self.results) >= count and len(self.outlet.results) >= count:
                self.scheduler.stop()

        looking = self.scheduler.every(MS // 2, look, name="look", offset=0)
        self.scheduler.run(self.scheduler.now + within)
        looking.stop()
        if len(self.results) < count or len(self.outlet.results) < count:
            raise TimeoutError(
                f"no end within {within // S} s; the vehicle is {self.session.stage}"
            )
        return self

    def full_after(self, delay: int) -> None:
        self.scheduler.after(
            delay, lambda: setattr(self.state, "charging_complete", True), name="full"
        )

    def ending(self, side: str) -> Ending:
        results = self.results if side == "vehicle" else self.outlet.results
        return results[-1].ending

    def names(self, side: str = "vehicle") -> list[str]:
        """The messages this side sent, in order."""
        trace = self.vehicle_trace if side == "vehicle" else self.station_trace
        return [
            str(record.fields["name"])
            for record in trace.records
            if record.kind == "message" and record.fields["way"] == "out"
        ]

    def _ended(self, result: SessionResult) -> None:
        self.results.append(result)

    def _authorize(self) -> None:
        if self.customer_after is not None:
            self.scheduler.after(
                self.customer_after,
                lambda: self.charger.authorization_response(
                    authorization_status=AuthorizationStatus.ACCEPTED,
                    certificate_status=CertificateStatus.ACCEPTED,
                ),
                name="customer",
            )

    @property
    def view(self) -> StationView:
        """What the station told in the latest session."""
        return self.car.view

    def make_car(self, break_off: Callable[[SessionResult], None]) -> VehicleContext:
        self.car = VehicleContext(
            values=self.state,
            asked=self.asked,
            break_off=break_off,
            actuators=self.actuators,
            pilot=self.vehicle_pilot,
            scheduler=self.scheduler,
            record=SessionRecord(),
            profile=self.options.vehicle_profile,
            memory=self.vehicle_memory,
            calendar=self.today,
            log=self._log,
            evccid=bytes.fromhex("0200000000a1"),
            wallet=self.options.wallet,
            newer_wallet=self.options.newer_wallet,
            wear=self.wear,
        )
        return self.car

    def vehicle_means(self) -> vehicle_session.VehicleSessionPorts:
        options = self.options
        secure = options.vehicle_tls is not None
        applications = applications_of(options.protocols)
        return vehicle_session.VehicleSessionPorts(
            scheduler=self.scheduler,
            networks=[self.world.vehicle],
            channels=Channels(self.scheduler, worker=self.world.worker),
            applications=applications,
            trace=Trace(lambda: self.scheduler.now, (self.vehicle_trace,)),
            search=search_rules(
                applications, options.without_tls, tls=secure, in_vain=self.tls_in_vain()
            ),
            sdp_port=options.sdp_port,
            tls=options.vehicle_tls,
        )

    def _make_outlet(self) -> SessionServer:
        options = self.options
        self.station_writer = Trace(lambda: self.scheduler.now, (self.station_trace,))
        means = station_session.StationSessionPorts(
            scheduler=self.scheduler,
            applications=applications_of(options.served),
            trace=self.station_writer,
            sap_rules=SapRules(lab_iso20_on_any_link=options.iso20_without_tls),
        )
        return SessionServer(
            self.charger,
            means,
            self.world.station,
            Channels(self.scheduler, worker=self.world.worker),
            doors=Doors(plain=options.plain, tls=options.station_tls, sdp_port=options.sdp_port),
            make_station=self._station,
            memory=self.memory,
            ended=lambda _result: None,
            log=self._log,
            manners=Manners(
                stop_discovery=options.station_profile.setup_stops_discovery,
                setup_within=options.station_profile.setup_within,
            ),
        )

    def _station(self, record: SessionRecord) -> StationContext:
        station = StationContext(
            charger=self.charger,
            record=record,
            scheduler=self.scheduler,
            chance=SeededRandomness(f"{self.options.seed}/{len(self.stations)}"),
            calendar=self.today,
            pilot=self.station_pilot,
            profile=self.options.station_profile,
            memory=self.memory,
            schedules=self.schedules,
            log=self._log,
            desk=self.options.desk,
            newer_desk=self.options.newer_desk,
        )
        self.stations.append(station)
        return station

    def _set_up(self) -> None:
        options = self.options
        self.charger.setup(
            evse_id=EvseId(evse_id="DE*PWX*E0001*1", evse_id_din="+49*123*456*789"),
            sae_j2847_mode=SaeJ2847BidiMode.NONE,
            debug_mode=False,
        )
        self.charger.update_energy_transfer_modes(
            supported_energy_transfer_modes=[EnergyTransferMode(options.mode)]
        )
        self.charger.update_ac_max_current(max_current=32.0)
        self.charger.session_setup(
            payment_options=list(options.payment),
            supported_certificate_service=options.certificate_service,
            central_contract_validation_allowed=options.central_validation,
        )


QUICK = Ratings(cable_check=100 * MS, volts_per_second=20_000.0, amps_per_second=1_000.0)
"""Hardware that does not let a test on real time wait."""
