"""The station ECU put together: link, outlet, power electronics, keys - and how they stop."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bsw.base import Base, CannotStart, Steps, settle
from bsw.chrgm import sap
from bsw.chrgm.endings import SessionResult
from bsw.chrgm.modes import Approach, mode_of
from bsw.chrgm.pause import PauseAge
from bsw.chrgm.protocols import spoken_applications
from bsw.chrgm.record import SessionRecord
from bsw.cp.pilot import F
from bsw.hardware.port import PowerHardware
from bsw.net.channel import Channels
from bsw.os.clock import MS, Action
from bsw.os.process import Status, Stop
from ecu.doors import StationDoors
from secc.api.charger import Charger
from secc.api.extensions import AuthorizationRequest, HostTroubles
from secc.api.literals import (
    AuthorizationStatus,
    CertificateStatus,
    EnergyTransferMode,
    PaymentOption,
    SaeJ2847BidiMode,
    SupportedAppProtocol,
)
from secc.api.objects import DcEvTargetValues, EvseId
from secc.config import SeccConfig
from secc.ecu.north import North
from secc.ecu.startup import Parts
from secc.ocpp.sides import ChargerSide, KeySide
from secc.plug.basic import BasicCharging
from secc.plug.entrance import Doors
from secc.plug.plug_side import OutletPlug, PilotOnPort
from secc.plug.session_server import Manners, SessionServer
from secc.power.simulated import NoLoad, SimulatedElectronics
from secc.session.context import StationContext
from secc.session.memory import KeptMemory
from secc.session.profile import PROFILES, StationProfile
from secc.session.schedules import Schedules
from secc.session.session import StationSessionPorts

if TYPE_CHECKING:
    from csm.jobs import Csm
    from ecu.uplink import UplinkDoor
    from secc.ocpp.backend import Backend
    from secc.power.canbus import StationCan
    from secc.power.driver import DriverPower
    from secc.power.lane import Lane

LIVE_EACH: Final = 500 * MS


class StationEcu:
    """Built on a base; ``start`` begins, ``stop`` calls back when everything has ended."""

    def __init__(self, base: Base, config: SeccConfig, parts: Parts, doors: StationDoors) -> None:
        self._base = base
        self._config = config
        self._parts = parts
        self._doors = doors
        self._log = base.dlt.logger("secc")
        self._count = 0
        self._target = DcEvTargetValues(dc_ev_target_voltage=0, dc_ev_target_current=0)
        self.charger = Charger(
            (SupportedAppProtocol.ISO2, SupportedAppProtocol.DIN),
            lambda: base.scheduler.now,
            base.dlt.logger("session"),
        )
        self._north = North(self.charger, config.api)
        self.schedules = Schedules(prices=config.prices)
        age = PauseAge(
            base.scheduler.clock.now, parts.calendar.unix_if_known, config.session.paused_for
        )
        self._memory = KeptMemory(parts.nvm, age)
        self._power = self._make_power()
        self.device = self._make_device()
        self.outlet = self._make_outlet()
        if parts.keys is not None and config.provisioning.service == "north":
            parts.keys.exchange_with(self.charger)
        self._backend: Backend | None = None
        base.troubles.listen(self._host_trouble)
        self.basic = self._make_basic()
        self.service = OutletPlug(
            self.charger,
            self.outlet,
            parts.plug.pilot,
            scheduler=base.scheduler,
            log=self._log,
            basic=self.basic,
        )
        base.process.ends_by(self._ordered_stop, self._last_resort)

    def _host_trouble(self, *_what: object) -> None:
        """Anything of the host that begins or ends to be missing."""
        now = HostTroubles(troubles=self._base.troubles.standing)
        self.charger.variables.publish_changed("host_troubles", now)

    # Life

    def start(self) -> Steps:
        """One room per step."""
        self._set_up()
        yield "north side"
        self._north.start(self._doors)
        yield "power"
        if self._power is not None:
            self._power.start()
        if self.device is not None:
            self.device.start()
        self._base.scheduler.every(LIVE_EACH, self._tell_live, name="live")
        if self._parts.keys is not None:
            self._parts.keys.start()
        if self._parts.uplink is not None:
            yield "back end"
            self._backend = self._open_backend(self._parts.uplink)
        notify = self._doors.notify
        if notify is not None and notify.watchdog is not None:
            self._base.scheduler.every(notify.watchdog // 3, notify.feed, name="service manager")
        yield "plug"
        self._parts.plug.start(self.service)

    def stop(self, done: Action) -> None:
        """The charge first, while everybody who has a part in it is there; then the rest.

        The vehicle is told to stop, takes its current down and opens its contactors; what was
        delivered until then belongs to the transaction.
        """
        most = self._config.os.stop_within * 2 // 3  # the farewells need the last third
        if self._backend is not None:
            self._backend.end_charges()
        if not self._energised:
            self._leave(done)
            return
        self.charger.stop_charging(stop=True)
        settle(self._base.scheduler, lambda: self._serves, lambda: self._leave(done), most)

    @property
    def _energised(self) -> bool:
        """A current may flow, and would be cut off."""
        session = self.outlet.session
        basic = self.basic is not None and self.basic.runs
        return basic or (session is not None and session.station.energised)

    def _leave(self, done: Action) -> None:
        """The session, then the data link takes leave of its modem, then the rest."""
        self._north.stop()
        self.outlet.close()
        if self.service.attached:
            self.service.link.close()
        if self._backend is not None:
            self._backend.leave()
        settle(self._base.scheduler, lambda: self._leaving, lambda: self._close(done))

    @property
    def _leaving(self) -> bool:
        """The modem, or the back end, is still being told."""
        backend = self._backend
        return self._parts.plug.leaving or (backend is not None and backend.busy)

    def _last_resort(self) -> None:
        """Without the loop: no current may flow by our word any more."""
        self._parts.plug.pilot.drive(F)

    def _ordered_stop(self, _why: Stop) -> None:
        if self._doors.notify is not None:
            self._doors.notify.stopping()
        self.stop(self._base.process.finished)

    def _close(self, done: Action) -> None:
        if self._backend is not None:
            self._backend.close()
        self._power_down()
        self._parts.plug.close()
        if self._parts.bus is not None:
            self._parts.bus.close()
        self._parts.nvm.flush()
        settle(
            self._base.scheduler,
            lambda: self._parts.network.busy or self._parts.nvm.busy,
            lambda: self._closed(done),
        )

    def _closed(self, done: Action) -> None:
        self._parts.network.close()
        lost = self._parts.recording.close()
        if lost:
            self._log.warning("capture not whole", why=lost)
        done()

    def _power_down(self) -> None:
        """A supply of a driver is told; one on CAN hears it from its bus."""
        if self._config.hardware.power == "driver" and self._power is not None:
            self._power.stop()  # type: ignore[union-attr]  # made for this word

    @property
    def protocols(self) -> tuple[str, ...]:
        """What is served, best first."""
        return self._config.session.protocols

    # Parts

    @property
    def _profile(self) -> StationProfile:
        profile = PROFILES[self._config.session.profile]
        measured = self._config.hardware.driver != "none"
        if self._config.session.setup_within is not None:
            profile = profile.with_setup(self._config.session.setup_within)
        late = self._config.session.meets_device == "selected"
        demand = profile.demand_pilot_states and measured
        return replace(profile, demand_pilot_states=demand, meets_after_selection=late)

    def _make_power(self) -> "StationCan | DriverPower | SimulatedElectronics | None":
        """``None``: whoever is behind the north side."""
        if self._config.hardware.power == "north":
            return None
        if self._config.hardware.power == "driver":
            return self._power_of_driver()
        bus = self._parts.bus
        if bus is None:
            return SimulatedElectronics(self.charger, self._base.scheduler, load=NoLoad())
        from secc.power.canbus import StationCan  # noqa: PLC0415 - only with a power module

        return StationCan(bus, self.charger)

    def _make_basic(self) -> BasicCharging | None:
        """Without a pilot that is measured nothing is had by it."""
        basic = self._config.basic
        if basic.offered == "never" or self._config.hardware.driver == "none":
            return None
        hardware = self._parts.plug.hardware

        def release() -> None:
            if hardware is not None:
                hardware.lock.request(locked=False)

        return BasicCharging(
            self.charger,
            self._parts.plug.pilot,
            self._base.scheduler,
            self._doors.chance,
            self._log,
            trace=self._base.trace,
            after=0 if basic.offered == "only" else basic.after,
            ventilated=basic.ventilated,
            session_runs=lambda: self.outlet.session is not None,
            ended=self._ended,
            release=release,
        )

    @property
    def _serves(self) -> bool:
        """Somebody charges, or is about to."""
        return self.outlet.session is not None or (self.basic is not None and self.basic.runs)

    def _make_device(self) -> "Lane | None":
        """What meets the vehicle, where a mode has such a thing and nobody else plays it."""
        met = {mode_of(name).approach for name in self._config.session.modes}
        if self._config.hardware.device == "north" or met == {Approach.PLUG}:
            return None
        from secc.power.devices import device  # noqa: PLC0415 - only with such a mode

        return device(met, self.charger, self._base.scheduler)

    def _power_of_driver(self) -> "DriverPower":
        from secc.power.driver import DriverPower  # noqa: PLC0415 - only with such a driver

        hardware = self._parts.plug.hardware
        if hardware is None or not isinstance(hardware, PowerHardware):
            raise CannotStart(
                f"hardware.power: the driver {self._config.hardware.own!r} has no supply and no "
                "isolation (PowerHardware in bsw/hardware/port.py); give it both, or another power"
            )
        log = self._base.dlt.logger("power")
        scheduler, contactors = self._base.scheduler, hardware.contactors
        return DriverPower(self.charger, scheduler, hardware, contactors, log)

    def _open_backend(self, door: "UplinkDoor") -> "Backend":
        from secc.ocpp.backend import Backend  # noqa: PLC0415 - only where there is one

        measured = self._config.hardware.driver != "none"
        side = ChargerSide(self.charger, self.schedules, lambda: self._serves, measured)
        own = KeySide(self._doors.chance, self._parts.calendar, self._csm, self._parts.keys)
        backend = Backend(self._base, door, self._config.ocpp, side=side, own=own)
        backend.start(self._parts.plug.pilot.listen)
        return backend

    def _csm(self) -> "Csm":
        """Where keys lie: the vehicles' side has it open, if there is one."""
        if self._parts.keys is not None:
            return self._parts.keys.csm
        from csm.jobs import Csm  # noqa: PLC0415 - brings all cryptography with it

        doors = self._doors
        bound = self._config.csm.queue_bound
        return Csm(self._base.scheduler, doors.keys(), doors.lane, bound=bound)

    def _make_outlet(self) -> SessionServer:
        base, config = self._base, self._config
        doors = Doors(
            plain=config.session.serves_plain,
            tls=None if self._parts.keys is None else self._parts.keys.tls,
            plain_port=config.network.plain_port,
            tls_port=config.network.tls_port,
            sdp_port=config.network.sdp_port,
            wireless=config.wireless,
        )
        means = StationSessionPorts(
            scheduler=base.scheduler,
            applications=spoken_applications(config.session.protocols),
            trace=base.trace,
            sap_rules=sap.SapRules(lab_iso20_on_any_link=config.session.lab_iso20_without_tls),
        )
        return SessionServer(
            self.charger,
            means,
            self._parts.recording.network(self._parts.network),
            Channels(base.scheduler, worker=base.worker, dlt=base.dlt),
            doors=doors,
            make_station=self._make_station,
            memory=self._memory,
            ended=self._ended,
            log=base.dlt.logger("session"),
            manners=Manners(
                stop_discovery=self._profile.setup_stops_discovery,
                setup_within=self._profile.setup_within,
                connections=config.network.connections,
            ),
        )

    def _make_station(self, record: SessionRecord) -> StationContext:
        base = self._base
        return StationContext(
            charger=self.charger,
            record=record,
            scheduler=base.scheduler,
            chance=self._doors.chance,
            calendar=self._parts.calendar,
            pilot=PilotOnPort(self._parts.plug.pilot),
            profile=self._profile,
            memory=self._memory,
            schedules=self.schedules,
            log=base.dlt.logger("session"),
            desk=None if self._parts.keys is None else self._parts.keys.desk(),
            newer_desk=None if self._parts.keys is None else self._parts.keys.newer_desk(),
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
        charger.update_ac_max_current(max_current=config.ac_current)
        charger.session_setup(
            payment_options=[PaymentOption(option) for option in config.payment],
            supported_certificate_service=self._config.provisioning.service != "off",
            central_contract_validation_allowed=False,
        )
        if self._config.customer.accept and self._config.ocpp.url is None:
            charger.subscribe("authorization_request", self._accept)
        charger.subscribe("dc_ev_target_voltage_current", self._remember_target)

    def _accept(self, asked: AuthorizationRequest) -> None:
        def accept() -> None:
            if self.charger.verdicts.waits(asked.request_id):
                self.charger.authorization_verdict(
                    request_id=asked.request_id,
                    authorization_status=AuthorizationStatus.ACCEPTED,
                    certificate_status=CertificateStatus.ACCEPTED,
                )

        self._base.scheduler.after(self._config.customer.after, accept, name="customer")

    def _remember_target(self, target: DcEvTargetValues) -> None:
        self._target = target

    # Events

    def _ended(self, result: SessionResult) -> None:
        if self._backend is not None:
            self._backend.session_ended(result)
        self._count += 1
        wanted = self._config.session.count
        if wanted and self._count >= wanted:
            status = Status.OK if result.ending.good else Status.FAILED
            self._base.process.done(status, str(result))

    def _tell_live(self) -> None:
        gone = self._parts.network.gone()
        if gone:
            self._base.process.lost(f"network.interface: {gone}")
        present = self.charger.state.dc_present
        if self.outlet.session is not None and present is not None:
            self._log.info(
                "live",
                volts=present.evse_present_voltage,
                amps=present.evse_present_current,
                target_volts=self._target.dc_ev_target_voltage,
                target_amps=self._target.dc_ev_target_current,
            )
