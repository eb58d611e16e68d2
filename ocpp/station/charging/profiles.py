"""A charging profile as plain values: whom it limits, when, and by how much.

Instants are seconds since 1970; those of a schedule in local time are of the clock on the wall.
Blind to the version of OCPP and to the vehicle's protocol.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import pairwise
from math import floor, inf
from typing import Any, Final, Protocol

from ocpp.station.twoway.modes import PLAIN, Mode, V2x

DAY: Final = 86_400.0
WEEK: Final = 7 * DAY
UPDATED: Final = frozenset({"dynUpdateInterval", "dynUpdateTime"})
"""What a profile that is not Dynamic does not have [K01.FR.122]."""


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
    """From ``start`` seconds after the schedule's beginning; amperes are those of each phase.

    ``others`` are those of L2 and L3 where they have limits of their own; ``limit`` is L1's then.
    """

    start: float
    limit: float | None = None
    phases: int | None = None
    phase: int | None = None
    others: tuple[float | None, float | None] = (None, None)
    v2x: V2x = PLAIN

    @property
    def speaks(self) -> bool:
        """Whether it says anything of power."""
        return self.limit is not None or self.v2x.mode is not Mode.CHARGING

    @property
    def apart(self) -> bool:
        return self.others != (None, None)


class Wall(Protocol):
    """The clock on the wall."""

    def offset(self, instant: float) -> float: ...
    def stretches(self, begin: float, end: float) -> Iterable[tuple[float, float, float]]: ...


@dataclass(frozen=True, slots=True)
class Cap:
    """From this state of charge on (per cent) no more than ``limit``."""

    soc: float
    limit: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """``wall`` is set if it goes by local time; periods are up to ``delay`` seconds late."""

    unit: str
    periods: tuple[Period, ...]
    start: float | None = None
    duration: float | None = None
    number: int = 0
    wall: Wall | None = field(default=None, compare=False)
    delay: int = 0
    cap: Cap | None = None

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
    """``wire`` is what the back end sent, for when it asks for it again; ``came`` is when.

    It is silent after ``offline`` seconds without the back end, for good if it is ``forgotten``.
    """

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
    came: float = field(default=0.0, compare=False)
    offline: float | None = None
    forgotten: bool = False

    @property
    def schedule(self) -> Schedule:
        """The one that the vehicle has chosen, or the first."""
        return self.schedules[0] if self.chosen is None else self.chosen

    def alone(self, place: int) -> "Profile":
        """With only the schedule at this place, or, where there is none, the first."""
        found = self.schedules[place if place < len(self.schedules) else 0]
        return replace(self, schedules=(found,), chosen=None)

    def age(self, now: float, ready: float | None) -> float | None:
        """Seconds of the schedule that have passed; ``ready`` is when power could flow."""
        wall = self.schedule.wall
        here = now if wall is None else now + wall.offset(now)
        begun = self._begins(here, ready)
        return None if begun is None else here - begun

    def _begins(self, now: float, ready: float | None) -> float | None:
        """When the schedule that holds at ``now`` began.

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
        age = self.age(now, ready)
        return None if age is None else self.schedule.period_at(age)

    def borders(self, begin: float, end: float, ready: float | None) -> set[float]:
        """Every instant between both at which this profile may say something else."""
        wall = self.schedule.wall
        found = {self.valid_from, self.valid_to}
        for one, two, ahead in [(begin, end, 0.0)] if wall is None else wall.stretches(begin, end):
            found.add(one)
            found |= {each - ahead for each in self._borders(one + ahead, two + ahead, ready)}
        return {instant for instant in found if begin < instant < end}

    def _borders(self, begin: float, end: float, ready: float | None) -> set[float]:
        found: set[float] = set()
        starts = [self._begins(begin, ready)]
        if self.kind is Kind.RECURRING and self.every is not None and starts[0] is not None:
            first = starts[0]
            starts += [
                first + n * self.every for n in range(1, int((end - first) / self.every) + 2)
            ]
        for start in starts:
            if start is not None:
                found.add(start)
                found |= {start + border for border in self.schedule.borders()}
        return found

    def overlaps(self, other: "Profile") -> bool:
        return self.valid_from < other.valid_to and other.valid_from < self.valid_to


def increasing(periods: tuple[Period, ...]) -> bool:
    """The first begins with the schedule, and each after the one before [K01.FR.31, FR.35]."""
    starts = [period.start for period in periods]
    return bool(starts) and starts[0] == 0 and all(one < two for one, two in pairwise(starts))
