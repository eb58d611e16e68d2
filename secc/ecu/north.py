"""The station's north side in the ECU: the charger interface as data, and its doors.

What is said through them goes to the same ``Charger`` that CAN, the bench and the configuration
use.
"""

from bsw.north.config import LocalDoorConfig
from bsw.north.side import Meaning, NorthSide
from ecu.doors import NorthDoor, StationDoors
from secc.api import about
from secc.api.charger import Charger
from secc.api.core import ADDITIONS, COMMANDS


def side(charger: Charger) -> NorthSide:
    """The charger interface as data, for any transport."""
    commands = {**about.COMMANDS, **about.ADDITIONS}
    variables = {**about.VARIABLES, **about.VARIABLE_ADDITIONS}
    meaning = Meaning(commands, variables, about.NOT_HERE)
    return NorthSide(charger, [*COMMANDS, *ADDITIONS], charger.variables, meaning)


class North:
    """``start`` opens what is configured, ``stop`` closes it."""

    def __init__(self, charger: Charger, config: LocalDoorConfig) -> None:
        self._charger = charger
        self._config = config
        self._door: NorthDoor | None = None

    def start(self, doors: StationDoors) -> None:
        self._door = doors.north(lambda: side(self._charger), self._config)

    def stop(self) -> None:
        if self._door is not None:
            self._door.close()
            self._door = None
