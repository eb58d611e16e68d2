"""A station from the plug to the end of a transaction, in all three versions."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ocpp.station.desk import Objection
from ocpp.station.outlets.points import Point, TxRules
from ocpp.station.records import Token
from ocpp.station.rules import StationRules
from ocpp.versions import Version, Wrong
from tests.ocpp.blocks.steps import events, remote_start
from tests.ocpp.site import Site, site

ALL = pytest.mark.parametrize("version", Version)
SINCE_2 = pytest.mark.parametrize("version", [Version.V201, Version.V21])
CARD = Token("04E1")


def status_of(fields: dict[str, Any]) -> tuple[int, str]:
    if "evseId" in fields:
        return fields["evseId"], fields["connectorStatus"]
    return fields["connectorId"], fields["status"]


@ALL
def test_a_driver_charges_and_stops_with_the_card(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        whole.run()
        assert whole.charger.told == [("allow", 1, "04E1")]
        whole.station.charging(1)
        whole.charger.wh += 5000
        whole.run(150)
        whole.station.presented(1, CARD)
        whole.run()
        assert whole.charger.told[1:] == [("stop", 1, "Local")] * 2
        said = events(whole)
        assert said[0] == "Started"
        assert said[-1] == "Ended"
        assert said.count("Updated") >= 2
        assert whole.actions().count("Authorize") == 1
        assert whole.store.waiting() == 0


@SINCE_2
def test_events_of_2_carry_each_thing_once(version: Version, folder: Path) -> None:
    """E06.FR.14, E07.FR.02, E07.FR.11."""
    with site(folder, version) as whole:
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        whole.station.charging(1)
        whole.run(150)
        whole.station.presented(1, CARD)
        whole.run()
        said = whole.said("TransactionEvent")
        assert [each["seqNo"] for each in said] == list(range(len(said)))
        assert [("evse" in each, "idToken" in each) for each in said[:2]] == [
            (True, True),
            (False, False),
        ]
        assert said[-1]["transactionInfo"]["stoppedReason"] == "Local"
        assert said[-1]["triggerReason"] == "StopAuthorized"
        contexts = [each["sampledValue"][0]["context"] for each in said[-1]["meterValue"]]
        assert contexts == ["Transaction.Begin", "Transaction.End"]


@ALL
@pytest.mark.parametrize("standing", ["Blocked", "Expired", "Invalid"])
def test_a_refused_card_starts_nothing(version: Version, standing: str, folder: Path) -> None:
    """TC_C_02 TC_C_05 TC_C_06 TC_C_07 TC_C_56."""
    with site(folder, version) as whole:
        whole.answers["Authorize"] = whole.verdict(standing)
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        whole.run(5)
        assert whole.charger.told == [("refuse", 1, standing)]
        assert events(whole) == []


@ALL
def test_another_card_of_the_group_stops_and_a_stranger_does_not(
    version: Version, folder: Path
) -> None:
    """TC_C_04 TC_C_39 TC_C_42."""
    with site(folder, version) as whole:
        whole.answers["Authorize"] = whole.verdict("Accepted", "FAMILY")
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        whole.run()
        whole.answers["Authorize"] = whole.verdict("Accepted", "OTHERS")
        whole.station.presented(1, Token("AAAA"))
        whole.run()
        assert whole.charger.told[-1][0] == "refuse"
        assert "Ended" not in events(whole)
        whole.answers["Authorize"] = whole.verdict("Accepted", "FAMILY")
        whole.station.presented(1, Token("BBBB"))
        whole.run()
        assert events(whole)[-1] == "Ended"


@ALL
@pytest.mark.parametrize("allowed", [True, False])
def test_c15_an_unknown_card_while_the_line_is_away(
    version: Version, folder: Path, *, allowed: bool
) -> None:
    """TC_E_43 TC_C_26."""

    def change(rules: StationRules) -> StationRules:
        return replace(rules, unknown_offline=allowed)

    with site(folder, version, change) as whole:
        whole.made.world.simulated.cut()
        whole.run(300)
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        whole.run(100)
        assert whole.charger.told[0][0] == ("allow" if allowed else "refuse")
        whole.made.world.simulated.restore()
        whole.run(60)
        assert (events(whole)[:1] == ["Started"]) is allowed
        if allowed and version is not Version.V16:
            assert whole.said("TransactionEvent")[0]["offline"] is True


@ALL
def test_a_card_that_the_version_cannot_write_is_refused(version: Version, folder: Path) -> None:
    def change(rules: StationRules) -> StationRules:
        return replace(rules, unknown_offline=True)

    with site(folder, version, change) as whole:
        whole.station.plugged(1)
        whole.station.presented(1, Token("x" * 300))
        whole.run()
        assert whole.charger.told == [("refuse", 1, "Unknown")]


@ALL
def test_an_authorize_without_an_answer_is_no_permission(version: Version, folder: Path) -> None:
    def change(rules: StationRules) -> StationRules:
        return replace(rules, unknown_offline=True)

    with site(folder, version, change) as whole:
        whole.answers["Authorize"] = None
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        whole.run(60)
        assert whole.charger.told == [("refuse", 1, "Unknown")]


@ALL
def test_e03_a_driver_who_does_not_plug_in_is_forgotten(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        whole.station.presented(1, CARD)
        whole.run(30)
        assert whole.charger.told == [("allow", 1, "04E1")]
        whole.run(40)
        assert whole.charger.told[-1] == ("stop", 1, "Timeout")
        whole.station.plugged(1)
        whole.run()
        assert events(whole) == []


def refused_later(whole: Site) -> None:
    whole.answers["StartTransaction"] = {"transactionId": 5, **whole.verdict("Blocked")}
    if whole.version is not Version.V16:
        whole.answers["TransactionEvent"] = whole.verdict("Blocked")


@ALL
def test_e05_a_driver_whom_the_back_end_refuses_later_is_stopped(
    version: Version, folder: Path
) -> None:
    """TC_E_16 TC_C_16 E05.FR.10."""
    with site(folder, version) as whole:
        refused_later(whole)
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        whole.run(5)
        assert events(whole) == ["Started", "Ended"]
        last = whole.heard[-1][1]
        reason = last.get("reason", last.get("transactionInfo", {}).get("stoppedReason"))
        assert reason == "DeAuthorized"
        assert ("stop", 1, "DeAuthorized") in whole.charger.told


@ALL
def test_e05_with_energy_left_the_driver_charges_that_much(version: Version, folder: Path) -> None:
    """TC_C_15 TC_C_17 E05.FR.03, C15.FR.07."""

    def change(rules: StationRules) -> StationRules:
        return replace(rules, tx=TxRules(stop_on_invalid=False, max_energy=500))

    with site(folder, version, change) as whole:
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        whole.station.charging(1)
        refused_later(whole)
        whole.run(100)
        assert not any(what == "stop" for what, _, _ in whole.charger.told)
        whole.charger.wh += 600
        whole.run(100)
        assert ("stop", 1, "DeAuthorized") in whole.charger.told
        assert "Ended" not in events(whole)


@ALL
@pytest.mark.parametrize("plugged_first", [True, False])
@pytest.mark.parametrize("authorize", [True, False])
def test_f01_f02_the_back_end_starts_and_stops(
    version: Version, folder: Path, *, plugged_first: bool, authorize: bool
) -> None:
    """TC_F_01 TC_F_02 TC_F_03 TC_F_08 TC_F_09 TC_E_13 TC_E_21 TC_E_35.

    F02.FR.09, F02.FR.10, F02.FR.13, F02.FR.21.
    """

    def change(rules: StationRules) -> StationRules:
        return replace(rules, authorize_remote=authorize)

    with site(folder, version, change) as whole:
        if plugged_first:
            whole.station.plugged(2)
        assert whole.ask(*remote_start(version, 2)) == {"status": "Accepted"}
        if not plugged_first:
            whole.station.plugged(2)
        whole.run()
        assert ("Authorize" in whole.actions()) is authorize
        assert events(whole)[0] == "Started"
        if version is Version.V16:
            stop: dict[str, Any] = {"transactionId": 1}
            action = "RemoteStopTransaction"
        else:
            first = whole.said("TransactionEvent")[0]
            assert first["transactionInfo"]["remoteStartId"] == 42
            assert first["triggerReason"] == "RemoteStart"
            stop = {"transactionId": first["transactionInfo"]["transactionId"]}
            action = "RequestStopTransaction"
        assert whole.ask(action, stop) == {"status": "Accepted"}
        whole.run()
        assert events(whole)[-1] == "Ended"
        assert ("stop", 2, "Remote") in whole.charger.told
        assert whole.ask(action, stop) == {"status": "Rejected"}


@ALL
def test_f02_a_place_that_is_taken_or_broken_is_not_started(version: Version, folder: Path) -> None:
    """F01.FR.20, F01.FR.23, F01.FR.24, F02.FR.22, F02.FR.25, F02.FR.26."""
    with site(folder, version) as whole:
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        whole.run()
        assert whole.ask(*remote_start(version, 1)) == {"status": "Rejected"}
        assert whole.ask(*remote_start(version, 7)) == {"status": "Rejected"}
        whole.station.faulted(2, fault=True)
        assert whole.ask(*remote_start(version, None)) == {"status": "Rejected"}
        whole.station.faulted(2, fault=False)
        assert whole.ask(*remote_start(version, None)) == {"status": "Accepted"}
        assert whole.charger.told[-1] == ("allow", 2, "REMOTE")


@ALL
def test_a_fault_ends_the_transaction_and_is_told(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        whole.run()
        whole.station.faulted(1, fault=True)
        whole.run()
        assert events(whole)[-1] == "Ended"
        assert status_of(whole.said("StatusNotification")[-1]) == (1, "Faulted")


@ALL
def test_a_power_cut_ends_the_transaction_at_the_next_start(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        whole.station.charging(1)
        whole.run(70)
        before = events(whole)
    with site(folder, version) as whole:
        assert before[-1] == "Updated"
        assert events(whole) == ["Ended"]
        last = whole.heard[-1][1]
        reason = last.get("reason", last.get("transactionInfo", {}).get("stoppedReason"))
        assert reason == "PowerLoss"
        assert whole.store.waiting() == 0


@ALL
@pytest.mark.parametrize(
    ("action", "fields", "answer"),
    [
        ("DataTransfer", {"vendorId": "com.example"}, {"status": "UnknownVendorId"}),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}, {"status": "Accepted"}),
        ("TriggerMessage", {"requestedMessage": "StatusNotification"}, {"status": "Accepted"}),
        (
            "TriggerMessage",
            {"requestedMessage": "FirmwareStatusNotification"},
            {"status": "Accepted"},
        ),
    ],
)
def test_the_back_end_asks_for_other_things(
    version: Version, action: str, fields: dict[str, Any], answer: dict[str, Any], folder: Path
) -> None:
    with site(folder, version) as whole:
        whole.heard.clear()
        assert whole.ask(action, fields) == answer
        connectors = 3 if version is Version.V16 else 2  # 0 is the whole
        wanted = {
            "Heartbeat": 1,
            "StatusNotification": connectors,
            "FirmwareStatusNotification": 1,
        }
        asked = fields.get("requestedMessage", "")
        assert whole.actions().count(asked) == wanted.get(asked, 0)


@ALL
def test_what_is_not_there_is_not_supported(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        old = version is Version.V16
        action = "GetLocalListVersionX" if old else "CustomerInformationX"
        assert not whole.station._desk.serves(version, action)
        with pytest.raises(Objection) as caught:
            whole.station._desk.serve(version, action, None)
        assert caught.value.problem.wrong is Wrong.NOT_SUPPORTED


@ALL
def test_months_offline_are_told_in_order(version: Version, folder: Path) -> None:
    """TC_E_40 TC_E_43 E04.FR.01, E04.FR.02, E04.FR.03."""

    def change(rules: StationRules) -> StationRules:
        return replace(
            rules, unknown_offline=True, tx=TxRules(updated_every=0, stop=frozenset(Point))
        )

    with site(folder, version, change) as whole:
        whole.heard.clear()
        whole.made.client.close()
        whole.run()
        for _ in range(60):
            whole.run(86_400)
            whole.station.plugged(1)
            whole.station.presented(1, CARD)
            whole.run(1)
            whole.station.unplugged(1)
        whole.made.client.open()
        whole.run(100)
        assert events(whole) == ["Started", "Ended"] * 60
        times = [fields["timestamp"] for action, fields in whole.heard if "Tran" in action]
        assert times == sorted(times)
        assert len({time[:10] for time in times}) == 60


def test_1_6_has_its_own_words_for_a_connector(folder: Path) -> None:
    with site(folder, Version.V16) as whole:
        whole.heard.clear()
        station = whole.station
        steps: list[Callable[[], None]] = [
            lambda: station.presented(1, CARD),
            lambda: station.plugged(1),
            lambda: station.charging(1),
            lambda: station.paused(1, by_vehicle=True),
            lambda: station.paused(1, by_vehicle=False),
            lambda: station.charging(1),
            lambda: station.presented(1, CARD),
            lambda: station.stopped(1),
            lambda: station.unplugged(1),
        ]
        for step in steps:
            step()
            whole.run()
        assert [fields["status"] for fields in whole.said("StatusNotification")] == [
            "Preparing",
            "Charging",
            "SuspendedEV",
            "SuspendedEVSE",
            "Charging",
            "Finishing",
            "Available",
        ]


def test_1_6_leaves_preparing_when_nobody_plugs_in(folder: Path) -> None:
    with site(folder, Version.V16) as whole:
        whole.heard.clear()
        whole.station.presented(1, CARD)
        whole.run(70)
        states = [fields["status"] for fields in whole.said("StatusNotification")]
        assert states == ["Preparing", "Available"]
