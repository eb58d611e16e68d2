"""The back end of a running station ECU, from its configuration: opened, started and stopped."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

from bsw.base import Base, CannotStart
from bsw.chrgm.endings import SessionResult
from bsw.cp.pilot import Pilot
from bsw.os.clock import MS, S
from bsw.os.worker import Outcome, WorkerFull
from bsw.tls.uplink import UplinkUnusable
from ecu.transfers.terms import Trust
from ecu.uplink import UplinkDoor
from keym.judging.status import CertId
from ocpp.client import Client
from ocpp.connection import Gone, Means
from ocpp.happenings import Happening
from ocpp.station.contracts.shown import Named
from ocpp.station.ports import Ports
from ocpp.station.provisioning.files import ComponentsUnusable
from ocpp.station.records import Stop
from ocpp.station.runtime import Runtime
from ocpp.station.security.hashes import Hashes
from ocpp.station.station import Station
from ocpp.station.store import Interrupted, Store
from ocpp.versions import Version
from secc.contract.standing import Told
from secc.ocpp.config import OcppConfig
from secc.ocpp.credentials.credentials import Credentials
from secc.ocpp.meter import Register
from secc.ocpp.opening import (
    REGISTER,
    catalogues,
    client_rules,
    connection_rules,
    counted,
    opened,
    signer,
    station_rules,
)
from secc.ocpp.outlet import BackendOutlet
from secc.ocpp.outside import StationOutside
from secc.ocpp.sides import ChargerSide, KeySide

GOING_AWAY: Final = 1001
LOOK_EACH: Final = 10 * MS
RESTART_AFTER: Final = 1000 * MS
STANDING_WITHIN: Final = 20 * S


class Backend:
    """Opened when the ECU starts.  ``session_ended`` and ``stop`` are the ECU's to call."""

    def __init__(
        self,
        base: Base,
        door: UplinkDoor,
        config: OcppConfig,
        *,
        side: ChargerSide,
        own: KeySide,
    ) -> None:
        """Raises ``CannotStart``."""
        self._base = base
        self._door = door
        self._config = config
        self._own = own
        self._measured = side.measured
        self._log = base.dlt.logger("ocpp")
        self.why_away = ""
        self.connections = 0
        self._store = Store(config.store.file, limit=config.store.size)
        interrupted = opened(self._store, base.scheduler.now)
        if self._store.set_aside is not None:
            self._log.error("store was damaged", kept=str(self._store.set_aside))
        register = Register(
            base.scheduler,
            side.charger.state,
            signer(config, own.calendar),
            counted=counted(self._store, interrupted),
            remember=self._remember,
        )
        self._outlet = BackendOutlet(
            side, register, config, self._log, scheduler=base.scheduler, restart=self._restarts
        )
        self.credentials = Credentials(base, config, own, self._log)
        if own.vehicles is not None:
            own.vehicles.asked_through(self._ask_standing)
        self._client = self._make_client()
        self._station = self._make_station()
        self._station.begin(interrupted)

    def start(self, listen: Callable[[Callable[[Pilot], None]], None]) -> None:
        """``listen`` is the pilot's, where there is one."""
        self._outlet.tie(self._station, listen)
        self._client.open()

    def session_ended(self, result: SessionResult) -> None:
        self._outlet.session_ended(result, measured=self._measured)

    @property
    def station(self) -> Station:
        """The one of now; after a restart there is another."""
        return self._station

    @property
    def version(self) -> Version | None:
        """What is spoken now; ``None`` while the back end is away."""
        return self._client.version

    @property
    def url(self) -> str:
        """Of the slot in use."""
        return self._client.rules.url

    @property
    def busy(self) -> bool:
        """It still tells, or takes leave."""
        return self._door.busy() or not self._station.told_everything

    def end_charges(self) -> None:
        """The station stops: transactions end when what flows has come to rest."""
        self._station.end_all(Stop.REBOOT)

    def leave(self) -> None:
        """Tell what there is to tell and say goodbye; the rest is told after the next start."""
        self._station.settle()

        def look() -> None:
            if self._station.told_everything or not self._client.is_open:
                looking.stop()
                self._client.close(GOING_AWAY, "the station stops")

        looking = self._base.scheduler.every(LOOK_EACH, look, name="ocpp.leave", offset=0)

    def _remember(self, counted: float) -> None:
        """What is counted without a meter, behind whatever else the store has to do."""

        def done(outcome: Outcome[None]) -> None:
            if outcome.error is not None:
                self._log.error("register not written", why=str(outcome.error))

        keep = partial(self._store.keep, {REGISTER: f"{counted:.3f}".encode()})
        with suppress(WorkerFull):  # another time
            self._door.worker.submit("ocpp.register", keep, done)

    def _ask_standing(self, about: CertId, responder: str, done: Told) -> None:
        """Of our own chain: the back end asks the responder [M06]."""
        hashes = Hashes(about.name_hash.hex(), about.key_hash.hex(), f"{about.serial:x}")
        self._station.relay.standing(Named(hashes, responder), STANDING_WITHIN, done)

    def _restarts(self) -> bool:
        """The back end wants the station started anew: the part that speaks to it is.

        What runs at the outlet has ended by then; the program itself goes on.
        """
        self._base.scheduler.after(RESTART_AFTER, self._restart, name="ocpp.restart")
        return True

    def _restart(self) -> None:
        """Behind whatever the store's worker still has to do: only it may touch an open store."""
        self._station.close()
        self._door.worker.submit("ocpp.reopen", self._reopen, self._reopened)

    def _reopen(self) -> list[Interrupted]:
        self._store.close()
        return self._store.open(self._base.scheduler.now)

    def _reopened(self, outcome: Outcome[list[Interrupted]]) -> None:
        if outcome.error is not None:
            self._log.error("store not opened", why=str(outcome.error))
            self._base.scheduler.after(RESTART_AFTER, self._restart, name="ocpp.restart")
            return
        self._station = self._make_station()
        self._station.begin(outcome.result())
        self._outlet.take(self._station)
        self._client.renew("the station starts anew")

    def close(self) -> None:
        self._door.close()
        self._store.close()

    def opened(self, version: Version) -> None:
        """From the client."""
        self.connections += 1
        self._log.info("connected", version=version.value)
        self._station.opened(version)

    def happened(self, happening: Happening) -> None:
        """From the client."""
        self._station.happened(happening)

    def lost(self, reason: Gone) -> None:
        """From the client."""
        self.why_away = str(reason)
        self._log.warning("back end away", why=self.why_away)
        self._station.lost(reason)

    def _make_client(self) -> Client:
        base, config = self._base, self._config
        known = catalogues(config)
        means = Means(
            base.scheduler,
            self._own.chance,
            known,
            self._log,
            worker=base.worker,
            rules=connection_rules(config),
        )
        return Client(
            means,
            self._door.network,
            self._door.resolve,
            client_rules(config, tuple(known)),
            self,
            tls=self.credentials.engine,
        )

    def _make_station(self) -> Station:
        config, vehicles = self._config, self._own.vehicles
        if config.url is not None and config.url.startswith("wss"):
            try:
                self.credentials.engine("localhost")  # better found now than with every try
            except UplinkUnusable as error:
                raise CannotStart(f"ocpp.tls: {error}") from None
        try:
            station = Station(self._runtime(), self._ports(), station_rules(config))
        except ComponentsUnusable as error:
            raise CannotStart(f"ocpp: {error}") from None
        station.relay.when_online(self._outlet.online)
        if vehicles is not None:
            station.relay.when_online(vehicles.look)
        return station

    def _runtime(self) -> Runtime:
        scheduler, worker = self._base.scheduler, self._door.worker
        unix = self._own.calendar.unix_if_known
        return Runtime(scheduler, worker, self._store, self._own.chance, self._log, unix)

    def _ports(self) -> Ports:
        config, credentials = self._config, self.credentials
        outside = StationOutside(
            self._door.files,
            trust=Trust(config.tls.roots, config.known_hosts),
            firmware_roots=credentials.firmware_roots,
            slots=config.firmware.slots,
            now=self._own.calendar.unix,
        )
        return Ports(self._client, self._outlet, outside, credentials.all_keys, credentials.vault)
