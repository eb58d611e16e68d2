"""TariffCostCtrlr.Problem: whether tariffs and costs can be worked with [I08.FR.30, I12.FR.18]."""

from collections.abc import Callable

from ocpp.station.ground import Ground
from ocpp.station.provisioning.model import Key
from ocpp.station.tariffs.office import CONTROLLER

NAME = "Problem"
Notify = Callable[[Key, str, str], None]
"""A component, one of its variables and what has happened: told, unless a monitor does."""


class Problem:
    """One station's.  Said each time it changes."""

    def __init__(self, ground: Ground, notify: Notify) -> None:
        self._notify = notify
        self._there = False
        self._key = Key(CONTROLLER)
        ground.model.show(self._key, NAME, lambda: "true" if self._there else "false")

    def found(self, why: str) -> None:
        self._say(there=True, why=why)

    def solved(self) -> None:
        self._say(there=False, why="")

    def _say(self, *, there: bool, why: str) -> None:
        if there is not self._there:
            self._there = there
            self._notify(self._key, NAME, why)
