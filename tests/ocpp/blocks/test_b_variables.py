"""B: variables are set and read with a reason for each that is not, and reports tell them all."""

import json
from pathlib import Path
from typing import Any

import pytest

from ocpp.station.provisioning.files import ComponentsUnusable, read
from ocpp.station.rules import StationRules, make_model
from ocpp.station.translation import Identity
from ocpp.versions import Version
from tests.ocpp.blocks.steps import (
    CARD,
    SINCE_2,
    changed,
    charge,
    events,
    got,
    parts,
    put,
    refusal,
    rules,
    variable,
)
from tests.ocpp.site import Json, Site, site


@SINCE_2
def test_tc_b_06_tc_b_07_variables_are_read_in_the_order_asked(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        assert got(whole, "OCPPCommCtrlr.OfflineThreshold") == "60"
        names = ["TxCtrlr.TxStartPoint", "AuthCtrlr.LocalPreAuthorize", "EVSE.AllowReset"]
        data = [variable(name) for name in names]
        data[2]["component"]["evse"] = {"id": 2}
        results = whole.ask("GetVariables", {"getVariableData": data})["getVariableResult"]
        assert [each["attributeValue"] for each in results] == ["PowerPathClosed", "false", "true"]
        assert [each["attributeType"] for each in results] == ["Actual"] * 3
        assert results[2]["component"] == {"name": "EVSE", "evse": {"id": 2}}


@SINCE_2
def test_tc_b_09_tc_b_10_variables_are_set_and_count_at_once(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        data = [
            {**variable("SampledDataCtrlr.TxUpdatedInterval"), "attributeValue": "10"},
            {**variable("TxCtrlr.TxStartPoint"), "attributeValue": "EVConnected"},
        ]
        answer = whole.ask("SetVariables", {"setVariableData": data})["setVariableResult"]
        assert [each["attributeStatus"] for each in answer] == ["Accepted"] * 2
        whole.station.plugged(1)
        whole.run()
        assert events(whole) == ["Started"]
        whole.run(35)
        assert events(whole).count("Updated") == 3


@SINCE_2
@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        pytest.param("OCPPCommCtrlr.OfflineThreshold", "soon", "Rejected", id="TC_B_11"),
        pytest.param("OCPPCommCtrlr.HeartbeatInterval", "0", "Rejected", id="TC_B_39-too-low"),
        pytest.param("TxCtrlr.TxStartPoint", "Somewhere", "Rejected", id="TC_B_39-no-member"),
        pytest.param("TxCtrlr.TxStartPoint", "Authorized,Authorized", "Rejected", id="twice"),
        pytest.param("AuthCtrlr.LocalPreAuthorize", "maybe", "Rejected", id="no-flag"),
        pytest.param("AuthCtrlr.Enabled", "false", "Rejected", id="read-only"),
        pytest.param("SecurityCtrlr.Identity", "another", "Rejected", id="shown-only"),
        pytest.param("NoCtrlr.Enabled", "true", "UnknownComponent", id="TC_B_35"),
        pytest.param("AuthCtrlr.NoSuch", "true", "UnknownVariable", id="TC_B_36"),
        pytest.param("SecurityCtrlr.BasicAuthPassword", "short", "Rejected", id="password"),
    ],
)
def test_a_value_that_is_not_taken_has_its_reason_and_changes_nothing(
    version: Version, name: str, value: str, status: str, folder: Path
) -> None:
    """B05.FR.08."""
    with site(folder, version) as whole:
        before = got(whole, name)
        assert put(whole, name, value) == status
        assert got(whole, name) == before


