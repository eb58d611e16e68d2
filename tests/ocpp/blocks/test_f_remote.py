"""F: what the back end asks for at once."""

from pathlib import Path

import pytest

from ocpp.station.outlets.places import Lock
from ocpp.station.outlets.points import TxRules
from ocpp.versions import Version
from tests.ocpp.blocks.steps import ALL, CARD, SINCE_2, charge, events, points, rules, states
from tests.ocpp.site import Json, Site, site


def trigger(whole: Site, wanted: str, evse: int = 0, connector: int = 0) -> str:
    fields: Json = {"requestedMessage": wanted}
    if evse and whole.version is Version.V16:
        fields["connectorId"] = evse
    elif evse:
        fields["evse"] = {"id": evse, **({"connectorId": connector} if connector else {})}
    whole.heard.clear()
    return str(whole.ask("TriggerMessage", fields)["status"])


@ALL
@pytest.mark.parametrize(
    ("evse", "told"),
    [pytest.param(1, {1}, id="TC_F_11"), pytest.param(0, {1, 2}, id="TC_F_12")],
)
def test_meter_values_are_asked_for(
    version: Version, evse: int, told: set[int], folder: Path
) -> None:
    with site(folder, version) as whole:
        assert trigger(whole, "MeterValues", evse) == "Accepted"
        values = whole.said("MeterValues")
        assert {each.get("evseId", each.get("connectorId")) for each in values} == told
        assert values[0]["meterValue"][0]["sampledValue"][0]["context"] == "Trigger"


@SINCE_2
@pytest.mark.parametrize(
    ("evse", "told"),
    [pytest.param(1, [1], id="TC_F_13"), pytest.param(0, [1, 2], id="TC_F_14")],
)
def test_events_are_asked_for(version: Version, evse: int, told: list[int], folder: Path) -> None:
    with site(folder, version) as whole:
        charge(whole, 1)
        charge(whole, 2)
        assert trigger(whole, "TransactionEvent", evse) == "Accepted"
        whole.run()
        said = whole.said("TransactionEvent")
        assert [each["evse"]["id"] for each in said] == told
        assert {each["triggerReason"] for each in said} == {"Trigger"}
        assert said[0]["transactionInfo"]["chargingState"] == "Charging"
        assert said[0]["meterValue"][0]["sampledValue"][0]["context"] == "Trigger"


@ALL
@pytest.mark.parametrize(
    "plugged", [pytest.param(False, id="TC_F_23"), pytest.param(True, id="TC_F_24")]
)
def test_how_one_connector_is(version: Version, *, plugged: bool, folder: Path) -> None:
    with site(folder, version) as whole:
        if plugged:
            whole.station.plugged(1)
            whole.run()
        assert trigger(whole, "StatusNotification", 1, 1) == "Accepted"
        busy = "Preparing" if version is Version.V16 else "Occupied"
        assert states(whole) == [(1, busy if plugged else "Available")]


@ALL
def test_tc_f_20_a_heartbeat(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert trigger(whole, "Heartbeat") == "Accepted"
        assert whole.actions() == ["Heartbeat"]


@ALL
def test_tc_f_26_no_boot_once_accepted(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert trigger(whole, "BootNotification") == "Rejected"


@SINCE_2
def test_tc_f_27_what_cannot_be_asked_for(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert trigger(whole, "PublishFirmwareStatusNotification") == "NotImplemented"


@ALL
def test_a_place_that_is_not_there(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert trigger(whole, "MeterValues", 7) == "Rejected"
        assert whole.said("MeterValues") == []


def unlock(whole: Site, evse: int, connector: int = 1) -> str:
    old = whole.version is Version.V16
    fields = {"connectorId": evse} if old else {"evseId": evse, "connectorId": connector}
    return str(whole.ask("UnlockConnector", fields)["status"])


@SINCE_2
def test_tc_f_05_tc_f_06_tc_f_07_tc_f_10_a_lock_is_opened(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        assert unlock(whole, 1) == "Unlocked"
        assert unlock(whole, 7) == "UnknownConnector"
        assert unlock(whole, 1, 2) == "UnknownConnector"
        whole.charger.lock = Lock.FAILED
        assert unlock(whole, 1) == "UnlockFailed"
        whole.charger.lock = None
        assert unlock(whole, 1) == "UnlockFailed"
        charge(whole)
        before = len(whole.charger.told)
        assert unlock(whole, 1) == "OngoingAuthorizedTransaction"
        assert whole.charger.told[before:] == []


@pytest.mark.parametrize("lock", list(Lock))
def test_1_6_stops_first_and_then_unlocks(lock: Lock, folder: Path) -> None:
    with site(folder, Version.V16) as whole:
        charge(whole)
        whole.charger.lock = lock
        assert unlock(whole, 1) == lock.value
        whole.run()
        assert events(whole)[-1] == "Ended"
        assert whole.said("StopTransaction")[-1]["reason"] == "UnlockCommand"
        assert unlock(whole, 7) == "NotSupported"


def test_1_6_a_fixed_cable_is_not_unlocked_and_who_charges_goes_on(folder: Path) -> None:
    with site(folder, Version.V16) as whole:
        whole.charger.lock = None
        charge(whole)
        before = len(whole.charger.told)
        assert unlock(whole, 1) == "NotSupported"
        whole.run()
        assert whole.charger.told[before:] == []
        assert events(whole)[-1] != "Ended"


@ALL
def test_tc_f_04_a_remote_start_without_a_plug_is_over(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        if version is Version.V16:
            whole.ask("RemoteStartTransaction", {"idTag": "X", "connectorId": 1})
        else:
            token = {"idToken": "X", "type": "ISO14443"}
            start = {"remoteStartId": 1, "idToken": token, "evseId": 1}
            whole.ask("RequestStartTransaction", start)
        whole.run(70)
        assert whole.charger.told[-1] == ("stop", 1, "Timeout")
        charge(whole, 1, CARD)
        assert "Started" in events(whole)


@SINCE_2
def test_f01_an_open_transaction_is_named_in_the_answer(version: Version, folder: Path) -> None:
    """F01.FR.25."""
    with site(folder, version, rules(TxRules(start=points("EVConnected")))) as whole:
        whole.station.plugged(1)
        whole.run()
        [first] = whole.said("TransactionEvent")
        token = {"idToken": "X", "type": "ISO14443"}
        start = {"remoteStartId": 77, "idToken": token, "evseId": 1}
        answer = whole.ask("RequestStartTransaction", start)
        assert answer["transactionId"] == first["transactionInfo"]["transactionId"]
        whole.run()
        assert whole.said("TransactionEvent")[1]["triggerReason"] == "RemoteStart"
        assert whole.said("TransactionEvent")[1]["transactionInfo"]["remoteStartId"] == 77
