"""Operation modes of 2.1: what a period says of energy in both directions, and what it may say [Q].

Owns the words and the rules about fields; what comes of them is the composite's.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Any, Final


class Mode(Enum):
    IDLE = "Idle"
    CHARGING = "ChargingOnly"
    CENTRAL = "CentralSetpoint"
    CENTRAL_FREQUENCY = "CentralFrequency"
    EXTERNAL = "ExternalSetpoint"
    EXTERNAL_LIMITS = "ExternalLimits"
    LOCAL_FREQUENCY = "LocalFrequency"
    BALANCING = "LocalLoadBalancing"


CENTRAL: Final = frozenset({Mode.CENTRAL, Mode.CENTRAL_FREQUENCY})
FOLLOWS_OUTSIDE: Final = frozenset({Mode.EXTERNAL, Mode.EXTERNAL_LIMITS})
ONE_WAY: Final = frozenset({Mode.IDLE, Mode.CHARGING})
"""Modes in which nothing is given back."""
_OF_PURPOSE: Final[Mapping[str, frozenset[Mode]]] = {
    "ChargingStationMaxProfile": frozenset({Mode.CHARGING}),
    "PriorityCharging": frozenset({Mode.CHARGING}),
    "ChargingStationExternalConstraints": frozenset({Mode.CHARGING}) | FOLLOWS_OUTSIDE,
    "LocalGeneration": frozenset({Mode.CHARGING, Mode.EXTERNAL_LIMITS}),
}
"""All others may have all modes [K01.FR.111 to K01.FR.114]."""
_AMOUNTS: Final = ("limit", "dischargeLimit", "setpoint")
_LINES: Final = ("_L2", "_L3")
_REACTIVE: Final = tuple(f"setpointReactive{line}" for line in ("", *_LINES))

Curve = tuple[tuple[float, float], ...]
"""Points of what is measured and of watts, by rising measure."""
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class V2x:
    """What a period says besides its limit, in the schedule's unit; giving is below zero.

    ``baseline`` and the curves are watts.
    """

    mode: Mode = Mode.CHARGING
    discharge: float | None = None
    setpoint: float | None = None
    baseline: float = 0.0
    frequency: Curve = ()
    signal: Curve = ()
    asleep: bool = False


PLAIN: Final = V2x()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason code of 2.x and a sentence."""

    reason: str
    why: str


def read(wire: Json) -> V2x:
    """Of a period as it was sent."""
    mode = Mode(wire.get("operationMode", Mode.CHARGING.value))
    return V2x(
        mode=mode,
        discharge=wire.get("dischargeLimit"),
        setpoint=wire.get("setpoint"),
        baseline=wire.get("v2xBaseline", 0.0),
        frequency=_curve(wire.get("v2xFreqWattCurve", ()), "frequency"),
        signal=_curve(wire.get("v2xSignalWattCurve", ()), "signal"),
        asleep=mode is Mode.IDLE and bool(wire.get("evseSleep")),
    )


def _curve(points: Iterable[Json], over: str) -> Curve:
    return tuple(sorted((float(point[over]), float(point["power"])) for point in points))


def interpolated(curve: Curve, at: float) -> float:
    """Watts of a curve; before its first and behind its last point those of the point."""
    if at <= curve[0][0]:
        return curve[0][1]
    for (low, watts), (high, more) in pairwise(curve):
        if at <= high:
            return more if high == low else watts + (more - watts) * (at - low) / (high - low)
    return curve[-1][1]


@dataclass(frozen=True, slots=True)
class Abilities:
    """``balances``: thresholds for load balancing are set and make sense."""

    modes: Collection[Mode]
    balances: bool = False
    sleeps: bool = False


def objection(wire: Json, purpose: str, able: Abilities) -> Refusal | None:
    """Why a profile's periods cannot be followed."""
    schedules = wire["chargingSchedule"]
    for schedule in schedules if isinstance(schedules, list) else [schedules]:
        for period in schedule["chargingSchedulePeriod"]:
            refusal = _of_period(period, schedule["chargingRateUnit"], purpose, able)
            if refusal is not None:
                where = f"schedule {schedule.get('id', 0)}, period {period.get('startPeriod', 0)}"
                return Refusal(refusal.reason, f"{where}: {refusal.why}")
    return None


def _of_period(period: Json, unit: str, purpose: str, able: Abilities) -> Refusal | None:
    mode = Mode(period.get("operationMode", Mode.CHARGING.value))
    if mode is Mode.BALANCING and mode not in able.modes:
        return Refusal("UnsupportedParam", f"{mode.value} is not an operation mode here")
    if mode not in _OF_PURPOSE.get(purpose, frozenset(Mode)):
        return Refusal("InvalidOperationMode", f"no {mode.value} in a {purpose}")
    if mode not in able.modes:
        return Refusal("InvalidOperationMode", f"{mode.value} is not an operation mode here")
    if mode is Mode.BALANCING and not able.balances:
        return Refusal("MissingDevModelInfo", "V2XChargingCtrlr.LocalLoadBalancing is not set")
    if period.get("evseSleep") and not able.sleeps:
        return Refusal("InvalidSchedule", "this station does not have sleep of the EVSE")
    return _fields(period, unit, mode) or _amounts(period)


def _fields(period: Json, unit: str, mode: Mode) -> Refusal | None:
    """Which fields a mode has and lacks."""
    said = [name for name in (*_AMOUNTS, *_REACTIVE) if period.get(name) is not None]
    if mode is Mode.LOCAL_FREQUENCY and (refusal := _curves(period, unit)) is not None:
        return refusal
    if mode in {Mode.LOCAL_FREQUENCY, Mode.IDLE} and said:
        return Refusal("InvalidSchedule", f"no {said[0]} with {mode.value}")
    if mode is Mode.CHARGING and set(said) - {"limit"}:
        return Refusal("InvalidSchedule", f"no {(set(said) - {'limit'}).pop()} with {mode.value}")
    if mode in CENTRAL and "setpoint" not in said:
        return Refusal("InvalidSchedule", f"{mode.value} needs a setpoint")
    if any(name in said for name in _REACTIVE):
        return Refusal("InvalidSchedule", "this station does not set reactive power")
    return None


def _curves(period: Json, unit: str) -> Refusal | None:
    """[Q08.FR.02 to Q08.FR.05]."""
    if "v2xBaseline" not in period or len(period.get("v2xFreqWattCurve", ())) < 2:
        return Refusal("NoFreqWattCurve", "v2xBaseline and two points of v2xFreqWattCurve at least")
    if unit != "W":
        return Refusal("InvalidSchedule", "a curve is in watts")
    return None


def _amounts(period: Json) -> Refusal | None:
    limit, back, setpoint = (period.get(name) for name in _AMOUNTS)
    if setpoint is None:
        return None
    above = limit is not None and setpoint > limit
    if above or (back is not None and setpoint < back):
        return Refusal("InvalidSchedule", "the setpoint is outside its own limits")  # [V2X.05]
    return None


def changed(wire: Json, change: Json) -> Refusal | None:
    """Why a dynamic profile's one period cannot be changed so; ``wire`` is the period."""
    mode = Mode(wire.get("operationMode", Mode.CHARGING.value))
    lines = [name for name in change if name.endswith(_LINES) and not name.startswith("limit")]
    if lines:
        return Refusal("InvalidSchedule", f"no {lines[0]} here: phases are not set one by one")
    if mode in FOLLOWS_OUTSIDE:
        return None
    return _fields({**wire, **change}, "W", mode) or _amounts({**wire, **change})
