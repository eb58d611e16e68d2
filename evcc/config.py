"""Everything an integrator may set for the vehicle role, composed of the rooms' own models."""

from bsw.base_config import BaseConfig
from bsw.ecuc.part import Part
from bsw.ecuc.quantities import Ipv6, PortNumber


class StationConfig(Part):
    """Where the station listens, as long as discovery does not find it out."""

    address: Ipv6 = "::1"
    port: PortNumber = 15118


class EvccConfig(BaseConfig):
    station: StationConfig = StationConfig()
