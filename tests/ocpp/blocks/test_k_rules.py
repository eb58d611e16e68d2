"""K: rules of schedules, each by itself."""

from dataclasses import replace
from pathlib import Path

import pytest

from ocpp.station.charging.book import Book, BookRules
from ocpp.station.charging.composite import Running, Supply, composite, limit_at
from ocpp.station.charging.profiles import DAY, Kind, Period, Profile, Purpose, Schedule
from ocpp.versions import Version
from tests.ocpp.blocks.steps import CARD, SINCE_2, charge, leave, rules
from tests.ocpp.blocks.test_k_smart_charging import at, own, profile, put
from tests.ocpp.blocks.test_k_smart_charging import composite as told
from tests.ocpp.site import Json, site

SUPPLY = Supply(32.0)
NOW = 1_000_000.0


def made(*periods: Period, duration: float | None = None, **more: object) -> Profile:
    schedule = Schedule("A", periods, NOW, duration)
    base = Profile(1, 1, 0, Purpose.DEFAULT, Kind.ABSOLUTE, (schedule,))
    return replace(base, **more)  # type: ignore[arg-type]


def amperes(instant: float, *profiles: Profile) -> float:
    return limit_at(NOW + instant, 1, profiles, SUPPLY, Running("T1", NOW)).amperes


def test_a_period_lasts_to_the_next_one_and_none_begins_at_the_end() -> None:
    """K01.FR.11."""
    one = made(Period(0, 10.0), Period(60, 8.0), Period(100, 6.0), Period(200, 4.0), duration=100)
    assert [amperes(t, one) for t in (0, 59, 60, 99)] == [10.0, 10.0, 8.0, 8.0]
    assert [amperes(t, one) for t in (100, 150, 250)] == [32.0] * 3


def test_between_two_rounds_the_profile_below_speaks() -> None:
    """K01.FR.13."""
    daily = made(Period(0, 6.0), duration=3600, kind=Kind.RECURRING, every=DAY, level=1)
    below = made(Period(0, 16.0), id=2)
    instants = (0, 3599, 3600, DAY - 1, DAY, DAY + 3600, 9 * DAY)
    assert [amperes(t, daily, below) for t in instants] == [6.0, 6.0, 16.0, 16.0, 6.0, 16.0, 6.0]


def test_purposes_and_kinds_that_a_station_does_not_have_are_refused() -> None:
    """K01.FR.120, K01.FR.121."""
    plain = made(Period(0, 10.0))
    for known, reason in [
        (BookRules(purposes=(Purpose.TRANSACTION,)), "UnsupportedPurpose"),
        (BookRules(kinds=(Kind.RELATIVE,)), "UnsupportedKind"),
    ]:
        refusal = Book({1: SUPPLY}, known, changed=lambda _: None).add(plain, {})
        assert refusal is not None
        assert refusal.reason == reason


@pytest.mark.parametrize("switching", [True, False])
def test_a_phase_is_chosen_only_where_that_can_be(*, switching: bool) -> None:
    """K01.FR.46, K01.FR.47: the one that is named, else the station's choice; K01.FR.48."""
    wanted = made(Period(0, 10.0, 1, 2))
    book = Book({1: SUPPLY}, BookRules(phase_switching=switching), changed=lambda _: None)
    refusal = book.add(wanted, {})
    if not switching:
        assert refusal is not None
        assert refusal.reason == "InvalidSchedule"
        return
    assert refusal is None
    [span] = composite((NOW, NOW + 10), 1, book.held, SUPPLY, None)
    assert (span.limit.phases, span.limit.phase) == (1, 2)
    [span] = composite((NOW, NOW + 10), 1, [made(Period(0, 10.0, 1))], SUPPLY, None)
    assert (span.limit.phases, span.limit.phase) == (1, None)


@SINCE_2
def test_a_relative_profile_begins_when_power_could_flow(version: Version, folder: Path) -> None:
    """K01.FR.42."""
    with site(folder, version) as whole:
        relative = profile(1, (0, 6.0), (30, 9.0), start=None)
        assert put(whole, relative) == "Accepted"
        whole.station.plugged(1)
        whole.run(120)
        whole.station.presented(1, CARD)
        whole.run(25)
        assert whole.charger.limits[-1] == (1, 6.0)
        whole.run(10)
        assert whole.charger.limits[-1] == (1, 9.0)


@SINCE_2
def test_when_its_own_schedule_is_over_the_default_holds_again(
    version: Version, folder: Path
) -> None:
    """K02.FR.08."""
    with site(folder, version) as whole:
        put(whole, profile(1, (0, 16.0)))
        charge(whole)
        wanted = own(whole, 5, (0, 8.0))
        wanted["chargingSchedule"][0]["duration"] = 60
        assert put(whole, wanted) == "Accepted"
        assert whole.charger.limits[-1] == (1, 8.0)
        whole.run(70)
        assert whole.charger.limits[-1] == (1, 16.0)
        leave(whole)
        charge(whole)
        assert [limit for evse, limit in whole.charger.limits if evse == 1][-1] == 16.0


