"""The vehicle ECU's own services, made from the configuration and joined to the rest.

In two steps, as the ECU starts: ``KeptServices`` opens the memory and with it what a tester
configured; ``attach`` joins diagnostics, supervision and watchdog to bus, session and pilot.  What
they do is their own; this module only introduces them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from bsw.chrgm.pause import PauseAge
from bsw.cp.pilot import Pilot
from bsw.dcm.codes import Session
from bsw.dcm.context import Context
from bsw.dcm.server import Server
from bsw.dem.events import Severity
from bsw.dem.memory import Dem, Snapshot
from bsw.det import Det, Report
from bsw.dlt import Dlt, Logger
from bsw.mode.ecum import EcuM, Room
from bsw.mode.wdgm import CYCLE, Alive, Entity, WdgM
from bsw.nvm.budgets import KeptBudgets
from bsw.nvm.service import BlockStore, Nvm
from bsw.os.clock import MS, Action, S
from bsw.os.notify import Notify
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Worker
from bsw.program.installation import installed
from bsw.stbm import TimeBase
from bsw.troubles import Trouble, Troubles
from can_adapter.tester.server import IsoTpServer
from can_adapter.vehicle.bus import VehicleBus
from csm.cryif import CryIf
from csm.driver import Mac
from csm.errors import CsmError
from csm.handles import KeyHandle
from evcc.bus.canbus import Behaviour, VehicleCan
from evcc.health.config import ServicesConfig
from evcc.health.diagnostics import (
    Forget,
    Hooks,
    Identification,
    KeysTried,
    LastingAnswers,
    MacKeyCheck,
    live_identifiers,
    routines,
)
from evcc.health.events import events
from evcc.health.live import FRAME, Live
from evcc.health.selftest import ContactorTest
from evcc.health.settings import Settings, SettingStore
from evcc.health.supervision import Limits, Supervision
from evcc.health.watches import Bounds
from evcc.inlet.derating import curve
from evcc.inlet.lock import LockTiming
from evcc.plug.charging import ChargingManager
from evcc.session.memory import KeptMemory
from evcc.session.profile import VehicleProfile
from evcc.sleep.modes import BusInputs, Modes, SleepRules
from evcc.vehicle import StationView, Values

SETTLE: Final = 20 * MS
SENSOR_FAULT: Final = {"derate": Severity.DEGRADE, "stop": Severity.STOP}


@dataclass(frozen=True, slots=True)
class ServiceContext:
    """What the services stand on."""

    scheduler: Scheduler
    worker: Worker
    dlt: Dlt
    chance: Randomness
    calendar: TimeBase
    troubles: Troubles
    paused_for: int  # at most


def key_mac(keys: CryIf | None, handle: str, log: Logger) -> Callable[[bytes], bytes] | None:
    """AES-CMAC by the diagnostic key, where one is configured."""
    if keys is None or not handle:
        return None
    key = KeyHandle.parse(handle)

    def mac(data: bytes) -> bytes:
        try:
            return keys.mac(key, Mac.CMAC_AES, data)
        except CsmError as error:
            log.warning("diagnostic_key", handle=handle, error=str(error))
            raise

    return mac


class KeptServices:
    """First step: memory, settings, trouble codes.  Blocks for the file, as start-up may."""

    def __init__(
        self,
        config: ServicesConfig,
        ground: ServiceContext,
        store: BlockStore,
        default: Settings | None = None,
    ) -> None:
        self.config = config
        self.ground = ground
        self.live: Live | None = None
        self.nvm = Nvm(
            store,
            ground.scheduler,
            ground.worker,
            ground.dlt.logger("nvm"),
            troubles=ground.troubles,
        )
        self.nvm.open()
        self.settings = SettingStore(self.nvm, default)
        known = ground.calendar.unix_if_known
        clock = ground.scheduler.clock.now
        self.memory = KeptMemory(self.nvm, PauseAge(clock, known, ground.paused_for))
        self.budgets = KeptBudgets(self.nvm, clock, known)
        self.keys_tried = KeysTried(self.nvm)
        self.dem = Dem(
            events(config.diagnostics.aging, SENSOR_FAULT[config.supervision.sensor_fault]),
            ground.scheduler,
            ground.dlt.logger("dem"),
            nvm=self.nvm,
            circumstances=self._circumstances,
            now_unix=ground.calendar.unix,
        )
        self.dem.begin_cycle()
        ground.troubles.listen(self._host_trouble)

    @property
    def behaviour(self) -> Behaviour:
        """What a tester configured for the plug side."""
        now = self.settings.active
        return Behaviour(
            plug_settle=now.plug_settle * MS,
            lock=LockTiming(now.lock_move * MS, now.lock_pause * MS, now.relock_after * MS),
            dc_curve=curve(now.dc_derate_from, now.dc_stop_at),
            ac_curve=curve(now.ac_derate_from, now.ac_stop_at),
            sensors=now.temperature_sensors,
            contracts=now.plug_and_charge,
        )

    def profile(self, configured: VehicleProfile) -> VehicleProfile:
        """Without schedules the station is asked for one entry only."""
        if self.settings.active.schedules:
            return configured
        return replace(configured, schedule_entries=1)

    def protocols(self, configured: tuple[str, ...]) -> tuple[str, ...]:
        """The order a tester chose, as far as the configuration offers it; else its own."""
        chosen = tuple(name for name in self.settings.active.protocols if name in configured)
        return chosen or configured

    def _circumstances(self) -> Snapshot:
        return self.live() if self.live is not None else {}

    def _host_trouble(self, trouble: Trouble, why: str | None) -> None:
        self.dem.report(trouble.value, failed=why is not None, detail=why or "")


@dataclass(frozen=True, slots=True)
class ServicePorts:
    """What the services watch over and speak for."""

    bus: VehicleBus
    can: VehicleCan
    manager: ChargingManager
    pilot: Callable[[], Pilot]
    values: Values
    on_reset: Callable[[int], None] = lambda _kind: None
    keys: CryIf | None = None
    notify: Notify | None = None
    det: Det | None = None
    silent_bus: bool = False  # nobody is expected on it
    plug_faults: Callable[[], tuple[str, ...]] = tuple  # what the plug's driver has found


class EcuServices:
    """Second step: everything joined.  ``start``, then ``stop`` with what to do after."""

    def __init__(self, services: KeptServices, near: ServicePorts) -> None:
        self.services = services
        self._near = near
        config, ground = services.config, services.ground
        now = services.settings.active
        services.live = Live(near.values, near.pilot, self._view)
        self.modes = self._make_modes()
        self.watchdog = WdgM(
            ground.scheduler,
            ground.dlt.logger("wdgm"),
            expired=self._watchdog_expired,
            feed=near.notify.feed if near.notify is not None else _nothing,
            feed_each=_feeding(near.notify),
        )
        self._life: Entity = self.watchdog.supervise(
            "supervision", Alive(window=config.watchdog.window)
        )
        self.supervision = Supervision(
            ground.scheduler,
            services.dem,
            near.bus,
            near.can,
            near.manager,
            near.pilot,
            log=ground.dlt.logger("supervision"),
            bounds=Bounds(
                window=config.supervision.voltage_window,
                isolation=config.supervision.isolation,
                dc_stop_at=now.dc_stop_at,
                ac_stop_at=now.ac_stop_at,
                sensors=now.temperature_sensors,
            ),
            limits=Limits(ordered=config.supervision.ordered_stop, silent=near.silent_bus),
            alive=self._life.alive,
            faults=self.modes.faults,
            plug_faults=near.plug_faults,
        )
        if near.det is not None:
            near.det.listen(self._broken_promise, first=True)
        self.server = self._make_server()
        self.transport: IsoTpServer | None = None

    def rooms(self) -> tuple[Room, ...]:
        """For the ECU state manager, in the order of starting."""
        watch, nvm = self.supervision, self.services.nvm
        return (
            Room("nvm", stop=self._write_all, sleep=nvm.flush, wake=self.services.dem.begin_cycle),
            self.modes.room(),
            Room("supervision", watch.start, _then(watch.stop), watch.stop, watch.start),
            Room("diagnostics", self._open_door, _then(self._close_door)),
            Room("watchdog", self._watch, _then(self.watchdog.stop), self._doze, self._rouse),
        )

    def manage(
        self, *others: Room, watched: tuple[Room, ...] = (), stop_within: int = 5 * S
    ) -> EcuM:
        """All rooms, and ``others`` between the memory and those that watch.

        What is ``watched`` starts after these and stops before them: a session that comes down
        in order is supervised to its end.
        """
        memory, *watching = self.rooms()
        ground = self.services.ground
        log = ground.dlt.logger("ecum")
        rooms = (memory, *others, *watching, *watched)
        ecum = EcuM(rooms, ground.scheduler, log, self.modes.ecu_is, stop_within=stop_within)
        self.modes.join(ecum)
        return ecum

    @property
    def charging(self) -> bool:
        """Or about to: somebody answers at the other end of the cable."""
        return self._near.manager.active and not self._near.manager.preparing

    def _view(self) -> StationView:
        """Of the session that runs, or of the one that has just ended."""
        return self._near.manager.view

    def _broken_promise(self, report: Report) -> None:
        self.supervision.internal_fault(f"{report.where}: {report.what}")

    def _watchdog_expired(self, entity: str, why: str) -> None:
        self.supervision.watchdog_expired(entity, why)

    def _make_server(self) -> Server:
        services, near = self.services, self._near
        config, ground = services.config.diagnostics, services.ground
        identity = Identification(installed() or "0", config.part_number, config.serial)
        assert services.live is not None, "made by the constructor"
        dids = [
            *identity.identifiers(),
            *live_identifiers(services.live),
            *services.settings.identifiers(),
        ]
        is_charging = lambda: self.charging  # noqa: E731 - a name for a port
        test = ContactorTest(ground.scheduler, near.can, self._occupied, self._self_tested)
        forget = Forget((services.memory.forget,), is_charging)
        context = Context(
            ground.scheduler,
            services.dem,
            Hooks(is_charging, near.on_reset, self._silence),
            ground.chance,
            MacKeyCheck(key_mac(near.keys, config.key, ground.dlt.logger("dcm"))),
            {did.number: did for did in dids},
            {routine.number: routine for routine in routines(test, forget)},
            FRAME,
            config.access.rules,
            services.keys_tried,
        )
        return Server(context, ground.dlt.logger("dcm"), self._tester_asked)

    def _make_modes(self) -> Modes:
        config, near, ground = self.services.config, self._near, self.services.ground
        ears = BusInputs(
            near.bus,
            near.can,
            config.diagnostics.can,
            lambda: near.values.now.departure,
            near.notify.status if near.notify is not None else _mute,
        )
        habits = SleepRules(config.sleep, config.modes, config.supervision.degraded_share)
        return Modes(ground.scheduler, ground.dlt, ears, habits)

    def _tester_asked(self) -> None:
        self.modes.tester(in_session=self.server.context.session is not Session.DEFAULT)

    def _doze(self) -> None:
        """Asleep nobody looks, so nobody owes a sign of life; the process itself still does."""
        self._life.active = False

    def _rouse(self) -> None:
        self._life.active = True

    def _occupied(self) -> bool:
        return self.charging or self._near.can.plug.connected

    def _self_tested(self, fault: str) -> None:
        self.services.dem.report("CONTACTOR_SELF_TEST", failed=bool(fault), detail=fault)

    def _silence(self, send: bool, _receive: bool) -> None:  # noqa: FBT001 - a port
        self.modes.silence(silent=send)

    def _open_door(self) -> None:
        services = self.services
        if services.config.diagnostics.enabled:
            answers = LastingAnswers(
                self.server,
                services.ground.scheduler,
                services.nvm,
                lambda: services.nvm.faults,
            )
            self.transport = IsoTpServer(
                services.ground.scheduler,
                self._near.bus.canif,
                services.config.diagnostics.can,
                answers,
            )

    def _close_door(self) -> None:
        if self.transport is not None:
            self.transport.close()
            self.transport = None

    def _watch(self) -> None:
        notify, ground = self._near.notify, self.services.ground
        if self.services.config.watchdog.enabled:
            self.watchdog.start()
        elif notify is not None and notify.watchdog is not None:
            ground.scheduler.every(notify.watchdog // 2, notify.feed, name="service manager")

    def _write_all(self, done: Action) -> None:
        """Nothing that was said to be kept may be lost by stopping."""
        services = self.services
        services.nvm.flush()

        def look() -> None:
            if not services.nvm.busy:
                looking.stop()
                done()

        looking = services.ground.scheduler.every(SETTLE, look, name="nvm settles", offset=0)


def _feeding(notify: Notify | None) -> int:
    """Twice within the time that the service manager allows, as it recommends."""
    allowed = notify.watchdog if notify is not None else None
    return CYCLE if allowed is None else max(CYCLE, allowed // 2)


def _mute(_text: str) -> None:
    """No service manager wants to know what we do."""


def _nothing() -> None:
    """No service manager wants signs of life."""


def _then(action: Action) -> Callable[[Action], None]:
    def stop(done: Action) -> None:
        action()
        done()

    return stop
