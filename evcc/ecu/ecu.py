"""The vehicle ECU put together: bus, link, sessions, keys - and the order in which they stop."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from bsw.base import Base, Steps, settle
from bsw.chrgm import sap
from bsw.chrgm.endings import SessionResult
from bsw.chrgm.protocols import spoken_applications
from bsw.chrgm.record import SessionRecord
from bsw.cp.pilot import Pilot, PilotState
from bsw.mode.ecum import EcuM, Room, WakeUp
from bsw.net.channel import Channels
from bsw.os.clock import MS, Action
from bsw.os.process import Status, Stop
from bsw.os.scheduler import Task
from ecu.doors import VehicleDoors
from evcc.bus.canbus import VehicleCan
from evcc.config import EvccConfig
from evcc.ecu.gates import EcuGates
from evcc.ecu.ring import Ring
from evcc.ecu.services import EcuServices, ServicePorts
from evcc.ecu.startup import Parts
from evcc.giving import Giving
from evcc.north.side import North
from evcc.plug.basic import BasicCharging
from evcc.plug.charging import ChargingManager, PilotOnPort, RetryRules
from evcc.plug.wear import Wear
from evcc.session.context import VehicleContext
from evcc.session.discovery import search_rules, wireless_request
from evcc.session.profile import VehicleProfile, profile_of
from evcc.session.results import result_on_can
from evcc.session.session import VehicleSession, VehicleSessionPorts
from evcc.vehicle import Asked, StationView, VehicleValues

if TYPE_CHECKING:
    from evcc.session.ports import NewerWallet, Wallet

LIVE_EACH: Final = 500 * MS


class VehicleEcu:
    """Built on a base; ``start`` begins, ``stop`` calls back when everything has ended."""

    def __init__(self, base: Base, config: EvccConfig, parts: Parts, doors: VehicleDoors) -> None:
        self._base = base
        self._doors = doors
        self._config = config
        self._log = base.dlt.logger("evcc")
        self._count = 0
        self._live: Task
        self._parts = parts
        self.services = parts.services
        self._asked = Asked()
        ring = Ring(self)
        self.can = VehicleCan(
            parts.bus,
            ring,
            self.services.behaviour,
            asked=self._asked,
            inlets=len(parts.plug.inlets),
            activated=parts.plug.activate,
        )
        self.north = North(base.scheduler, self.can, config.api, self._asked, ring)
        self._wallets = self._make_wallets()
        self.manager = self._make_manager(ring)
        for number, lock in self.can.inlets.locks.items():
            self.services.budgets.adopt(f"lock {number}", lock.budget)
        parts.plug.pilot.listen(self.can.pilot_changed)
        self.can.pilot_changed(parts.plug.pilot.read())
        self.north.follow(parts.plug.pilot)
        base.trace.add_sink(self.north)
        self.rooms = EcuServices(self.services, self._neighbours())
        self.ecum = self._manage()
        self._listen_to_inlets()
        base.process.ends_by(self._ordered_stop, self._last_resort)

    @property
    def view(self) -> StationView:
        """What the station told in the latest session."""
        return self.manager.view

    @property
    def state(self) -> VehicleValues:
        """What holds now of bus, north side and own will together."""
        return self.north.blend.now

    # Life

    def start(self) -> Steps:
        """One room per step."""
        yield from self.ecum.steps()
        self._parts.key_faults.heard_by(self.rooms.supervision.key_fault)

    def stop(self, done: Action) -> None:
        self.ecum.stop(done)

    def _last_resort(self) -> None:
        """Without the loop: no current may flow by our word any more."""
        self._parts.plug.pilot.show(PilotState.B)

    def _ordered_stop(self, why: Stop) -> None:
        notify = self._doors.notify
        if notify is not None and why.status is Status.RESET:
            notify.feed()  # it does not end, it begins again
        elif notify is not None:
            notify.stopping()
        self.stop(self._base.process.finished)

    def _listen_to_inlets(self) -> None:
        """Where there are two, a plug in the one that is not active is noticed as well."""
        inlets = self._parts.plug.inlets
        for number, pilot in inlets.items() if len(inlets) > 1 else ():

            def moved(pilot: Pilot, inlet: int = number) -> None:
                self.can.inlet_pilot(inlet, pilot)
                self.rooms.modes.wake(WakeUp.PLUG)

            pilot.listen(moved)

    def _manage(self) -> EcuM:
        """All rooms in the order of starting; they stop the other way round."""
        return self.rooms.manage(
            Room("network", stop=self._stop_network),
            Room("bus", stop=self._stop_bus),
            Room("can", self.can.start),
            Room(
                "north side",
                lambda: self.north.start(self._doors),
                self._stop_north,
                sleep=self.north.sleep,
                wake=self.north.wake,
            ),
            watched=(
                Room(
                    "charging",
                    self._start_charging,
                    self._stop_charging,
                    sleep=self._stop_telling,
                    wake=self._start_telling,
                ),
            ),
            stop_within=self._config.os.stop_within,
        )

    def _neighbours(self) -> ServicePorts:
        return ServicePorts(
            bus=self._parts.bus,
            can=self.can,
            manager=self.manager,
            pilot=self._parts.plug.pilot.read,
            values=self.north.blend,
            on_reset=self._reset,
            keys=self._parts.tester_keys,
            notify=self._doors.notify,
            det=self._base.det,
            silent_bus=self._config.api.values == "north",
            plug_faults=lambda: self._parts.plug.faults,
        )

    def _reset(self, kind: int) -> None:
        """A tester wants a restart: stop in order, then the process begins again."""
        self._base.process.done(Status.RESET, f"reset {kind} by a tester")

    def _start_charging(self) -> None:
        self._start_telling()
        self._parts.plug.start(self.manager)

    def _stop_telling(self) -> None:
        self._live.stop()

    def _start_telling(self) -> None:
        self._live = self._base.scheduler.every(
            LIVE_EACH, self._tell_live, name="live", slack=LIVE_EACH // 10
        )

    def _stop_charging(self, done: Action) -> None:
        """First the session and its contactors, then the data link, which leaves its modem."""
        if self.manager.session is not None:
            self.manager.stop()

        def close_link() -> None:
            if self.manager.attached:
                self.manager.link.close()
            settle(self._base.scheduler, lambda: self._parts.plug.leaving, close_plug)

        def close_plug() -> None:
            self._parts.plug.close()
            done()

        def energised() -> bool:
            return self.manager.session is not None or self.state.contactors_closed is True

        most = self._config.os.stop_within * 4 // 5  # a large current takes seconds to come down
        settle(self._base.scheduler, energised, close_link, most)

    def _stop_north(self, done: Action) -> None:
        self.north.stop()
        done()

    def _stop_bus(self, done: Action) -> None:
        self._parts.bus.close()
        done()

    def _stop_network(self, done: Action) -> None:
        def close() -> None:
            self._parts.network.close()
            lost = self._parts.recording.close()
            if lost:
                self._log.warning("capture not whole", why=lost)
            done()

        settle(self._base.scheduler, lambda: self._parts.network.busy, close)

    # Parts

    def _make_wallets(self) -> "tuple[Wallet | None, NewerWallet | None]":
        """Of either edition, where there are keys and contracts are wanted."""
        keys = self._parts.keys
        wanted = self.services.settings.active.plug_and_charge
        if keys is None or not wanted:
            return None, None
        return keys.wallet(), keys.newer_wallet()

    def _make_manager(self, ring: Ring) -> ChargingManager:
        base, config = self._base, self._config.session
        actuators = self.north.actuators(self._parts.plug.actuators(self.can))
        wear = Wear(
            base.scheduler, self._config.wear, self.services.dem.failed, self.services.budgets.adopt
        )
        basic = BasicCharging(
            base.scheduler,
            self._parts.plug.pilot,
            self.north.blend,
            actuators,
            closing=wear.closing,
        )
        return ChargingManager(
            base.scheduler,
            self.north.blend,
            self._parts.plug.pilot,
            self._make_session,
            user=ring,
            basic=basic,
            gates=EcuGates(self.can, self.north.vehicle, self._config),
            rules=RetryRules(config.tries, config.pause),
            log=self._log,
            wear=wear,
        )

    def _make_session(self, ended: Callable[[SessionResult], None]) -> VehicleSession:
        base, config = self._base, self._config
        keys = self._parts.keys
        applications = spoken_applications(self.protocols)
        search = search_rules(
            applications,
            config.session.without_tls,
            tls=keys is not None,
            in_vain=self.manager.tls_in_vain,
        )
        means = VehicleSessionPorts(
            scheduler=base.scheduler,
            networks=[self._parts.recording.network(self._parts.network)],
            channels=Channels(base.scheduler, worker=base.worker, dlt=base.dlt),
            applications=applications,
            trace=base.trace,
            search=search,
            wireless=lambda mode: wireless_request(mode, search.ask, config.wireless),
            sdp_port=config.network.sdp_port,
            tls=None if keys is None else partial(keys.tls, self.protocols),
            sap_rules=sap.SapRules(lab_iso20_on_any_link=config.session.lab_iso20_without_tls),
        )
        return VehicleSession(means, self._make_context, ended)

    def _make_context(self, break_off: Callable[[SessionResult], None]) -> VehicleContext:
        base, config = self._base, self._config
        return VehicleContext(
            values=self.north.blend,
            asked=self._asked,
            actuators=self.north.actuators(self._parts.plug.actuators(self.can)),
            pilot=self.north.pilot(PilotOnPort(self._parts.plug.pilot)),
            scheduler=base.scheduler,
            record=SessionRecord(),
            profile=self.session_profile(),
            memory=self.services.memory,
            calendar=self._parts.calendar,
            log=base.dlt.logger("session"),
            evccid=config.session.evccid,
            certificate_name="" if self._parts.keys is None else self._parts.keys.evccid(),
            break_off=break_off,
            wallet=self._wallets[0],
            newer_wallet=self._wallets[1],
            wear=self.manager.wear,
        )

    def session_profile(self) -> VehicleProfile:
        """How the next session is led."""
        chosen = self._config.session
        if chosen.profile == "lab":
            self._log.warning("lab profile", remedy="session.profile: field, for any real station")
        profile = profile_of(
            chosen.profile,
            chosen.loop_pause,
            prefers_dynamic=chosen.control == "dynamic",
            prefers_needs_of_station=chosen.needs_of_station,
            parking=chosen.parking,
            meets_after_selection=chosen.meets_device == "selected",
        )
        told = self._config.giving
        giving = Giving(told.to, told.wear, told.efficiency)
        return self.services.profile(replace(profile, giving=giving))

    @property
    def protocols(self) -> tuple[str, ...]:
        """Best first: as the north side asked, else a tester, else the configuration."""
        return self.north.protocols(self.services.protocols(self._config.session.protocols))

    # Events

    def session_ended(self, result: SessionResult) -> None:
        self.can.session_ended(result_on_can(result))
        self.north.session_ended(result)
        fault = self.rooms.supervision.stopped_for
        self.rooms.supervision.session_ended(result)
        self._count += 1
        wanted = self._config.session.count
        if wanted and self._count >= wanted:
            good = result.ending.good and not fault
            detail = f"{result}, ordered by {fault}" if fault else str(result)
            self._base.process.done(Status.OK if good else Status.FAILED, detail)

    def _tell_live(self) -> None:
        gone = self._parts.network.gone()
        if gone:
            self._base.process.lost(f"network.interface: {gone}")
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
