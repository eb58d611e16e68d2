"""K15 to K20: what vehicles need goes up, schedules come down, what they choose goes up."""

from pathlib import Path
from typing import Any

import pytest

from ocpp.station.charging.needs import Needs
from ocpp.station.charging.offers import Offer, Step
from ocpp.versions import Version
from tests.ocpp.blocks.steps import ALL, SINCE_2, charge, put
from tests.ocpp.blocks.test_c_authorization import away
from tests.ocpp.site import NOW, Json, Site, site

AC: Json = {
    "requestedEnergyTransfer": "AC_three_phase",
    "controlMode": "ScheduledControl",
    "departureTime": "2030-01-01T08:00:00Z",
    "acChargingParameters": {
        "energyAmount": 12_000.5,
        "evMinCurrent": 5.5,
        "evMaxCurrent": 31.9,
        "evMaxVoltage": 400.0,
    },
}
TARIFF: Json = {
    "id": 3,
    "salesTariffEntry": [{"relativeTimeInterval": {"start": 0}, "ePriceLevel": 1}],
}
OLD = Version.V16


def told(whole: Site, needs: Json = AC, most: int | None = 12) -> list[str]:
    """A vehicle says what it needs; what is in the list once it may be made an offer."""
    found: list[str] = []
    whole.station.smart.needs.tell(1, Needs(needs, most), lambda: found.append("offer"))
    whole.run()
    return found


def promised(whole: Site, word: str = "Accepted") -> None:
    whole.answers["NotifyEVChargingNeeds"] = {"status": word}
    whole.answers["NotifyEVChargingSchedule"] = {"status": "Accepted"}


def transaction(whole: Site) -> str:
    name = whole.station.outlet(1).transaction
    assert name is not None
    return name


def last(whole: Site) -> float | None:
    """Amperes of the outlet that was limited last."""
    return whole.charger.limits[-1][1]


def schedule(number: int, *limits: float, **more: Any) -> Json:  # noqa: ANN401 - JSON
    """Kilowatts by the hour."""
    periods = [
        {"startPeriod": 3600 * hour, "limit": 1000.0 * limit} for hour, limit in enumerate(limits)
    ]
    return {"id": number, "chargingRateUnit": "W", "chargingSchedulePeriod": periods, **more}


def send(whole: Site, *schedules: Json, number: int = 1, purpose: str = "TxProfile") -> str:
    own = purpose == "TxProfile"
    profile: Json = {
        "id": number,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [{"startSchedule": NOW, **each} for each in schedules],
        **({"transactionId": transaction(whole)} if own else {}),
    }
    fields = {"evseId": 1 if own else 0, "chargingProfile": profile}
    return str(whole.ask("SetChargingProfile", fields)["status"])


def offered(whole: Site) -> list[tuple[int, int, list[tuple[int, int]]]]:
    """Each offer with its steps in minutes and kilowatts, from the beginning of the day."""
    since = round(whole.station.smart.now - 1893456000)
    return [
        (
            each.number,
            each.schedule,
            [
                (round((step.start + since) / 60) if step.start else 0, round(step.watts / 1000))
                for step in each.steps
            ],
        )
        for each in whole.station.smart.offering.to(1)
    ]


@SINCE_2
def test_k15_fr_01_k15_fr_06_needs_are_told_in_the_words_of_the_version(
    version: Version, folder: Path
) -> None:
    """K15.FR.01, K15.FR.06, K17.FR.01, K17.FR.06"""
    with site(folder, version) as whole:
        promised(whole)
        charge(whole)
        told(whole)
        [said] = whole.said("NotifyEVChargingNeeds")
        assert (said["evseId"], said["maxScheduleTuples"]) == (1, 12)
        if version is Version.V21:
            assert said["chargingNeeds"] == AC
            return
        assert said["chargingNeeds"] == {
            "requestedEnergyTransfer": "AC_three_phase",
            "departureTime": "2030-01-01T08:00:00Z",
            "acChargingParameters": {
                "energyAmount": 12_001,
                "evMinCurrent": 6,
                "evMaxCurrent": 31,
                "evMaxVoltage": 400,
            },
        }


@pytest.mark.parametrize("mode", ["DC", "DC_BPT", "DC_ACDP", "WPT", "AC_BPT", "AC_DER"])
def test_2_0_1_is_told_the_nearest_transfer_it_knows(mode: str, folder: Path) -> None:
    with site(folder, Version.V201) as whole:
        promised(whole)
        charge(whole)
        told(whole, {**AC, "requestedEnergyTransfer": mode})
        [said] = whole.said("NotifyEVChargingNeeds")
        kind = "AC_three_phase" if mode in {"AC_BPT", "AC_DER"} else "DC"
        assert said["chargingNeeds"]["requestedEnergyTransfer"] == kind


