"""What of a station ECU its back end has to do with: the charger, and clock and keys."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bsw.os.randomness import Randomness
from bsw.stbm import TimeBase
from secc.api.charger import Charger
from secc.session.schedules import Schedules

if TYPE_CHECKING:
    from csm.jobs import Csm
    from secc.contract.keys import StationKeys as VehicleKeys


@dataclass(frozen=True, slots=True)
class ChargerSide:
    """``running``: a vehicle's session is under way; ``measured``: a pilot tells of the plug."""

    charger: Charger
    schedules: Schedules
    running: Callable[[], bool]
    measured: bool


@dataclass(frozen=True, slots=True)
class KeySide:
    """``vehicles`` are keys and certificates towards them, if there are any.

    ``csm`` opens where the station's own key lies; it is asked when a key is needed.
    """

    chance: Randomness
    calendar: TimeBase
    csm: Callable[[], "Csm"]
    vehicles: "VehicleKeys | None"
