"""E, F, J: what every event of a transaction carries, however it starts and ends."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ocpp.station.outlets import outlet as outlets
from ocpp.station.outlets.points import TxRules
from ocpp.station.records import Sample, SignedRecord
from ocpp.versions import Version
from tests.ocpp.blocks.steps import (
    CARD,
    OTHER,
    SINCE_2,
    charge,
    events,
    leave,
    points,
    put,
    rules,
)
from tests.ocpp.blocks.test_e_transactions import measurands, said
from tests.ocpp.site import Json, Site, site

RECORD = SignedRecord("T0NNRnx7fXx7fQ==", "OCMF", "ECDSA-secp256r1-SHA256", "")
REMOTE = {"idToken": {"idToken": CARD.id, "type": CARD.kind}, "remoteStartId": 7, "evseId": 1}


def _local(whole: Site) -> None:
    """E03, E07: the card first, and the card ends it."""
    whole.station.presented(1, CARD)
    whole.run()
    charge_on(whole)
    leave(whole)


def _remote(whole: Site) -> None:
    """F02, F03: the back end starts and stops."""
    whole.ask("RequestStartTransaction", REMOTE)
    charge_on(whole)
    running = whole.said("TransactionEvent")[0]["transactionInfo"]["transactionId"]
    whole.ask("RequestStopTransaction", {"transactionId": running})
    whole.station.stopped(1)
    whole.station.unplugged(1)
    whole.run()


def _remote_with_vehicle(whole: Site) -> None:
    """F01, F04: the cable is there before."""
    whole.station.plugged(1)
    _remote(whole)


def _refused(whole: Site) -> None:
    """E05: the back end takes back what it said."""
    charge(whole)
    whole.answers["TransactionEvent"] = whole.verdict("Invalid")
    whole.run(70)
    whole.station.stopped(1)
    whole.station.unplugged(1)
    whole.run()


def _pulled(whole: Site) -> None:
    """E09, E10: the cable is pulled at the vehicle."""
    charge(whole)
    whole.run(70)
    whole.station.unplugged(1)
    whole.run()


def _interrupted(whole: Site) -> None:
    """E11: the line goes while somebody charges, and comes back before the end."""
    charge(whole)
    whole.cut(150)
    leave(whole)


def _offline(whole: Site) -> None:
    """E04, E08, E12: nobody hears of it before it is over."""
    whole.made.world.simulated.cut()
    whole.run(100)
    charge_on(whole, CARD)
    leave(whole)
    whole.made.world.simulated.restore()
    whole.run(120)


def charge_on(whole: Site, token: object = None) -> None:
    whole.station.plugged(1)
    if token is not None:
        whole.station.presented(1, CARD)
    whole.run()
    whole.station.charging(1)
    whole.run(70)


WAYS = [
    pytest.param(_local, id="local"),
    pytest.param(_remote, id="remote"),
    pytest.param(_remote_with_vehicle, id="remote-plugged"),
    pytest.param(_refused, id="refused"),
    pytest.param(_pulled, id="pulled"),
    pytest.param(_interrupted, id="interrupted"),
    pytest.param(_offline, id="offline"),
]
SETTINGS = {
    "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
    "AuthCtrlr.AuthorizeRemoteStart": "false",
    "SampledDataCtrlr.TxEndedInterval": "4",
    "SampledDataCtrlr.TxStartedMeasurands": "Energy.Active.Import.Register",
    "SampledDataCtrlr.TxUpdatedMeasurands": "Voltage",
    "SampledDataCtrlr.TxEndedMeasurands": "Energy.Active.Import.Register",
}


@SINCE_2
@pytest.mark.parametrize("way", WAYS)
def test_however_it_goes_the_events_are_whole(
    version: Version, way: Callable[[Site], None], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers without a gap: E04.FR.04, E05.FR.04.

    Started, Updated and Ended have the measurands chosen for them: F01.FR.14, F01.FR.15,
    F02.FR.02, F02.FR.03, E15.FR.01, F03.FR.04, F04.FR.04.  Signed where it is wanted: E03.FR.10,
    E04.FR.10, E05.FR.06, E07.FR.12, E08.FR.12, E09.FR.08, E10.FR.07, E11.FR.08, E12.FR.10.
    Only samples between are thinned: E08.FR.11, E09.FR.07, E10.FR.06, E12.FR.09, E15.FR.03,
    F03.FR.06, F04.FR.06.
    """
    monkeypatch.setattr(outlets, "KEPT_SAMPLES", 6)
    with site(folder, version, rules(values=SETTINGS)) as whole:
        whole.charger.record = RECORD
        whole.charger.more = (Sample(230.0, "Voltage", "V", signed=RECORD),)
        way(whole)
        told = whole.said("TransactionEvent")
        assert [each["seqNo"] for each in told] == list(range(len(told)))
        assert len({each["transactionInfo"]["transactionId"] for each in told}) == 1
        assert [told[0]["eventType"], told[-1]["eventType"]] == ["Started", "Ended"]
        _has_its_values(told)
        samples = [
            s for e in told for value in e.get("meterValue", []) for s in value["sampledValue"]
        ]
        assert {s.get("signedMeterValue", {}).get("signedMeterData") for s in samples} == {
            RECORD.data
        }


