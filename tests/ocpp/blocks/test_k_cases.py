"""K: the cases of the test documents about profiles, each by its id."""

from pathlib import Path
from typing import Any

import pytest

from ocpp.station.outlets.points import TxRules
from ocpp.versions import Version
from tests.ocpp.blocks.steps import ALL, CARD, SINCE_2, charge, leave, points, rules
from tests.ocpp.blocks.test_k_smart_charging import at, composite, own, profile, put
from tests.ocpp.site import Json, Site, site


def limits(whole: Site, evse: int = 1, duration: int = 600) -> list[tuple[int, float]]:
    periods = composite(whole, evse, duration)
    return [(each["startPeriod"], each["limit"]) for each in periods]


def last(whole: Site) -> tuple[int, float | None]:
    return whole.charger.limits[-1]


def cleared(whole: Site, number: int = 0, **criteria: object) -> str:
    fields: Json = {}
    if number:
        fields["chargingProfileId"] = number
    if criteria:
        fields["chargingProfileCriteria"] = criteria
    return str(whole.ask("ClearChargingProfile", fields)["status"])


def reported(whole: Site, evse: int | None = None, **criteria: object) -> list[int]:
    whole.heard.clear()
    place = {} if evse is None else {"evseId": evse}
    fields = {"requestId": 3, "chargingProfile": criteria, **place}
    answer = whole.ask("GetChargingProfiles", fields)
    if answer["status"] == "NoProfiles":
        return []
    whole.run(2)
    said = whole.said("ReportChargingProfiles")
    assert [each["tbc"] for each in said] == [True] * (len(said) - 1) + [False]
    return sorted(each["id"] for one in said for each in one["chargingProfile"])


@SINCE_2
def test_tc_k_02_tc_k_16_a_profile_of_a_transaction_that_is_not_there(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        wanted = {**profile(5, purpose="TxProfile"), "transactionId": "T?"}
        assert put(whole, wanted) == "Rejected"
        charge(whole)
        assert put(whole, wanted) == "Rejected"


@ALL
def test_tc_k_03_a_limit_of_the_station(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        wanted = profile(1, (0, 9.0), evse=0, purpose="ChargingStationMaxProfile")
        assert put(whole, wanted) == "Accepted"
        assert limits(whole, 2) == [(0, 9.0)]
        if version is not Version.V16:
            elsewhere = profile(2, evse=1, purpose="ChargingStationMaxProfile")
            assert put(whole, elsewhere) == "Rejected"


@SINCE_2
def test_tc_k_04_the_same_number_replaces(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert put(whole, profile(1, (0, 10.0))) == "Accepted"
        assert put(whole, profile(1, (0, 8.0), level=2)) == "Accepted"
        assert limits(whole) == [(0, 8.0)]
        assert reported(whole, 1, chargingProfilePurpose="TxDefaultProfile") == [1]


@SINCE_2
def test_tc_k_06_tc_k_07_tc_k_08_tc_k_24_profiles_are_cleared_by_what_they_are(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        assert cleared(whole, 7) == "Unknown"
        for number, (evse, level) in enumerate(((1, 0), (2, 0), (1, 1)), 1):
            assert put(whole, profile(number, evse=evse, level=level)) == "Accepted"
        default: Any = {"chargingProfilePurpose": "TxDefaultProfile"}
        assert cleared(whole, stackLevel=5, **default) == "Unknown"
        assert cleared(whole, stackLevel=1, **default) == "Accepted"
        assert reported(whole, **default) == [1, 2]
        assert cleared(whole, stackLevel=0, **default) == "Accepted"
        assert reported(whole, **default) == []


@ALL
def test_tc_k_09_a_default_that_is_cleared_lets_a_charge_go_on(
    version: Version, folder: Path
) -> None:
    """K10.FR.05."""
    with site(folder, version) as whole:
        assert put(whole, profile(1, (0, 6.0))) == "Accepted"
        charge(whole)
        assert last(whole) == (1, 6.0)
        if version is Version.V16:
            assert whole.ask("ClearChargingProfile", {"id": 1})["status"] == "Accepted"
        else:
            assert cleared(whole, 1) == "Accepted"
        assert last(whole) == (1, None)
        assert whole.station.outlet(1).transaction is not None


@ALL
def test_tc_k_10_a_default_for_all_outlets(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert put(whole, profile(1, (0, 7.0), evse=0)) == "Accepted"
        assert limits(whole, 1) == limits(whole, 2) == [(0, 7.0)]


@SINCE_2
@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"evse": 0, "chargingProfilePurpose": "TxProfile"}, id="TC_K_11"),
        pytest.param({"evse": 7}, id="TC_K_14"),
        pytest.param(
            {"chargingProfilePurpose": "ChargingStationExternalConstraints"}, id="outside"
        ),
        pytest.param({"chargingProfileKind": "Recurring"}, id="no-recurrency"),
    ],
)
def test_what_cannot_be_set_is_refused(version: Version, change: Json, folder: Path) -> None:
    with site(folder, version) as whole:
        assert put(whole, {**profile(1), **change}) == "Rejected"
        assert limits(whole) == [(0, 32.0)]


@SINCE_2
def test_tc_k_19_a_profile_that_comes_again_each_day(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        wanted = profile(1, (0, 6.0), start=-86_400 + 100, duration=60)
        wanted |= {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}
        assert put(whole, wanted) == "Accepted"
        found = limits(whole)
        assert [limit for _, limit in found] == [32.0, 6.0, 32.0]
        assert found[2][0] - found[1][0] == 60


@SINCE_2
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"validFrom": 100}, [32.0, 6.0], id="TC_K_21"),
        pytest.param({"validTo": 100}, [6.0, 32.0], id="TC_K_22"),
    ],
)
def test_a_profile_holds_from_then_to_then(
    version: Version, fields: dict[str, int], expected: list[float], folder: Path
) -> None:
    """K01.FR.10."""
    with site(folder, version) as whole:
        wanted = profile(1, (0, 6.0)) | {name: at(value) for name, value in fields.items()}
        assert put(whole, wanted) == "Accepted"
        assert [limit for _, limit in limits(whole)] == expected


