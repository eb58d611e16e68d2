"""What all profiles together allow: the composite schedule [K08].

At each instant every purpose says at most one thing - the highest stack level that is not silent -
and the lowest of the purposes counts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from typing import Final

from ocpp.station.charging.profiles import Period, Profile, Purpose

PHASES: Final = 3


@dataclass(frozen=True, slots=True)
class Supply:
    """What an outlet is fed with; amperes are those of each phase, or of the cable for DC."""

    amperes: float
    voltage: float = 230.0
    phases: int = PHASES
    dc: bool = False

    def watts(self, amperes: float, phases: int) -> float:
        return amperes * self.voltage * (1 if self.dc else phases)

    def per_phase(self, watts: float, phases: int) -> float:
        return watts / (self.voltage * (1 if self.dc else phases))


@dataclass(frozen=True, slots=True)
class Running:
    """A transaction: its id, when power could flow, and whether it has priority (2.1)."""

    transaction: str
    ready: float | None = None
    priority: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """Amperes of each phase; ``phases`` is how many of them; nothing set says so.

    ``apart`` are those of L1 to L3 where they differ; ``amperes`` is the lowest of them then, which
    is all that a pilot signal can say [K01.FR.147].
    """

    amperes: float
    phases: int
    phase: int | None = None
    by: Purpose | None = None
    apart: tuple[float, ...] = ()

    @property
    def each(self) -> tuple[float, ...]:
        return self.apart or (self.amperes,) * PHASES


@dataclass(frozen=True, slots=True)
class Span:
    begin: float
    end: float
    limit: Limit


def limit_at(
    now: float, evse: int, profiles: Sequence[Profile], supply: Supply, running: Running | None
) -> Limit:
    """The limit of one outlet at one instant."""
    ready = None if running is None else running.ready
    mine = [profile for profile in profiles if profile.evse in (0, evse)]
    said = [
        _of_transaction(now, mine, running),
        _said(now, ready, (profile for profile in mine if profile.purpose is Purpose.STATION)),
        _said(
            now,
            ready,
            (each for each in mine if each.purpose is Purpose.EXTERNAL and not each.evse),
        ),
        _said(
            now, ready, (each for each in mine if each.purpose is Purpose.EXTERNAL and each.evse)
        ),
    ]
    limit = Limit(supply.amperes, supply.phases)
    for found in said:
        if found is not None:
            limit = _lower(limit, *found, supply)
    more = _said(now, ready, (profile for profile in mine if profile.purpose is Purpose.LOCAL))
    return limit if more is None else _more(limit, *more, supply)


Said = tuple[Period, Profile]


def _of_transaction(now: float, profiles: list[Profile], running: Running | None) -> Said | None:
    """Priority charging, else the transaction's own, else the default."""
    ready = None if running is None else running.ready
    if running is not None and running.priority:
        urgent = (each for each in profiles if each.purpose is Purpose.PRIORITY)
        if (said := _said(now, ready, urgent)) is not None:
            return said
    if running is not None:
        own = (
            each
            for each in profiles
            if each.purpose is Purpose.TRANSACTION and each.transaction == running.transaction
        )
        if (said := _said(now, ready, own)) is not None:
            return said
    return _said(now, ready, (each for each in profiles if each.purpose is Purpose.DEFAULT))


def _said(now: float, ready: float | None, profiles: Iterable[Profile]) -> Said | None:
    """What the highest level says that is not silent; among equals the one set for the outlet."""
    ranked = sorted(profiles, key=lambda profile: (profile.level, profile.evse), reverse=True)
    for profile in ranked:
        period = profile.period_at(now, ready)
        if period is not None and period.limit is not None:
            return period, profile
    return None


def _amperes(period: Period, profile: Profile, supply: Supply) -> tuple[tuple[float, ...], int]:
    """Of L1 to L3, and how many of them."""
    phases = supply.phases if supply.dc else min(period.phases or PHASES, supply.phases)
    assert period.limit is not None
    first = period.limit
    limits = (first, *(first if other is None else other for other in period.others))
    if profile.schedule.unit == "A":
        return limits, phases
    asked = supply.phases if supply.dc else period.phases or PHASES
    return tuple(supply.per_phase(one, 1 if period.apart else asked) for one in limits), phases


