"""Q: operation modes - what is taken, what flows, and that nothing is given back without leave."""

from pathlib import Path
from typing import Any

import pytest

from ocpp.versions import Version
from tests.ocpp.blocks.steps import CARD, charge, got, leave, rules, variable
from tests.ocpp.blocks.twoway import (
    EVERY_MODE,
    LEAST,
    MOST,
    dynamic,
    flows,
    mode_profile,
    now,
    reported,
    take,
    two_way,
)
from tests.ocpp.site import Json, site

V21 = Version.V21
CURVE = [
    {"frequency": 49.8, "power": -4000.0},
    {"frequency": 50.0, "power": 0.0},
    {"frequency": 50.2, "power": 4000.0},
]
SIGNALS = [{"signal": -100, "power": -2000.0}, {"signal": 100, "power": 2000.0}]


def test_without_a_profile_nothing_is_given_back(folder: Path) -> None:
    with two_way(folder) as whole:
        charge(whole)
        assert flows(whole) == (MOST, 0, None)


def test_nothing_is_given_back_before_a_driver_is_let_in_and_after_he_has_gone(
    folder: Path,
) -> None:
    with two_way(folder) as whole:
        assert take(whole, mode_profile(1, "CentralSetpoint", setpoint=-5000)) == "Accepted"
        assert flows(whole) == (MOST, 0, 0)
        whole.station.plugged(1)
        whole.run()
        assert flows(whole)[1:] == (0, 0)
        whole.station.presented(1, CARD)
        whole.run()
        assert flows(whole) == (MOST, LEAST, -5000)
        leave(whole)
        assert flows(whole)[1:] == (0, 0)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ({"setpoint": 5000}, (MOST, LEAST, 5000)),
        ({"setpoint": -6000, "dischargeLimit": -6900, "limit": 9000}, (9000, 6900, -6000)),
        ({"setpoint": -50_000}, (MOST, LEAST, -LEAST)),
        ({"setpoint": 50_000}, (MOST, LEAST, MOST)),
        ({"setpoint": 0}, (MOST, LEAST, 0)),
    ],
)
@pytest.mark.parametrize("mode", ["CentralSetpoint", "CentralFrequency"])
def test_a_setpoint_from_the_back_end_stays_within_the_outlet(
    mode: str, period: Json, expected: tuple[int, int, int], folder: Path
) -> None:
    """Q01.FR.31, Q07.FR.01, Q07.FR.02: in 2.1 (V21) what the outlet can is never passed."""
    with two_way(folder, version=V21) as whole:
        assert take(whole, mode_profile(1, mode, **period)) == "Accepted"
        charge(whole)
        assert flows(whole) == expected
        assert now(whole).mode.value == mode


def test_a_setpoint_is_cut_in_the_composite_and_told_with_its_mode(folder: Path) -> None:
    """K08.FR.08."""
    with two_way(folder, version=V21) as whole:
        wanted = mode_profile(1, "CentralSetpoint", setpoint=9000.0, dischargeLimit=-9000.0)
        assert take(whole, wanted) == "Accepted"
        most = mode_profile(2, "ChargingOnly", limit=7000.0)
        most["chargingProfilePurpose"] = "ChargingStationMaxProfile"
        assert take(whole, most, evse=0) == "Accepted"
        charge(whole)
        asked = {"evseId": 1, "duration": 60, "chargingRateUnit": "W"}
        [period] = whole.ask("GetCompositeSchedule", asked)["schedule"]["chargingSchedulePeriod"]
        assert (period["limit"], period["setpoint"]) == (7000.0, 7000.0)
        assert (period["dischargeLimit"], period["operationMode"]) == (-9000.0, "CentralSetpoint")
        plain = mode_profile(1, "ChargingOnly", limit=6900.0)
        assert take(whole, plain) == "Accepted"
        [period] = whole.ask("GetCompositeSchedule", asked)["schedule"]["chargingSchedulePeriod"]
        assert set(period) == {"startPeriod", "limit", "numberPhases"}


