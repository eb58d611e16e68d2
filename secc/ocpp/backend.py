"""The back end of a running station ECU, from its configuration: opened, started and stopped."""

from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bsw.base import Base, CannotStart
from bsw.chrgm.endings import SessionResult
from bsw.cp.pilot import Pilot
from bsw.os.clock import MS, S
from bsw.os.randomness import Randomness
from bsw.os.worker import Outcome
from bsw.stbm import TimeBase
from bsw.tls.uplink import UplinkTls, UplinkUnusable, uplink_client
from csm.errors import Misconfigured
from csm.jobs import Csm
from csm.unlock import fetch
from ecu.transfers.terms import Trust
from ecu.uplink import UplinkDoor
from keym.judging.status import CertId
from ocpp.backoff import BackOffRules
from ocpp.catalogue import Catalogue
from ocpp.client import Client, ClientRules
from ocpp.connection import DEFAULT_CONNECTION, Gone, Means
from ocpp.folder import SchemaUnusable
from ocpp.happenings import Happening
from ocpp.router import DEFAULT_RULES
from ocpp.station.contracts.shown import Named
from ocpp.station.ledger import LedgerRules
from ocpp.station.outlets.outlet import Point, TxRules
from ocpp.station.ports import Ports
from ocpp.station.provisioning.files import ComponentsUnusable
from ocpp.station.rules import StationRules
from ocpp.station.runtime import Runtime
from ocpp.station.security.hashes import Hashes
from ocpp.station.station import Station
from ocpp.station.store import Interrupted, Store, StoreUnusable
from ocpp.station.translation import Identity
from ocpp.versions import Version
from secc.api.charger import Charger
from secc.contract.standing import Told
from secc.ocpp.config import OcppConfig
from secc.ocpp.keys import StationKeys
from secc.ocpp.leaves import AllKeys
from secc.ocpp.meter import Register
from secc.ocpp.ocmf import OcmfSigner, SigningUnusable
from secc.ocpp.outlet import EVSE, BackendOutlet
from secc.ocpp.outside import StationOutside
from secc.ocpp.vault import Given, StationVault
from secc.session.schedules import Schedules

if TYPE_CHECKING:
    from secc.contract.keys import StationKeys as VehicleKeys

FILES: Final = "HTTP,HTTPS,FTP,FTPS"
GOING_AWAY: Final = 1001
LOOK_EACH: Final = 10 * MS
RESTART_AFTER: Final = 1000 * MS
STANDING_WITHIN: Final = 20 * S


