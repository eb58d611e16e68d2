"""What all profiles together allow: the composite schedule [K08].

At each instant every purpose says at most one thing - the highest stack level that is not silent -
and the lowest of the purposes counts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from math import inf
from typing import Any, Final

from ocpp.station.charging.profiles import Kind, Period, Profile, Purpose
from ocpp.station.twoway.grid import NOWHERE, Grid
from ocpp.station.twoway.modes import CENTRAL, Mode

PHASES: Final = 3


@dataclass(frozen=True, slots=True)
class Supply:
    """What an outlet is fed with; amperes are those of each phase, or of the cable for DC.

    ``back`` is what it takes from a vehicle.
    """

    amperes: float
    voltage: float = 230.0
    phases: int = PHASES
    dc: bool = False
    back: float = 0.0

    def watts(self, amperes: float, phases: int) -> float:
        return amperes * self.voltage * (1 if self.dc else phases)

    def per_phase(self, watts: float, phases: int) -> float:
        return watts / (self.voltage * (1 if self.dc else phases))


@dataclass(frozen=True, slots=True)
class Running:
    """A transaction: its id, when power could flow, and whether it has priority (2.1).

    ``gives``: the back end has not kept it from giving energy back.
    """

    transaction: str
    ready: float | None = None
    priority: bool = False
    gives: bool = True


@dataclass(frozen=True, slots=True)
class Limit:
    """Amperes of each phase; ``phases`` is how many of them; nothing set says so.

    ``apart`` are those of L1 to L3 where they differ; ``amperes`` is the lowest of them then, which
    is all that a pilot signal can say [K01.FR.147].  ``back`` may be given back, as a magnitude,
    unless that is not ``ruled`` here; ``setpoint`` is to flow, below zero back.  ``held_back``: the
    grid's own limit takes something from that.
    """

    amperes: float
    phases: int
    phase: int | None = None
    by: Purpose | None = None
    apart: tuple[float, ...] = ()
    back: float = 0.0
    setpoint: float | None = None
    mode: Mode = Mode.CHARGING
    asleep: bool = False
    ruled: bool = True
    held_back: bool = False

    @property
    def each(self) -> tuple[float, ...]:
        return self.apart or (self.amperes,) * PHASES


@dataclass(frozen=True, slots=True)
class Span:
    begin: float
    end: float
    limit: Limit


def limit_at(
    now: float,
    evse: int,
    profiles: Sequence[Profile],
    supply: Supply,
    running: Running | None,
    *,
    grid: Grid = NOWHERE,
) -> Limit:
    """The limit of one outlet at one instant."""
    ready = None if running is None else running.ready
    mine = [profile for profile in profiles if profile.evse in (0, evse)]
    back = supply.back if grid.free else 0.0
    limit = Limit(supply.amperes, supply.phases, back=back, ruled=not grid.free)
    own = _of_transaction(now, mine, running)
    if own is not None:
        limit = _owned(limit, *own, supply, grid, gives=_may_give(running))
    for found in _around(now, ready, mine):
        limit = _bounded(limit, *found, supply, grid)
    more = _said(now, ready, (profile for profile in mine if profile.purpose is Purpose.LOCAL))
    kept = _kept(limit if more is None else _more(limit, *more, supply), supply, grid)
    return replace(kept, **_NOTHING) if grid.blocked and running is not None else kept


_NOTHING: Final[Mapping[str, Any]] = {
    "amperes": 0.0,
    "apart": (),
    "by": Purpose.TRANSACTION,
    "back": 0.0,
    "setpoint": None,
}
"""A limit of the transaction is reached [E16.FR.05]."""


def _around(now: float, ready: float | None, mine: list[Profile]) -> list[tuple[Period, Profile]]:
    """What bounds the transaction from outside: the station's, and others' for all and for one."""
    groups = [
        [each for each in mine if each.purpose is Purpose.STATION],
        [each for each in mine if each.purpose is Purpose.EXTERNAL and not each.evse],
        [each for each in mine if each.purpose is Purpose.EXTERNAL and each.evse],
    ]
    found = (_said(now, ready, group) for group in groups)
    return [said for said in found if said is not None]


def _may_give(running: Running | None) -> bool:
    """Only a driver who is let in, and whom the back end lets give, gives energy back."""
    return running is not None and running.ready is not None and running.gives


def _owned(
    limit: Limit, period: Period, profile: Profile, supply: Supply, grid: Grid, *, gives: bool
) -> Limit:
    """What the transaction's own period says, in both directions.

    Energy comes back by this permission alone.
    """
    said = period.v2x
    if period.limit is not None:
        limit = _lower(limit, period, profile, supply)
    if said.mode is Mode.CHARGING:
        return limit
    if said.mode is Mode.IDLE:
        return replace(
            limit,
            amperes=0.0,
            apart=(),
            back=0.0,
            setpoint=0.0,
            by=profile.purpose,
            mode=said.mode,
            asleep=said.asleep,
        )
    back = supply.back if gives and grid.two_way else 0.0
    most, least, setpoint = _terms(period, profile, limit, supply, grid)
    return replace(
        limit,
        amperes=limit.amperes if most is None else min(limit.amperes, max(0.0, most)),
        apart=limit.apart if most is None else (),
        back=back if least is None else min(back, max(0.0, -least)),
        setpoint=setpoint,
        by=profile.purpose,
        mode=said.mode,
    )


def _terms(
    period: Period, profile: Profile, limit: Limit, supply: Supply, grid: Grid
) -> tuple[float | None, float | None, float | None]:
    """Limit, limit of what is given back, and set point, in amperes; ``None`` is not said.

    An external system that has not spoken yet lets nothing be given back; a set point that cannot
    be computed is none at all: nothing flows.
    """
    said, mode = period.v2x, period.v2x.mode

    def amperes(amount: float | None) -> float | None:
        if amount is None:
            return None
        return _signed(amount, period=period, profile=profile, limit=limit, supply=supply)

    def from_watts(watts: float | None) -> float | None:
        return None if watts is None else supply.per_phase(watts, limit.phases)

    least, setpoint = amperes(said.discharge), amperes(said.setpoint)
    if mode in CENTRAL:
        return None, least, setpoint
    if mode is Mode.LOCAL_FREQUENCY:
        return None, None, from_watts(grid.by_frequency(said)) or 0.0
    if mode is Mode.BALANCING:
        return None, least, from_watts(grid.balanced) or 0.0
    dynamic = profile.kind is Kind.DYNAMIC
    order = grid.order
    if mode is Mode.EXTERNAL:
        wanted = setpoint if dynamic and setpoint is not None else from_watts(order.setpoint)
        return None, (0.0 if wanted is None else least), wanted
    outer = least if dynamic and least is not None else from_watts(order.discharge)
    return from_watts(order.limit), outer or 0.0, None


def _bounded(limit: Limit, period: Period, profile: Profile, supply: Supply, grid: Grid) -> Limit:
    """What the station or somebody else allows besides: never more, in neither direction."""
    if period.limit is not None:
        limit = _lower(limit, period, profile, supply)
    said = period.v2x
    share = 1.0 if profile.evse else grid.share  # [Q06.FR.30, Q06.FR.31]
    amperes = partial(_signed, period=period, profile=profile, limit=limit, supply=supply)
    if said.discharge is not None:
        limit = replace(limit, back=min(limit.back, max(0.0, -amperes(said.discharge * share))))
    if said.setpoint is None or (limit.setpoint is not None and grid.csms_first):
        return limit
    # [Q06.FR.21, Q06.FR.22]
    return replace(limit, setpoint=amperes(said.setpoint * share), by=profile.purpose)


def _signed(
    amount: float, *, period: Period, profile: Profile, limit: Limit, supply: Supply
) -> float:
    """Amperes of what a schedule says in its unit."""
    if profile.schedule.unit == "A":
        return amount
    return supply.per_phase(amount, period.phases or limit.phases)


def _kept(limit: Limit, supply: Supply, grid: Grid) -> Limit:
    """Within the hardware, and the set point within both limits [V2X.03, V2X.04]."""
    back = min(limit.back, supply.back * grid.back_share)
    setpoint, wanted = limit.setpoint, max(-min(limit.back, supply.back), limit.setpoint or 0.0)
    if setpoint is not None:
        setpoint = max(-back, min(limit.amperes, setpoint))
    return replace(limit, back=back, setpoint=setpoint, held_back=wanted < -back)


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
        if period is not None and period.speaks:
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
    if period.limit is None:
        return limit
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
    *,
    grid: Grid = NOWHERE,
) -> list[Span]:
    """The limits of one outlet from one instant to another, equal neighbours joined."""
    begin, end = window
    if running is None or running.ready is None:
        # as if power could flow from now on [K08.FR.06]
        gives = True if running is None else running.gives
        running = Running(running.transaction if running else "", begin, gives=gives)
    ready = running.ready
    borders = {begin, end}.union(*(each.borders(begin, end, ready) for each in profiles))
    places = sorted(borders)
    spans = [
        Span(one, two, limit_at(one, evse, profiles, supply, running, grid=grid))
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
        if said is not None and said[0].limit is not None:
            amperes, phases = _amperes(*said, supply)
            found[purpose] = supply.watts(min(amperes), phases)
    more = found.pop(Purpose.LOCAL, 0.0)
    return min(found.values()) + more if found else None