@pytest.mark.parametrize(
    ("mode", "period", "reason"),
    [
        ("Idle", {"limit": 1000}, "InvalidSchedule"),
        ("Idle", {"setpoint": 0}, "InvalidSchedule"),
        ("Idle", {"dischargeLimit": -1}, "InvalidSchedule"),
        ("Idle", {"setpointReactive": 1}, "InvalidSchedule"),
        ("ChargingOnly", {"limit": 1000, "setpoint": 500}, "InvalidSchedule"),
        ("ChargingOnly", {"limit": 1000, "dischargeLimit": -500}, "InvalidSchedule"),
        ("CentralSetpoint", {}, "InvalidSchedule"),
        ("CentralSetpoint", {"setpoint": 5, "limit": 4}, "InvalidSchedule"),
        ("CentralSetpoint", {"setpoint": -5, "dischargeLimit": -4}, "InvalidSchedule"),
        ("CentralSetpoint", {"setpoint": 5, "setpoint_L2": 4}, "InvalidSchedule"),
        ("LocalFrequency", {"v2xBaseline": 0}, "NoFreqWattCurve"),
        ("LocalFrequency", {"v2xFreqWattCurve": CURVE}, "NoFreqWattCurve"),
        ("LocalFrequency", {"v2xBaseline": 0, "v2xFreqWattCurve": CURVE[:1]}, "NoFreqWattCurve"),
        *(
            ("LocalFrequency", {"v2xBaseline": 0, "v2xFreqWattCurve": CURVE, **more}, why)
            for more, why in (
                ({"limit": 5.0}, "InvalidSchedule"),
                ({"dischargeLimit": -5.0}, "InvalidSchedule"),
                ({"setpoint": 5.0}, "InvalidSchedule"),
                ({"setpointReactive": 5.0}, "InvalidSchedule"),
                ({"unit": "A"}, "InvalidSchedule"),
                ({}, "Accepted"),
            )
        ),
    ],
)
def test_each_mode_has_its_fields_and_no_others(
    mode: str, period: dict[str, Any], reason: str, folder: Path
) -> None:
    """Q08.FR.01, Q08.FR.02, Q08.FR.03, Q08.FR.04, Q08.FR.05: frequency; Q10.FR.01, Q10.FR.02:
    Idle; 2.1 alone (V21)."""
    with two_way(folder, EVERY_MODE, V21) as whole:
        charge(whole)
        assert take(whole, mode_profile(1, mode, **period)) == reason


def test_idle_lets_nothing_flow_either_way_and_its_end_lets_it(folder: Path) -> None:
    """Q10.FR.01; K01.FR.110: each mode is told of when it begins."""
    with two_way(folder, version=V21) as whole:
        charge(whole)
        wanted = mode_profile(1, "Idle", duration=120)
        assert take(whole, wanted) == "Accepted"
        assert flows(whole) == (0, 0, 0)
        event = whole.said("TransactionEvent")[-1]
        assert (event["triggerReason"], event["eventType"]) == ("OperationModeChanged", "Updated")
        assert event["transactionInfo"]["operationMode"] == "Idle"
        assert "evseSleep" not in event  # Q10.FR.05
        whole.run(120)
        assert flows(whole) == (MOST, 0, None)
        last = whole.said("TransactionEvent")[-1]["transactionInfo"]
        assert last["operationMode"] == "ChargingOnly"


def test_an_outlet_that_can_sleep_does_and_says_so(folder: Path) -> None:
    """Q10.FR.03, Q10.FR.04; Q10.FR.05: one that cannot has no such word (2.1, V21)."""
    able = rules(values={"SmartChargingCtrlr.SupportsEvseSleep": "true"})
    with two_way(folder, able, V21) as whole:
        charge(whole)
        assert take(whole, mode_profile(1, "Idle", duration=120, evseSleep=True)) == "Accepted"
        assert now(whole).asleep
        assert whole.said("TransactionEvent")[-1]["evseSleep"] is True
        whole.run(120)
        assert not now(whole).asleep
        assert "evseSleep" not in whole.said("TransactionEvent")[-1]


def test_a_frequency_curve_moves_the_setpoint(folder: Path) -> None:
    """Q08.FR.06: from the begin; Q08.FR.07: with each change that counts; V21."""
    with two_way(folder, EVERY_MODE, V21) as whole:
        charge(whole)
        wanted = mode_profile(
            1, "LocalFrequency", v2xBaseline=1000.0, v2xFreqWattCurve=list(reversed(CURVE))
        )
        assert take(whole, wanted) == "Accepted"
        assert flows(whole)[2] == 0  # nobody has measured yet
        outside = whole.station.smart.outside
        for frequency, watts in [
            (50.0, 1000),
            (50.1, 3000),
            (49.9, -1000),
            (49.0, -3000),
            (51.0, 5000),
            (51.005, 5000),
        ]:
            outside.measured(frequency)
            assert flows(whole)[2] == watts, frequency
        outside.measured(50.0)
        before = len(whole.charger.said)
        outside.measured(50.005)  # below ten millihertz
        assert len(whole.charger.said) == before


