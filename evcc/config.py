"""Everything an integrator may set for the vehicle role, composed of the rooms' own models."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bsw.base_config import BaseConfig, TraceConfig
from bsw.chrgm.protocols import ProtocolName, protocol
from bsw.ecuc.part import Part, Wrong
from bsw.ecuc.quantities import TIME, Duration, Mac, PortNumber, between
from bsw.island.config import IslandConfig
from bsw.linux.config import LinuxConfig
from bsw.net.record.config import CaptureConfig
from bsw.north.config import LocalDoorConfig
from bsw.os.clock import HOUR, S
from bsw.sdp.config import VehicleWirelessConfig
from bsw.slac.frames.dialects import wrong_dialect
from bsw.slac.links.link import VehicleLinkConfig
from bsw.tls.config import TlsConfig
from can_adapter.plug.config import PlugCanConfig
from can_adapter.vehicle.config import VehicleCanConfig
from csm.config import CsmConfig
from evcc.giving import Taker
from evcc.health.config import (
    DiagnosticsConfig,
    NvmConfig,
    SupervisionConfig,
    WatchdogConfig,
)
from evcc.plug.wear_config import WearConfig
from evcc.sleep.config import ModesConfig, SleepConfig
from keym.config import KeymConfig

WithoutTls = Literal["external", "refuse"]


class NetworkConfig(Part):
    """The interface of the power line modem."""

    interface: str = Field(default="lo", examples=["eth1"])
    sdp_port: PortNumber = 15118


class HardwareConfig(Part):
    """Where pilot and power line are.

    ``plug`` is the simulated plug (a process of its own), ``island`` a processor that owns pilot,
    lock and contactors, ``linux`` pins of this board, ``can`` electronics that are a node on a
    bus, ``own`` a driver of somebody else, ``none``
    takes the link for granted: for benches that have neither pilot nor modem.
    """

    driver: Literal["plug", "island", "linux", "can", "own", "none"] = "none"
    plug_port: PortNumber = Field(default=0, examples=[40_000])
    island: IslandConfig = IslandConfig.model_construct()
    linux: LinuxConfig = LinuxConfig.model_construct()
    can: PlugCanConfig = PlugCanConfig.model_construct()
    own: str = Field(default="", examples=["my_board"])
    """The name of an entry point in the group ``pilotwire.hardware``."""

    inlets: Literal[1, 2] = 1
    """A second inlet has a pilot, a modem, a lock and signals of its own (``inlet2.dbc``)."""

    def problems(self) -> Iterable[Wrong]:
        if self.inlets == 2 and self.driver != "plug":
            yield Wrong("inlets", "two inlets need two pilots", "driver: plug")
        if self.driver == "own" and not self.own:
            yield Wrong("own", "which driver of your own?", "own: my_board")

    def unused(self) -> Iterable[str]:
        return () if self.driver == "can" else ("can",)


class SessionConfig(Part):
    protocols: tuple[ProtocolName, ...] = ("iso2", "din")
    """Offered, best first."""

    profile: Literal["conformance", "field", "lab"] = "field"
    """conformance: the letter of the norms; field: what real stations need; lab: stations that
    simulate messages without a voltage behind them, never in a car."""

    loop_pause: Annotated[Duration, between("0 ms", "200 ms", TIME)] | None = None
    """Between a charge loop's response and the next request; unset: as the profile says."""

    evccid: Mac = bytes.fromhex("020000000001")

    security: Literal["tls", "none"] = "none"
    """What is asked for in discovery.  Contracts need TLS."""

    without_tls: WithoutTls = "external"
    """At a station that offers no TLS although it was asked for, or none of our protocols over it.

    external: charge over plain TCP, where nothing but external payment is possible; refuse: do
    not charge there.
    """

    control: Literal["scheduled", "dynamic"] = "scheduled"
    """ISO 15118-20: scheduled, the vehicle says how much; dynamic, the station does.  The other one
    is taken where a station has no choice."""

    needs_of_station: bool = False
    """ISO 15118-20: with dynamic control the station may say when and how full, too."""

    parking: Literal["", "check-in", "check-out"] = ""
    """ISO 15118-20 over TLS: said to a parking place that asks for it; empty: nothing."""

    meets_device: Literal["first", "selected"] = "first"
    """ISO 15118-20, a pantograph or a pad: found before the authorization, or once the service is
    selected; the norm is read in both ways."""

    lab_iso20_without_tls: bool = False
    """Speak ISO 15118-20 over plain TCP or TLS 1.2, which the norm forbids: for peers that do."""

    count: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """End the process after so many sessions; 0: never."""

    tries: Annotated[int, Field(ge=1, le=20)] = 3
    """Sessions on one plug-in before the vehicle gives up."""

    pause: Duration = 2 * S
    """Between two of them."""

    paused_for: Annotated[Duration, between("1 min", "720 h", TIME)] = 24 * HOUR
    """A session that was paused longer ago is not asked for again; the next one is new."""

    def problems(self) -> Iterable[Wrong]:
        refused = self.security == "tls" and self.without_tls == "refuse"
        spoken = [protocol(name) for name in self.protocols]
        if refused and all(one.edition is None for one in spoken):
            names = ", ".join(one.title for one in spoken)
            told = f"{names} has no TLS to insist on"
            yield Wrong("without_tls", told, "without_tls: external")


