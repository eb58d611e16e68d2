"""The proximity contact: is a plug in, what may its cable carry, is its button pressed.

Resistances in ohm between the contact and earth.  The bands are wider than the parts' own
tolerance so that a worn contact does not end a charge; they are parameters of a project.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import inf
from typing import Protocol

from bsw.cp.table import PROXIMITY


class Connector(Enum):
    TYPE1 = "type 1, CCS1"
    TYPE2 = "type 2, CCS2"


@dataclass(frozen=True, slots=True)
class Proximity:
    """``cable_current`` in ampere, where the connector codes it; ``None`` where it does not."""

    plugged: bool
    cable_current: float | None = None
    button: bool = False
    """Type 1 only: the driver presses the release.  Current must end within 100 ms."""


OUT = Proximity(plugged=False)


@dataclass(frozen=True, slots=True)
class Band:
    low: float
    high: float
    meaning: Proximity


def _bands(connector: str) -> tuple[Band, ...]:
    return tuple(
        Band(
            low, high, Proximity(plugged=True, cable_current=float(current) or None, button=button)
        )
        for low, high, current, button in PROXIMITY[connector]
    )


BANDS = {Connector.TYPE1: _bands("type1"), Connector.TYPE2: _bands("type2")}

RESISTORS = {63.0: 100.0, 32.0: 220.0, 20.0: 680.0, 13.0: 1500.0}
"""Which resistor a type 2 cable of a given current carries."""

LATCHED, PRESSED = 150.0, 480.0
"""Type 1: the plug sits; the plug sits and its button is pressed."""


def proximity(connector: Connector, resistance: float) -> Proximity:
    """What a resistance means.  Out of all bands, a short included, counts as not plugged."""
    for band in BANDS[connector]:
        if band.low <= resistance < band.high:
            return band.meaning
    return OUT


OPEN = inf
"""The resistance of nothing."""

ProximityListener = Callable[[Proximity], None]


class ProximityPort(Protocol):
    def read(self) -> Proximity: ...
    def listen(self, changed: ProximityListener) -> None: ...
