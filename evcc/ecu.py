"""The vehicle ECU put together: bus, link, sessions, keys - and the order in which they stop."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from bsw.base import Base, CannotStart
from bsw.chrgm import sap
from bsw.chrgm.endings import SessionResult
from bsw.chrgm.record import SessionRecord
from bsw.cp.pilot import Drive, Pilot, PilotState, VehiclePilot
from bsw.ecum import EcuM, Room
from bsw.net.channel import Channels
from bsw.net.hostnet import InterfaceUnusable
from bsw.net.ports import Endpoint
from bsw.net.tcpip import HostNetwork
from bsw.nvm.store import StoreUnusable
from bsw.os.clock import MS, Action
from bsw.os.notify import Notify
from bsw.os.process import Status
from bsw.plug.client import PlugClient
from bsw.sdp.messages import Security
from bsw.sdp.search import SearchRules
from bsw.slac.events import Linked
from bsw.slac.node import Host
from bsw.slac.vehicle_link import VehicleLink
from bsw.stbm import TimeBase
from can_adapter.bus import BusUnavailable
from can_adapter.configured import CanConfigError
from can_adapter.drivers.choose import open_port
from can_adapter.vehicle import VehicleBus, open_vehicle_bus
from csm.errors import CsmFault
from csm.randomness import HostRandomness
from evcc.basic import BasicCharging
from evcc.canbus import VehicleCan
from evcc.car import Car
from evcc.charging import ChargingManager, PilotOnPort, RetryRules
from evcc.config import EvccConfig
from evcc.profile import PROFILES
from evcc.results import result_on_can
from evcc.rooms import Ground, Neighbours, Rooms, Services
from evcc.services_config import ServicesConfig
from evcc.session import Means, VehicleSession
from evcc.vehicle import StationView, VehicleState
from keym.faults import KeymFault

if TYPE_CHECKING:
    from csm.cryif import CryIf
    from evcc.keys import VehicleKeys
    from evcc.ports import Wallet

LIVE_EACH: Final = 500 * MS


class AssumedPilot:
    """A pilot on benches without one: plugged in, 5 %, and whatever we show."""

    def __init__(self) -> None:
        self._state = PilotState.B

    def read(self) -> Pilot:
        return Pilot(self._state, 5.0)

    def show(self, state: PilotState) -> None:
        self._state = state

    def drive(self, drive: Drive) -> None:
        """Nobody measures it."""

    def listen(self, changed: object) -> None:
        """It never changes on its own."""


class AssumedLink:
    """A data link on benches without a modem: there from the start."""

    def __init__(self, manager: ChargingManager) -> None:
        self._manager = manager

    def start(self) -> None:
        self._manager.linked(Linked(bytes(6), bytes(7), bytes(8), 0.0))

    def terminate(self) -> None:
        """It stays."""

    error = pause = wake = close = terminate


class VehicleEcu:
    """Built on a base; ``start`` begins, ``stop`` calls back when everything has ended."""

    def __init__(self, base: Base, config: EvccConfig, notify: Notify | None = None) -> None:
        self._base = base
        self._notify = notify
        self._config = config
        self._log = base.dlt.logger("evcc")
        self._count = 0
        self.state = VehicleState()
        self.view = StationView()
        self._calendar = self._time_base()
        self._services = self._open_services()
        self._network = self._open_network()
        self._can_bus = self._open_can()
        self.can = VehicleCan(self._can_bus, self.state, self._services.behaviour)
        self._keys = self._open_keys()
        self._wallet = self._make_wallet()
        self._plug: PlugClient | None = None
        self._pilot: VehiclePilot = AssumedPilot()
        if config.hardware.driver == "plug":
            self._plug = PlugClient("vehicle", base.dlt.logger("plug"))
            self._pilot = self._plug.pilot
        self.manager = self._make_manager()
        self.can.wake = self.manager.wake_up
        self._pilot.listen(self.can.pilot_changed)
        self._leaving: Callable[[], bool] = lambda: False
        self._rooms = Rooms(self._services, self._neighbours())
        self._state_manager = self._manage()

    # Life

    def start(self) -> None:
        self._state_manager.start()

    def stop(self, done: Action) -> None:
        self._state_manager.stop(done)

    def _manage(self) -> EcuM:
        """All rooms in the order of starting; they stop the other way round."""
        memory, *watching = self._rooms.rooms()
        rooms = (
            memory,
            Room("network", stop=self._stop_network),
            Room("can", self.can.start, self._stop_can),
            Room("charging", self._start_charging, self._stop_charging),
            *watching,
        )
        within = self._config.os.stop_within
        return EcuM(rooms, self._base.scheduler, self._log, stop_within=within)

    def _neighbours(self) -> Neighbours:
        return Neighbours(
            bus=self._can_bus,
            can=self.can,
            manager=self.manager,
            pilot=self._pilot.read,
            state=self.state,
            on_reset=self._reset,
            keys=self._diagnostic_keys(),
            notify=self._notify,
            det=self._base.det,
        )

    def _reset(self, kind: int) -> None:
        """A tester wants a restart: stop in order, then the process begins again."""
        self._base.process.done(Status.RESET, f"reset {kind} by a tester")

    def _start_charging(self) -> None:
        self._base.scheduler.every(LIVE_EACH, self._tell_live, name="live")
        if self._plug is None:
            self.manager.attach(AssumedLink(self.manager))
            self.manager.link.start()
            return
        to = Endpoint("::1", self._config.hardware.plug_port)
        loopback = HostNetwork(self._base.scheduler, self._base.clock, "lo")
        self._plug.connect(loopback, to, ready=self._plugged, lost=self._plug_lost)

    def _stop_charging(self, done: Action) -> None:
        """First the session and its contactors, then the data link, which leaves its modem."""
        if self.manager.session is not None:
            self.manager.stop()

        def close_link() -> None:
            if self.manager.attached:
                self.manager.link.close()
            self._base.settle(self._leaving, close_plug)

        def close_plug() -> None:
            if self._plug is not None:
                self._plug.close()
            done()

        def energised() -> bool:
            return self.manager.session is not None or self.state.contactors_closed is True

        self._base.settle(energised, close_link)

    def _stop_can(self, done: Action) -> None:
        self._can_bus.close()
        done()

    def _stop_network(self, done: Action) -> None:
        def close() -> None:
            self._network.close()
            done()

        self._base.settle(lambda: self._network.busy, close)

    # Parts

    def _open_services(self) -> Services:
        base, config = self._base, self._config
        ground = Ground(
            base.scheduler, base.worker, base.dlt, HostRandomness(), self._calendar.unix
        )
        chosen = ServicesConfig(
            nvm=config.nvm,
            diagnostics=config.diagnostics,
            watchdog=config.watchdog,
            supervision=config.supervision,
        )
        try:
            return Services(chosen, ground)
        except StoreUnusable as error:
            raise CannotStart(f"nvm.file: {error}") from None

    def _open_network(self) -> HostNetwork:
        base, config = self._base, self._config.network
        try:
            return HostNetwork(base.scheduler, base.clock, config.interface, dlt=base.dlt)
        except InterfaceUnusable as error:
            raise CannotStart(f"network.interface: {error}") from None

    def _open_can(self) -> VehicleBus:
        base, config = self._base, self._config.can
        try:
            port = open_port(base.scheduler, config.bus, "EVCC", clock=base.clock)
            return open_vehicle_bus(base.scheduler, port, config)
        except (BusUnavailable, CanConfigError) as error:
            raise CannotStart(f"can: {error}") from None

    def _time_base(self) -> TimeBase:
        base = TimeBase(lambda: self._base.scheduler.now)
        base.set_from_host()
        return base

    def _open_keys(self) -> "VehicleKeys | None":
        """Only a vehicle that asks for TLS needs keys and certificates."""
        if self._config.session.security == "none":
            return None
        from evcc.keys import VehicleKeys  # noqa: PLC0415 - brings all cryptography with it

        return VehicleKeys(self._base, self._config, self._calendar, self._key_fault)

    def _diagnostic_keys(self) -> "CryIf | None":
        """Where the tester's key lies.  Without TLS nothing else needs the key stores."""
        if self._keys is not None:
            return self._keys.drivers
        if not self._config.diagnostics.key:
            return None
        from csm.wiring import open_keys  # noqa: PLC0415 - brings all cryptography with it

        return open_keys(self._config.csm)

    def _key_fault(self, fault: CsmFault | KeymFault, *, failed: bool, detail: str) -> None:
        """What went wrong while the stores opened is told once there is somebody to hear it."""

        def tell() -> None:
            self._rooms.supervision.key_fault(fault, failed=failed, detail=detail)

        self._base.scheduler.after(0, tell, name="key fault")

    def _make_wallet(self) -> "Wallet | None":
        wanted = self._services.settings.active.plug_and_charge
        return self._keys.wallet() if self._keys is not None and wanted else None

    def _make_manager(self) -> ChargingManager:
        base, config = self._base, self._config.session
        basic = BasicCharging(base.scheduler, self._pilot, self.state, self.can)
        self.can.changed = basic.refresh
        manager = ChargingManager(
            base.scheduler,
            self.state,
            self._pilot,
            self._make_session,
            basic=basic,
            rules=RetryRules(config.tries, config.pause),
            log=self._log,
        )
        manager.on_result = self._ended
        return manager

    def _make_session(self, ended: object) -> VehicleSession:
        base, config = self._base, self._config
        keys = self._keys
        means = Means(
            scheduler=base.scheduler,
            networks=[self._network],
            channels=Channels(base.scheduler, worker=base.worker, dlt=base.dlt),
            applications=sap.applications(self._services.protocols(config.session.protocols)),
            trace=base.trace,
            search=SearchRules(ask=Security.NONE if keys is None else Security.TLS),
            sdp_port=config.network.sdp_port,
            tls=None if keys is None else keys.tls,
        )
        self.view = StationView()
        car = Car(
            state=self.state,
            view=self.view,
            actuators=self.can,
            pilot=PilotOnPort(self._pilot),
            scheduler=base.scheduler,
            record=SessionRecord(),
            profile=self._services.profile(PROFILES[config.session.profile]),
            memory=self._services.memory,
            calendar=self._calendar,
            log=base.dlt.logger("session"),
            evccid=config.session.evccid,
            wallet=self._wallet,
        )
        return VehicleSession(means, car, ended)  # type: ignore[arg-type]  # the manager's own

    # Events

    def _plugged(self) -> None:
        assert self._plug is not None
        host = Host(
            self._base.scheduler,
            self._plug.ethernet,
            HostRandomness(),
            self._base.dlt.logger("slac"),
        )
        link = VehicleLink(host, self._pilot, self._config.link, self.manager)
        self._leaving = lambda: link.node.leaving
        self.manager.attach(link)
        self.manager.link.start()

    def _plug_lost(self, why: str) -> None:
        self._base.process.done(Status.FAILED, why)

    def _ended(self, result: SessionResult) -> None:
        self.can.session_ended(result_on_can(result))
        fault = self._rooms.supervision.stopped_for
        self._rooms.supervision.session_ended(result)
        self._count += 1
        wanted = self._config.session.count
        if wanted and self._count >= wanted:
            good = result.ending.good and not fault
            detail = f"{result}, ordered by {fault}" if fault else str(result)
            self._base.process.done(Status.OK if good else Status.FAILED, detail)

    def _tell_live(self) -> None:
        view, state = self.view, self.state
        if view.phase:
            self._log.info(
                "live",
                phase=view.phase,
                soc=state.soc,
                volts=state.battery_voltage,
                amps=state.battery_current,
                offered=view.max_current,
            )