@SINCE_2
def test_tc_b_37_tc_b_34_an_attribute_that_is_not_there(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        data = {**variable("TxCtrlr.EVConnectionTimeOut"), "attributeType": "MaxSet"}
        answer = whole.ask("GetVariables", {"getVariableData": [data]})
        assert answer["getVariableResult"][0]["attributeStatus"] == "NotSupportedAttributeType"
        answer = whole.ask("SetVariables", {"setVariableData": [{**data, "attributeValue": "9"}]})
        assert answer["setVariableResult"][0]["attributeStatus"] == "NotSupportedAttributeType"


@SINCE_2
@pytest.mark.parametrize(
    ("name", "instance", "status"),
    [
        pytest.param("NoCtrlr.Enabled", "", "UnknownComponent", id="TC_B_32"),
        pytest.param("AuthCtrlr.NoSuch", "", "UnknownVariable", id="TC_B_33"),
        pytest.param("DeviceDataCtrlr.ItemsPerMessage", "", "UnknownVariable", id="no-instance"),
        pytest.param("SecurityCtrlr.BasicAuthPassword", "", "Rejected", id="write-only"),
        pytest.param("deviceDATActrlr.itemsPERmessage", "getREPORT", "50", id="any-case"),
    ],
)
def test_what_cannot_be_read_has_its_reason(
    version: Version, name: str, instance: str, status: str, folder: Path
) -> None:
    """B06.FR.09, B06.FR.14, B06.FR.15."""
    with site(folder, version) as whole:
        assert got(whole, name, instance) == status


@SINCE_2
def test_one_bad_element_does_not_stop_the_others_and_too_many_are_an_error(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        data = [
            {**variable("NoCtrlr.X"), "attributeValue": "1"},
            {**variable("OCPPCommCtrlr.OfflineThreshold"), "attributeValue": "7"},
        ]
        answer = whole.ask("SetVariables", {"setVariableData": data})["setVariableResult"]
        assert [each["attributeStatus"] for each in answer] == ["UnknownComponent", "Accepted"]
        assert got(whole, "OCPPCommCtrlr.OfflineThreshold") == "7"
        many = {"getVariableData": [variable("A.B")] * 51}
        assert refusal(whole, "GetVariables", many) == "OccurrenceConstraintViolation"


@SINCE_2
def test_what_the_back_end_set_outlives_a_restart(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert put(whole, "TxCtrlr.EVConnectionTimeOut", "11") == "Accepted"
        assert put(whole, "OCPPCommCtrlr.MessageAttempts", "7", "TransactionEvent") == "Accepted"
    with site(folder, version) as whole:
        assert got(whole, "TxCtrlr.EVConnectionTimeOut") == "11"
        assert got(whole, "OCPPCommCtrlr.MessageAttempts", "TransactionEvent") == "7"
        whole.station.presented(1, CARD)
        whole.run(9)
        assert whole.charger.told[-1][0] == "allow"
        whole.run(5)
        assert whole.charger.told[-1] == ("stop", 1, "Timeout")


def report(whole: Site, action: str, **fields: Any) -> list[Json]:  # noqa: ANN401
    whole.heard.clear()
    assert whole.ask(action, {"requestId": 9, **fields}) == {"status": "Accepted"}
    whole.run(5)
    assert {each["requestId"] for each in whole.said("NotifyReport")} == {9}
    return parts(whole, "NotifyReport", "reportData")


def names(rows: list[Json]) -> set[str]:
    return {f"{row['component']['name']}.{row['variable']['name']}" for row in rows}


REQUIRED = {
    "OCPPCommCtrlr.OfflineThreshold",
    "OCPPCommCtrlr.NetworkConfigurationPriority",
    "OCPPCommCtrlr.FileTransferProtocols",
    "OCPPCommCtrlr.NetworkProfileConnectionAttempts",
    "OCPPCommCtrlr.MessageTimeout",
    "OCPPCommCtrlr.MessageAttempts",
    "OCPPCommCtrlr.MessageAttemptInterval",
    "OCPPCommCtrlr.UnlockOnEVSideDisconnect",
    "OCPPCommCtrlr.ResetRetries",
    "OCPPCommCtrlr.RetryBackOffRepeatTimes",
    "OCPPCommCtrlr.RetryBackOffRandomRange",
    "OCPPCommCtrlr.RetryBackOffWaitMinimum",
    "SecurityCtrlr.OrganizationName",
    "SecurityCtrlr.SecurityProfile",
    "SecurityCtrlr.CertificateEntries",
    "AuthCtrlr.AuthorizeRemoteStart",
    "AuthCtrlr.LocalAuthorizeOffline",
    "AuthCtrlr.LocalPreAuthorize",
    "TxCtrlr.EVConnectionTimeOut",
    "TxCtrlr.StopTxOnEVSideDisconnect",
    "TxCtrlr.TxStartPoint",
    "TxCtrlr.TxStopPoint",
    "TxCtrlr.StopTxOnInvalidId",
    "SampledDataCtrlr.TxStartedMeasurands",
    "SampledDataCtrlr.TxUpdatedMeasurands",
    "SampledDataCtrlr.TxEndedMeasurands",
    "SampledDataCtrlr.TxUpdatedInterval",
    "SampledDataCtrlr.TxEndedInterval",
    "AlignedDataCtrlr.Measurands",
    "AlignedDataCtrlr.Interval",
    "AlignedDataCtrlr.TxEndedMeasurands",
    "AlignedDataCtrlr.TxEndedInterval",
    "DeviceDataCtrlr.ItemsPerMessage",
    "DeviceDataCtrlr.BytesPerMessage",
    "ClockCtrlr.DateTime",
    "ClockCtrlr.TimeSource",
    "ChargingStation.AvailabilityState",
    "EVSE.AvailabilityState",
    "EVSE.Power",
    "EVSE.SupplyPhases",
    "Connector.AvailabilityState",
    "Connector.ConnectorType",
    "Connector.SupplyPhases",
}


@SINCE_2
def test_tc_b_13_tc_b_53_the_full_report_has_every_variable_in_parts(
    version: Version, folder: Path
) -> None:
    """B07.FR.05, B07.FR.11."""
    with site(folder, version) as whole:
        rows = report(whole, "GetBaseReport", reportBase="FullInventory")
        assert len(whole.said("NotifyReport")) > 2
        assert names(rows) >= REQUIRED
        password = next(row for row in rows if row["variable"]["name"] == "BasicAuthPassword")
        assert "value" not in password["variableAttribute"][0]
        assert len(rows) == len(list(whole.station._ground.model))


@SINCE_2
def test_tc_b_12_the_configuration_report_has_what_can_be_set(
    version: Version, folder: Path
) -> None:
    with site(folder, version) as whole:
        rows = report(whole, "GetBaseReport", reportBase="ConfigurationInventory")
        kinds = {row["variableAttribute"][0]["mutability"] for row in rows}
        assert kinds == {"ReadWrite", "WriteOnly"}
        assert "SecurityCtrlr.BasicAuthPassword" in names(rows)


@SINCE_2
def test_tc_b_14_the_summary_tells_how_things_are(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        whole.station.faulted(2, fault=True)
        rows = report(whole, "GetBaseReport", reportBase="SummaryInventory")
        assert {row["variable"]["name"] for row in rows} == {"AvailabilityState", "Problem"}
        of_two = [row for row in rows if row["component"].get("evse", {}).get("id") == 2]
        values = {row["variableAttribute"][0]["value"] for row in of_two}
        assert values == {"Faulted", "true"}


@SINCE_2
def test_tc_b_16_tc_b_18_a_report_by_criteria(version: Version, folder: Path) -> None:
    """B08.FR.08."""
    with site(folder, version) as whole:
        put(whole, "ReservationCtrlr.Enabled", "false")
        rows = report(whole, "GetReport", componentCriteria=["Enabled"])
        found = {row["component"]["name"] for row in rows}
        assert "AuthCtrlr" in found
        assert "TxCtrlr" in found  # it has no such variable
        assert "ReservationCtrlr" not in found
        both = report(
            whole,
            "GetReport",
            componentCriteria=["Enabled"],
            componentVariable=[variable("AuthCtrlr.LocalPreAuthorize")],
        )
        assert names(both) == {"AuthCtrlr.LocalPreAuthorize"}


@SINCE_2
def test_tc_b_17_tc_b_54_tc_b_55_tc_b_56_a_report_by_names(version: Version, folder: Path) -> None:
    """B08.FR.20, B08.FR.21, B08.FR.23, B08.FR.24, B08.FR.25."""
    with site(folder, version) as whole:
        one = variable("DeviceDataCtrlr.ItemsPerMessage")
        rows = report(whole, "GetReport", componentVariable=[one])
        assert {row["variable"]["instance"] for row in rows} == {
            "GetReport",
            "GetVariables",
            "SetVariables",
        }
        one = variable("DeviceDataCtrlr.ItemsPerMessage", "GetReport")
        assert len(report(whole, "GetReport", componentVariable=[one])) == 1
        rows = report(whole, "GetReport", componentVariable=[variable("EVSE.AvailabilityState")])
        assert [row["component"]["evse"]["id"] for row in rows] == [1, 2]
        rows = report(whole, "GetReport", componentVariable=[{"component": {"name": "TxCtrlr"}}])
        assert len(rows) == 11


@SINCE_2
def test_tc_b_19_nothing_fits_the_criteria(version: Version, folder: Path) -> None:
    """B08.FR.16."""
    with site(folder, version) as whole:
        answer = whole.ask("GetReport", {"requestId": 1, "componentCriteria": ["Problem"]})
        assert answer["status"] == "EmptyResultSet"
        assert whole.said("NotifyReport") == []


@SINCE_2
def test_tc_b_15_a_base_that_nobody_knows_breaks_the_schema(version: Version, folder: Path) -> None:
    """The names of the bases are closed: another one never gets to the station."""
    with site(folder, version) as whole:
        report(whole, "GetBaseReport", reportBase="SummaryInventory")
        assert whole.ask("GetBaseReport", {"requestId": 2, "reportBase": "FullInventory"}) == {
            "status": "Accepted"
        }


@SINCE_2
def test_a_second_report_waits_for_the_first(version: Version, folder: Path) -> None:
    """B07.FR.13."""
    with site(folder, version) as whole:
        whole.answers["NotifyReport"] = None  # nobody acknowledges it
        full = {"reportBase": "FullInventory"}
        assert whole.ask("GetBaseReport", {"requestId": 1, **full}) == {"status": "Accepted"}
        assert whole.ask("GetBaseReport", {"requestId": 2, **full}) == {"status": "Rejected"}
        whole.cut(100)
        whole.answers["NotifyReport"] = {}
        assert whole.ask("GetBaseReport", {"requestId": 3, **full}) == {"status": "Accepted"}


@SINCE_2
def test_an_integrators_own_component_is_reported_and_set(
    version: Version, folder: Path, tmp_path: Path
) -> None:
    lamp = {
        "component": {"name": "Lamp"},
        "variable": {"name": "Brightness"},
        "variableAttribute": [{"value": "50"}],
        "variableCharacteristics": {"dataType": "integer", "minLimit": 0, "maxLimit": 100},
    }
    (tmp_path / "lamp.json").write_text(json.dumps([lamp]))
    with site(folder, version, rules(components=tmp_path)) as whole:
        assert put(whole, "Lamp.Brightness", "101") == "Rejected"
        assert put(whole, "Lamp.Brightness", "80") == "Accepted"
        assert got(whole, "Lamp.Brightness") == "80"
        rows = report(whole, "GetReport", componentVariable=[{"component": {"name": "lamp"}}])
        assert names(rows) == {"Lamp.Brightness"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[", "truncated"),
        ('[{"component": {"name": "A"}}]', "variable"),
        ('[{"component": {"name": "A"}, "variable": {"name": "B"}, "color": 1}]', "color"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(text: str, why: str) -> None:
    with pytest.raises(ComponentsUnusable, match=rf"lamp\.json.*{why}.*NotifyReport"):
        read(text.encode(), "lamp.json", (1,))


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("NoCtrlr.X", "1", "UnknownComponent; write"),
        ("TxCtrlr.X", "1", "UnknownVariable; write"),
        ("TxCtrlr.EVConnectionTimeOut", "soon", "InvalidValue; it takes integer"),
    ],
)
def test_an_integrators_variable_must_be_one(name: str, value: str, why: str) -> None:
    settings = StationRules(Identity("V", "M"), values={name: value})
    with pytest.raises(ComponentsUnusable, match=why):
        make_model(settings)


def test_an_integrators_variables_count_from_the_start(folder: Path) -> None:
    """Those of the rules of transactions and of their delivery as well."""
    values = {
        "TxCtrlr.TxStartPoint": "EVConnected",
        "OCPPCommCtrlr.MessageAttempts.TransactionEvent": "1",
    }
    with site(folder, Version.V21, rules(values=values)) as whole:
        whole.answers["TransactionEvent"] = None
        whole.station.plugged(1)
        whole.run(300)
        told = [each["eventType"] for each in whole.said("TransactionEvent")]
        assert told.count("Started") == 1


def test_a_files_value_must_be_one() -> None:
    row = (
        '[{"component": {"name": "A"}, "variable": {"name": "B"}, "variableAttribute":'
        ' [{"value": "x"}], "variableCharacteristics": {"dataType": "integer"}}]'
    )
    with pytest.raises(ComponentsUnusable, match="InvalidValue"):
        read(row.encode(), "a.json", (1,))


def test_1_6_keys_are_the_same_variables(folder: Path) -> None:
    with site(folder, Version.V16) as whole:
        answer = whole.ask("GetConfiguration", {})
        keys = {each["key"]: each for each in answer["configurationKey"]}
        assert {"HeartbeatInterval", "NumberOfConnectors", "SupportedFeatureProfiles"} <= set(keys)
        assert "AuthorizationKey" not in keys
        assert keys["NumberOfConnectors"] == {
            "key": "NumberOfConnectors",
            "readonly": True,
            "value": "2",
        }
        answer = whole.ask("GetConfiguration", {"key": ["connectionTIMEout", "Nonsense"]})
        assert answer["configurationKey"][0]["value"] == "60"
        assert answer["unknownKey"] == ["Nonsense"]


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("MeterValueSampleInterval", "10", "Accepted"),
        ("MeterValueSampleInterval", "-1", "Rejected"),
        ("WebSocketPingInterval", "-1", "Rejected"),
        ("NumberOfConnectors", "3", "Rejected"),
        ("GetConfigurationMaxKeys", "3", "Rejected"),
        ("Nonsense", "3", "NotSupported"),
        ("StopTransactionOnInvalidId", "false", "Accepted"),
    ],
)
def test_1_6_keys_are_checked(key: str, value: str, status: str, folder: Path) -> None:
    with site(folder, Version.V16) as whole:
        assert changed(whole, key, value) == status


def test_1_6_a_key_counts_at_once_and_is_what_2_1_reads_later(folder: Path) -> None:
    with site(folder, Version.V16) as whole:
        assert changed(whole, "MeterValueSampleInterval", "10") == "Accepted"
        charge(whole)
        whole.run(31)
        assert events(whole).count("Updated") >= 3
    with site(folder, Version.V21) as whole:
        assert got(whole, "SampledDataCtrlr.TxUpdatedInterval") == "10"
