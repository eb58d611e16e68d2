"""Everything an integrator may set for the station role, composed of the rooms' own models."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bsw.base_config import BaseConfig, TraceConfig
from bsw.chrgm.modes import ModeName, mode_of
from bsw.chrgm.protocols import ProtocolName, protocol
from bsw.ecuc.part import Part, Wrong
from bsw.ecuc.quantities import CURRENT, TIME, Amps, Duration, EvseId, PortNumber, between
from bsw.ecuc.references import ExistingFile, NewPath
from bsw.island.config import IslandConfig
from bsw.linux.config import LinuxConfig
from bsw.net.connections_config import ConnectionsConfig
from bsw.net.record.config import CaptureConfig
from bsw.north.config import LocalDoorConfig
from bsw.os.clock import HOUR, MS, S
from bsw.sdp.config import CouplingConfig
from bsw.slac.frames.dialects import wrong_dialect
from bsw.slac.links.link import StationLinkConfig
from bsw.tls.config import TlsConfig
from can_adapter.plug.config import PlugCanConfig
from can_adapter.station.config import StationCanConfig
from csm.config import CsmConfig, state_folder
from keym.config import KeymConfig
from secc.ocpp.config import OcppConfig
from secc.prices import PricesConfig


class NetworkConfig(Part):
    """The interface of the power line modem."""

    interface: str = Field(default="lo", examples=["eth1"])
    sdp_port: PortNumber = 15118
    plain_port: PortNumber = 0
    tls_port: PortNumber = 0
    """Where to listen; 0 takes a free port from the dynamic range."""

    connections: ConnectionsConfig = ConnectionsConfig.model_construct()
    outlets: Annotated[
        tuple[ExistingFile, ...], Field(max_length=16, examples=["[secc-right.yaml]"])
    ] = ()
    """Further outlets of the same process, a file each: an interface, an island, an EVSE id of its
    own.  What concerns the process (``os``, ``log``) counts in this file alone."""


class HardwareConfig(Part):
    """Where pilot, power line and power electronics are.

    ``plug`` is the simulated plug (a process of its own), ``island`` a processor that owns pilot,
    lock and contactors, ``linux`` pins of this board, ``can`` electronics that are a node on a
    bus, ``own`` a driver of somebody else, ``none``
    takes the link for granted.
    """

    driver: Literal["plug", "island", "linux", "can", "own", "none"] = "none"
    plug_port: PortNumber = Field(default=0, examples=[40_000])
    island: IslandConfig = IslandConfig.model_construct()
    linux: LinuxConfig = LinuxConfig.model_construct()
    can: PlugCanConfig = PlugCanConfig.model_construct()
    own: str = Field(default="", examples=["my_board"])
    """The name of an entry point in the group ``pilotwire.hardware``."""

    power: Literal["can", "driver", "simulated", "north"] = "simulated"
    """can: a power module on the station's bus; driver: supply and isolation monitor of the plug's
    own driver; simulated: numbers in this process; north: whoever is behind the charger interface.
    """

    device: Literal["simulated", "north"] = "simulated"
    """Pantograph or pad, for modes that have one.  simulated: numbers in this process; north:
    whoever is behind the charger interface."""

    def problems(self) -> Iterable[Wrong]:
        if self.power == "driver" and self.driver != "own":
            told = f"the driver {self.driver!r} has no power supply"
            yield Wrong("power", told, "power: can")
        if self.driver == "own" and not self.own:
            yield Wrong("own", "which driver of your own?", "own: my_board")

    def unused(self) -> Iterable[str]:
        return () if self.driver == "can" else ("can",)


class SessionConfig(Part):
    protocols: tuple[ProtocolName, ...] = ("iso2", "din")
    """What is served; the vehicle ranks."""

    profile: Literal["conformance", "field"] = "field"
    setup_within: Annotated[Duration, between("5 s", "3600 s", TIME)] | None = Field(
        default=None, examples=["60 s"]
    )
    """Up to SessionSetupReq; ``null`` takes the profile's: 18 s from the data link (conformance),
    60 s from the connection (field)."""

    evse_id: EvseId = "DE*PWX*E000001"
    modes: Annotated[tuple[ModeName, ...], Field(min_length=1, max_length=6)] = ("DC_extended",)
    ac_current: Annotated[Amps, between("6 A", "400 A", CURRENT)] = 32.0
    """Of each phase, by fuse and cable; whoever is behind the charger interface may tell less."""

    payment: Annotated[
        tuple[Literal["Contract", "ExternalPayment"], ...], Field(min_length=1, max_length=2)
    ] = ("ExternalPayment",)
    providers: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[A-Za-z]{2}[-*]?[A-Za-z0-9]{3}$")], ...],
        Field(max_length=128, examples=["[DE8AA, FRABC]"]),
    ] = ()
    """Mobility operators whose contracts are served in ISO 15118-20; none named: all."""

    plain: bool | None = None
    """Serve connections without TLS; ``null``: unless contracts alone pay, which need TLS."""

    tls: bool = False
    """Serve TLS; needs an SECC certificate."""

    meets_device: Literal["first", "selected"] = "first"
    """ISO 15118-20, a pantograph or a pad: found before the authorization, or once the service is
    selected; the norm is read in both ways."""

    lab_iso20_without_tls: bool = False
    """Speak ISO 15118-20 over plain TCP or TLS 1.2, which the norm forbids: for peers that do."""

    count: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """End the process after so many sessions; 0: never."""

    paused_for: Annotated[Duration, between("1 min", "720 h", TIME)] = 24 * HOUR
    """Who comes back later is not who paid any more, and gets a new session; as long as a
    schedule reaches."""

    @property
    def serves_plain(self) -> bool:
        return self.plain is not False and "ExternalPayment" in self.payment

    def problems(self) -> Iterable[Wrong]:
        contracts_alone = "ExternalPayment" not in self.payment
        if contracts_alone and not self.tls:
            yield Wrong("payment", "contracts need TLS, so nobody could charge here", "tls: true")
        if contracts_alone and self.plain:
            yield Wrong("plain", "contracts alone pay here, and they need TLS", "plain: false")
        spoken = [protocol(name) for name in self.protocols]
        if contracts_alone and not any(one.contracts for one in spoken):
            names = ", ".join(one.title for one in spoken)
            yield Wrong("protocols", f"{names} knows no contracts", "protocols: [iso2]")
        if self.plain is False and not self.tls:
            yield Wrong("plain", "neither plain TCP nor TLS is served", "tls: true")


class BasicConfig(Part):
    """AC for vehicles that speak no protocol, by the duty cycle alone (IEC 61851-1)."""

    offered: Literal["auto", "only", "never"] = "auto"
    """auto: where the outlet has an AC mode, a pilot that is measured and a customer who pays
    without a contract.  only: a wallbox without a modem, which never asks for a protocol."""

    after: Annotated[Duration, between("1 s", "600 s", TIME)] = 20 * S
    """How long a session may take to begin, from the plug and once more from the data link."""

    ventilated: bool = False
    """State D is served too: the place is ventilated."""


class CustomerConfig(Part):
    """Who answers for the customer while there is no back end."""

    accept: bool = True
    after: Duration = 500 * MS


class ContractFiles(Part):
    """A contract made beforehand, with its private key.  For the laboratory."""

    chain: ExistingFile
    """PEM, leaf first."""

    key: ExistingFile
    """PEM, not encrypted."""

    vehicle: str = Field(default="", examples=["WMIV1234567890ABCDEX"])
    """PCID of the vehicle it is for; empty: whoever asks."""


class ProvisioningConfig(Part):
    """Who answers a vehicle that asks for a contract; needs TLS."""

    service: Literal["off", "north", "lab"] = "off"
    """north: a back end behind the charger interface, by ``iso15118_certificate_request`` and
    ``set_get_certificate_response``; lab: this station, with the CPS certificate in its store."""

    lab_contracts: tuple[ContractFiles, ...] = Field(
        default=(), examples=["[{chain: contract.pem, key: contract.key}]"]
    )
    lab_authorities: tuple[ExistingFile, ...] = Field(
        default=(), examples=["[oem_sub1.pem, oem_sub2.pem]"]
    )
    """Sub-CAs of vehicle makers: a request brings only the vehicle's own certificate."""

    def problems(self) -> Iterable[Wrong]:
        if self.service == "lab" and not self.lab_contracts:
            yield Wrong("lab_contracts", "the lab service has no contract to deliver")