def _lower(limit: Limit, period: Period, profile: Profile, supply: Supply) -> Limit:
    amperes, phases = _amperes(period, profile, supply)
    lower = min(amperes) < limit.amperes
    return _limit(
        tuple(map(min, limit.each, amperes)),
        replace(
            limit,
            phases=min(limit.phases, phases),
            phase=limit.phase if period.phase is None else period.phase,
            by=profile.purpose if lower else limit.by,
        ),
    )


def _more(limit: Limit, period: Period, profile: Profile, supply: Supply) -> Limit:
    """What the site makes itself comes on top, as far as the hardware goes."""
    amperes, _ = _amperes(period, profile, supply)
    both = zip(limit.each, amperes, strict=True)
    return _limit(tuple(min(one + more, supply.amperes) for one, more in both), limit)


def _limit(each: tuple[float, ...], limit: Limit) -> Limit:
    apart = each if len(set(each)) > 1 else ()
    return replace(limit, amperes=min(each), apart=apart)


def composite(
    window: tuple[float, float],
    evse: int,
    profiles: Sequence[Profile],
    supply: Supply,
    running: Running | None = None,
) -> list[Span]:
    """The limits of one outlet from one instant to another, equal neighbours joined."""
    begin, end = window
    if running is None or running.ready is None:
        # as if power could flow from now on [K08.FR.06]
        running = Running(running.transaction if running else "", begin, priority=False)
    ready = running.ready
    borders = {begin, end}.union(*(each.borders(begin, end, ready) for each in profiles))
    places = sorted(borders)
    spans = [
        Span(one, two, limit_at(one, evse, profiles, supply, running))
        for one, two in pairwise(places)
    ]
    return _joined(spans)


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in spans:
        if joined and _same(joined[-1].limit, span.limit):
            joined[-1] = Span(joined[-1].begin, span.end, joined[-1].limit)
        else:
            joined.append(span)
    return joined


def _same(one: Limit, two: Limit) -> bool:
    return replace(one, by=None) == replace(two, by=None)


def together(
    window: tuple[float, float],
    outlets: dict[int, Running | None],
    profiles: Callable[[int], Sequence[Profile]],
    supplies: Mapping[int, Supply],
) -> list[tuple[float, float, float]]:
    """(begin, end, watts) of the whole station: all outlets, within what limits the station.

    ``profiles`` gives those that hold at an outlet, and those of the station (0).
    """
    rows = {
        evse: composite(window, evse, profiles(evse), supplies[evse], running)
        for evse, running in outlets.items()
    }
    station = [each for each in profiles(0) if each.evse == 0 and each.purpose in STATION]
    borders = {span.begin for row in rows.values() for span in row} | set(window)
    borders = borders.union(*(each.borders(*window, None) for each in station))
    places = sorted(borders)
    found: list[tuple[float, float, float]] = []
    for one, two in pairwise(places):
        watts = min(_sum_at(one, rows, supplies), _station_at(one, station, supplies))
        if found and found[-1][2] == watts:
            found[-1] = (found[-1][0], two, watts)
        else:
            found.append((one, two, watts))
    return found


WHOLE: Final = (Purpose.STATION, Purpose.EXTERNAL)
STATION: Final = (*WHOLE, Purpose.LOCAL)


def _sum_at(now: float, rows: dict[int, list[Span]], supplies: Mapping[int, Supply]) -> float:
    limits = (
        (evse, next(span.limit for span in row if span.begin <= now < span.end))
        for evse, row in rows.items()
    )
    return sum(supplies[evse].watts(limit.amperes, limit.phases) for evse, limit in limits)


def _station_at(now: float, station: list[Profile], supplies: Mapping[int, Supply]) -> float:
    least = station_limit(now, station, supplies)
    return inf if least is None else least


def station_limit(
    now: float, profiles: Sequence[Profile], supplies: Mapping[int, Supply]
) -> float | None:
    """Watts that the whole station may draw; nothing where nobody says so.

    What the site makes itself comes on top [K04.FR.05].
    """
    supply = next(iter(supplies.values()))
    found: dict[Purpose, float] = {}
    for purpose in STATION:
        said = _said(
            now, None, (each for each in profiles if each.evse == 0 and each.purpose is purpose)
        )
        if said is not None:
            amperes, phases = _amperes(*said, supply)
            found[purpose] = supply.watts(min(amperes), phases)
    more = found.pop(Purpose.LOCAL, 0.0)
    return min(found.values()) + more if found else None
