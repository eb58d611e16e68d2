"""K: profiles from the back end, limits at the outlets, answers about both."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from ocpp.versions import Version
from tests.ocpp.blocks.steps import ALL, SINCE_2, charge, leave
from tests.ocpp.site import NOW, Json, Site, site

BEGIN = datetime.fromisoformat(NOW.replace("Z", "+00:00"))


def at(seconds: float) -> str:
    return (BEGIN + timedelta(seconds=seconds)).astimezone(timezone.utc).isoformat()


def profile(
    number: int = 1,
    *periods: tuple[int, float],
    evse: int = 1,
    purpose: str = "TxDefaultProfile",
    level: int = 0,
    start: float | None = -60.0,
    **more: object,
) -> Json:
    """In the words of 2.x; ``put`` turns them into those of 1.6."""
    schedule: Json = {
        "id": number,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [
            {"startPeriod": begin, "limit": limit} for begin, limit in periods or ((0, 10.0),)
        ],
        **({} if start is None else {"startSchedule": at(start)}),
        **more,
    }
    return {
        "evse": evse,
        "id": number,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative" if start is None else "Absolute",
        "chargingSchedule": [schedule],
    }


def put(whole: Site, wanted: Json) -> str:
    wanted = dict(wanted)
    evse = wanted.pop("evse")
    if whole.version is not Version.V16:
        answer = whole.ask("SetChargingProfile", {"evseId": evse, "chargingProfile": wanted})
        return str(answer["status"])
    (schedule,) = wanted.pop("chargingSchedule")
    older = {name: value for name, value in wanted.items() if name not in {"id", "transactionId"}}
    if older["chargingProfilePurpose"] == "ChargingStationMaxProfile":
        older["chargingProfilePurpose"] = "ChargePointMaxProfile"
    older["chargingProfileId"] = wanted["id"]
    older["chargingSchedule"] = {k: v for k, v in schedule.items() if k != "id"}
    answer = whole.ask("SetChargingProfile", {"connectorId": evse, "csChargingProfiles": older})
    return str(answer["status"])


def own(whole: Site, number: int = 5, *periods: tuple[int, float]) -> Json:
    """For the transaction that runs at the first outlet."""
    wanted = profile(number, *periods, purpose="TxProfile", start=None)
    return {**wanted, "transactionId": whole.station.outlet(1).transaction}


def composite(whole: Site, evse: int = 1, duration: int = 600, unit: str = "A") -> list[Json]:
    place = "connectorId" if whole.version is Version.V16 else "evseId"
    answer = whole.ask(
        "GetCompositeSchedule", {place: evse, "duration": duration, "chargingRateUnit": unit}
    )
    name = "chargingSchedule" if whole.version is Version.V16 else "schedule"
    periods: list[Json] = answer[name]["chargingSchedulePeriod"]
    return periods


@ALL
def test_tc_k_01_a_limit_reaches_the_outlet_at_once_and_each_next_one_when_it_begins(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        assert put(whole, profile(1, (0, 10.0), (120, 6.0))) == "Accepted"
        assert whole.charger.limits[-1] == (1, 10.0)
        whole.run(120)
        assert whole.charger.limits[-1] == (1, 6.0)


@ALL
def test_tc_k_02_a_transactions_profile_replaces_the_default_and_ends_with_it(
    version: Version, folder: Path
) -> None:
    """K02.FR.04."""
    with site(folder, version) as whole:
        put(whole, profile(1, (0, 16.0)))
        charge(whole)
        whole.run(5)
        assert put(whole, own(whole, 5, (0, 20.0))) == "Accepted"
        assert whole.charger.limits[-1] == (1, 20.0)
        leave(whole)
        assert whole.charger.limits[-1] == (1, 16.0)


@SINCE_2
def test_k01_fr_09_without_a_transaction_its_profile_is_refused(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        wanted = {**profile(5, purpose="TxProfile", start=None), "transactionId": "nobody"}
        assert put(whole, wanted) == "Rejected"


@ALL
def test_tc_k_05_what_is_cleared_holds_no_more(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        put(whole, profile(1))
        wanted: Json = {"chargingProfileId": 1} if version is not Version.V16 else {"id": 1}
        assert whole.ask("ClearChargingProfile", wanted)["status"] == "Accepted"
        assert whole.charger.limits[-1] == (1, None)
        assert whole.ask("ClearChargingProfile", wanted)["status"] == "Unknown"


@ALL
def test_tc_k_13_defaults_and_station_limits_outlive_a_restart(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        put(whole, profile(1, (0, 9.0)))
        put(whole, profile(2, (0, 20.0), evse=0, purpose="ChargingStationMaxProfile"))
        whole.run(1)
    with site(folder, version) as again:
        again.run(5)
        assert (1, 9.0) in again.charger.limits
        assert (2, 20.0) in again.charger.limits


@ALL
def test_k01_fr_33_a_limit_of_the_station_is_shared_by_those_who_charge(
    version: Version, folder: Path
) -> None:
    """K04.FR.05."""
    with site(folder, version) as whole:
        station = profile(2, (0, 24.0), evse=0, purpose="ChargingStationMaxProfile")
        assert put(whole, station) == "Accepted"
        charge(whole, 1)
        whole.run(5)
        assert dict(whole.charger.limits) == {1: 24.0, 2: 24.0}
        charge(whole, 2)
        whole.run(5)
        latest = dict(whole.charger.limits)
        assert latest == {1: pytest.approx(12.0), 2: pytest.approx(12.0)}
        leave(whole, 2)
        whole.run(5)
        assert dict(whole.charger.limits)[1] == pytest.approx(24.0)


@ALL
def test_tc_k_41_the_composite_is_told_in_both_units(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        put(whole, profile(1, (0, 16.0), (160, 8.0)))
        put(whole, profile(2, (0, 10.0), evse=0, purpose="ChargingStationMaxProfile"))
        told = [(each["startPeriod"], each["limit"]) for each in composite(whole, duration=300)]
        assert [limit for _, limit in told] == [10.0, 8.0]
        assert told[0][0] == 0
        assert 90 <= told[1][0] <= 100
        watts = [each["limit"] for each in composite(whole, duration=300, unit="W")]
        assert watts == [6900.0, 5520.0]
        whole_station = [each["limit"] for each in composite(whole, 0, 60, "W")]
        assert whole_station == [6900.0]


@SINCE_2
def test_tc_k_29_profiles_are_reported_as_they_were_sent(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        wanted = [profile(number, level=number) for number in range(1, 13)]
        for each in wanted:
            assert put(whole, each) == "Accepted"
        fields = {"requestId": 7, "evseId": 1, "chargingProfile": {"chargingLimitSource": ["CSO"]}}
        assert whole.ask("GetChargingProfiles", fields)["status"] == "Accepted"
        whole.run(2)
        reports = whole.said("ReportChargingProfiles")
        assert [each.get("tbc", False) for each in reports] == [True, False]
        told = [one for each in reports for one in each["chargingProfile"]]
        assert [one["id"] for one in told] == list(range(1, 13))
        fields["chargingProfile"] = {"stackLevel": 99}
        assert whole.ask("GetChargingProfiles", fields)["status"] == "NoProfiles"


@pytest.mark.parametrize("version", [Version.V21])
def test_k21_priority_charging_begins_and_ends_by_the_back_ends_word(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        charge(whole)
        whole.run(2)
        transaction = whole.station.outlet(1).transaction
        ask = {"transactionId": transaction, "activate": True}
        assert whole.ask("UsePriorityCharging", ask)["status"] == "NoProfile"
        put(whole, own(whole, 5, (0, 8.0)))
        assert put(whole, profile(6, (0, 30.0), purpose="PriorityCharging")) == "Accepted"
        assert whole.charger.limits[-1] == (1, 8.0)
        assert whole.ask("UsePriorityCharging", ask)["status"] == "Accepted"
        whole.run(1)
        assert whole.charger.limits[-1] == (1, 30.0)
        assert whole.said("NotifyPriorityCharging")[-1]["activated"] is True
        whole.ask("UsePriorityCharging", {**ask, "activate": False})
        whole.run(1)
        assert whole.charger.limits[-1] == (1, 8.0)
        gone = {**ask, "transactionId": "nobody"}
        assert whole.ask("UsePriorityCharging", gone)["status"] == "Rejected"
