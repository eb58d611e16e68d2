"""The inlet's temperature sensors: which contacts they feel, and how much current they leave.

A sensor that cannot be believed is left out; what the others say then stands for it.  That its
loss costs current beyond that is a fault's reaction and decided elsewhere.
"""

from enum import Enum
from typing import Final

from bsw.chrgm.modes import Mode
from can_adapter.vehicle.values import Inlet
from evcc.inlet.derating import AC_CURVE, DC_CURVE, Curve, Derating

LOWEST: Final = -45.0
HIGHEST: Final = 200.0
"""Degrees Celsius a working sensor can say; an open PT1000 says more, a shorted one less."""


class Side(Enum):
    DC = "DC contacts"
    AC = "AC contacts"


ROLES: Final = {
    "DC_1": ("dc_pin_temperature_1", Side.DC),
    "DC_2": ("dc_pin_temperature_2", Side.DC),
    "AC": ("ac_pin_temperature", Side.AC),
}
"""The sensors as fault names have them: the signal that carries each, and what it feels."""


def side_of(mode: Mode) -> Side:
    """The contacts that an energy transfer mode uses."""
    return Side.AC if mode.ac else Side.DC


def believable(temperature: object) -> bool:
    return isinstance(temperature, int | float) and LOWEST <= temperature <= HIGHEST


class Heat:
    """The share of the current that the temperatures leave.  Each side remembers being too hot."""

    def __init__(self, dc: Curve = DC_CURVE, ac: Curve = AC_CURVE) -> None:
        self._derating = {Side.DC: Derating(dc), Side.AC: Derating(ac)}
        self._felt: Inlet | None = None
        self._share = 1.0

    def share(self, inlet: Inlet) -> float:
        """The hottest contact decides, whichever are in use: they sit in one housing."""
        if inlet is not self._felt:
            self._felt = inlet
            self._share = min(self._of(side, inlet) for side in Side)
        return self._share

    def _of(self, side: Side, inlet: Inlet) -> float:
        told = [getattr(inlet, role) for role, where in ROLES.values() if where is side]
        return self._derating[side](*(one for one in told if believable(one)))