class GivingConfig(Part):
    """Energy out of the battery, ISO 15118-20: whom it is for, and what it has to be worth."""

    to: Taker = "grid"
    """grid: sold where the station's prices allow; house: nothing is sold, what flows is what
    energy management or the station wants; loads: the same without a grid, which the vehicle forms.
    """

    wear: Annotated[float, Field(ge=0.0, le=1_000.0)] = 0.0
    """Money per kWh given back that the battery's age is worth, in the currency of the prices."""

    efficiency: Annotated[float, Field(gt=0.5, le=1.0)] = 1.0
    """What is left of energy on its way into the battery, or out of it."""


class VehicleApiConfig(LocalDoorConfig):
    """The vehicle's commands and variables, for whoever is not on its bus."""

    values: Literal["bus", "north"] = "bus"
    """bus: measurements come over CAN; commands add wishes and tighten limits.

    north: there is no such bus, and everything a session needs is told by commands.
    """

    fresh: Duration = 5 * S
    """While contactors are closed, measurements told by commands count for so long; older ones
    take the permission away.  0 s: for ever, for benches where a person types."""

    debug: bool = False
    """Publish every message as well."""


class EvccConfig(BaseConfig):
    trace: TraceConfig = TraceConfig.model_construct(file=Path("run/evcc.trace.jsonl"))
    network: NetworkConfig = NetworkConfig.model_construct()
    api: VehicleApiConfig = VehicleApiConfig.model_construct()
    capture: CaptureConfig = CaptureConfig.model_construct()
    hardware: HardwareConfig = HardwareConfig.model_construct()
    wireless: VehicleWirelessConfig = VehicleWirelessConfig.model_construct()
    session: SessionConfig = SessionConfig.model_construct()
    giving: GivingConfig = GivingConfig.model_construct()
    link: VehicleLinkConfig = VehicleLinkConfig.model_construct()
    can: VehicleCanConfig = VehicleCanConfig.model_construct()
    tls: TlsConfig = TlsConfig.model_construct()
    csm: CsmConfig = CsmConfig.model_construct()
    nvm: NvmConfig = NvmConfig.model_construct()
    diagnostics: DiagnosticsConfig = DiagnosticsConfig.model_construct()
    watchdog: WatchdogConfig = WatchdogConfig.model_construct()
    supervision: SupervisionConfig = SupervisionConfig.model_construct()
    wear: WearConfig = WearConfig.model_construct()
    sleep: SleepConfig = SleepConfig.model_construct()
    modes: ModesConfig = ModesConfig.model_construct()
    keym: KeymConfig = KeymConfig.model_construct()

    def problems(self) -> Iterable[Wrong]:
        yield from self.link.contradictions(self.network.interface, self.hardware.driver)
        wrong = wrong_dialect(self.link.slac.modem)
        if wrong:
            yield Wrong("link.slac.modem.dialect", wrong, "qca7000")
        driver, named, _ = self.diagnostics.key.partition(":")
        if named and driver not in self.csm.drivers:
            served = ", ".join(self.csm.drivers)
            yield Wrong("diagnostics.key", f"csm.drivers has no {driver!r}, only {served}")

    def lacking(self) -> Iterable[str]:
        if self.session.security == "tls":
            from keym.lacking import lacking  # noqa: PLC0415 - brings the stores with it

            yield from lacking("evcc", self.keym.folder, self.csm, self.session.protocols)
