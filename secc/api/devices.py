"""Words of the charger interface for devices that meet a vehicle by themselves: an addition.

Lengths are in millimetres, along and across the lane.
"""

from typing import Annotated

from pydantic import Field

from secc.api.literals import Literal
from secc.api.objects import NotNegative, Object, Percent

Millimetres = Annotated[int, Field(ge=-32_768, le=32_767)]
Clearance = Annotated[int, Field(ge=0, le=65_535)]


class PantographPosition(Literal):
    HOME = "Home"
    MOVING = "Moving"
    END_POSITION = "EndPosition"


class Association(Literal):
    """How far the station is with finding out which vehicle stands where."""

    ONGOING = "Ongoing"
    FOUND = "Found"
    UNNAMED = "FoundWithoutEvseId"
    FAILED = "Failed"


class LookingVehicle(Object):
    """What a vehicle says that looks for a station on a wireless link; empty: it said none."""

    evid: str
    evse_id: str
    coupling: str


class VehiclePlace(Object):
    """Where the vehicle stands, seen from where it should, and how far from there it may."""

    in_place: bool
    along: Millimetres = 0
    across: Millimetres = 0
    window_along: Millimetres = 0
    window_across: Millimetres = 0


class EvPositioning(Object):
    """What the vehicle says while it comes to its place."""

    moves: bool
    positions_itself: bool


class EvTechnicalStatus(Object):
    """What the vehicle says of itself beside the row of messages; what it left out is absent."""

    ready_to_charge: bool
    wants_immobilization: bool
    immobilized: bool | None = None
    wlan_strength: float | None = None
    cp_status: str | None = None
    soc: Percent | None = None
    error: str | None = None
    timeout: bool | None = None


class PadIssue(Literal):
    """What a primary device detects; anything but nothing takes the power off at once."""

    NOTHING = "NoIssue"
    FOREIGN_OBJECT = "ForeignObject"
    LIVING_OBJECT = "LivingObject"
    OVERHEATED = "Overheated"
    TRANSFER_ANOMALY = "PowerTransferAnomaly"
    ANOMALY = "Anomaly"


class PadPowerClass(Literal):
    WPT1 = "MF-WPT1"
    WPT2 = "MF-WPT2"
    WPT3 = "MF-WPT3"
    WPT4 = "MF-WPT4"


class PadStatus(Object):
    """How the primary device is now; what it does not know is absent."""

    issue: PadIssue = PadIssue.NOTHING
    code: Annotated[int, Field(ge=1, le=4_294_967_295)] | None = None
    aligned: bool | None = None
    test_power: NotNegative | None = None
    input_power: NotNegative | None = None
    coil_current: NotNegative | None = None


class PadSetup(Object):
    """What the primary device is built for.  W, A, mm, and the methods in the norm's words."""

    power_class: PadPowerClass = PadPowerClass.WPT1
    max_power: NotNegative = 3_700.0
    min_power: NotNegative = 0.0
    max_coil_current: NotNegative = 80.0
    min_coil_current: NotNegative = 1.0
    max_clearance: Clearance = 250
    min_clearance: Clearance = 50
    natural_offset: Clearance = 0
    positioning: tuple[str, ...] = ("Manual",)
    pairing: tuple[str, ...] = ("External confirmation",)
    alignment: tuple[str, ...] = ("PowerCheck",)


class EvPadStatus(Object):
    """What the vehicle over it wants and gets, and what it has found."""

    power_request: float
    power_output: float
    issue: str
