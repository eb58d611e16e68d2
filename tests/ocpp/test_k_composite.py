"""Block K: composite schedules, against a second evaluator that walks through every second."""

import os
from itertools import pairwise
from random import Random

import pytest

from ocpp.station.charging.composite import Running, Span, Supply, composite, together
from ocpp.station.charging.profiles import DAY, WEEK, Kind, Period, Profile, Purpose, Schedule

SUPPLY = Supply(amperes=32.0)
RUNNING = Running("tx1", ready=1_000_000.0)
NOW = 1_000_000.0
SETS = int(os.environ.get("PILOTWIRE_PROFILE_SETS", "400"))
"""Random sets of profiles; the long run takes 10,000."""


class Naive:
    """One instant at a time, in the steps of the standard, without a border anywhere."""

    def __init__(self, profiles: list[Profile], running: Running | None) -> None:
        self.profiles = profiles
        self.transaction = running.transaction if running else None
        self.ready = running.ready if running else NOW

    def amperes(self, now: float, evse: int) -> float:
        slot = self.top(now, Purpose.TRANSACTION, {evse})
        if slot is None:
            slot = self.top(now, Purpose.DEFAULT, {0, evse})
        others = [
            self.top(now, Purpose.STATION, {0}),
            self.top(now, Purpose.EXTERNAL, {0}),
            self.top(now, Purpose.EXTERNAL, {evse}),
        ]
        return min(limit for limit in (32.0, slot, *others) if limit is not None)

    def top(self, now: float, purpose: Purpose, wanted: set[int]) -> float | None:
        best: tuple[int, float] | None = None
        for profile in self.profiles:
            foreign = purpose == Purpose.TRANSACTION and profile.transaction != self.transaction
            if profile.purpose != purpose or profile.evse not in wanted or foreign:
                continue
            said = self.says(now, profile)
            if said is not None and (best is None or profile.level > best[0]):
                best = (profile.level, said)
        return None if best is None else best[1]

    def says(self, now: float, profile: Profile) -> float | None:
        begun, schedule, said = self.start(now, profile), profile.schedules[0], None
        over = schedule.duration is not None and now - begun >= schedule.duration
        if now < profile.valid_from or now >= profile.valid_to or now < begun or over:
            return None
        for period in schedule.periods:
            if begun + period.start <= now and period.limit is not None:
                said = period.limit
                if schedule.unit == "W":
                    said /= 230.0 * (period.phases if period.phases is not None else 3)
        return said

    def start(self, now: float, profile: Profile) -> float:
        begun = self.ready if profile.kind == Kind.RELATIVE else profile.schedules[0].start
        assert begun is not None
        while profile.every is not None and begun + profile.every <= now:
            begun += profile.every
        return begun


def schedule(random: Random, *, relative: bool) -> Schedule:
    starts = sorted({0, *(random.randrange(1, 400) for _ in range(random.randrange(4)))})
    unit = random.choice("AW")
    scale = 1.0 if unit == "A" else 690.0
    return Schedule(
        unit,
        tuple(
            Period(start, round(random.uniform(0, 40)) * scale, random.choice((None, 1, 2, 3)))
            for start in starts
        ),
        None if relative else NOW + random.randrange(-500, 300),
        random.choice((None, random.randrange(1, 500))),
    )


def profile(random: Random, number: int, level: int) -> Profile:
    purpose = random.choice(
        (Purpose.STATION, Purpose.DEFAULT, Purpose.TRANSACTION, Purpose.EXTERNAL)
    )
    kinds = [Kind.ABSOLUTE, Kind.RECURRING]
    if purpose is not Purpose.STATION:
        kinds.append(Kind.RELATIVE)
    kind = random.choice(kinds)
    evse = {Purpose.STATION: 0, Purpose.TRANSACTION: 1}.get(purpose, random.choice((0, 1)))
    made = schedule(random, relative=kind is Kind.RELATIVE)
    return Profile(
        number,
        evse,
        level,
        purpose,
        kind,
        (made,),
        random.choice((DAY, WEEK)) if kind is Kind.RECURRING else None,
        random.choice((float("-inf"), NOW + random.randrange(300))),
        random.choice((float("inf"), NOW + random.randrange(600))),
        random.choice(("tx1", "tx2")) if purpose is Purpose.TRANSACTION else None,
    )


def test_a_composite_is_what_every_second_of_it_gives() -> None:
    for seed in range(SETS):
        random = Random(seed)
        held = [profile(random, n, n) for n in range(random.randrange(1, 9))]
        running = random.choice((None, RUNNING, Running("tx1", NOW - 120)))
        spans = composite((NOW, NOW + 300), 1, held, SUPPLY, running)
        assert spans[0].begin == NOW
        assert spans[-1].end == NOW + 300
        second_opinion = Naive(held, running)
        for before, after in pairwise(spans):
            assert before.end == after.begin
        for second in range(300):
            now = NOW + second
            found = next(span for span in spans if span.begin <= now < span.end)
            expected = second_opinion.amperes(now, 1)
            assert found.limit.amperes == pytest.approx(expected), (seed, second)


