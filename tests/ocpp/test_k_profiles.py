"""Block K: which profiles a station takes, replaces, shows and forgets; cases by their own ids."""

from dataclasses import replace

import pytest

from ocpp.catalogue import Catalogue
from ocpp.folder import Kind as Frame
from ocpp.station.charging.book import Book, BookRules, Wanted
from ocpp.station.charging.composite import Supply
from ocpp.station.charging.profiles import Kind, Period, Profile, Purpose, Schedule
from ocpp.station.charging.wire import read, sent
from ocpp.versions import Version

SUPPLIES = {1: Supply(32.0), 2: Supply(32.0)}
BUSY = {1: "tx1", 2: None}
START = 1_800_000_000.0
PLAIN = Profile(
    1,
    1,
    0,
    Purpose.DEFAULT,
    Kind.ABSOLUTE,
    (Schedule("A", (Period(0, 10.0),), START),),
)
OWN = replace(PLAIN, id=2, purpose=Purpose.TRANSACTION, transaction="tx1")


def book(rules: BookRules | None = None) -> Book:
    return Book(SUPPLIES, rules or BookRules(), changed=lambda _: None)


def scheduled(profile: Profile, schedule: Schedule) -> Profile:
    return replace(profile, schedules=(schedule,))


def periods(*made: Period, unit: str = "A", start: float | None = START) -> Schedule:
    return Schedule(unit, made, start)


REFUSED = [
    ("K01.FR.03", replace(OWN, transaction=None), "MissingParam"),
    ("K01.FR.33", replace(OWN, transaction="tx9"), "TxNotFound"),
    ("K01.FR.09", replace(OWN, evse=2), "TxNotFound"),
    ("K01.FR.16", replace(OWN, evse=0), "InvalidProfile"),
    ("K01.FR.22", replace(PLAIN, purpose=Purpose.EXTERNAL), "InvalidProfile"),
    ("K01.FR.28", replace(PLAIN, evse=3), "UnknownEvse"),
    ("K01.FR.40", scheduled(PLAIN, periods(Period(0, 10.0), start=None)), "InvalidSchedule"),
    ("K01.FR.41", replace(PLAIN, kind=Kind.RELATIVE), "InvalidSchedule"),
    ("K01.FR.31", scheduled(PLAIN, periods(Period(5, 10.0))), "InvalidSchedule"),
    (
        "K01.FR.35",
        scheduled(PLAIN, periods(Period(0, 1.0), Period(9, 2.0), Period(9, 3.0))),
        "InvalidSchedule",
    ),
    ("recurrency", replace(PLAIN, kind=Kind.RECURRING), "InvalidProfile"),
    ("K04.FR.03", replace(PLAIN, purpose=Purpose.STATION), "InvalidProfile"),
    (
        "K01.FR.38",
        replace(
            scheduled(PLAIN, periods(Period(0, 10.0), start=None)),
            purpose=Purpose.STATION,
            evse=0,
            kind=Kind.RELATIVE,
        ),
        "InvalidProfile",
    ),
    ("level", replace(PLAIN, level=101), "InvalidStackLevel"),
    ("negative", scheduled(PLAIN, periods(Period(0, -1.0))), "InvalidSchedule"),
    ("periods", scheduled(PLAIN, periods()), "InvalidSchedule"),
    (
        "K28.FR.01",
        replace(scheduled(PLAIN, periods(Period(0, 1.0), Period(1, 2.0))), kind=Kind.DYNAMIC),
        "InvalidSchedule",
    ),
    ("K01.FR.20", scheduled(PLAIN, periods(Period(0, 1.0, 1, 2))), "InvalidSchedule"),
    ("K01.FR.43", scheduled(PLAIN, periods(Period(0, 3680.0, 1), unit="W")), "PhaseConflict"),
    ("transaction", replace(PLAIN, transaction="tx1"), "InvalidProfile"),
]


