"""How much current a hot inlet leaves: a share between 0 and 1.

Linear between points; from the last point on nothing flows until the inlet has cooled down well
below the first one.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

Curve = Sequence[tuple[float, float]]
DC_CURVE: Final[Curve] = ((70.0, 1.0), (80.0, 0.5), (90.0, 0.0))
AC_CURVE: Final[Curve] = ((80.0, 1.0), (95.0, 0.0))
COOL_AGAIN: Final = 65.0


def curve(begin: float, end: float, halfway: float | None = None) -> Curve:
    """Everything up to ``begin``, nothing from ``end`` on; half of it at ``halfway``."""
    return ((begin, 1.0), ((begin + end) / 2 if halfway is None else halfway, 0.5), (end, 0.0))


def share(curve: Curve, temperature: float) -> float:
    """The share of the current at this temperature."""
    if temperature <= curve[0][0]:
        return curve[0][1]
    for (low, high_share), (high, low_share) in pairwise(curve):
        if temperature <= high:
            return high_share + (low_share - high_share) * (temperature - low) / (high - low)
    return curve[-1][1]


class Derating:
    """Remembers that it was too hot."""

    def __init__(self, curve: Curve, cool_again: float = COOL_AGAIN) -> None:
        self._curve = curve
        self._cool_again = cool_again
        self.too_hot = False

    def __call__(self, *temperatures: float | None) -> float:
        """The share for the hottest of these; without any, everything."""
        known = [temperature for temperature in temperatures if temperature is not None]
        if not known:
            return 1.0
        hottest = max(known)
        allowed = share(self._curve, hottest)
        if allowed == 0.0:
            self.too_hot = True
        elif hottest <= self._cool_again:
            self.too_hot = False
        return 0.0 if self.too_hot else allowed