def _has_its_values(told: list[Json]) -> None:
    energy, voltage = ["Energy.Active.Import.Register"], ["Voltage"]
    begins = [each for each in told[:-1] if measurands(each, "Transaction.Begin")]
    assert len(begins) == 1
    assert measurands(begins[0], "Transaction.Begin") == energy
    updated = [each for each in told if each["triggerReason"] == "MeterValuePeriodic"]
    assert updated
    assert all(measurands(each, "Sample.Periodic") == voltage for each in updated)
    contexts = [value["sampledValue"][0]["context"] for value in told[-1]["meterValue"]]
    between = contexts[1:-1]
    assert (contexts[0], contexts[-1]) == ("Transaction.Begin", "Transaction.End")
    assert 3 <= len(between) <= 6  # of some eighteen
    assert set(between) == {"Sample.Periodic"}
    assert measurands(told[-1], "Sample.Periodic") == energy * len(between)
    stamps = [value["timestamp"] for value in told[-1]["meterValue"]]
    assert stamps == sorted(stamps)


@SINCE_2
def test_transactions_have_names_that_never_come_again(version: Version, folder: Path) -> None:
    """E01.FR.08, E02.FR.08: over restarts as well."""
    names: list[str] = []
    for _ in range(2):
        with site(folder, version) as whole:
            for _ in range(2):
                charge(whole)
                leave(whole)
            told = whole.said("TransactionEvent")
            names += [
                e["transactionInfo"]["transactionId"] for e in told if e["eventType"] == "Started"
            ]
    assert len(names) == len(set(names)) == 4
    assert {len(name) for name in names} == {36}


@SINCE_2
def test_an_evse_has_one_transaction_whichever_connector(version: Version, folder: Path) -> None:
    """E01.FR.14."""
    with site(folder, version, rules(TxRules(start=points("EVConnected")))) as whole:
        whole.station.plugged(1, 1)
        whole.station.plugged(1, 2)
        whole.run()
        assert events(whole).count("Started") == 1
        assert (
            len({e["transactionInfo"]["transactionId"] for e in whole.said("TransactionEvent")})
            == 1
        )


@SINCE_2
def test_the_phases_in_use_are_told_at_the_start_and_when_they_change(
    version: Version, folder: Path
) -> None:
    """E02.FR.18, E02.FR.19, E03.FR.13, E03.FR.14."""

    def flows(*amperes: float) -> tuple[Sample, ...]:
        pairs = zip(amperes, ("L1", "L2", "L3"), strict=False)
        return tuple(Sample(each, "Current.Import", "A", phase) for each, phase in pairs)

    with site(folder, version) as whole:
        whole.charger.more = flows(16, 16, 16)
        charge(whole)
        whole.run(130)
        whole.charger.more = flows(16, 0.1, 0)
        whole.run(130)
        whole.charger.more = ()
        leave(whole)
        told = [each.get("numberOfPhasesUsed") for each in whole.said("TransactionEvent")]
        assert [each for each in told if each is not None] == [3, 1]
        assert told[1] == 3  # energy begins with the second event


