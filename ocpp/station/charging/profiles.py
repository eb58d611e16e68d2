"""A charging profile as plain values: whom it limits, when, and by how much.

Instants are seconds since 1970.  Blind to the version of OCPP and to the vehicle's protocol.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from math import floor, inf
from typing import Any, Final

DAY: Final = 86_400.0
WEEK: Final = 7 * DAY


class Purpose(Enum):
    """2.x names; 1.6 calls the station's own ChargePointMaxProfile."""

    EXTERNAL = "ChargingStationExternalConstraints"
    STATION = "ChargingStationMaxProfile"
    DEFAULT = "TxDefaultProfile"
    TRANSACTION = "TxProfile"
    PRIORITY = "PriorityCharging"
    LOCAL = "LocalGeneration"


class Kind(Enum):
    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"
    DYNAMIC = "Dynamic"


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` seconds after the schedule's beginning; amperes are those of each phase."""

    start: float
    limit: float | None = None
    phases: int | None = None
    phase: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    unit: str
    periods: tuple[Period, ...]
    start: float | None = None
    duration: float | None = None
    number: int = 0

    def period_at(self, elapsed: float) -> Period | None:
        """What holds ``elapsed`` seconds after the beginning."""
        if elapsed < 0 or (self.duration is not None and elapsed >= self.duration):
            return None
        begun = [period for period in self.periods if period.start <= elapsed]
        return begun[-1] if begun else None

    def borders(self) -> list[float]:
        """Where something changes, in seconds from the beginning."""
        ends = [] if self.duration is None else [self.duration]
        return [*(period.start for period in self.periods), *ends]


@dataclass(frozen=True, slots=True)
class Profile:
    """``wire`` is what the back end sent, for when it asks for it again."""

    id: int
    evse: int
    level: int
    purpose: Purpose
    kind: Kind
    schedules: tuple[Schedule, ...]
    every: float | None = None
    valid_from: float = -inf
    valid_to: float = inf
    transaction: str | None = None
    updated: float | None = None
    source: str = "CSO"
    chosen: Schedule | None = None
    wire: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def schedule(self) -> Schedule:
        """The one that the vehicle has chosen, or the first."""
        return self.schedules[0] if self.chosen is None else self.chosen

    def begins(self, now: float, ready: float | None) -> float | None:
        """When the schedule that holds at ``now`` began; ``ready`` is when power could flow.

        A relative schedule without a transaction begins now.
        """
        start = self.schedule.start
        if self.kind is Kind.RELATIVE:
            return now if ready is None else ready
        if self.kind is Kind.DYNAMIC:
            return self.updated
        if start is None or start > now:
            return start
        if self.kind is Kind.RECURRING and self.every is not None:
            return start + floor((now - start) / self.every) * self.every
        return start

    def period_at(self, now: float, ready: float | None) -> Period | None:
        """What this profile says at ``now``; nothing where it is silent."""
        if not self.valid_from <= now < self.valid_to:
            return None
        begun = self.begins(now, ready)
        return None if begun is None else self.schedule.period_at(now - begun)

    def borders(self, begin: float, end: float, ready: float | None) -> set[float]:
        """Every instant between both at which this profile may say something else."""
        found = {self.valid_from, self.valid_to}
        starts = [self.begins(begin, ready)]
        if self.kind is Kind.RECURRING and self.every is not None and starts[0] is not None:
            first = starts[0]
            starts += [
                first + n * self.every for n in range(1, int((end - first) / self.every) + 2)
            ]
        for start in starts:
            if start is not None:
                found.add(start)
                found |= {start + border for border in self.schedule.borders()}
        return {instant for instant in found if begin < instant < end}

    def overlaps(self, other: "Profile") -> bool:
        return self.valid_from < other.valid_to and other.valid_from < self.valid_to


def increasing(periods: tuple[Period, ...]) -> bool:
    """The first begins with the schedule, and each after the one before [K01.FR.31, FR.35]."""
    starts = [period.start for period in periods]
    return bool(starts) and starts[0] == 0 and all(one < two for one, two in pairwise(starts))
