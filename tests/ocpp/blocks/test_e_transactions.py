"""E, J: when a transaction starts and ends, what its events say, and what meters tell."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bsw.os.clock import S
from ocpp.station.outlets.points import TxRules
from ocpp.station.records import Sample, SignedRecord
from ocpp.versions import Version
from tests.ocpp.blocks.steps import (
    ALL,
    CARD,
    SINCE_2,
    changed,
    charge,
    events,
    leave,
    points,
    put,
    rules,
)
from tests.ocpp.site import Json, Site, site


def said(whole: Site) -> list[tuple[str, str, str]]:
    """Kind, trigger and charging state of each event of 2.x."""
    return [
        (
            each["eventType"],
            each["triggerReason"],
            each["transactionInfo"].get("chargingState", ""),
        )
        for each in whole.said("TransactionEvent")
    ]


START_POINTS = [
    pytest.param("EVConnected", 1, ("Started", "CablePluggedIn", "EVConnected"), id="TC_E_09"),
    pytest.param("Authorized", 2, ("Started", "Authorized", "EVConnected"), id="TC_E_10"),
    pytest.param("PowerPathClosed", 2, ("Started", "Authorized", "EVConnected"), id="TC_E_01"),
    pytest.param(
        "EnergyTransfer", 3, ("Started", "ChargingStateChanged", "Charging"), id="TC_E_02"
    ),
]


@SINCE_2
@pytest.mark.parametrize(("point", "step", "first"), START_POINTS)
def test_a_transaction_starts_at_its_point(
    version: Version, point: str, step: int, first: tuple[str, str, str], folder: Path
) -> None:
    with site(folder, version, rules(TxRules(start=points(point)))) as whole:
        steps: list[Callable[[], None]] = [
            lambda: whole.station.plugged(1),
            lambda: whole.station.presented(1, CARD),
            lambda: whole.station.charging(1),
        ]
        for number, do in enumerate(steps, 1):
            do()
            whole.run()
            assert bool(said(whole)) is (number >= step)
        assert said(whole)[0] == first


@SINCE_2
def test_tc_e_03_the_cable_first(version: Version, folder: Path) -> None:
    """E01.FR.18, E02.FR.20."""
    with site(folder, version, rules(TxRules(start=points("EVConnected")))) as whole:
        charge(whole)
        assert said(whole) == [
            ("Started", "CablePluggedIn", "EVConnected"),
            ("Updated", "Authorized", "EVConnected"),
            ("Updated", "ChargingStateChanged", "Charging"),
        ]
        events_said = whole.said("TransactionEvent")
        assert events_said[0]["evse"] == {"id": 1, "connectorId": 1}
        assert events_said[1]["idToken"]["idToken"] == "04E1"


@SINCE_2
def test_tc_e_04_the_card_first(version: Version, folder: Path) -> None:
    with site(folder, version, rules(TxRules(start=points("Authorized")))) as whole:
        whole.station.presented(1, CARD)
        whole.run()
        whole.station.plugged(1)
        whole.station.charging(1)
        whole.run()
        assert said(whole) == [
            ("Started", "Authorized", "Idle"),
            ("Updated", "CablePluggedIn", "EVConnected"),
            ("Updated", "ChargingStateChanged", "Charging"),
        ]
        assert "evse" not in whole.said("TransactionEvent")[0]


@SINCE_2
def test_tc_e_05_tc_e_39_nobody_plugs_in(version: Version, folder: Path) -> None:
    with site(folder, version, rules(TxRules(start=points("Authorized")))) as whole:
        whole.station.presented(1, CARD)
        whole.run(65)
        assert said(whole)[-1] == ("Ended", "EVConnectTimeout", "Idle")
        info = whole.said("TransactionEvent")[-1]["transactionInfo"]
        assert info["stoppedReason"] == "Timeout"
        charge(whole)
        assert events(whole)[-3:] == ["Ended", "Started", "Updated"]


STOP_POINTS = [
    pytest.param("Authorized", "StopAuthorized", 2, id="TC_E_15-TC_E_06"),
    pytest.param("PowerPathClosed", "StopAuthorized", 2, id="TC_E_07"),
    pytest.param("EnergyTransfer", "ChargingStateChanged", 2, id="TC_E_08"),
    pytest.param("EVConnected", "EVCommunicationLost", 3, id="TC_E_14-TC_E_20"),
]


@SINCE_2
@pytest.mark.parametrize(("point", "trigger", "step"), STOP_POINTS)
def test_a_transaction_ends_at_its_point(
    version: Version, point: str, trigger: str, step: int, folder: Path
) -> None:
    with site(folder, version, rules(TxRules(stop=points(point)))) as whole:
        whole.charger.rests = lambda _evse: None
        charge(whole)
        steps: list[Callable[[], None]] = [
            lambda: whole.station.presented(1, CARD),
            lambda: whole.station.stopped(1),
            lambda: whole.station.unplugged(1),
        ]
        for number, do in enumerate(steps, 1):
            do()
            whole.run()
            assert ("Ended" in events(whole)) is (number >= step)
        last = whole.said("TransactionEvent")[-1]
        assert last["triggerReason"] == trigger
        assert last["transactionInfo"]["stoppedReason"] == "Local"


@SINCE_2
@pytest.mark.parametrize(
    ("stops", "ends"),
    [
        pytest.param(True, True, id="TC_E_24-TC_E_25-TC_E_37"),
        pytest.param(False, False, id="TC_E_26"),
    ],
)
def test_the_cable_is_pulled_at_the_vehicle(
    version: Version, *, stops: bool, ends: bool, folder: Path
) -> None:
    tx = TxRules(stop=points("Authorized"), stop_on_disconnect=stops)
    with site(folder, version, rules(tx)) as whole:
        charge(whole)
        whole.station.unplugged(1)
        whole.run()
        kind, trigger, state = said(whole)[-1]
        assert (trigger, state) == ("EVCommunicationLost", "Idle")
        assert (kind == "Ended") is ends
        if not ends:
            whole.station.plugged(1)
            whole.run()
            assert said(whole)[-1] == ("Updated", "CablePluggedIn", "EVConnected")


@SINCE_2
def test_tc_e_27_a_cable_that_stays_out_ends_it(version: Version, folder: Path) -> None:
    tx = TxRules(stop=points("Authorized"), stop_on_disconnect=False)
    with site(folder, version, rules(tx)) as whole:
        charge(whole)
        whole.station.unplugged(1)
        whole.run(70)
        assert events(whole)[-1] == "Ended"


@SINCE_2
def test_tc_e_38_the_vehicle_is_not_ready(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        charge(whole)
        whole.station.paused(1, by_vehicle=True)
        whole.run()
        assert said(whole)[-1] == ("Updated", "ChargingStateChanged", "SuspendedEV")


@SINCE_2
def test_tc_e_46_the_vehicle_ends_it(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        charge(whole)
        whole.station.ended_by_vehicle(1)
        whole.run()
        last = whole.said("TransactionEvent")[-1]
        assert last["triggerReason"] == "StopAuthorized"
        assert last["transactionInfo"]["stoppedReason"] == "StoppedByEV"


def status_of(whole: Site, transaction: str | None) -> Json:
    fields = {} if transaction is None else {"transactionId": transaction}
    return whole.ask("GetTransactionStatus", fields)


@SINCE_2
def test_tc_e_28_to_34_how_a_transaction_is(version: Version, folder: Path) -> None:
    """TC_E_28 TC_E_29 TC_E_30 TC_E_31 TC_E_32 TC_E_33 TC_E_34."""
    with site(folder, version) as whole:
        nothing = {"messagesInQueue": False}
        assert status_of(whole, None) == nothing
        assert status_of(whole, "T?") == {"ongoingIndicator": False, **nothing}
        charge(whole)
        [name, *_] = {e["transactionInfo"]["transactionId"] for e in whole.said("TransactionEvent")}
        assert status_of(whole, name) == {"ongoingIndicator": True, **nothing}
        whole.answers["TransactionEvent"] = None
        whole.station.paused(1, by_vehicle=True)
        whole.run()
        assert status_of(whole, name) == {"ongoingIndicator": True, "messagesInQueue": True}
        assert status_of(whole, None) == {"messagesInQueue": True}
        leave(whole)
        assert status_of(whole, name) == {"ongoingIndicator": False, "messagesInQueue": True}
        del whole.answers["TransactionEvent"]
        whole.run(300)
        assert status_of(whole, name) == {"ongoingIndicator": False, **nothing}


@ALL
@pytest.mark.parametrize(
    ("good_after", "sends"),
    [
        pytest.param(None, 3, id="TC_E_41-TC_E_50"),
        pytest.param(2, 2, id="TC_E_42-TC_E_51"),
    ],
)
def test_an_event_that_fails_is_sent_again_so_often(
    version: Version, good_after: int | None, sends: int, folder: Path
) -> None:
    with site(folder, version) as whole:
        if version is Version.V16:
            changed(whole, "TransactionMessageRetryInterval", "10")
        else:
            put(whole, "OCPPCommCtrlr.MessageAttemptInterval", "10", "TransactionEvent")
        action = "StartTransaction" if version is Version.V16 else "TransactionEvent"
        whole.answers[action] = None
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        at: list[int] = []
        for _ in range(250):
            whole.run(1)
            while whole.actions().count(action) > len(at):
                at.append(whole.now // S)
            if good_after is not None and len(at) == good_after - 1:
                whole.answers.pop(action, None)
        first = [f for f in whole.said(action) if f.get("seqNo", 0) == 0]
        assert len(first) == sends
        waits = [after - before for before, after in pairwise(at)]
        assert waits[: sends - 1] == [40, 50][: sends - 1]  # 30 s for the answer, then 10 s x tries


VALUES = (
    Sample(1000.0),
    Sample(11000.0, "Power.Active.Import", "W"),
    Sample(400.0, "Voltage", "V"),
)


def measurands(event: Json, context: str) -> list[str]:
    return [
        sample["measurand"]
        for value in event.get("meterValue") or event.get("transactionData") or []
        for sample in value["sampledValue"]
        if sample["context"] == context
    ]


@SINCE_2
def test_tc_j_07_tc_j_09_tc_j_10_what_is_sampled_is_chosen_for_each_kind_of_event(
    version: Version, folder: Path
) -> None:
    settings = {
        "SampledDataCtrlr.TxStartedMeasurands": "Power.Active.Import",
        "SampledDataCtrlr.TxUpdatedMeasurands": "Voltage",
        "SampledDataCtrlr.TxEndedMeasurands": "Energy.Active.Import.Register",
        "SampledDataCtrlr.TxEndedInterval": "20",
    }
    with site(folder, version, rules(values=settings)) as whole:
        whole.charger.more = VALUES[1:]
        charge(whole)
        whole.run(70)
        leave(whole)
        told = whole.said("TransactionEvent")
        assert measurands(told[0], "Transaction.Begin") == ["Power.Active.Import"]
        periodic = [each for each in told if each["triggerReason"] == "MeterValuePeriodic"]
        assert measurands(periodic[0], "Sample.Periodic") == ["Voltage"]
        energy = ["Energy.Active.Import.Register"]
        assert measurands(told[-1], "Transaction.Begin") == energy
        assert measurands(told[-1], "Transaction.End") == energy
        assert measurands(told[-1], "Sample.Periodic") == energy * 3


@SINCE_2
def test_tc_j_08_a_place_that_is_not_known_yet_has_its_values_later(
    version: Version, folder: Path
) -> None:
    """E02.FR.21."""
    with site(folder, version, rules(TxRules(start=points("Authorized")))) as whole:
        whole.station.presented(1, CARD)
        whole.run()
        whole.station.plugged(1)
        whole.run()
        first, second = whole.said("TransactionEvent")
        assert "meterValue" not in first or not measurands(first, "Transaction.Begin")
        assert measurands(second, "Transaction.Begin")


@SINCE_2
@pytest.mark.parametrize("signs", ["true", "false"])
def test_tc_j_11_signed_values_where_they_are_wanted(
    version: Version, signs: str, folder: Path
) -> None:
    """E02.FR.14."""
    with site(folder, version, rules(TxRules(signs=signs == "true"))) as whole:
        record = SignedRecord("T0NNRnx7fXx7fQ==", "OCMF", "ECDSA-secp256r1-SHA256", "")
        whole.charger.more = (Sample(5.0, "Voltage", "V", signed=record),)
        charge(whole)
        samples = whole.said("TransactionEvent")[0]["meterValue"][0]["sampledValue"]
        assert len(samples) == 1
        put(whole, "SampledDataCtrlr.TxUpdatedMeasurands", "Voltage")
        whole.run(70)
        last = whole.said("TransactionEvent")[-1]["meterValue"][0]["sampledValue"][0]
        assert ("signedMeterValue" in last) is (signs == "true")


@ALL
def test_tc_j_01_values_at_full_intervals_while_nobody_charges(
    version: Version, folder: Path
) -> None:
    with site(folder, version, rules(values={"AlignedDataCtrlr.Interval": "60"})) as whole:
        whole.heard.clear()
        whole.run(130)
        told = whole.said("MeterValues")
        assert len(told) == 4
        stamps = [each["meterValue"][0]["timestamp"] for each in told]
        assert {stamp[17:] for stamp in stamps} == {"00.000Z"}
        assert measurands(told[0], "Sample.Clock") == ["Energy.Active.Import.Register"]
        assert {each.get("evseId", each.get("connectorId")) for each in told} == {1, 2}


@SINCE_2
@pytest.mark.parametrize("idle_only", ["false", "true"])
def test_tc_j_02_tc_j_06_values_at_full_intervals_while_somebody_charges(
    version: Version, idle_only: str, folder: Path
) -> None:
    settings = {
        "AlignedDataCtrlr.Interval": "60",
        "AlignedDataCtrlr.SendDuringIdle": idle_only,
        "SampledDataCtrlr.TxUpdatedInterval": "0",
    }
    with site(folder, version, rules(TxRules(updated_every=0), values=settings)) as whole:
        charge(whole)
        whole.heard.clear()
        whole.run(130)
        clock = [each for each in said(whole) if each[1] == "MeterValueClock"]
        idle = {each["evseId"] for each in whole.said("MeterValues")}
        assert (len(clock), idle) == ((0 if idle_only == "true" else 2), {2})


@ALL
def test_an_interval_that_is_set_counts_at_once(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        if version is Version.V16:
            assert changed(whole, "ClockAlignedDataInterval", "30") == "Accepted"
        else:
            assert put(whole, "AlignedDataCtrlr.Interval", "30") == "Accepted"
        whole.heard.clear()
        whole.run(35)
        assert len(whole.said("MeterValues")) == 2


@SINCE_2
def test_samples_for_the_end_are_bounded(version: Version, folder: Path) -> None:
    """E06.FR.13, E07.FR.10."""
    settings = {"SampledDataCtrlr.TxEndedInterval": "1"}
    with site(folder, version, rules(TxRules(updated_every=0), values=settings)) as whole:
        charge(whole)
        whole.run(1200)
        leave(whole)
        last: Any = whole.said("TransactionEvent")[-1]
        assert 250 < len(last["meterValue"]) <= 514


def test_a_rule_is_no_other_rule() -> None:
    assert replace(TxRules(), ended_every=S) != TxRules()