@SINCE_2
@pytest.mark.parametrize(
    ("stop", "trigger", "reason"),
    [
        ("card", "StopAuthorized", "Local"),
        ("remote", "RemoteStop", "Remote"),
        ("fault", "AbnormalCondition", "Other"),
        ("pulled", "EVCommunicationLost", "EVDisconnected"),
        ("reset", "ResetCommand", "ImmediateReset"),
        ("vehicle", "StopAuthorized", "StoppedByEV"),
        ("master", "StopAuthorized", "MasterPass"),
        ("group", "StopAuthorized", "Local"),
    ],
)
def test_the_end_says_why(
    version: Version, stop: str, trigger: str, reason: str, folder: Path
) -> None:
    """E06.FR.08, E06.FR.16, C16.FR.07, C16.FR.08, B12.FR.05."""
    with site(folder, version, rules(values={"AuthCtrlr.MasterPassGroupId": "M"})) as whole:
        whole.answers["Authorize"] = whole.verdict("Accepted", "FAMILY")
        charge(whole)
        [running] = {e["transactionInfo"]["transactionId"] for e in whole.said("TransactionEvent")}
        whole.answers["Authorize"] = whole.verdict(
            "Accepted", "M" if stop == "master" else "FAMILY"
        )
        steps: dict[str, Callable[[], object]] = {
            "card": lambda: whole.station.presented(1, CARD),
            "remote": lambda: whole.ask("RequestStopTransaction", {"transactionId": running}),
            "fault": lambda: whole.station.faulted(1, fault=True),
            "pulled": lambda: whole.station.unplugged(1),
            "reset": lambda: whole.ask("Reset", {"type": "Immediate"}),
            "vehicle": lambda: whole.station.ended_by_vehicle(1),
            "master": lambda: whole.station.presented(1, OTHER),
            "group": lambda: whole.station.presented(1, OTHER),
        }
        steps[stop]()
        whole.run()
        [ended] = [e for e in whole.said("TransactionEvent") if e["eventType"] == "Ended"]
        assert ended["triggerReason"] == trigger
        assert ended["transactionInfo"]["stoppedReason"] == reason
        if stop in {"card", "master", "group"}:
            assert ended["idToken"]["idToken"] == (CARD if stop == "card" else OTHER).id
        whole.run(5)
        assert events(whole).count("Ended") == 1


@SINCE_2
def test_an_end_that_was_not_answered_before_a_reset_comes_after_it(
    version: Version, folder: Path
) -> None:
    """B12.FR.05."""
    with site(folder, version) as whole:
        charge(whole)
        whole.answers["TransactionEvent"] = None
        whole.ask("Reset", {"type": "Immediate"})
        whole.run(15)
        [first] = [e for e in whole.said("TransactionEvent") if e["eventType"] == "Ended"]
        assert ("restart", 0, "") in whole.charger.told
    with site(folder, version) as whole:
        whole.run(5)
        [again] = [e for e in whole.said("TransactionEvent") if e["eventType"] == "Ended"]
        assert again == {**first, **({"offline": True} if again.get("offline") else {})}


@SINCE_2
def test_refused_where_no_point_ends_it_the_energy_stops_and_the_transaction_stays(
    version: Version, folder: Path
) -> None:
    """C15.FR.03, E05.FR.09."""
    tx = TxRules(start=points("EVConnected"), stop=points("EVConnected"))
    with site(folder, version, rules(tx)) as whole:
        charge(whole)
        whole.answers["TransactionEvent"] = whole.verdict("Invalid")
        whole.run(70)
        assert said(whole)[-1] == ("Updated", "Deauthorized", "EVConnected")
        assert whole.charger.told[-1] == ("stop", 1, "DeAuthorized")
        whole.answers["TransactionEvent"] = {}
        whole.station.stopped(1)
        whole.station.unplugged(1)
        whole.run()
        assert events(whole)[-1] == "Ended"