def memory_file() -> Path:
    return state_folder().parent / "secc.nvm"


class NvmConfig(Part):
    """What the station keeps over a restart: a paused session."""

    file: NewPath | None = Field(default_factory=memory_file)
    """``null`` keeps nothing."""


class SeccConfig(BaseConfig):
    trace: TraceConfig = TraceConfig.model_construct(file=Path("run/secc.trace.jsonl"))
    network: NetworkConfig = NetworkConfig.model_construct()
    api: LocalDoorConfig = LocalDoorConfig.model_construct()
    capture: CaptureConfig = CaptureConfig.model_construct()
    hardware: HardwareConfig = HardwareConfig.model_construct()
    wireless: CouplingConfig = CouplingConfig.model_construct()
    session: SessionConfig = SessionConfig.model_construct()
    basic: BasicConfig = BasicConfig.model_construct()
    customer: CustomerConfig = CustomerConfig.model_construct()
    prices: PricesConfig = PricesConfig.model_construct()
    link: StationLinkConfig = StationLinkConfig.model_construct()
    can: StationCanConfig = StationCanConfig.model_construct()
    tls: TlsConfig = TlsConfig.model_construct()
    csm: CsmConfig = CsmConfig.model_construct()
    keym: KeymConfig = KeymConfig.model_construct()
    nvm: NvmConfig = NvmConfig.model_construct()
    provisioning: ProvisioningConfig = ProvisioningConfig.model_construct()
    ocpp: OcppConfig = OcppConfig.model_construct()

    def problems(self) -> Iterable[Wrong]:
        if self.hardware.driver == "linux" and self.hardware.linux.low is None:
            told = "without the negative half wave the diode is not proved, and nothing closes"
            yield Wrong("hardware.linux.low", told, "low: {channel: 3}")
        yield from self.link.contradictions(self.network.interface, self.hardware.driver)
        if self.basic.offered == "only":
            yield from self._wrong_wallbox()
        wrong = wrong_dialect(self.link.slac.modem)
        if wrong:
            yield Wrong("link.slac.modem.dialect", wrong, "qca7000")
        if self.provisioning.service != "off" and not self.session.tls:
            yield Wrong("provisioning.service", "contracts need TLS", "session: {tls: true}")

    def _wrong_wallbox(self) -> Iterable[Wrong]:
        key = "basic.offered"
        if self.hardware.driver in {"none", "plug"} or self.link.driver == "ethernet":
            told = "a pilot that is measured, and no modem, belong to it"
            yield Wrong(key, told, "basic: {offered: auto}")
        if not any(mode_of(mode).ac for mode in self.session.modes):
            yield Wrong(key, "no mode of the outlet is AC", "modes: [AC_three_phase_core]")
        if "ExternalPayment" not in self.session.payment:
            yield Wrong(
                key, "nobody could pay: a contract needs a protocol", "payment: [ExternalPayment]"
            )

    def problems_outside(self) -> Iterable[Wrong]:
        if self.network.outlets:
            from secc.several.outlets import wrong_in  # noqa: PLC0415 - only where there are several

            yield from wrong_in(self)

    def unused(self) -> Iterable[str]:
        return () if self.hardware.power == "can" else ("can",)

    def lacking(self) -> Iterable[str]:
        if self.session.tls:
            from keym.lacking import lacking  # noqa: PLC0415 - brings the stores with it

            yield from lacking("secc", self.keym.folder, self.csm, self.session.protocols)
