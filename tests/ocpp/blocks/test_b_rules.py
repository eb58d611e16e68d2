"""B, F, G: rules of boot, variables, remote calls and availability, each by itself."""

from pathlib import Path

import pytest

from ocpp.station.outlets.places import Lock
from ocpp.versions import Version
from tests.ocpp.blocks.steps import (
    CARD,
    SINCE_2,
    charge,
    got,
    leave,
    put,
    states,
    variable,
)
from tests.ocpp.blocks.test_b_variables import names, report
from tests.ocpp.site import Json, site


@SINCE_2
@pytest.mark.parametrize("interval", [17, 0])
def test_the_answer_to_boot_sets_clock_and_heartbeat(
    version: Version, interval: int, folder: Path
) -> None:
    """B01.FR.04, G02.FR.01: the interval, if it is one; B01.FR.06: the clock."""
    with site(folder, version, begin=False) as whole:
        whole.interval = interval
        whole.made.client.open()
        whole.run(2)
        assert got(whole, "OCPPCommCtrlr.HeartbeatInterval") == str(interval or 300)
        assert "Heartbeat" in got(whole, "ClockCtrlr.TimeSource").split(",")
        assert got(whole, "ClockCtrlr.DateTime").startswith("2030-01-01T00:00:")
        whole.heard.clear()
        whole.run(60)
        assert whole.actions().count("Heartbeat") == (3 if interval else 0)


@SINCE_2
@pytest.mark.parametrize("status", ["Rejected", "Pending"])
def test_an_interval_of_zero_that_is_no_yes_has_a_wait_of_its_own(
    version: Version, status: str, folder: Path
) -> None:
    """B03.FR.05; B03.FR.03: nothing comes in between, and the line stays."""
    with site(folder, version, begin=False) as whole:
        whole.boot, whole.interval = status, 0
        whole.made.client.open()
        whole.run(59)
        assert whole.actions() == ["BootNotification"]
        whole.run(3)
        assert whole.actions() == ["BootNotification"] * 2
        assert len(whole.made.backend.sessions) == 1


@SINCE_2
def test_a_variable_without_a_value_is_an_empty_text(version: Version, folder: Path) -> None:
    """B06.FR.13."""
    with site(folder, version) as whole:
        asked = {"getVariableData": [variable("AuthCtrlr.MasterPassGroupId")]}
        [result] = whole.ask("GetVariables", asked)["getVariableResult"]
        assert (result["attributeStatus"], result["attributeValue"]) == ("Accepted", "")


@SINCE_2
def test_a_report_of_problems_has_those_that_have_one(version: Version, folder: Path) -> None:
    """B08.FR.10."""
    with site(folder, version) as whole:
        whole.station.faulted(2, fault=True)
        rows = report(whole, "GetReport", componentCriteria=["Problem"])
        found = {(r["component"]["name"], r["component"].get("evse", {}).get("id")) for r in rows}
        assert found == {("EVSE", 2), ("ChargingStation", None)}


@SINCE_2
@pytest.mark.parametrize(
    ("evse", "found"),
    [
        pytest.param({"id": 2}, [(2, 1)], id="no-connector"),
        pytest.param(None, [(1, 1), (2, 1)], id="no-evse"),
    ],
)
def test_a_component_without_its_place_is_all_of_them(
    version: Version, evse: Json | None, found: list[tuple[int, int]], folder: Path
) -> None:
    """B08.FR.22, N02.FR.16, N02.FR.17, N02.FR.18, N02.FR.19, N02.FR.20, N02.FR.21."""
    with site(folder, version) as whole:
        component: Json = {"name": "Connector", **({"evse": evse} if evse else {})}
        named = [{"component": component, "variable": {"name": "AvailabilityState"}}]
        rows = report(whole, "GetReport", componentVariable=named)
        places = [
            (r["component"]["evse"]["id"], r["component"]["evse"]["connectorId"]) for r in rows
        ]
        assert places == found
        for number in (1, 2):
            data = {
                "component": {"name": "Connector", "evse": {"id": number, "connectorId": 1}},
                "variable": {"name": "AvailabilityState"},
                "type": "Delta",
                "value": 1,
                "severity": 5,
            }
            answer = whole.ask("SetVariableMonitoring", {"setMonitoringData": [data]})
            assert answer["setMonitoringResult"][0]["status"] == "Accepted"
        whole.ask("GetMonitoringReport", {"requestId": 3, "componentVariable": named})
        told = [row for each in whole.said("NotifyMonitoringReport") for row in each["monitor"]]
        watched = [row["component"]["evse"] for row in told]
        assert [(each["id"], each["connectorId"]) for each in watched] == found


@SINCE_2
def test_what_may_only_be_written_is_in_no_report(version: Version, folder: Path) -> None:
    """B07.FR.15."""
    with site(folder, version) as whole:
        assert put(whole, "SecurityCtrlr.BasicAuthPassword", "p" * 32) == "Accepted"
        whole.run(30)
        rows = report(whole, "GetBaseReport", reportBase="FullInventory")
        closed = [
            attribute
            for row in rows
            for attribute in row["variableAttribute"]
            if attribute["mutability"] == "WriteOnly"
        ]
        assert closed
        assert all("value" not in each for each in closed)
        assert "SecurityCtrlr.BasicAuthPassword" in names(rows)


