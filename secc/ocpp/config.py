"""What an integrator may set about the back end.  Pure data: the room itself is loaded later."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bsw.ecuc.part import Part, Wrong
from bsw.ecuc.quantities import SIZE, TIME, Duration, Octets, between
from bsw.ecuc.references import ExistingFile, ExistingFolder, NewPath
from bsw.os.clock import S
from csm.config import SecretSource, state_folder

VersionName = Literal["2.1", "2.0.1", "1.6"]
PointName = Literal[
    "ParkingBayOccupancy",
    "EVConnected",
    "Authorized",
    "PowerPathClosed",
    "EnergyTransfer",
]


def store_file() -> Path:
    return state_folder().parent / "secc.ocpp"


class OcppTlsConfig(Part):
    """Profiles 2 and 3: a URL that begins with wss."""

    roots: ExistingFile | None = Field(default=None, examples=["csms-root.pem"])
    """PEM; ``null`` takes the machine's own trusted roots."""

    certificate: ExistingFile | None = Field(default=None, examples=["station.pem"])
    """PEM chain of the station, leaf first; needed for profile 3."""

    key: ExistingFile | None = Field(default=None, examples=["station.key"])

    def problems(self) -> Iterable[Wrong]:
        if (self.certificate is None) != (self.key is None):
            yield Wrong("key", "certificate and key go together", "key: station.key")


class OcppRetryConfig(Part):
    """RetryBackOff: the wait begins with ``wait`` and doubles ``repeats`` times."""

    wait: Annotated[Duration, between("100 ms", "3600 s", TIME)] = 1 * S
    random: Annotated[Duration, between("0 s", "3600 s", TIME)] = 2 * S
    repeats: Annotated[int, Field(ge=0, le=20)] = 5


class OcppTransactionConfig(Part):
    """TxCtrlr and SampledDataCtrlr."""

    start: Annotated[tuple[PointName, ...], Field(min_length=1)] = ("PowerPathClosed",)
    stop: Annotated[tuple[PointName, ...], Field(min_length=1)] = ("EVConnected", "Authorized")
    stop_on_unplug: bool = True
    """StopTxOnEVSideDisconnect"""

    stop_on_invalid: bool = True
    """StopTxOnInvalidId"""

    connect_within: Annotated[Duration, between("5 s", "3600 s", TIME)] = 60 * S
    """EVConnectionTimeOut"""

    values_every: Annotated[Duration, between("1 s", "86400 s", TIME)] = 60 * S
    """TxUpdatedInterval"""

    attempts: Annotated[int, Field(ge=1, le=1000)] = 3
    attempt_every: Annotated[Duration, between("1 s", "3600 s", TIME)] = 60 * S


class OcppFirmwareConfig(Part):
    """UpdateFirmware is refused without roots and slots."""

    version: str = Field(default="", max_length=50, examples=["2.4.1"])
    """What the back end is told runs here; empty tells the version of this program."""

    roots: ExistingFile | None = Field(default=None, examples=["manufacturer-root.pem"])
    """PEM of those who may sign firmware."""

    slots: NewPath | None = Field(default=None, examples=["/var/lib/pilotwire/firmware"])
    """A folder: new firmware is put there as firmware-next, with a note beside it."""


class OcppStoreConfig(Part):
    """Transactions, until the back end knows them."""

    file: NewPath = Field(default_factory=store_file)
    size: Annotated[Octets, between("1 MiB", "16 GiB", SIZE)] = 64 << 20
    """When that is full, values in the middle of transactions go first."""


class OcppConfig(Part):
    """Nothing of this is loaded without ``url``."""

    url: str | None = Field(default=None, examples=["wss://csms.example/ocpp"])
    identity: str = Field(default="CS-0001", examples=["CS-0001"])
    versions: Annotated[tuple[VersionName, ...], Field(min_length=1, max_length=3)] = (
        "2.1",
        "2.0.1",
        "1.6",
    )
    """Offered in one handshake, best first."""

    password: SecretSource | None = Field(default=None, examples=["{file: ocpp.password}"])
    """For profiles 1 and 2."""

    tls: OcppTlsConfig = OcppTlsConfig.model_construct()
    retry: OcppRetryConfig = OcppRetryConfig.model_construct()
    transactions: OcppTransactionConfig = OcppTransactionConfig.model_construct()
    store: OcppStoreConfig = OcppStoreConfig.model_construct()
    firmware: OcppFirmwareConfig = OcppFirmwareConfig.model_construct()
    driver: Literal["remote", "card", "vehicle"] = "remote"
    """Who is taken to ask where no contract does: remote waits for the back end to start, card is
    the one below, vehicle is the vehicle's own address (autocharge)."""

    card: str = Field(default="", max_length=36, examples=["04E1A2B3"])
    unknown_offline: bool = False
    """OfflineTxForUnknownIdEnabled"""

    variables: dict[str, str] = Field(
        default_factory=dict, examples=["{AuthCacheCtrlr.LifeTime: '3600'}"]
    )
    """Further variables of the device model, at first; what the back end sets counts more."""

    components: ExistingFolder | None = Field(default=None, examples=["ocpp-components"])
    """A folder of JSON files with components of your own, in the words of NotifyReport."""

    signing_key: ExistingFile | None = Field(default=None, examples=["meter.key"])
    """PEM, secp256r1: the register's readings are signed as OCMF by this program, for benches."""

    known_hosts: ExistingFile | None = Field(default=None, examples=["/etc/ssh/ssh_known_hosts"])
    """OpenSSH's: servers whose key stands here may be gone to by sftp; without it none.  Needs the
    extra ``sftp``."""

    vendor: Annotated[str, Field(min_length=1, max_length=20)] = "Pilotwire"
    model: Annotated[str, Field(min_length=1, max_length=20)] = "SECC"
    serial: str = Field(default="", max_length=25, examples=["S-0001"])
    ping_every: Annotated[Duration, between("0 s", "3600 s", TIME)] = 30 * S
    """0 s sends none."""

    answer_within: Annotated[Duration, between("1 s", "600 s", TIME)] = 30 * S
    schemas_16: ExistingFolder | None = Field(default=None, examples=["ocpp-1.6"])
    schemas_201: ExistingFolder | None = Field(default=None, examples=["ocpp-2.0.1"])
    schemas_21: ExistingFolder | None = Field(default=None, examples=["ocpp-2.1-edition2"])
    """Folders with another edition's JSON schemas."""

    def problems(self) -> Iterable[Wrong]:
        if self.driver == "card" and not self.card:
            yield Wrong("card", "driver: card needs the card's number", "card: 04E1A2B3")
        if self.url is None:
            return
        from ocpp.address import AddressUnusable, backend_address  # noqa: PLC0415 - only if wanted

        try:
            address = backend_address(self.url, self.identity)
        except AddressUnusable as error:
            yield Wrong("url", str(error), "wss://csms.example/ocpp")
        else:
            if self.tls.certificate is not None and not address.secure:
                yield Wrong("url", "a certificate needs wss", "wss://csms.example/ocpp")