@SINCE_2
def test_tc_k_23_a_schedule_that_begins_later(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert put(whole, profile(1, (0, 6.0), start=100)) == "Accepted"
        assert whole.charger.limits[-1:] != [(1, 6.0)]
        whole.run(120)
        assert last(whole) == (1, 6.0)


@ALL
def test_tc_k_28_a_default_reaches_who_charges_already(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        charge(whole)
        assert put(whole, profile(1, (0, 6.0))) == "Accepted"
        assert last(whole) == (1, 6.0)


@SINCE_2
def test_tc_k_30_to_36_profiles_are_reported_by_what_they_are(
    version: Version, folder: Path
) -> None:
    """TC_K_30 TC_K_31 TC_K_32 TC_K_33 TC_K_34 TC_K_35 TC_K_36."""
    with site(folder, version) as whole:
        put(whole, profile(1, evse=1, level=0))
        put(whole, profile(2, evse=1, level=1))
        put(whole, profile(3, evse=2))
        put(whole, profile(4, evse=0, purpose="ChargingStationMaxProfile"))
        assert reported(whole, 0, chargingProfilePurpose="ChargingStationMaxProfile") == [4]
        assert reported(whole, 1, chargingLimitSource=["CSO"]) == [1, 2]
        assert reported(whole, chargingLimitSource=["CSO"]) == [1, 2, 3, 4]
        assert reported(whole, chargingProfileId=[2, 3]) == [2, 3]
        assert reported(whole, 1, stackLevel=1) == [2]
        assert reported(whole, 1, chargingProfilePurpose="TxDefaultProfile") == [1, 2]
        both: Any = {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}
        assert reported(whole, 1, **both) == [1]
        assert reported(whole, 1, chargingLimitSource=["EMS"]) == []


def with_a_profile(version: Version) -> tuple[str, Json]:
    """A remote start that brings 6 A along."""
    wanted = profile(5, (0, 6.0), purpose="TxProfile", start=None)
    wanted.pop("evse")
    if version is Version.V16:
        (schedule,) = wanted.pop("chargingSchedule")
        schedule.pop("id")
        wanted["chargingProfileId"] = wanted.pop("id")
        wanted["chargingSchedule"] = schedule
        fields: Json = {"idTag": "X", "connectorId": 1, "chargingProfile": wanted}
        return "RemoteStartTransaction", fields
    token = {"idToken": "X", "type": "ISO14443"}
    fields = {"remoteStartId": 1, "evseId": 1, "idToken": token, "chargingProfile": wanted}
    return "RequestStartTransaction", fields


@ALL
def test_tc_k_37_a_profile_that_comes_with_a_remote_start(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        action, fields = with_a_profile(version)
        wrong = {**fields["chargingProfile"], "chargingProfilePurpose": "TxDefaultProfile"}
        answer = whole.ask(action, {**fields, "chargingProfile": wrong})
        assert answer["status"] == "Rejected"
        assert whole.ask(action, fields)["status"] == "Accepted"
        assert (1, 6.0) not in whole.charger.limits
        whole.station.plugged(1)
        whole.run(2)
        assert last(whole) == (1, 6.0)
        whole.station.unplugged(1)
        whole.run(2)
        assert last(whole) == (1, None)
        charge(whole)
        assert last(whole) == (1, None)


@ALL
def test_tc_k_37_a_profile_for_the_transaction_that_the_plug_has_begun(
    version: Version, folder: Path
) -> None:
    """F01.FR.10 with F01.FR.25: the driver comes to a transaction that is there."""
    begins = rules(TxRules(start=points("EVConnected")))
    with site(folder, version, begins) as whole:
        whole.station.plugged(1)
        whole.run(2)
        assert whole.ask(*with_a_profile(version))["status"] == "Accepted"
        whole.run(2)
        assert last(whole) == (1, 6.0)


@ALL
def test_tc_k_37_a_profile_goes_with_the_driver_who_was_refused(
    version: Version, folder: Path
) -> None:
    begins = rules(TxRules(start=points("EVConnected")))
    with site(folder, version, begins) as whole:
        whole.station.plugged(1)
        whole.run(2)
        whole.answers["Authorize"] = whole.verdict("Blocked")
        assert whole.ask(*with_a_profile(version))["status"] == "Accepted"
        whole.run(2)
        del whole.answers["Authorize"]
        whole.station.presented(1, CARD)
        whole.station.charging(1)
        whole.run(2)
        assert (1, 6.0) not in whole.charger.limits


@ALL
def test_tc_k_39_without_profiles_the_hardware_says_how_much(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        assert limits(whole) == [(0, 32.0)]
        assert limits(whole, 0)[0][1] == 64.0


@ALL
def test_tc_k_40_the_highest_level_that_speaks_counts(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert put(whole, profile(1, (0, 10.0), level=0, start=0)) == "Accepted"
        higher = profile(2, (0, 6.0), level=1, start=100, duration=100)
        assert put(whole, higher) == "Accepted"
        assert [limit for _, limit in limits(whole)] == [10.0, 6.0, 10.0]


@ALL
def test_tc_k_47_an_outlet_that_is_not_there(version: Version, folder: Path) -> None:
    """K08.FR.07."""
    with site(folder, version) as whole:
        place = "connectorId" if version is Version.V16 else "evseId"
        fields = {place: 7, "duration": 60}
        assert whole.ask("GetCompositeSchedule", fields)["status"] == "Rejected"


@SINCE_2
def test_tc_k_60_a_profile_of_the_transaction_that_runs(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        put(whole, profile(1, (0, 10.0)))
        charge(whole)
        assert put(whole, own(whole, 5, (0, 6.0))) == "Accepted"
        assert last(whole) == (1, 6.0)
        leave(whole)
        assert last(whole) == (1, 10.0)
