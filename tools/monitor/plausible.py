"""Values that cannot be: in a unit of another kind, or beyond what a connector can do at all."""

from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Final, NamedTuple

from tools.capture.words import Value
from tools.monitor.finding import Finding


class Bounds(NamedTuple):
    low: float
    high: float
    unit: str


_VOLTS: Final = Bounds(0.0, 1500.0, "V")
_AMPERES: Final = Bounds(0.0, 3000.0, "A")
_EITHER_WAY: Final = Bounds(-3000.0, 3000.0, "A")
_WATTS: Final = Bounds(0.0, 5e6, "W")
_PERCENT: Final = Bounds(0.0, 100.0, "%")

PLAUSIBLE: Final = {
    "EVSEPresentVoltage": _VOLTS,
    "EVSEPresentCurrent": _EITHER_WAY,
    "EVTargetVoltage": _VOLTS,
    "EVTargetCurrent": _EITHER_WAY,
    "EVPresentVoltage": _VOLTS,
    "EVSEMaximumVoltageLimit": _VOLTS,
    "EVSEMinimumVoltageLimit": _VOLTS,
    "EVSEMaximumCurrentLimit": _AMPERES,
    "EVSEMinimumCurrentLimit": _AMPERES,
    "EVSEMaximumPowerLimit": _WATTS,
    "EVMaximumVoltageLimit": _VOLTS,
    "EVMaximumCurrentLimit": _AMPERES,
    "EVMaximumPowerLimit": _WATTS,
    "EVSEMaximumVoltage": _VOLTS,
    "EVSEMinimumVoltage": _VOLTS,
    "EVMaximumVoltage": _VOLTS,
    "EVMinimumVoltage": _VOLTS,
    "EVSENominalVoltage": _VOLTS,
    "EVMaxVoltage": _VOLTS,
    "EVSEMaximumChargeCurrent": _AMPERES,
    "EVMaximumChargeCurrent": _AMPERES,
    "EVSEMaxCurrent": _AMPERES,
    "EVMaxCurrent": _AMPERES,
    "EVMinCurrent": _AMPERES,
    "EVSEMaximumChargePower": _WATTS,
    "EVMaximumChargePower": _WATTS,
    "EVRESSSOC": _PERCENT,
    "PresentSOC": _PERCENT,
    "MinimumSOC": _PERCENT,
    "MaximumSOC": _PERCENT,
    "TargetSOC": _PERCENT,
}
"""By the last name of the path; the ends are what IEC 61851-23 and CCS components can be at all."""

_NEEDLESS: Final = frozenset({"EVSENominalVoltage"})
"""Sent as a plain number in a list of parameters, without its unit."""


def implausible(told: Iterable[Value]) -> Iterator[Finding]:
    for value in told:
        name = value.path.rpartition("/")[2]
        bounds = PLAUSIBLE.get(name)
        if bounds is None or isinstance(value.value, str | bool):
            continue
        if bounds.unit != value.unit and name not in _NEEDLESS:
            yield Finding("value", f"{value.path} in {value.unit or 'no unit'}, not {bounds.unit}")
        elif not isfinite(value.value) or not bounds.low <= value.value <= bounds.high:
            yield Finding(
                "value",
                f"{value.path} {value.text}, where {bounds.low:g} to {bounds.high:g} can be",
            )