@SINCE_2
def test_there_are_slots_for_several_back_ends(version: Version, folder: Path) -> None:
    """B09.FR.06."""
    with site(folder, version) as whole:
        rows = report(
            whole,
            "GetReport",
            componentVariable=[variable("OCPPCommCtrlr.NetworkConfigurationPriority")],
        )
        slots = rows[0]["variableCharacteristics"]["valuesList"].split(",")
        assert len(slots) >= 2
        data = {
            "messageTimeout": 30,
            "ocppCsmsUrl": "ws://other.example",
            "ocppInterface": "Wired0",
            "ocppTransport": "JSON",
            "securityProfile": 0,
            **({"ocppVersion": "OCPP20"} if version is Version.V201 else {}),
        }
        for slot in slots[:2]:
            fields = {"configurationSlot": int(slot), "connectionData": data}
            assert whole.ask("SetNetworkProfile", fields)["status"] == "Accepted"


@SINCE_2
def test_a_reset_is_done_refused_or_left_for_later(version: Version, folder: Path) -> None:
    """B11.FR.06, B12.FR.10: not while firmware is written; B11.FR.07: later."""
    with site(folder, version) as whole:
        charge(whole)
        assert whole.ask("Reset", {"type": "OnIdle"})["status"] == "Scheduled"
        firmware = whole.station._blocks.firmware
        firmware._progress = type(firmware._progress)(1, "Installing")
        for kind in ("OnIdle", "Immediate"):
            assert whole.ask("Reset", {"type": kind})["status"] == "Rejected"
        assert ("restart", 0, "") not in whole.charger.told


@SINCE_2
def test_unlocking(version: Version, folder: Path) -> None:
    """F05.FR.05."""
    with site(folder, version) as whole:

        def unlock(evse: int, connector: int = 1) -> str:
            asked = {"evseId": evse, "connectorId": connector}
            return str(whole.ask("UnlockConnector", asked)["status"])

        assert unlock(7) == unlock(1, 3) == "UnknownConnector"
        assert unlock(1) == "Unlocked"
        whole.charger.lock = Lock.FAILED
        assert unlock(2) == "UnlockFailed"
        assert [each[:2] for each in whole.charger.told] == [("unlock", 1), ("unlock", 2)]


@SINCE_2
def test_what_is_asked_for_is_as_it_is_now(version: Version, folder: Path) -> None:
    """F06.FR.09."""
    with site(folder, version) as whole:
        for register in (1000.0, 2500.0):
            whole.charger.wh, now = register, whole.station._ground.stamp()
            whole.ask("TriggerMessage", {"requestedMessage": "MeterValues", "evse": {"id": 1}})
            last = whole.said("MeterValues")[-1]["meterValue"][0]
            assert last["sampledValue"][0]["value"] == register
            assert last["timestamp"][:19] == now[:19]


def test_2_1_triggers_of_ones_own_are_not_there(folder: Path) -> None:
    """F06.FR.18, F06.FR.19, F06.FR.20: a trigger that no variable lists."""
    with site(folder, Version.V21) as whole:
        trigger = {"requestedMessage": "CustomTrigger", "customTrigger": "com.example.dance"}
        assert whole.ask("TriggerMessage", trigger)["status"] == "NotImplemented"
        assert got(whole, "CustomizationCtrlr.CustomTriggers") in {"", "UnknownComponent"}


@SINCE_2
@pytest.mark.parametrize(
    "change",
    [
        {"chargingProfilePurpose": "TxDefaultProfile"},
        {"transactionId": "T1"},
        {"chargingProfileKind": "Recurring"},
    ],
)
def test_a_start_with_a_profile_that_is_none_starts_nothing(
    version: Version, change: Json, folder: Path
) -> None:
    """F01.FR.26, F02.FR.27, K05.FR.05; F02.FR.18: a good one holds for what was started."""
    period = {"startPeriod": 0, "limit": 8}
    profile = {
        "id": 3,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [
            {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
        ],
    }
    with site(folder, version) as whole:
        token = {"idToken": CARD.id, "type": CARD.kind}
        start = {"idToken": token, "remoteStartId": 7, "evseId": 1}
        answer = whole.ask(
            "RequestStartTransaction", {**start, "chargingProfile": {**profile, **change}}
        )
        assert answer["status"] == "Rejected"
        assert answer["statusInfo"]["reasonCode"] in {"InvalidProfile", "InvalidSchedule"}
        assert [each for each in whole.charger.told if each[0] == "allow"] == []
        answer = whole.ask("RequestStartTransaction", {**start, "chargingProfile": profile})
        assert answer["status"] == "Accepted"
        whole.station.plugged(1)
        whole.run()
        assert whole.charger.limits[-1] == (1, 8.0)
        leave(whole)
        charge(whole)
        assert dict(whole.charger.limits)[1] is None


@SINCE_2
@pytest.mark.parametrize("out", [False, True])
def test_a_plug_is_told_both_ways(version: Version, folder: Path, *, out: bool) -> None:
    """G01.FR.05, G01.FR.06: unplugged, the outlet is free, or out of service if it was to be."""
    with site(folder, version) as whole:
        whole.heard.clear()
        charge(whole)
        if out:
            change = {"operationalStatus": "Inoperative", "evse": {"id": 1}}
            assert whole.ask("ChangeAvailability", change)["status"] == "Scheduled"
        leave(whole)
        assert states(whole)[0] == (1, "Occupied")
        assert states(whole)[-1] == (1, "Unavailable" if out else "Available")


@SINCE_2
@pytest.mark.parametrize("message", ["", "x"])
def test_what_nobody_has_agreed_upon_is_not_served(
    version: Version, message: str, folder: Path
) -> None:
    """P02.FR.06."""
    with site(folder, version) as whole:
        asked = {"vendorId": "com.example", **({"messageId": message} if message else {})}
        assert whole.ask("DataTransfer", asked) == {"status": "UnknownVendorId"}