@pytest.mark.parametrize(
    ("profile", "reason"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_a_profile_that_cannot_be_kept_to_is_refused_with_its_reason(
    profile: Profile, reason: str
) -> None:
    kept = book()
    refusal = kept.add(profile, BUSY)
    assert refusal is not None
    assert refusal.reason == reason
    assert refusal.why
    assert not kept.held


def test_k01_fr_26_a_unit_that_is_not_supported_is_refused() -> None:
    """K01.FR.26."""
    refusal = book(BookRules(units=("W",))).add(PLAIN, BUSY)
    assert refusal is not None
    assert refusal.reason == "UnsupportedRateUnit"


def test_k01_fr_05_a_known_id_takes_the_place_of_the_profile_before() -> None:
    kept = book()
    assert kept.add(PLAIN, BUSY) is None
    lower = scheduled(PLAIN, periods(Period(0, 6.0)))
    assert kept.add(lower, BUSY) is None
    assert kept.held == (lower,)


@pytest.mark.parametrize("evse", [0, 1])
def test_k01_fr_06_and_fr_52_no_second_profile_of_equal_rank(evse: int) -> None:
    """K01.FR.52, K01.FR.53."""
    kept = book()
    assert kept.add(PLAIN, BUSY) is None
    refusal = kept.add(replace(PLAIN, id=9, evse=evse), BUSY)
    assert refusal is not None
    assert refusal.reason == "DuplicateProfile"
    assert kept.add(replace(PLAIN, id=9, evse=2), BUSY) is None


def test_k01_fr_06_ranks_may_be_equal_at_other_times() -> None:
    kept = book()
    assert kept.add(replace(PLAIN, valid_to=START), BUSY) is None
    assert kept.add(replace(PLAIN, id=9, valid_from=START), BUSY) is None


def test_in_1_6_a_profile_of_equal_rank_replaces_the_other() -> None:
    kept = book()
    assert kept.add(PLAIN, BUSY, replaces=True) is None
    other = replace(PLAIN, id=9)
    assert kept.add(other, BUSY, replaces=True) is None
    assert kept.held == (other,)


def test_k01_fr_05_a_limit_from_elsewhere_is_no_back_ends_to_replace_or_clear() -> None:
    """K10.FR.06, K10.FR.08, K10.FR.09."""
    kept = book()
    site = replace(PLAIN, id=-1, purpose=Purpose.EXTERNAL, evse=0, source="EMS")
    kept.impose(site)
    assert not kept.clear(Wanted(ids=(-1,)))
    assert not kept.clear(Wanted())
    assert kept.held == (site,)
    assert kept.lift("EMS", Purpose.EXTERNAL)
    assert not kept.lift("EMS", Purpose.EXTERNAL)
    assert not kept.held


def test_k02_fr_05_a_transactions_profile_ends_with_it() -> None:
    """K02.FR.05."""
    kept = book()
    kept.add(PLAIN, BUSY)
    kept.add(OWN, BUSY)
    kept.ended("tx1")
    assert kept.held == (PLAIN,)


def test_k10_what_matches_all_criteria_is_cleared() -> None:
    kept = book()
    for number, level in ((1, 0), (2, 1), (3, 2)):
        kept.add(replace(PLAIN, id=number, level=level), BUSY)
    assert kept.clear(Wanted(purpose=Purpose.DEFAULT, level=1, evse=1))
    assert not kept.clear(Wanted(purpose=Purpose.STATION))
    assert [profile.id for profile in kept.held] == [1, 3]
    assert kept.clear(Wanted(ids=(3,)))
    assert [profile.id for profile in kept.find(Wanted(evse=1))] == [1]


def test_no_more_profiles_are_held_than_there_is_room_for() -> None:
    kept = book(BookRules(most=1))
    assert kept.add(PLAIN, BUSY) is None
    refusal = kept.add(replace(PLAIN, id=2, level=1), BUSY)
    assert refusal is not None
    assert kept.add(PLAIN, BUSY) is None, "what is known may still be renewed"


def test_k28_a_dynamic_profile_is_renewed_by_its_one_period() -> None:
    kept = book()
    kept.add(replace(PLAIN, kind=Kind.DYNAMIC, updated=START), BUSY)
    assert kept.update(1, Period(0, 7.0), START + 5) is None
    assert kept.held[0].updated == START + 5
    assert kept.held[0].schedule.periods == (Period(0, 7.0),)
    assert kept.update(8, Period(0, 7.0), START) is not None


SCHEDULE_2 = {
    "id": 4,
    "startSchedule": "2027-01-15T08:00:00Z",
    "duration": 600,
    "chargingRateUnit": "W",
    "minChargingRate": 1400.0,
    "chargingSchedulePeriod": [
        {"startPeriod": 0, "limit": 11000.0, "numberPhases": 3},
        {"startPeriod": 300, "limit": 6000.0},
    ],
}
PROFILE_2 = {
    "id": 77,
    "stackLevel": 3,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Daily",
    "validFrom": "2027-01-15T08:00:00Z",
    "transactionId": "tx1",
    "chargingSchedule": [SCHEDULE_2],
}


@pytest.mark.parametrize("version", [Version.V201, Version.V21])
def test_a_profile_of_2_x_is_read_whole(version: Version) -> None:
    messages = Catalogue(version)
    request = {"evseId": 1, "chargingProfile": PROFILE_2}
    octets = messages.encode("SetChargingProfile", Frame.REQUEST, request)
    message = messages.decode("SetChargingProfile", Frame.REQUEST, octets).message
    profile = read(sent(message.chargingProfile), 1, now=START)
    assert profile == Profile(
        77,
        1,
        3,
        Purpose.TRANSACTION,
        Kind.RECURRING,
        (
            Schedule(
                "W",
                (Period(0, 11000.0, 3), Period(300, 6000.0)),
                START,
                600,
                4,
            ),
        ),
        86_400.0,
        START,
        transaction="tx1",
    )
    again = {"requestId": 1, "chargingLimitSource": "CSO", "evseId": 1}
    report = {**again, "chargingProfile": [profile.wire]}
    assert messages.encode("ReportChargingProfiles", Frame.REQUEST, report)
    assert profile.wire == PROFILE_2


def test_a_profile_of_1_6_is_read_whole() -> None:
    messages = Catalogue(Version.V16)
    request = {
        "connectorId": 0,
        "csChargingProfiles": {
            "chargingProfileId": 5,
            "stackLevel": 2,
            "chargingProfilePurpose": "ChargePointMaxProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
            },
        },
    }
    octets = messages.encode("SetChargingProfile", Frame.REQUEST, request)
    message = messages.decode("SetChargingProfile", Frame.REQUEST, octets).message
    assert read(sent(message.csChargingProfiles), 0, now=START) == Profile(
        5, 0, 2, Purpose.STATION, Kind.RELATIVE, (Schedule("A", (Period(0, 16.0),)),)
    )