@SINCE_2
def test_the_stations_limit_is_for_the_station_and_bounds_every_outlet(
    version: Version, folder: Path
) -> None:
    """K04.FR.01, K04.FR.02."""
    with site(folder, version) as whole:
        station = profile(1, (0, 20.0), evse=0, purpose="ChargingStationMaxProfile")
        assert put(whole, {**station, "evse": 1}) == "Rejected"
        assert put(whole, station) == "Accepted"
        charge(whole, 1)
        charge(whole, 2)
        whole.run(2)
        latest = dict(whole.charger.limits)
        assert latest[1] == latest[2] == 10.0


DYNAMIC = profile(9, (0, 12.0), start=None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(
            {"chargingSchedulePeriod": [{"startPeriod": 5, "limit": 1}]}, "InvalidSchedule"
        ),
        pytest.param(
            {"chargingSchedulePeriod": [{"startPeriod": t, "limit": 1} for t in (0, 9)]},
            "InvalidSchedule",
        ),
    ],
)
def test_2_1_a_dynamic_profile_has_one_period_from_the_beginning(
    change: Json, reason: str, folder: Path
) -> None:
    """K28.FR.03, K28.FR.04."""
    with site(folder, Version.V21) as whole:
        schedule = {**DYNAMIC["chargingSchedule"][0], **change}
        wanted = {**DYNAMIC, "chargingProfileKind": "Dynamic", "chargingSchedule": [schedule]}
        fields = {"evseId": wanted.pop("evse"), "chargingProfile": wanted}
        answer = whole.ask("SetChargingProfile", fields)
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", reason)


def test_2_1_a_dynamic_profile_is_updated_and_falls_silent(folder: Path) -> None:
    """K28.FR.06, K28.FR.11: taken, and refused where there is none; K28.FR.05, K28.FR.09: when;
    K28.FR.13, K28.FR.14, K28.FR.15: not for longer than it says, until the next one."""
    with site(folder, Version.V21) as whole:
        schedule = {**DYNAMIC["chargingSchedule"][0], "duration": 60}
        wanted = {**DYNAMIC, "chargingProfileKind": "Dynamic", "chargingSchedule": [schedule]}
        assert put(whole, wanted) == "Accepted"
        plain = profile(10, (0, 20.0), level=1, purpose="ChargingStationMaxProfile", evse=0)
        assert put(whole, plain) == "Accepted"
        charge(whole)
        assert dict(whole.charger.limits)[1] == 12.0

        def update(number: int, limit: float) -> str:
            change = {"chargingProfileId": number, "scheduleUpdate": {"limit": limit}}
            answer = whole.ask("UpdateDynamicSchedule", change)
            if answer["status"] == "Rejected":
                assert answer["statusInfo"]["reasonCode"] == "InvalidProfile"
            return str(answer["status"])

        assert update(10, 7.0) == update(77, 7.0) == "Rejected"
        whole.run(30)
        assert update(9, 7.0) == "Accepted"
        assert dict(whole.charger.limits)[1] == 7.0
        whole.run(40)
        assert dict(whole.charger.limits)[1] == 7.0  # 70 s after the first, 40 s after the second
        whole.run(30)
        assert dict(whole.charger.limits)[1] == 20.0
        assert update(9, 6.0) == "Accepted"
        assert dict(whole.charger.limits)[1] == 6.0
        asked = {"requestId": 1, "chargingProfile": {"chargingProfileId": [9]}}
        assert whole.ask("GetChargingProfiles", asked)["status"] == "Accepted"
        [report] = whole.said("ReportChargingProfiles")
        [shown] = report["chargingProfile"]
        assert shown["chargingSchedule"][0]["chargingSchedulePeriod"] == [
            {"startPeriod": 0, "limit": 6.0}
        ]
        assert at(100)[:17] <= shown["dynUpdateTime"][:17] <= at(160)[:17]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        pytest.param(
            {"chargingProfileKind": "Absolute", "dynUpdateInterval": 60},
            "InvalidProfile",
            id="interval",
        ),
        pytest.param(
            {"chargingProfileKind": "Absolute", "dynUpdateTime": at(0)}, "InvalidProfile", id="time"
        ),
    ],
)
def test_2_1_only_a_dynamic_profile_has_updates(more: Json, reason: str, folder: Path) -> None:
    """K01.FR.122."""
    with site(folder, Version.V21) as whole:
        wanted = {**profile(1), **more}
        fields = {"evseId": wanted.pop("evse"), "chargingProfile": wanted}
        answer = whole.ask("SetChargingProfile", fields)
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", reason)