class Backend:
    """Opened when the ECU starts.  ``session_ended`` and ``stop`` are the ECU's to call."""

    def __init__(
        self,
        base: Base,
        side: UplinkDoor,
        config: OcppConfig,
        *,
        charger: Charger,
        running: Callable[[], bool],
        schedules: Schedules,
        chance: Randomness,
        calendar: TimeBase,
        vehicles: "VehicleKeys | None",
        csm: Callable[[], Csm],
        measured: bool,
    ) -> None:
        """``running``: a vehicle's session is under way; ``measured``: a pilot tells of the plug;
        ``vehicles`` are keys and certificates towards them, ``csm`` opens where the station's own
        key lies.  Raises ``CannotStart``.
        """
        self._base = base
        self._config = config
        self.why_away = ""
        self.connections = 0
        self._measured = measured
        self._log = base.dlt.logger("ocpp")
        self._side = side
        self._chance = chance
        self._calendar = calendar
        self._store = Store(config.store.file, limit=config.store.size)
        interrupted = self._open_store()
        register = Register(base.scheduler, charger.state, self._signer())
        self._outlet = BackendOutlet(
            charger,
            register,
            self._log,
            driver=config.driver,
            card=config.card,
            running=running,
            schedules=schedules,
            restart=self._restarts,
        )
        name = config.serial or config.identity
        folder = config.store.file.with_name(f"{config.store.file.name}.keys")
        self.keys = StationKeys(
            folder, name, calendar.unix, csm, scheduler=base.scheduler, log=self._log
        )
        self.vault = StationVault(
            config.store.file.with_name(f"{config.store.file.name}.roots"),
            self.keys,
            Given(config.tls.roots is not None, config.tls.certificate),
            lambda: None if vehicles is None else vehicles.certificates,
        )
        self._all_keys = AllKeys(self.keys, None if vehicles is None else vehicles.renewal())
        self._vehicles = vehicles
        if vehicles is not None:
            vehicles.asked_through(self._ask_standing)
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
        return self._side.busy() or not self._station.told_everything

    def leave(self) -> None:
        """Tell what there is to tell and say goodbye; the rest is told after the next start."""

        def look() -> None:
            if self._station.told_everything or not self._client.is_open:
                looking.stop()
                self._client.close(GOING_AWAY, "the station stops")

        looking = self._base.scheduler.every(LOOK_EACH, look, name="ocpp.leave", offset=0)

    def _ask_standing(self, about: CertId, responder: str, done: Told) -> None:
        """Of our own chain: the back end asks the responder [M06]."""
        hashes = Hashes(about.name_hash.hex(), about.key_hash.hex(), f"{about.serial:x}")
        self._station.relay.standing(Named(hashes, responder), STANDING_WITHIN, done)

    def _signer(self) -> OcmfSigner | None:
        config = self._config
        if config.signing_key is None:
            return None
        serial = config.serial or config.identity
        try:
            return OcmfSigner(config.signing_key, serial, self._calendar.unix_if_known)
        except SigningUnusable as error:
            raise CannotStart(f"ocpp.signing_key: {error}") from None

    def _restarts(self) -> bool:
        """The back end wants the station started anew: the part that speaks to it is.

        What runs at the outlet has ended by then; the program itself goes on.
        """
        self._base.scheduler.after(RESTART_AFTER, self._restart, name="ocpp.restart")
        return True

    def _restart(self) -> None:
        """Behind whatever the store's worker still has to do: only it may touch an open store."""
        self._station.close()
        self._side.worker.submit("ocpp.reopen", self._reopen, self._reopened)

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
        self._side.close()
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

    def _open_store(self) -> list[Interrupted]:
        try:
            interrupted = self._store.open(self._base.scheduler.now)
        except StoreUnusable as error:
            raise CannotStart(f"{error}") from None
        if self._store.set_aside is not None:
            self._log.error("store was damaged", kept=str(self._store.set_aside))
        return interrupted

    def _catalogues(self) -> dict[Version, Catalogue]:
        config = self._config
        folders = {
            Version.V16: config.schemas_16,
            Version.V201: config.schemas_201,
            Version.V21: config.schemas_21,
        }
        wanted = [Version(f"ocpp{name}") for name in config.versions]
        try:
            return {version: Catalogue(version, folders[version]) for version in wanted}
        except SchemaUnusable as error:
            raise CannotStart(f"ocpp: {error}") from None

    def _make_client(self) -> Client:
        base, config = self._base, self._config
        assert config.url is not None
        catalogues = self._catalogues()
        router = replace(DEFAULT_RULES, answer_within=config.answer_within)
        rules = replace(DEFAULT_CONNECTION, ping_every=config.ping_every, router=router)
        means = Means(
            base.scheduler, self._chance, catalogues, self._log, worker=base.worker, rules=rules
        )
        password = ""
        if config.password is not None:
            try:
                password = fetch(config.password, "ocpp.password").text()
            except Misconfigured as error:
                raise CannotStart(str(error)) from None
        retry = config.retry
        return Client(
            means,
            self._side.network,
            self._side.resolve,
            ClientRules(
                config.url,
                config.identity,
                wished=tuple(catalogues),
                password=password,
                back_off=BackOffRules(retry.wait, retry.random, retry.repeats),
            ),
            self,
            tls=self._engine,
        )

    def _engine(self, host: str) -> UplinkTls:
        """Made anew for each connection: the files may have been renewed."""
        tls, own = self._config.tls, self.keys.own()
        more = self.vault.files("CSMSRootCertificate")
        if own is not None:  # the back end has had it signed
            return UplinkTls(uplink_client(tls.roots, more=more), host, own)
        return UplinkTls(uplink_client(tls.roots, tls.certificate, tls.key, more), host)

    def _make_station(self) -> Station:
        config = self._config
        told = config.transactions
        if config.url is not None and config.url.startswith("wss"):
            try:
                self._engine("localhost")  # better found now than with every try
            except UplinkUnusable as error:
                raise CannotStart(f"ocpp.tls: {error}") from None
        rules = StationRules(
            Identity(config.vendor, config.model, config.serial),
            evses=(EVSE,),
            unknown_offline=config.unknown_offline,
            values={**self._line_values(), **config.variables},
            components=config.components,
            tx=TxRules(
                start=frozenset(Point(name) for name in told.start),
                stop=frozenset(Point(name) for name in told.stop),
                stop_on_disconnect=told.stop_on_unplug,
                stop_on_invalid=told.stop_on_invalid,
                connect_within=told.connect_within,
                updated_every=told.values_every,
            ),
            ledger=LedgerRules(
                attempts=told.attempts,
                interval=told.attempt_every,
                answer_within=config.answer_within,
            ),
        )
        return self._assembled(rules)

    def _line_values(self) -> dict[str, str]:
        """What the configuration says of the line, as the back end sees it."""
        retry = self._config.retry
        return {
            "OCPPCommCtrlr.RetryBackOffWaitMinimum": str(retry.wait // S),
            "OCPPCommCtrlr.RetryBackOffRandomRange": str(retry.random // S),
            "OCPPCommCtrlr.RetryBackOffRepeatTimes": str(retry.repeats),
            "OCPPCommCtrlr.FileTransferProtocols": FILES + (",SFTP" if self._sftp else ""),
            "OCPPCommCtrlr.WebSocketPingInterval": str(self._config.ping_every // S),
        }

    @property
    def _sftp(self) -> bool:
        return self._config.known_hosts is not None and find_spec("asyncssh") is not None

    def _assembled(self, rules: StationRules) -> Station:
        """Raises ``CannotStart`` for variables that are not there or take no such value."""
        try:
            return self._built(rules)
        except ComponentsUnusable as error:
            raise CannotStart(f"ocpp: {error}") from None

    def _built(self, rules: StationRules) -> Station:
        base, config = self._base, self._config
        outside = StationOutside(
            self._side.files,
            trust=Trust(config.tls.roots, config.known_hosts),
            firmware_roots=self._firmware_roots,
            slots=config.firmware.slots,
            now=self._calendar.unix,
        )
        station = Station(
            Runtime(base.scheduler, self._side.worker, self._store, self._chance, self._log),
            Ports(self._client, self._outlet, outside, self._all_keys, self.vault),
            rules,
        )
        station.relay.when_online(self._outlet.online)
        if self._vehicles is not None:
            station.relay.when_online(self._vehicles.look)
        return station

    def _firmware_roots(self) -> list[Path]:
        """The integrator's, and what the back end has installed."""
        given = self._config.firmware.roots
        installed = self.vault.files("ManufacturerRootCertificate")
        return installed if given is None else [given, *installed]
