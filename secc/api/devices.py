"""Words of the charger interface for devices that meet a vehicle by themselves: an addition.

Lengths are in millimetres, along and across the lane.
"""

from typing import Annotated

from pydantic import Field

from secc.api.literals import Literal
from secc.api.objects import Object, Percent

Millimetres = Annotated[int, Field(ge=-32_768, le=32_767)]


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