def test_a_signal_of_the_grid_comes_on_top_at_its_time(folder: Path) -> None:
    """Q08.FR.10; Q08.FR.11: only where a curve for it counts; Q08.FR.12: Accepted (V21)."""
    with two_way(folder, EVERY_MODE, V21) as whole:
        charge(whole)
        later = {"timestamp": "2030-01-01T00:01:00Z", "signal": 50}

        def ask(signal: Json) -> str:
            answer = whole.ask("AFRRSignal", signal)
            return str(answer.get("statusInfo", {}).get("reasonCode", answer["status"]))

        assert ask(later) == "NoSignalWattCurve"
        curves: dict[str, Any] = {"v2xBaseline": 1000.0, "v2xFreqWattCurve": CURVE}
        assert take(whole, mode_profile(1, "LocalFrequency", **curves)) == "Accepted"
        whole.station.smart.outside.measured(50.0)
        assert ask(later) == "NoSignalWattCurve"
        wanted = mode_profile(1, "LocalFrequency", **curves, v2xSignalWattCurve=SIGNALS)
        assert take(whole, wanted) == "Accepted"
        assert ask(later) == "Accepted"
        assert ask({"timestamp": "2030-01-01T00:02:00Z", "signal": -100}) == "Accepted"
        assert flows(whole)[2] == 1000
        whole.run(60)
        assert flows(whole)[2] == 2000
        whole.run(60)
        assert flows(whole)[2] == -1000


THRESHOLDS = {
    f"V2XChargingCtrlr.LocalLoadBalancing.{name}": str(watts)
    for name, watts in (
        ("UpperThreshold", 10_000),
        ("LowerThreshold", -2000),
        ("UpperOffset", -500),
        ("LowerOffset", 500),
    )
}
BALANCES = {"V2XChargingCtrlr.SupportedOperationModes": "ChargingOnly,LocalLoadBalancing"}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "UnsupportedParam"),
        (BALANCES, "MissingDevModelInfo"),
        *(
            (
                {**BALANCES, **{k: v for k, v in THRESHOLDS.items() if k != left_out}},
                "MissingDevModelInfo",
            )
            for left_out in THRESHOLDS
        ),
        (
            {
                **BALANCES,
                **THRESHOLDS,
                "V2XChargingCtrlr.LocalLoadBalancing.UpperThreshold": "-2000",
            },
            "MissingDevModelInfo",
        ),
        ({**BALANCES, **THRESHOLDS}, "Accepted"),
    ],
)
def test_load_balancing_needs_its_thresholds(
    values: dict[str, str], reason: str, folder: Path
) -> None:
    """Q09.FR.01, Q09.FR.02, V21."""
    with two_way(folder, rules(values=values), V21) as whole:
        assert take(whole, mode_profile(1, "LocalLoadBalancing")) == reason


def test_load_balancing_follows_the_sites_meter_within_its_limits(folder: Path) -> None:
    """Q09.FR.03, Q09.FR.04, Q09.FR.05, V21."""
    with two_way(folder, rules(values={**BALANCES, **THRESHOLDS}), V21) as whole:
        charge(whole)
        wanted = mode_profile(1, "LocalLoadBalancing", limit=4000.0, dischargeLimit=-6000.0)
        assert take(whole, wanted) == "Accepted"
        assert flows(whole)[2] == 0
        smart = whole.station.smart
        for load, watts in [
            (5000.0, 0),
            (12_000.0, -2500),  # 10000 - 500 - 12000
            (9000.0, -2500),
            (-3000.0, -1000),  # + (-2000 + 500 + 3000)
            (40_000.0, -6000),  # no further than it may give
            (-60_000.0, 4000),  # nor take
        ]:
            smart.loaded(load)
            assert flows(whole)[2] == watts, load
        leave(whole)
        assert flows(whole)[1] == 0


def test_a_dynamic_setpoint_is_updated_and_ends_without_updates(folder: Path) -> None:
    """Q07.FR.03: CentralFrequency with a duration as safety; Q05.FR.07, Q05.FR.08; V21."""
    with two_way(folder, version=V21) as whole:
        charge(whole)
        wanted = dynamic(mode_profile(1, "CentralFrequency", setpoint=-3000, duration=60))
        assert take(whole, wanted) == "Accepted"
        assert flows(whole) == (MOST, LEAST, -3000)

        def update(**change: float) -> Json:
            fields = {"chargingProfileId": 1, "scheduleUpdate": change}
            return whole.ask("UpdateDynamicSchedule", fields)

        assert update(setpoint=-4000)["status"] == "Accepted"
        assert flows(whole) == (MOST, LEAST, -4000)
        assert now(whole).mode.value == "CentralFrequency"  # an update leaves the rest as it is
        assert update(setpoint=5, limit=4)["statusInfo"]["reasonCode"] == "InvalidSchedule"
        assert update(setpoint_L2=5)["statusInfo"]["reasonCode"] == "InvalidSchedule"
        whole.run(61)
        assert flows(whole) == (MOST, 0, None)
        assert update(setpoint=-2000)["status"] == "Accepted"
        assert flows(whole)[2] == -2000


