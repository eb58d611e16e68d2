"""Everything an integrator may set for the vehicle role, composed of the rooms' own models."""

from pathlib import Path
from typing import Literal

from bsw.base_config import BaseConfig, TraceConfig
from bsw.ecuc.part import Part
from bsw.ecuc.quantities import Ipv6, PortNumber

ProtocolName = Literal["iso20-dc", "iso20-ac", "iso2", "din"]


class StationConfig(Part):
    """Where the station listens, as long as discovery does not find it out."""

    interface: str = "lo"
    address: Ipv6 = "::1"
    port: PortNumber = 15118


class EvccConfig(BaseConfig):
    trace: TraceConfig = TraceConfig(file=Path("run/evcc.trace.jsonl"))
    station: StationConfig = StationConfig()
    protocols: tuple[ProtocolName, ...] = ("iso20-dc", "iso2", "din")
    """In order of preference, best first."""