@SINCE_2
def test_refused_where_that_ends_nothing_the_outlet_pauses(version: Version, folder: Path) -> None:
    """E05.FR.02."""
    with site(folder, version, rules(TxRules(stop_on_invalid=False))) as whole:
        charge(whole)
        whole.answers["TransactionEvent"] = whole.verdict("Invalid")
        whole.run(65)
        assert ("Updated", "ChargingStateChanged", "SuspendedEVSE") in said(whole)
        assert "Ended" not in events(whole)
        assert ("stop", 1, "DeAuthorized") in whole.charger.told


@SINCE_2
def test_a_remote_stop_with_a_vehicle_that_stays_ends_when_it_goes(
    version: Version, folder: Path
) -> None:
    """F04.FR.02, F04.FR.03."""
    with site(folder, version, rules(TxRules(stop=points("EVConnected")))) as whole:
        whole.charger.rests = lambda _evse: None
        charge(whole)
        [running] = {e["transactionInfo"]["transactionId"] for e in whole.said("TransactionEvent")}
        whole.ask("RequestStopTransaction", {"transactionId": running})
        assert ("stop", 1, "Remote") in whole.charger.told
        assert said(whole)[-1] == ("Updated", "RemoteStop", "Charging")
        whole.station.stopped(1)
        whole.station.unplugged(1)
        whole.run()
        last = whole.said("TransactionEvent")[-1]
        assert (last["eventType"], last["transactionInfo"]["stoppedReason"]) == ("Ended", "Remote")


@SINCE_2
def test_the_back_ends_driver_is_told_once_with_the_start_and_its_reservation(
    version: Version, folder: Path
) -> None:
    """C05.FR.03, C05.FR.05, F02.FR.05, F02.FR.06, F02.FR.11, F02.FR.12."""
    with site(folder, version, rules(values={"AuthCtrlr.AuthorizeRemoteStart": "false"})) as whole:
        token = {"idToken": CARD.id, "type": CARD.kind}
        until = "2030-01-01T01:00:00Z"
        reservation = {"id": 5, "expiryDateTime": until, "idToken": token, "evseId": 1}
        assert whole.ask("ReserveNow", reservation)["status"] == "Accepted"
        assert whole.ask("RequestStartTransaction", REMOTE)["status"] == "Accepted"
        assert whole.said("Authorize") == []
        charge_on(whole)
        told = whole.said("TransactionEvent")
        assert (told[0]["triggerReason"], told[0]["idToken"]) == ("RemoteStart", token)
        assert told[0]["transactionInfo"]["remoteStartId"] == 7
        assert [each.get("reservationId") for each in told] == [5] + [None] * (len(told) - 1)
        assert [each.get("idToken") for each in told[1:]] == [None] * (len(told) - 1)


@SINCE_2
def test_a_remote_start_that_is_not_for_the_one_it_is_kept_for(
    version: Version, folder: Path
) -> None:
    """F02.FR.24: neither the token nor its group fits; H03.FR.05: the group does."""
    with site(folder, version) as whole:
        until = "2030-01-01T01:00:00Z"
        reservation = {
            "id": 5,
            "expiryDateTime": until,
            "idToken": {"idToken": CARD.id, "type": CARD.kind},
            "groupIdToken": {"idToken": "FAMILY", "type": "Central"},
            "evseId": 1,
        }
        assert whole.ask("ReserveNow", reservation)["status"] == "Accepted"
        other = {"idToken": OTHER.id, "type": OTHER.kind}
        start = {"idToken": other, "remoteStartId": 7, "evseId": 1}
        stranger = {**start, "groupIdToken": {"idToken": "ELSE", "type": "Central"}}
        assert whole.ask("RequestStartTransaction", stranger)["status"] == "Rejected"
        family = {**start, "groupIdToken": {"idToken": "FAMILY", "type": "Central"}}
        assert whole.ask("RequestStartTransaction", family)["status"] == "Accepted"