def test_the_station_pulls_a_dynamic_profile(folder: Path) -> None:
    """K28.FR.10: after each interval since the last update; K28.FR.08: what is answered holds."""
    with two_way(folder, version=V21) as whole:
        charge(whole)
        wanted = dynamic(mode_profile(1, "CentralSetpoint", setpoint=1000), dynUpdateInterval=30)
        whole.answers["PullDynamicScheduleUpdate"] = {
            "status": "Accepted",
            "scheduleUpdate": {"setpoint": -7000},
        }
        assert take(whole, wanted) == "Accepted"
        whole.run(28)
        assert not whole.said("PullDynamicScheduleUpdate")
        whole.run(2)
        assert whole.said("PullDynamicScheduleUpdate") == [{"chargingProfileId": 1}]
        assert flows(whole)[2] == -7000
        whole.answers["PullDynamicScheduleUpdate"] = {"status": "Rejected"}
        whole.run(61)
        assert len(whole.said("PullDynamicScheduleUpdate")) == 3
        assert flows(whole)[2] == -7000
        assert whole.ask("ClearChargingProfile", {"chargingProfileId": 1})["status"] == "Accepted"
        whole.run(120)
        assert len(whole.said("PullDynamicScheduleUpdate")) == 3


@pytest.mark.parametrize("ends", [True, False])
def test_offline_a_profile_holds_as_long_as_it_says(*, ends: bool, folder: Path) -> None:
    """K01.FR.101; K01.FR.102: again online; K01.FR.103: or never again; V21."""
    with two_way(folder, version=V21) as whole:
        charge(whole)
        below = mode_profile(1, "ChargingOnly", limit=6900.0)
        above = mode_profile(2, "CentralSetpoint", level=1, setpoint=-5000)
        above |= {"maxOfflineDuration": 60, "invalidAfterOfflineDuration": ends}
        assert take(whole, below) == take(whole, above) == "Accepted"
        assert flows(whole) == (MOST, LEAST, -5000)
        whole.cut(30)
        assert flows(whole) == (MOST, LEAST, -5000)
        whole.made.world.simulated.cut()
        whole.run(200)
        assert flows(whole) == (6900, 0, None)
        whole.made.world.simulated.restore()
        whole.run(60)
        expected = (6900, 0, None) if ends else (MOST, LEAST, -5000)
        assert flows(whole) == expected


@pytest.mark.parametrize("version", [Version.V16, Version.V201])
def test_before_2_1_giving_back_is_left_to_the_site(version: Version, folder: Path) -> None:
    with two_way(folder, version=version) as whole:
        charge(whole)
        assert dict(whole.charger.limits) == {1: None, 2: None}


def test_two_way_charging_can_be_turned_off(folder: Path) -> None:
    with two_way(folder, rules(values={"V2XChargingCtrlr.Enabled": "false"}), V21) as whole:
        charge(whole)
        wanted = mode_profile(1, "CentralSetpoint", setpoint=-5000)
        assert take(whole, wanted) == "InvalidOperationMode"
        assert flows(whole) == (MOST, 0, None)


def test_modes_and_transfers_stand_in_variables(folder: Path) -> None:
    """Q01.FR.30, Q01.FR.31, Q01.FR.32, V21."""
    with two_way(folder, version=V21) as whole:
        modes = got(whole, "V2XChargingCtrlr.SupportedOperationModes").split(",")
        assert {"ChargingOnly", "CentralSetpoint", "CentralFrequency"} <= set(modes)
        asked = variable("V2XChargingCtrlr.SupportedEnergyTransferModes")
        asked["component"]["evse"] = {"id": 2}
        answer = whole.ask("GetVariables", {"getVariableData": [asked]})
        assert answer["getVariableResult"][0]["attributeValue"] == "AC_three_phase,AC_BPT"


def test_2_0_1_hears_nothing_that_it_has_no_word_for(folder: Path) -> None:
    """What a 2.1 back end left behind is reported in 2.0.1's words."""
    with site(folder, Version.V201) as whole:
        whole.station.smart.elsewhere.limit("EMS", 6900.0)
        whole.run()
        profile = reported(whole, -1)
        assert profile["chargingProfileKind"] == "Relative"
        [period] = profile["chargingSchedule"][0]["chargingSchedulePeriod"]
        assert period == {"startPeriod": 0, "limit": 6900.0}