@pytest.mark.parametrize(
    ("schedule", "period"),
    [
        pytest.param({"useLocalTime": True}, {}, id="local-time"),
        pytest.param({"randomizedDelay": 60}, {}, id="delay"),
        pytest.param({"limitAtSoC": {"soc": 80, "limit": 6.0}}, {}, id="soc"),
        pytest.param({}, {"evseSleep": True}, id="sleep"),
    ],
)
def test_2_1_what_is_not_supported_is_refused_with_the_schedule(
    schedule: Json, period: Json, folder: Path
) -> None:
    """K01.FR.123, K01.FR.124, K01.FR.125, K01.FR.126: by the variables that say so."""
    names = ("UseLocalTime", "RandomizedDelay", "LimitAtSoC")
    off = {f"SmartChargingCtrlr.Supports{name}": "false" for name in names}
    with site(folder, Version.V21, rules(values=off)) as whole:
        wanted = profile(1, **schedule)
        wanted["chargingSchedule"][0]["chargingSchedulePeriod"][0].update(period)
        fields = {"evseId": wanted.pop("evse"), "chargingProfile": wanted}
        answer = whole.ask("SetChargingProfile", fields)
        reason = answer["statusInfo"]["reasonCode"]
        assert (answer["status"], reason) == ("Rejected", "InvalidSchedule")


@SINCE_2
def test_the_composite_has_the_fewest_phases(version: Version, folder: Path) -> None:
    """K01.FR.140."""
    with site(folder, version) as whole:
        one = profile(1, (0, 10.0))
        one["chargingSchedule"][0]["chargingSchedulePeriod"][0]["numberPhases"] = 1
        three = profile(2, (0, 9.0), evse=0, purpose="ChargingStationMaxProfile")
        three["chargingSchedule"][0]["chargingSchedulePeriod"][0]["numberPhases"] = 3
        assert put(whole, one) == put(whole, three) == "Accepted"
        assert told(whole)[0] == {"startPeriod": 0, "limit": 9.0, "numberPhases": 1}


@pytest.mark.parametrize(
    ("purpose", "mode"),
    [
        ("ChargingStationMaxProfile", "ExternalLimits"),
        ("ChargingStationMaxProfile", "CentralSetpoint"),
        ("PriorityCharging", "ExternalSetpoint"),
        ("TxDefaultProfile", "LocalFrequency"),
        ("TxProfile", "LocalFrequency"),
    ],
)
def test_2_1_a_mode_that_is_not_supported(purpose: str, mode: str, folder: Path) -> None:
    """K01.FR.111, K01.FR.112: not for these purposes; K01.FR.115: not at this station."""
    with site(folder, Version.V21) as whole:
        charge(whole)
        wanted = own(whole) if purpose == "TxProfile" else profile(1, purpose=purpose)
        wanted["chargingSchedule"][0]["chargingSchedulePeriod"][0]["operationMode"] = mode
        wanted["evse"] = 0 if purpose == "ChargingStationMaxProfile" else 1
        fields = {"evseId": wanted.pop("evse"), "chargingProfile": wanted}
        answer = whole.ask("SetChargingProfile", fields)
        reason = answer["statusInfo"]["reasonCode"]
        assert (answer["status"], reason) == ("Rejected", "InvalidOperationMode")


def test_2_1_priority_charging_is_for_the_transaction_and_within_the_station(
    folder: Path,
) -> None:
    """K21.FR.01, K21.FR.02, K21.FR.03, K21.FR.06: how it is answered; K21.FR.05, K21.FR.08: told;
    K21.FR.04, K21.FR.07: instead of its own profile, within the station's, until the end."""
    with site(folder, Version.V21) as whole:
        charge(whole)
        put(whole, own(whole, 5, (0, 8.0)))
        wish = {"transactionId": whole.station.outlet(1).transaction, "activate": True}

        def prioritise(**change: object) -> str:
            return str(whole.ask("UsePriorityCharging", {**wish, **change})["status"])

        assert prioritise() == "NoProfile"
        assert put(whole, profile(6, (0, 30.0), purpose="PriorityCharging")) == "Accepted"
        assert prioritise(transactionId="T?") == "Rejected"
        assert dict(whole.charger.limits)[1] == 8.0
        assert prioritise() == "Accepted"
        assert dict(whole.charger.limits)[1] == 30.0
        station = profile(7, (0, 20.0), evse=0, purpose="ChargingStationMaxProfile")
        assert put(whole, station) == "Accepted"
        assert dict(whole.charger.limits)[1] == 20.0
        assert prioritise(activate=False) == "Accepted"
        assert dict(whole.charger.limits)[1] == 8.0
        assert [e["activated"] for e in whole.said("NotifyPriorityCharging")] == [True, False]
        assert prioritise() == "Accepted"
        assert put(whole, profile(8, (0, 9.0))) == "Accepted"
        leave(whole)
        charge(whole)
        assert dict(whole.charger.limits)[1] == 9.0