@SINCE_2
def test_nobody_plugs_in_after_a_remote_start(version: Version, folder: Path) -> None:
    """F02.FR.07, C01.FR.26: the transaction ends, and the authorization with it."""
    with site(folder, version, rules(TxRules(start=points("Authorized")))) as whole:
        whole.ask("RequestStartTransaction", REMOTE)
        whole.run(65)
        last = whole.said("TransactionEvent")[-1]
        assert (last["eventType"], last["triggerReason"]) == ("Ended", "EVConnectTimeout")
        assert last["transactionInfo"]["stoppedReason"] == "Timeout"
        whole.charger.told.clear()
        whole.station.plugged(1)
        whole.run()
        assert events(whole).count("Started") == 1
        assert whole.station.outlet(1).token is None


@SINCE_2
def test_where_the_bay_counts_a_driver_who_does_not_plug_in_is_only_forgotten(
    version: Version, folder: Path
) -> None:
    """E03.FR.15, F02.FR.08, E01.FR.01, E06.FR.01."""
    tx = TxRules(start=points("ParkingBayOccupancy"), stop=points("ParkingBayOccupancy"))
    with site(folder, version, rules(tx)) as whole:
        whole.station.outlet(1).arrive()
        whole.run()
        assert said(whole) == [("Started", "EVDetected", "Idle")]
        whole.station.presented(1, CARD)
        whole.run(65)
        assert said(whole)[-1] == ("Updated", "EVConnectTimeout", "Idle")
        assert whole.station.outlet(1).token is None
        whole.station.outlet(1).depart()
        whole.run()
        kind, trigger, _ = said(whole)[-1]
        assert (kind, trigger) == ("Ended", "EVDeparted")


@SINCE_2
def test_tc_e_11_the_first_signed_reading_may_start_it(version: Version, folder: Path) -> None:
    """E01.FR.04."""
    with site(folder, version, rules(TxRules(start=points("DataSigned")))) as whole:
        charge(whole)
        assert events(whole) == []
        leave(whole)
        whole.charger.record = RECORD
        charge(whole)
        assert said(whole)[0][:2] == ("Started", "SignedDataReceived")
        [value] = whole.said("TransactionEvent")[0]["meterValue"]
        assert "signedMeterValue" in value["sampledValue"][0]
        leave(whole)
        assert events(whole)[-1] == "Ended"


ALIGNED = {
    "AlignedDataCtrlr.TxEndedInterval": "30",
    "AlignedDataCtrlr.TxEndedMeasurands": "Voltage",
    "SampledDataCtrlr.TxEndedMeasurands": "Energy.Active.Import.Register",
    "AlignedDataCtrlr.SignReadings": "true",
}


@SINCE_2
def test_tc_j_03_values_at_full_intervals_are_in_the_last_event(
    version: Version, folder: Path
) -> None:
    with site(folder, version, rules(TxRules(updated_every=0), values=ALIGNED)) as whole:
        whole.charger.more = (Sample(230.0, "Voltage", "V"),)
        charge(whole)
        whole.run(100)
        assert put(whole, "AlignedDataCtrlr.TxEndedInterval", "0") == "Accepted"
        whole.run(100)
        leave(whole)
        last = whole.said("TransactionEvent")[-1]
        kept = [v for v in last["meterValue"] if v["sampledValue"][0]["context"] == "Sample.Clock"]
        assert [value["timestamp"][14:19] for value in kept] == ["00:30", "01:00", "01:30"]
        assert measurands(last, "Sample.Clock") == ["Voltage"] * 3
        energy = ["Energy.Active.Import.Register"]
        assert (
            measurands(last, "Transaction.Begin") == measurands(last, "Transaction.End") == energy
        )


