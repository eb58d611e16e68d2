"""From the configuration of a back end to rules and parts; what is wrong with it is found here.

Everything raises ``CannotStart`` with the key that is to be mended.
"""

from dataclasses import replace
from importlib.util import find_spec
from typing import Final

from bsw.base import CannotStart
from bsw.os.clock import S
from bsw.program.installation import installed
from bsw.stbm import TimeBase
from csm.errors import Misconfigured
from csm.unlock import fetch
from ocpp.backoff import BackOffRules
from ocpp.catalogue import Catalogue
from ocpp.client import ClientRules
from ocpp.connection import DEFAULT_CONNECTION, ConnectionRules
from ocpp.folder import SchemaUnusable
from ocpp.router import DEFAULT_RULES
from ocpp.station.ledger import LedgerRules
from ocpp.station.outlets.points import Point, TxRules
from ocpp.station.outlets.samples import register
from ocpp.station.outlets.survivor import snapshot
from ocpp.station.rules import StationRules
from ocpp.station.store import Interrupted, Store, StoreUnusable
from ocpp.station.translation import Identity
from ocpp.versions import Version
from secc.ocpp.config import OcppConfig
from secc.ocpp.ocmf import OcmfSigner, SigningUnusable
from secc.ocpp.outlet import EVSE

REGISTER: Final = "register"
FILES: Final = "HTTP,HTTPS,FTP,FTPS"


def opened(store: Store, now: int) -> list[Interrupted]:
    """What a power cut interrupted."""
    try:
        return store.open(now)
    except StoreUnusable as error:
        raise CannotStart(f"{error}") from None


def counted(store: Store, interrupted: list[Interrupted]) -> float:
    """What a register without a meter showed last."""
    told = [register(snapshot(one.state).last) for one in interrupted]
    return max([float(store.memory.get(REGISTER, b"0")), *told])


def signer(config: OcppConfig, calendar: TimeBase) -> OcmfSigner | None:
    """Who signs meter values, if they are signed."""
    if config.signing_key is None:
        return None
    serial = config.serial or config.identity
    try:
        return OcmfSigner(config.signing_key, serial, calendar.unix_if_known)
    except SigningUnusable as error:
        raise CannotStart(f"ocpp.signing_key: {error}") from None


def catalogues(config: OcppConfig) -> dict[Version, Catalogue]:
    """Of the versions that are offered, best first."""
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


def connection_rules(config: OcppConfig) -> ConnectionRules:
    router = replace(DEFAULT_RULES, answer_within=config.answer_within)
    return replace(DEFAULT_CONNECTION, ping_every=config.ping_every, router=router)


def client_rules(config: OcppConfig, wished: tuple[Version, ...]) -> ClientRules:
    assert config.url is not None
    retry = config.retry
    return ClientRules(
        config.url,
        config.identity,
        wished=wished,
        password=_password(config),
        back_off=BackOffRules(retry.wait, retry.random, retry.repeats),
    )


def station_rules(config: OcppConfig) -> StationRules:
    told = config.transactions
    return StationRules(
        Identity(
            config.vendor, config.model, config.serial, config.firmware.version or installed()
        ),
        evses=(EVSE,),
        unknown_offline=config.unknown_offline,
        values={**_line_values(config), **config.variables},
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


def _password(config: OcppConfig) -> str:
    if config.password is None:
        return ""
    try:
        return fetch(config.password, "ocpp.password").text()
    except Misconfigured as error:
        raise CannotStart(str(error)) from None


def _line_values(config: OcppConfig) -> dict[str, str]:
    """What the configuration says of the line, as the back end sees it."""
    retry = config.retry
    sftp = config.known_hosts is not None and find_spec("asyncssh") is not None
    return {
        "OCPPCommCtrlr.RetryBackOffWaitMinimum": str(retry.wait // S),
        "OCPPCommCtrlr.RetryBackOffRandomRange": str(retry.random // S),
        "OCPPCommCtrlr.RetryBackOffRepeatTimes": str(retry.repeats),
        "OCPPCommCtrlr.FileTransferProtocols": FILES + (",SFTP" if sftp else ""),
        "OCPPCommCtrlr.WebSocketPingInterval": str(config.ping_every // S),
    }
