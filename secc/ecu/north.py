"""The station's north side in the ECU: the charger interface as data, and its doors.

The doors only come into being where the configuration opens them; what is said through them goes
to the same ``Charger`` that CAN, the bench and the configuration use.
"""

from typing import TYPE_CHECKING

from bsw.base_host import HostBase
from bsw.north.config import LocalDoorConfig
from bsw.north.side import Meaning, NorthSide
from secc.api import about
from secc.api.charger import ADDITIONS, COMMANDS, Charger

if TYPE_CHECKING:
    from bsw.north.door import LocalDoor


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
        self._door: LocalDoor | None = None

    def start(self, base: HostBase) -> None:
        if self._config.socket is not None:
            from bsw.north.door import LocalDoor  # noqa: PLC0415 - most ECUs open none

            log = base.dlt.logger("north")
            self._door = LocalDoor(
                base.scheduler,
                base.clock,
                side(self._charger),
                self._config,
                log=log,
                worker=base.worker,
            )

    def stop(self) -> None:
        if self._door is not None:
            self._door.close()
            self._door = None