@SINCE_2
def test_a_promised_schedule_is_waited_for_but_not_for_ever(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        promised(whole)
        charge(whole)
        found = told(whole)
        assert found == []
        whole.run(10)
        assert send(whole, schedule(7, 11.0)) == "Accepted"
        assert found == ["offer"]
        late = told(whole)
        whole.run(48)
        assert late == []
        whole.run(2)
        assert late == ["offer"]


@SINCE_2
@pytest.mark.parametrize("word", ["Rejected", "Processing"])
def test_where_none_is_promised_now_nobody_waits(version: Version, word: str, folder: Path) -> None:
    with site(folder, version) as whole:
        promised(whole, word)
        charge(whole)
        assert told(whole) == ["offer"]


@ALL
def test_k15_fr_15_k17_fr_15_offline_and_in_1_6_nobody_waits(
    version: Version, folder: Path
) -> None:
    """K15.FR.15, K17.FR.15: the schedule is then made of what is held."""
    with site(folder, version) as whole:
        promised(whole)
        charge(whole)
        if version is not OLD:
            assert send(whole, schedule(2, 5.0), purpose="TxDefaultProfile") == "Accepted"
            away(whole)
        assert told(whole) == ["offer"]
        assert whole.said("NotifyEVChargingNeeds") == []
        if version is not OLD:
            assert offered(whole) == [(1, 0, [(0, 5)])]


@SINCE_2
def test_what_is_offered_is_held_down_by_all_that_limits(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        charge(whole)
        assert whole.station.smart.offering.to(1) == ()  # the hardware alone
        one = schedule(7, 11.0, 4.0, 9.0, duration=4 * 3600)
        two = schedule(9, 3.0, 20.0)
        assert send(whole, one, two) == "Accepted"
        assert offered(whole) == [
            (1, 7, [(0, 11), (60, 4), (120, 9), (240, 22)]),
            (2, 9, [(0, 3), (60, 20)]),
        ]
        assert send(whole, schedule(1, 10.0), number=5, purpose="ChargingStationMaxProfile")
        assert offered(whole) == [
            (1, 7, [(0, 10), (60, 4), (120, 9), (240, 10)]),
            (2, 9, [(0, 3), (60, 10)]),
        ]
        whole.run(3600)
        assert offered(whole)[0] == (1, 7, [(0, 4), (120, 9), (240, 10)])


@SINCE_2
def test_prices_go_along_with_the_age_of_the_schedule(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        charge(whole)
        assert send(whole, schedule(7, 11.0, salesTariff=TARIFF)) == "Accepted"
        whole.run(600)
        [offer] = whole.station.smart.offering.to(1)
        assert offer.prices == {"salesTariff": TARIFF}
        assert offer.age == pytest.approx(whole.station.smart.now - 1893456000)


@SINCE_2
def test_k15_fr_09_k15_fr_10_what_the_vehicle_chooses_is_told_and_counts(
    version: Version, folder: Path
) -> None:
    """K15.FR.09, K15.FR.10, K15.FR.14, K15.FR.21, K16.FR.04, K16.FR.05, K17.FR.09, K17.FR.10."""
    with site(folder, version) as whole:
        promised(whole)
        charge(whole)
        send(whole, schedule(7, 11.0), schedule(9, 3.0))
        whole.station.smart.offering.to(1)
        whole.station.smart.chosen(1, 2, (Step(0, 2500.0), Step(600, 3000.0)))
        whole.run()
        [said] = whole.said("NotifyEVChargingSchedule")
        assert said["timeBase"].startswith("2030-01-01T00:00")
        assert said["chargingSchedule"] == {
            "id": 9,
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 2500.0},
                {"startPeriod": 600, "limit": 3000.0},
            ],
        }
        assert said.get("selectedChargingScheduleId") == (9 if version is Version.V21 else None)
        asked = {"evseId": 1, "duration": 60, "chargingRateUnit": "W"}
        composite = whole.ask("GetCompositeSchedule", asked)["schedule"]
        assert [each["limit"] for each in composite["chargingSchedulePeriod"]] == [3000.0]
        assert (
            whole.charger.told.count(("offered", 1, "")) == 1
        )  # by the profile, not by the choice


@SINCE_2
def test_k15_fr_19_a_vehicle_without_a_course_of_its_own_has_the_one_it_chose(
    version: Version, folder: Path
) -> None:
    """K15.FR.19, K16.FR.13, K17.FR.16"""
    with site(folder, version) as whole:
        promised(whole)
        charge(whole)
        send(whole, schedule(7, 11.0))
        whole.station.smart.offering.to(1)
        whole.station.smart.chosen(1, 1, None)
        whole.run()
        [said] = whole.said("NotifyEVChargingSchedule")
        [period] = said["chargingSchedule"]["chargingSchedulePeriod"]
        assert period == {"startPeriod": 0, "limit": 11_000.0}


@SINCE_2
def test_k16_fr_01_another_profile_while_it_charges_is_offered_anew(
    version: Version, folder: Path
) -> None:
    """K16.FR.01, K16.FR.02, K16.FR.03, K16.FR.11"""
    with site(folder, version) as whole:
        charge(whole)
        anew = ("offered", 1, "")
        send(whole, schedule(7, 11.0, 5.0))
        assert whole.charger.told.count(anew) == 1
        send(whole, schedule(7, 11.0, 5.0))
        assert whole.charger.told.count(anew) == 1  # nothing else is offered
        send(whole, schedule(7, 6.0, 5.0))
        assert whole.charger.told.count(anew) == 2
        evse, amperes = whole.charger.limits[-1]
        assert (evse, round(amperes or 0, 2)) == (1, round(6000 / 690, 2))  # holds at once
        whole.run(3600)
        assert whole.charger.told.count(anew) == 2  # time alone offers nothing else
        send(whole, schedule(1, 2.0), number=5, purpose="ChargingStationMaxProfile")
        assert whole.charger.told.count(anew) == 3
        whole.ask("ClearChargingProfile", {"chargingProfileId": 5})
        assert whole.charger.told.count(anew) == 4


def test_an_offer_compares_by_the_calendar() -> None:
    early = Offer(1, 7, (Step(0, 5.0), Step(100, 3.0)), 86_400)
    late = Offer(1, 7, (Step(0, 5.0), Step(60, 3.0)), 86_400)
    assert early.at(1000.0) == late.at(1040.0)
    assert early.at(1000.0) != late.at(1000.0)


@SINCE_2
def test_offline_what_is_held_goes_on(version: Version, folder: Path) -> None:
    """K06.FR.01, K06.FR.02, K07.FR.01."""
    with site(folder, version) as whole:
        send_default = schedule(2, 5.0)
        assert send(whole, send_default, purpose="TxDefaultProfile") == "Accepted"
        charge(whole)
        send(whole, schedule(7, 3.0, 4.0), number=2)
        away(whole)
        before = len(whole.charger.limits)
        assert last(whole) == pytest.approx(3000 / 690)
        whole.run(3600)
        assert [amperes for _, amperes in whole.charger.limits[before:]] == [
            pytest.approx(4000 / 690)
        ]
        whole.station.stopped(1)
        whole.station.unplugged(1)
        charge(whole)  # nobody can be asked: the card is known
        assert last(whole) == pytest.approx(5000 / 690)


def imposed(whole: Site, watts: float) -> None:
    whole.station.smart.elsewhere.limit("EMS", watts)
    whole.run()


@SINCE_2
def test_k11_k12_k13_a_limit_of_the_site_holds_at_once_and_is_told(
    version: Version, folder: Path
) -> None:
    """K11.FR.01, K11.FR.02, K11.FR.04, K11.FR.05, K11.FR.06, K12.FR.01, K12.FR.02, K12.FR.04,
    K12.FR.05, K13.FR.01, K13.FR.02, K13.FR.03."""
    with site(folder, version) as whole:
        put(whole, "SmartChargingCtrlr.LimitChangeSignificance", "10")
        imposed(whole, 20_000.0)
        assert last(whole) == pytest.approx(20_000 / 690)
        assert whole.said("NotifyChargingLimit") == [
            {"chargingLimit": {"chargingLimitSource": "EMS"}}
        ]
        charge(whole)
        imposed(whole, 6900.0)
        assert whole.charger.limits[-1][1] == pytest.approx(10.0)
        assert len(whole.said("NotifyChargingLimit")) == 2
        assert whole.said("TransactionEvent")[-1]["triggerReason"] == "ChargingRateChanged"
        imposed(whole, 6500.0)  # within ten per cent: it holds, and nobody is told
        assert whole.charger.limits[-1][1] == pytest.approx(6500 / 690)
        assert len(whole.said("NotifyChargingLimit")) == 2
        asked = {"requestId": 1, "chargingProfile": {"chargingLimitSource": ["EMS"]}}
        assert whole.ask("GetChargingProfiles", asked) == {"status": "Accepted"}
        whole.run()
        [report] = whole.said("ReportChargingProfiles")
        [profile] = report["chargingProfile"]
        assert report["chargingLimitSource"] == "EMS"
        assert profile["id"] < 0
        assert profile["chargingProfilePurpose"] == "ChargingStationExternalConstraints"
        whole.station.smart.elsewhere.lift("EMS")
        whole.run()
        assert whole.charger.limits[-1] == (2, None)
        assert whole.said("ClearedChargingLimit") == [{"chargingLimitSource": "EMS"}]
        assert whole.said("TransactionEvent")[-1]["triggerReason"] == "ChargingRateChanged"
        whole.station.smart.elsewhere.lift("EMS")
        whole.run()
        assert len(whole.said("ClearedChargingLimit")) == 1


@SINCE_2
def test_k11_fr_03_the_schedule_goes_along_where_it_is_wanted(
    version: Version, folder: Path
) -> None:
    """K11.FR.03, K12.FR.03."""
    with site(folder, version) as whole:
        put(whole, "SmartChargingCtrlr.NotifyChargingLimitWithSchedules", "true")
        imposed(whole, 5000.0)
        [told_limit] = whole.said("NotifyChargingLimit")
        [one] = told_limit["chargingSchedule"]
        mode = {"operationMode": "ExternalLimits"} if version is Version.V21 else {}
        assert one["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 5000.0, **mode}]


def test_1_6_is_told_of_no_limit(folder: Path) -> None:
    with site(folder, OLD) as whole:
        imposed(whole, 6900.0)
        assert whole.charger.limits[-1][1] == pytest.approx(10.0)
        assert whole.said("NotifyChargingLimit") == []
