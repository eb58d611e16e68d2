"""The station ECU put together: link, outlet, power electronics, keys - and how they stop."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bsw.base import Base, CannotStart
from bsw.chrgm import sap
from bsw.chrgm.endings import SessionResult
from bsw.chrgm.record import SessionRecord
from bsw.cp.pilot import Drive, Pilot, PilotState, StationPilot
from bsw.net.channel import Channels
from bsw.net.hostnet import InterfaceUnusable
from bsw.net.ports import Endpoint
from bsw.net.tcpip import HostNetwork
from bsw.os.clock import MS, Action
from bsw.os.process import Status
from bsw.plug.client import PlugClient
from bsw.slac.node import Host
from bsw.slac.station_link import StationLink
from bsw.stbm import TimeBase
from can_adapter.bus import BusUnavailable
from can_adapter.configured import CanConfigError
from can_adapter.drivers.choose import open_port
from can_adapter.station import StationBus, open_station_bus
from csm.randomness import HostRandomness
from secc.api.charger import Charger
from secc.api.literals import (
    AuthorizationStatus,
    CertificateStatus,
    EnergyTransferMode,
    PaymentOption,
    SaeJ2847BidiMode,
    SupportedAppProtocol,
)
from secc.api.objects import DcEvTargetValues, EvseId
from secc.canbus import StationCan
from secc.config import SeccConfig
from secc.electronics import NoLoad, SimulatedElectronics
from secc.memory import Memory
from secc.outlet import Doors, Outlet
from secc.profile import PROFILES, StationProfile
from secc.schedules import Schedules
from secc.service import OutletService, PilotOnPort
from secc.session import Means
from secc.station import Station

if TYPE_CHECKING:
    from secc.keys import StationKeys

LIVE_EACH: Final = 500 * MS


class AssumedPilot:
    """A pilot on benches without one: the vehicle always shows what is wanted of it."""

    def read(self) -> Pilot:
        return Pilot(PilotState.B, 5.0)

    def drive(self, drive: Drive) -> None:
        """Nobody measures it."""

    def listen(self, changed: object) -> None:
        """It never changes on its own."""


class StationEcu:
    """Built on a base; ``start`` begins, ``stop`` calls back when everything has ended."""

    def __init__(self, base: Base, config: SeccConfig) -> None:
        self._base = base
        self._config = config
        self._log = base.dlt.logger("secc")
        self._count = 0
        self._target = DcEvTargetValues(dc_ev_target_voltage=0, dc_ev_target_current=0)
        self._network = self._open_network()
        self._calendar = self._time_base()
        self.charger = Charger((SupportedAppProtocol.ISO2, SupportedAppProtocol.DIN))
        self._memory = Memory()
        self._keys = self._open_keys()
        self._can_bus: StationBus | None = None
        self._power = self._make_power()
        self._plug: PlugClient | None = None
        self._pilot: StationPilot = AssumedPilot()
        if config.hardware.driver == "plug":
            self._plug = PlugClient("station", base.dlt.logger("plug"))
            self._pilot = self._plug.pilot
        self.outlet = self._make_outlet()
        self.outlet.on_end = self._ended
        self._leaving: Callable[[], bool] = lambda: False
        self._service = OutletService(self.charger, self.outlet, self._pilot, log=self._log)

    # Life

    def start(self) -> None:
        self._set_up()
        self._power.start()
        self._base.scheduler.every(LIVE_EACH, self._tell_live, name="live")
        if self._plug is None:
            self._base.scheduler.after(200 * MS, self._link_granted, name="link")
            return
        to = Endpoint("::1", self._config.hardware.plug_port)
        loopback = HostNetwork(self._base.scheduler, self._base.clock, "lo")
        self._plug.connect(loopback, to, ready=self._plugged, lost=self._plug_lost)

    def stop(self, done: Action) -> None:
        """The session first, then the data link takes leave of its modem, then the rest."""
        self.outlet.close()
        if self._plug is not None and self._service.attached:
            self._service.link.close()
        self._base.settle(self._leaving, lambda: self._close(done))

    def _close(self, done: Action) -> None:
        if self._plug is not None:
            self._plug.close()
        if self._can_bus is not None:
            self._can_bus.close()
        self._base.settle(lambda: self._network.busy, lambda: self._closed(done))

    def _closed(self, done: Action) -> None:
        self._network.close()
        done()

    # Parts

    @property
    def _profile(self) -> StationProfile:
        profile = PROFILES[self._config.session.profile]
        measured = self._config.hardware.driver != "none"
        return replace(profile, demand_pilot_states=profile.demand_pilot_states and measured)

    def _open_network(self) -> HostNetwork:
        base, config = self._base, self._config.network
        try:
            return HostNetwork(base.scheduler, base.clock, config.interface, dlt=base.dlt)
        except InterfaceUnusable as error:
            raise CannotStart(f"network.interface: {error}") from None

    def _time_base(self) -> TimeBase:
        base = TimeBase(lambda: self._base.scheduler.now)
        base.set_from_host()
        return base

    def _open_keys(self) -> "StationKeys | None":
        """Only a station that serves TLS needs keys and certificates."""
        if not self._config.session.tls:
            return None
        from secc.keys import StationKeys  # noqa: PLC0415 - brings all cryptography with it

        return StationKeys(self._base, self._config, self._calendar)

    def _make_power(self) -> StationCan | SimulatedElectronics:
        base, config = self._base, self._config
        if config.hardware.power == "simulated":
            return SimulatedElectronics(self.charger, base.scheduler, load=NoLoad())
        try:
            port = open_port(base.scheduler, config.can.bus, "SECC", clock=base.clock)
            self._can_bus = open_station_bus(base.scheduler, port, config.can)
        except (BusUnavailable, CanConfigError) as error:
            raise CannotStart(f"can: {error}") from None
        return StationCan(self._can_bus, self.charger)

    def _make_outlet(self) -> Outlet:
        base, config = self._base, self._config
        doors = Doors(
            plain=config.session.plain,
            tls=None if self._keys is None else self._keys.tls,
            plain_port=config.network.plain_port,
            tls_port=config.network.tls_port,
            sdp_port=config.network.sdp_port,
        )
        means = Means(
            scheduler=base.scheduler,
            applications=sap.applications(config.session.protocols),
            trace=base.trace,
        )
        return Outlet(
            self.charger,
            means,
            self._network,
            Channels(base.scheduler, worker=base.worker, dlt=base.dlt),
            doors=doors,
            make_station=self._make_station,
            memory=self._memory,
            log=base.dlt.logger("session"),
            stop_discovery=self._profile.setup_stops_discovery,
        )

    def _make_station(self, record: SessionRecord) -> Station:
        base = self._base
        return Station(
            charger=self.charger,
            record=record,
            scheduler=base.scheduler,
            chance=HostRandomness(),
            calendar=self._calendar,
            pilot=PilotOnPort(self._pilot),
            profile=self._profile,
            memory=self._memory,
            schedules=Schedules(),
            log=base.dlt.logger("session"),
            desk=None if self._keys is None else self._keys.desk(),
        )

    # The north side, from the configuration

    def _set_up(self) -> None:
        config, charger = self._config.session, self.charger
        charger.publish_start()
        charger.setup(
            evse_id=EvseId(evse_id=config.evse_id),
            sae_j2847_mode=SaeJ2847BidiMode.NONE,
            debug_mode=True,
        )
        charger.update_energy_transfer_modes(
            supported_energy_transfer_modes=[EnergyTransferMode(mode) for mode in config.modes]
        )
        charger.update_ac_max_current(max_current=32.0)
        charger.session_setup(
            payment_options=[PaymentOption(option) for option in config.payment],
            supported_certificate_service=False,
            central_contract_validation_allowed=False,
        )
        if self._config.customer.accept:
            charger.subscribe("require_auth_eim", lambda _none: self._accept())
            charger.subscribe("require_auth_pnc", lambda _token: self._accept())
        charger.subscribe("dc_ev_target_voltage_current", self._remember_target)

    def _accept(self) -> None:
        self._base.scheduler.after(
            self._config.customer.after,
            lambda: self.charger.authorization_response(
                authorization_status=AuthorizationStatus.ACCEPTED,
                certificate_status=CertificateStatus.ACCEPTED,
            ),
            name="customer",
        )

    def _remember_target(self, target: DcEvTargetValues) -> None:
        self._target = target

    # Events

    def _link_granted(self) -> None:
        self.charger.dlink_ready(value=True)
        self._tell_listening()

    def _plugged(self) -> None:
        assert self._plug is not None
        host = Host(
            self._base.scheduler,
            self._plug.ethernet,
            HostRandomness(),
            self._base.dlt.logger("slac"),
        )
        link = StationLink(host, self._pilot, self._config.link, self._service)
        self._leaving = lambda: link.node.leaving
        self._service.attach(link)
        self._service.link.start()

    def _tell_listening(self) -> None:
        offer = self.outlet.offer
        if offer is not None:
            self._log.info("listening", plain=offer.plain, tls=offer.tls)

    def _plug_lost(self, why: str) -> None:
        self._base.process.done(Status.FAILED, why)

    def _ended(self, result: SessionResult) -> None:
        self._count += 1
        wanted = self._config.session.count
        if wanted and self._count >= wanted:
            status = Status.OK if result.ending.good else Status.FAILED
            self._base.process.done(status, str(result))

    def _tell_live(self) -> None:
        present = self.charger.state.dc_present
        if self.outlet.session is not None and present is not None:
            self._log.info(
                "live",
                volts=present.evse_present_voltage,
                amps=present.evse_present_current,
                target_volts=self._target.dc_ev_target_voltage,
                target_amps=self._target.dc_ev_target_current,
            )