def default(level: int, *periods: tuple[float, float], **more: float) -> Profile:
    return made(Purpose.DEFAULT, level, *periods, **more)


def made(purpose: Purpose, level: int, *periods: tuple[float, float], **more: float) -> Profile:
    return Profile(
        int(more.get("id", 10 * level + len(periods))),
        int(more.get("evse", 1)),
        level,
        purpose,
        Kind.ABSOLUTE,
        (
            Schedule(
                "A",
                tuple(Period(start, limit) for start, limit in periods),
                NOW + more.get("at", 0.0),
                more.get("duration"),
            ),
        ),
        transaction="tx1" if purpose is Purpose.TRANSACTION else None,
    )


def told(spans: list[Span]) -> list[tuple[float, float]]:
    return [(span.begin - NOW, span.limit.amperes) for span in spans]


def test_tc_k_40_the_higher_stack_level_counts_as_long_as_it_speaks() -> None:
    held = [
        default(0, (0, 6), (100, 8), (200, 10), duration=400),
        default(1, (0, 7), (100, 9), duration=150),
    ]
    assert told(composite((NOW, NOW + 350), 1, held, SUPPLY)) == [
        (0, 7),
        (100, 9),
        (150, 8),
        (200, 10),
    ]


def test_tc_k_41_the_lowest_of_the_purposes_counts() -> None:
    held = [
        made(Purpose.STATION, 0, (0, 10), evse=0),
        default(0, (0, 6), (60, 10), (120, 8), (180, 15), (260, 8), duration=300),
        made(
            Purpose.TRANSACTION, 0, (0, 8), (50, 11), (140, 16), (200, 6), (240, 12), duration=260
        ),
    ]
    assert told(composite((NOW, NOW + 400), 1, held, SUPPLY, RUNNING)) == [
        (0, 8),
        (50, 10),
        (200, 6),
        (240, 10),
        (260, 8),
        (300, 10),
    ]


def test_watts_become_amperes_of_each_phase_and_the_fewest_phases_count() -> None:
    """K01.FR.49, K01.FR.50, K01.FR.51."""
    three = made(Purpose.STATION, 0, (0, 10), evse=0)
    watts = Profile(
        5,
        1,
        0,
        Purpose.TRANSACTION,
        Kind.RELATIVE,
        (Schedule("W", (Period(0, 3680.0, 1),)),),
        transaction="tx1",
    )
    (span,) = composite((NOW, NOW + 60), 1, [three, watts], SUPPLY, RUNNING)
    assert (span.limit.amperes, span.limit.phases) == (10.0, 1)
    assert SUPPLY.watts(span.limit.amperes, span.limit.phases) == 2300.0


def test_where_nothing_speaks_the_hardware_is_the_limit() -> None:
    daily = Profile(
        1,
        1,
        0,
        Purpose.DEFAULT,
        Kind.RECURRING,
        (Schedule("A", (Period(0, 6),), NOW + 3600 - DAY, 14_400),),
        DAY,
    )
    spans = composite((NOW, NOW + 21_600), 1, [daily], SUPPLY)
    assert told(spans) == [(0, 32), (3600, 6), (18_000, 32)]


def test_a_station_of_two_outlets_draws_their_sum_within_its_own_limit() -> None:
    station = made(Purpose.STATION, 0, (0, 40), evse=0, id=99)
    supplies = {1: SUPPLY, 2: SUPPLY}
    idle: dict[int, Running | None] = {1: None, 2: None}
    watts = []
    for amperes in (32, 16):
        held = {0: [station, default(0, (0, amperes), evse=0)]}
        watts.append(together((NOW, NOW + 60), idle, lambda _: held[0], supplies))  # noqa: B023
    assert watts == [[(NOW, NOW + 60, 40 * 690.0)], [(NOW, NOW + 60, 32 * 690.0)]]


def test_priority_charging_replaces_the_transactions_profile_and_local_power_comes_on_top() -> None:
    held = [
        made(Purpose.STATION, 0, (0, 20), evse=0),
        made(Purpose.TRANSACTION, 0, (0, 6)),
        made(Purpose.PRIORITY, 0, (0, 30)),
        made(Purpose.LOCAL, 0, (0, 4), evse=0),
    ]
    urgent = Running("tx1", NOW, priority=True)
    assert told(composite((NOW, NOW + 9), 1, held, SUPPLY, urgent)) == [(0, 24)]
    assert told(composite((NOW, NOW + 9), 1, held, SUPPLY, RUNNING)) == [(0, 10)]


def test_a_dynamic_profile_falls_silent_when_it_is_not_renewed() -> None:
    fresh = Profile(
        1,
        1,
        0,
        Purpose.TRANSACTION,
        Kind.DYNAMIC,
        (Schedule("A", (Period(0, 12),), None, 60),),
        transaction="tx1",
        updated=NOW - 30,
    )
    held = [fresh, default(0, (0, 32))]
    assert told(composite((NOW, NOW + 60), 1, held, SUPPLY, RUNNING)) == [(0, 12), (30, 32)]
