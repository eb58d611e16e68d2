"""Everything an integrator may set for the station role, composed of the rooms' own models."""

from pathlib import Path
from typing import Literal

from bsw.base_config import BaseConfig, TraceConfig
from bsw.ecuc.part import Part
from bsw.ecuc.quantities import PortNumber

ProtocolName = Literal["iso20-dc", "iso20-ac", "iso2", "din"]


class NetConfig(Part):
    interface: str = "lo"
    port: PortNumber = 0
    """Where to listen; 0 takes a free port from the dynamic range."""


class SeccConfig(BaseConfig):
    trace: TraceConfig = TraceConfig(file=Path("run/secc.trace.jsonl"))
    net: NetConfig = NetConfig()
    protocols: tuple[ProtocolName, ...] = ("iso20-dc", "iso2", "din")
    """What is served; the vehicle ranks."""
