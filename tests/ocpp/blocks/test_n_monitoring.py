"""N02 to N08: variables are watched, and what happens to them is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from ocpp.versions import Version
from tests.ocpp.blocks.steps import SINCE_2, charge, parts, put, rules, variable
from tests.ocpp.site import Json, Site, site

THRESHOLD = "OCPPCommCtrlr.OfflineThreshold"  # a number that a test can move


def watch(
    whole: Site,
    name: str,
    kind: str,
    value: float,
    severity: int = 5,
    **more: Any,  # noqa: ANN401
) -> Json:
    data = {**variable(name), "type": kind, "value": value, "severity": severity, **more}
    answer = whole.ask("SetVariableMonitoring", {"setMonitoringData": [data]})
    result: Json = answer["setMonitoringResult"][0]
    return result


def told(whole: Site) -> list[Json]:
    return [data for each in whole.said("NotifyEvent") for data in each["eventData"]]


@SINCE_2
def test_tc_n_08_tc_n_20_tc_n_21_a_threshold_alerts_and_clears(
    version: Version, folder: Path
) -> None:
    """N07.FR.02."""
    with site(folder, version) as whole:
        result = watch(whole, THRESHOLD, "UpperThreshold", 100)
        assert (result["status"], result["id"]) == ("Accepted", 1)
        for value in ("100", "101", "500", "99"):
            put(whole, THRESHOLD, value)
            whole.run(2)
        first, second = told(whole)
        assert (first["trigger"], first["actualValue"], "cleared" in first) == (
            "Alerting",
            "101",
            False,
        )
        assert (second["actualValue"], second["cleared"]) == ("99", True)
        assert first["variableMonitoringId"] == 1
        assert first["eventNotificationType"] == "CustomMonitor"
        assert ("severity" in first) is (version is Version.V21)


@SINCE_2
def test_a_lower_threshold_that_is_passed_already_alerts(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        watch(whole, THRESHOLD, "LowerThreshold", 61)
        whole.run(2)
        [event] = told(whole)
        assert event["actualValue"] == "60"


@SINCE_2
def test_tc_n_45_tc_n_61_a_number_that_moved_too_far(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        watch(whole, THRESHOLD, "Delta", 10)
        for value in ("70", "71", "80", "82"):
            put(whole, THRESHOLD, value)
            whole.run(2)
        assert [(each["trigger"], each["actualValue"]) for each in told(whole)] == [
            ("Delta", "71"),
            ("Delta", "82"),
        ]


@SINCE_2
def test_tc_n_56_what_is_no_number_tells_each_change(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        data = {
            "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}},
            "variable": {"name": "AvailabilityState"},
            "type": "Delta",
            "value": 1,
            "severity": 8,
        }
        whole.ask("SetVariableMonitoring", {"setMonitoringData": [data]})
        charge(whole)
        whole.run(2)
        [event] = told(whole)
        assert event["actualValue"] == "Occupied"
        assert event["component"]["evse"] == {"id": 1, "connectorId": 1}
        assert event["transactionId"]


@SINCE_2
def test_tc_n_48_what_may_only_be_written_is_not_shown(version: Version, folder: Path) -> None:
    with site(folder, version, password="0123456789abcdef") as whole:
        watch(whole, "SecurityCtrlr.BasicAuthPassword", "Delta", 1)
        put(whole, "SecurityCtrlr.BasicAuthPassword", "fedcba9876543210")
        whole.run(60)
        [event] = told(whole)
        assert event["actualValue"] == ""


@SINCE_2
@pytest.mark.parametrize("kind", ["Periodic", "PeriodicClockAligned"])
def test_tc_n_24_a_value_is_told_at_intervals(version: Version, kind: str, folder: Path) -> None:
    """N08.FR.04, N08.FR.06, N08.FR.07."""
    with site(folder, version) as whole:
        watch(whole, THRESHOLD, kind, 20)
        whole.run(65)
        assert [each["trigger"] for each in told(whole)] == ["Periodic"] * 3
        if kind == "PeriodicClockAligned":
            assert {int(each["timestamp"][17:19]) % 20 for each in told(whole)} <= {0, 1}


@SINCE_2
@pytest.mark.parametrize(
    ("name", "kind", "value", "severity", "status"),
    [
        pytest.param("NoCtrlr.X", "Delta", 1, 5, "UnknownComponent", id="TC_N_11"),
        pytest.param("AuthCtrlr.X", "Delta", 1, 5, "UnknownVariable", id="TC_N_37"),
        pytest.param(
            "AuthCtrlr.Enabled", "UpperThreshold", 1, 5, "UnsupportedMonitorType", id="TC_N_38"
        ),
        pytest.param(THRESHOLD, "Delta", -1, 5, "Rejected", id="TC_N_12"),
        pytest.param(THRESHOLD, "UpperThreshold", 1e9, 5, "Rejected", id="TC_N_13"),
        pytest.param(THRESHOLD, "Delta", 1, 10, "Rejected", id="severity"),
    ],
)
def test_what_cannot_be_watched_has_its_reason(
    version: Version, name: str, kind: str, value: float, severity: int, status: str, folder: Path
) -> None:
    """N04.FR.06."""
    with site(folder, version) as whole:
        result = watch(whole, name, kind, value, severity)
        assert result["status"] == status
        assert "id" not in result


@SINCE_2
def test_tc_n_09_tc_n_10_tc_n_43_each_element_for_itself(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        rows = [
            {**variable(THRESHOLD), "type": "UpperThreshold", "value": 90, "severity": 5},
            {**variable("NoCtrlr.X"), "type": "Delta", "value": 1, "severity": 5},
            {**variable(THRESHOLD), "type": "LowerThreshold", "value": 10, "severity": 5},
        ]
        answer = whole.ask("SetVariableMonitoring", {"setMonitoringData": rows})
        words = [each["status"] for each in answer["setMonitoringResult"]]
        assert words == ["Accepted", "UnknownComponent", "Accepted"]


@SINCE_2
def test_tc_n_15_the_same_again_is_a_duplicate(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert watch(whole, THRESHOLD, "UpperThreshold", 90)["status"] == "Accepted"
        assert watch(whole, THRESHOLD, "UpperThreshold", 95)["status"] == "Duplicate"
        assert watch(whole, THRESHOLD, "UpperThreshold", 95, 6)["status"] == "Accepted"


@SINCE_2
def test_tc_n_40_tc_n_51_tc_n_39_a_monitor_is_replaced_by_its_number(
    version: Version, folder: Path
) -> None:
    """N04.FR.18."""
    with site(folder, version) as whole:
        number = watch(whole, THRESHOLD, "UpperThreshold", 50)["id"]
        whole.run(2)
        assert len(told(whole)) == 1
        again = watch(whole, THRESHOLD, "UpperThreshold", 90, id=number)
        assert (again["status"], again["id"]) == ("Accepted", number)
        whole.run(2)
        assert len(told(whole)) == 1
        assert watch(whole, THRESHOLD, "UpperThreshold", 90, id=77)["status"] == "Rejected"
        other = watch(whole, "OCPPCommCtrlr.ResetRetries", "Delta", 1, id=number)
        assert other["status"] == "Rejected"


@SINCE_2
def test_tc_n_18_tc_n_19_tc_n_52_a_monitor_is_cleared_without_a_word(
    version: Version, folder: Path
) -> None:
    """N06.FR.03."""
    with site(folder, version) as whole:
        number = watch(whole, THRESHOLD, "UpperThreshold", 50)["id"]
        whole.run(2)
        answer = whole.ask("ClearVariableMonitoring", {"id": [number, 77]})
        assert answer["clearMonitoringResult"] == [
            {"id": number, "status": "Accepted"},
            {"id": 77, "status": "NotFound"},
        ]
        put(whole, THRESHOLD, "10")
        whole.run(3)
        assert len(told(whole)) == 1


@SINCE_2
@pytest.mark.parametrize("base", ["All", "FactoryDefault", "HardWiredOnly"])
def test_tc_n_05_tc_n_06_tc_n_41_the_base(version: Version, base: str, folder: Path) -> None:
    """N03.FR.02."""
    with site(folder, version) as whole:
        watch(whole, THRESHOLD, "UpperThreshold", 90)
        assert whole.ask("SetMonitoringBase", {"monitoringBase": base}) == {"status": "Accepted"}
        answer = whole.ask("GetMonitoringReport", {"requestId": 1})
        assert answer["status"] == ("Accepted" if base == "All" else "EmptyResultSet")


@SINCE_2
def test_tc_n_16_tc_n_17_the_level_keeps_the_rest_quiet(version: Version, folder: Path) -> None:
    """N07.FR.15."""
    with site(folder, version) as whole:
        assert whole.ask("SetMonitoringLevel", {"severity": 4}) == {"status": "Accepted"}
        assert whole.ask("SetMonitoringLevel", {"severity": 10}) == {"status": "Rejected"}
        watch(whole, THRESHOLD, "Delta", 1, 5)
        watch(whole, THRESHOLD, "Delta", 1, 4)
        put(whole, THRESHOLD, "90")
        whole.run(2)
        assert len(told(whole)) == 1


@SINCE_2
@pytest.mark.parametrize(
    ("severity", "events"), [pytest.param(4, 1, id="TC_N_22"), pytest.param(5, 0, id="TC_N_23")]
)
def test_offline_the_severe_ones_are_kept(
    version: Version, severity: int, events: int, folder: Path
) -> None:
    """N08.FR.03."""
    with site(folder, version) as whole:
        watch(whole, "EVSE.Problem", "Delta", 1, severity)  # no such component without an EVSE
        watch(whole, "ChargingStation.Problem", "Delta", 1, severity)
        whole.made.client.close()
        whole.run(2)
        whole.station.faulted(1, fault=True)
        whole.run(5)
        whole.made.client.open()
        whole.run(30)
        assert len(told(whole)) == events


@SINCE_2
def test_tc_n_53_monitors_outlive_a_restart(version: Version, folder: Path) -> None:
    """N07.FR.14."""
    with site(folder, version) as whole:
        watch(whole, THRESHOLD, "UpperThreshold", 50)
        whole.run(3)
        assert len(told(whole)) == 1
    with site(folder, version) as whole:
        put(whole, THRESHOLD, "40")
        whole.run(3)
        [event] = told(whole)
        assert event["cleared"] is True


def monitors(whole: Site, **fields: Any) -> list[int]:  # noqa: ANN401
    whole.heard.clear()
    answer = whole.ask("GetMonitoringReport", {"requestId": 3, **fields})
    if answer["status"] == "EmptyResultSet":
        return []
    whole.run(3)
    rows = parts(whole, "NotifyMonitoringReport", "monitor")
    return [each["id"] for row in rows for each in row["variableMonitoring"]]


@SINCE_2
def test_tc_n_01_tc_n_02_tc_n_03_tc_n_04_tc_n_47_monitors_are_reported(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        assert monitors(whole) == []
        one = watch(whole, THRESHOLD, "UpperThreshold", 90)["id"]
        two = watch(whole, THRESHOLD, "Delta", 10)["id"]
        three = watch(whole, "AuthCtrlr.Enabled", "Periodic", 3600)["id"]
        assert monitors(whole) == [one, two, three]
        assert monitors(whole, monitoringCriteria=["ThresholdMonitoring"]) == [one]
        named = [{"component": {"name": "AuthCtrlr"}}]
        assert monitors(whole, componentVariable=named) == [three]
        both = {"monitoringCriteria": ["DeltaMonitoring"], "componentVariable": named}
        assert monitors(whole, **both) == []


@SINCE_2
def test_many_monitors_come_in_parts(version: Version, folder: Path) -> None:
    with site(folder, version, rules()) as whole:
        rows = [
            {**variable(THRESHOLD), "type": kind, "value": 90 + level, "severity": level}
            for level in range(10)
            for kind in ("UpperThreshold", "LowerThreshold", "Delta")
        ]
        whole.ask("SetVariableMonitoring", {"setMonitoringData": rows})
        assert len(monitors(whole)) == 30
        assert len(whole.said("NotifyMonitoringReport")) == 2


def test_2_1_a_report_says_whose_a_monitor_is(folder: Path) -> None:
    """N02.FR.22."""
    with site(folder, Version.V21) as whole:
        watch(whole, THRESHOLD, "UpperThreshold", 90)
        monitors(whole)
        [row] = parts(whole, "NotifyMonitoringReport", "monitor")
        [shown] = row["variableMonitoring"]
        assert shown["eventNotificationType"] == "CustomMonitor"


def lamp(target: str | None = "200") -> Json:
    """A component of an integrator whose value has a target."""
    more = [] if target is None else [{"type": "Target", "value": target}]
    return {
        "component": {"name": "Lamp"},
        "variable": {"name": "Brightness"},
        "variableAttribute": [{"value": "200"}, *more],
        "variableCharacteristics": {"dataType": "integer", "supportsMonitoring": True},
    }


@pytest.mark.parametrize(("kind", "value"), [("TargetDelta", 20), ("TargetDeltaRelative", 0.1)])
def test_2_1_a_value_too_far_from_its_target_alerts_and_clears(
    kind: str, value: float, folder: Path, tmp_path: Path
) -> None:
    """N07.FR.22: by an amount; N07.FR.23: by a share; N02.FR.13: reported with the deltas."""
    (tmp_path / "lamp.json").write_text(json.dumps([lamp()]))
    with site(folder, Version.V21, rules(components=tmp_path)) as whole:
        assert watch(whole, "Lamp.Brightness", kind, value)["status"] == "Accepted"
        for actual in ("180", "179", "170", "185", "221", "215"):
            put(whole, "Lamp.Brightness", actual)
            whole.run(2)
        found = [(e["trigger"], e["actualValue"], e.get("cleared", False)) for e in told(whole)]
        assert found == [
            ("Alerting", "179", False),
            ("Alerting", "185", True),
            ("Alerting", "221", False),
            ("Alerting", "215", True),
        ]
        asked = {"requestId": 1, "monitoringCriteria": ["DeltaMonitoring"]}
        assert whole.ask("GetMonitoringReport", asked)["status"] == "Accepted"


def test_2_1_what_has_no_target_has_no_distance_from_it(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "lamp.json").write_text(json.dumps([lamp(None)]))
    with site(folder, Version.V21, rules(components=tmp_path)) as whole:
        found = watch(whole, "Lamp.Brightness", "TargetDelta", 20)
        assert found["status"] == "UnsupportedMonitorType"
