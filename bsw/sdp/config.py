"""What an integrator may set about discovery on a wireless link, where a device meets the vehicle.

Such a request says who looks for whom and by what device; the answer says how far the station is
with finding out which vehicle stands where.
"""

from typing import Annotated, Literal

from pydantic import Field

from bsw.chrgm.modes import Approach
from bsw.ecuc.part import Part
from bsw.sdp.messages import EVID_SIZE, Coupling, Pairing

CouplingName = Literal[
    "cross",
    "inline",
    "dome",
    "vehicle_pantograph",
    "underbody",
    "side_loading",
    "wpt",
    "infrastructure_mounted",
    "vehicle_mounted",
]
PairingName = Literal[
    "ppd_infrastructure",
    "ppd_vehicle",
    "wpt_lf_infrastructure",
    "wpt_lf_vehicle",
    "wpt_camera_vehicle",
    "acdu_infrared",
    "acd_directed_wlan",
]
USUAL = {
    Approach.PANTOGRAPH: Coupling.INFRASTRUCTURE_MOUNTED,
    Approach.PAD: Coupling.WPT,
}


class CouplingConfig(Part):
    coupling: CouplingName | None = Field(default=None, examples=["dome"])
    """The form of the device; unset: an inverted pantograph of the infrastructure, or a pad."""

    def coupled(self, approach: Approach) -> Coupling:
        if self.coupling is not None:
            return Coupling[self.coupling.upper()]
        return USUAL.get(approach, Coupling.NOT_APPLICABLE)


class VehicleWirelessConfig(CouplingConfig):
    discovery: bool = True
    """Look for pantographs and pads by the discovery of wireless links; false: as with a plug."""

    evid: Annotated[str, Field(max_length=EVID_SIZE, pattern=r"^[A-Za-z0-9]*$")] = ""
    """By which the station knows the vehicle; empty: it has none."""

    evse_id: Annotated[str, Field(max_length=36, pattern=r"^[A-Za-z0-9*]*$")] = ""
    """The outlet it looks for, where it knows one; empty: any."""

    evse_id_size: Literal[36, 37] = 37
    """Octets of the field: the norm is read in both ways."""

    pairing: Annotated[tuple[PairingName, ...], Field(max_length=7)] = ()
    """How the vehicle can find its place, or be found."""

    @property
    def ways(self) -> Pairing:
        found = Pairing.NOTHING
        for name in self.pairing:
            found |= Pairing[name.upper()]
        return found