@SINCE_2
@pytest.mark.parametrize("signs", ["true", "false"])
def test_tc_j_04_values_at_full_intervals_are_signed_where_that_is_wanted(
    version: Version, signs: str, folder: Path
) -> None:
    """J01.FR.21: whatever the sampled ones are."""
    settings = {
        **ALIGNED,
        "AlignedDataCtrlr.Interval": "60",
        "AlignedDataCtrlr.Measurands": "Voltage",
        "AlignedDataCtrlr.SignReadings": signs,
    }
    tx = TxRules(updated_every=0, signs=signs == "false")
    with site(folder, version, rules(tx, values=settings)) as whole:
        whole.charger.more = (Sample(230.0, "Voltage", "V", signed=RECORD),)
        charge(whole)
        whole.run(70)
        leave(whole)
        idle = [value for each in whole.said("MeterValues") for value in each["meterValue"]]
        running = [
            value
            for each in whole.said("TransactionEvent")
            for value in each.get("meterValue", [])
            if value["sampledValue"][0]["context"] == "Sample.Clock"
        ]
        assert idle
        assert len(running) == 3  # at half past, at the minute in an event, and kept for the end
        told = {"signedMeterValue" in s for v in [*idle, *running] for s in v["sampledValue"]}
        assert told == {signs == "true"}


@SINCE_2
def test_one_value_has_one_time_and_says_what_it_is(version: Version, folder: Path) -> None:
    """J01.FR.04, J01.FR.05, J01.FR.09, J01.FR.10, J01.FR.17, J01.FR.22, J02.FR.05, J02.FR.06,
    J02.FR.18, J02.FR.22."""
    more = (Sample(9.0, "Current.Import", "A", "L1"), Sample(8.0, "Current.Import", "A", "L2"))
    settings = {
        "AlignedDataCtrlr.Interval": "60",
        "AlignedDataCtrlr.Measurands": "Energy.Active.Import.Register,Current.Import",
        "SampledDataCtrlr.TxUpdatedMeasurands": "Energy.Active.Import.Register,Current.Import",
    }
    with site(folder, version, rules(values=settings)) as whole:
        whole.charger.more = more
        charge(whole, 2)
        whole.charger.registers = {1: 1000.0, 2: 2000.0}
        whole.run(70)
        [idle] = whole.said("MeterValues")
        assert idle["evseId"] == 1
        updated = [e for e in whole.said("TransactionEvent") if e["eventType"] == "Updated"]
        contexts = {"MeterValuePeriodic": "Sample.Periodic", "MeterValueClock": "Sample.Clock"}
        for event, evse, context in [
            (idle, 1, "Sample.Clock"),
            *(
                (e, 2, contexts[e["triggerReason"]])
                for e in updated
                if e["triggerReason"] in contexts
            ),
        ]:
            [value] = event["meterValue"]
            energy, *phases = value["sampledValue"]
            assert energy["value"] == 1000.0 * evse
            assert (energy["measurand"], energy["context"]) == (
                "Energy.Active.Import.Register",
                context,
            )
            assert [(p["measurand"], p["phase"], p["value"]) for p in phases] == [
                ("Current.Import", "L1", 9.0),
                ("Current.Import", "L2", 8.0),
            ]
            assert "phase" not in energy


@SINCE_2
def test_j01_while_idle_only_who_charges_tells_none(version: Version, folder: Path) -> None:
    """J01.FR.19, J01.FR.20."""
    settings = {"AlignedDataCtrlr.Interval": "60", "AlignedDataCtrlr.SendDuringIdle": "true"}
    with site(folder, version, rules(TxRules(updated_every=0), values=settings)) as whole:
        charge(whole, 1)
        whole.heard.clear()
        whole.run(65)
        assert [each["evseId"] for each in whole.said("MeterValues")] == [2]
        assert events(whole) == []
        leave(whole, 1)
        whole.heard.clear()
        whole.run(65)
        assert [each["evseId"] for each in whole.said("MeterValues")] == [1, 2]
