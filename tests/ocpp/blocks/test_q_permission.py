"""Q: which transfers the back end allows, what it is told of the vehicle, and what is measured."""

from pathlib import Path

import pytest

from bsw.os.clock import S
from ocpp.station.charging.needs import Needs
from ocpp.station.outlets.points import Point, TxRules
from ocpp.station.outlets.vehicles import Vehicle
from ocpp.station.records import Sample, Token
from ocpp.versions import Version
from tests.ocpp.blocks.steps import CARD, charge, leave, put, rules, variable
from tests.ocpp.blocks.twoway import LEAST, MOST, flows, mode_profile, take, two_way
from tests.ocpp.site import Json, Site

V21 = Version.V21
ONE_WAY = ["AC_three_phase"]
BOTH = ["AC_three_phase", "AC_BPT"]
GIVE = mode_profile(1, "CentralSetpoint", setpoint=-5000)


def allow(whole: Site, transfers: list[str] | None) -> None:
    more: Json = {} if transfers is None else {"allowedEnergyTransfer": transfers}
    whole.answers["Authorize"] = {**whole.verdict("Accepted"), **more}


def notify(whole: Site, transfers: list[str], transaction: str | None = None) -> Json:
    named = transaction or whole.station.outlet(1).transaction
    fields = {"transactionId": named, "allowedEnergyTransfer": transfers}
    return whole.ask("NotifyAllowedEnergyTransfer", fields)


@pytest.mark.parametrize(
    ("transfers", "given"), [(None, LEAST), (BOTH, LEAST), (ONE_WAY, 0), (["DC"], 0)]
)
def test_what_is_not_allowed_is_not_given_back(
    transfers: list[str] | None, given: int, folder: Path
) -> None:
    """Q02: charging only, whatever a profile says."""
    with two_way(folder, version=V21) as whole:
        allow(whole, transfers)
        assert take(whole, GIVE) == "Accepted"
        charge(whole)
        assert flows(whole)[1] == given
        expected = None if transfers is None else frozenset(transfers)
        assert whole.charger.allowed[-1] == (1, expected)
        leave(whole)
        assert whole.charger.allowed[-1] == (1, None)  # the next driver's is his own


def test_the_list_changes_within_a_transaction(folder: Path) -> None:
    """Q02.FR.05, Q02.FR.06: Accepted, and the vehicle is to choose its service anew; V21."""
    with two_way(folder, version=V21) as whole:
        allow(whole, ONE_WAY)
        assert take(whole, GIVE) == "Accepted"
        charge(whole)
        assert flows(whole)[1:] == (0, 0)
        answer = notify(whole, BOTH, "T?")
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "TxNotFound")
        assert whole.charger.allowed[-1] == (1, frozenset(ONE_WAY))
        assert notify(whole, BOTH) == {"status": "Accepted"}
        assert whole.charger.allowed[-1] == (1, frozenset(BOTH))
        assert flows(whole) == (MOST, LEAST, -5000)
        assert notify(whole, ONE_WAY) == {"status": "Accepted"}
        assert flows(whole)[1:] == (0, 0)


def needs(whole: Site, transfer: str, *, newer: bool = True) -> list[bool]:
    """A vehicle says what it needs; whether it goes on waiting is in the list."""
    told: list[bool] = []
    fields = {"requestedEnergyTransfer": transfer, "controlMode": "DynamicControl"}
    whole.station.smart.needs.tell(1, Needs(fields, newer=newer), lambda: told.append(True))
    whole.run()
    return told


def test_a_refused_transfer_leads_to_another_one(folder: Path) -> None:
    """Q01.FR.05: by service renegotiation, once; Q01.FR.06, K18.FR.22, K19.FR.15: then it ends."""
    with two_way(folder, version=V21) as whole:
        whole.answers["NotifyEVChargingNeeds"] = {"status": "Rejected"}
        charge(whole)
        assert needs(whole, "AC_BPT") == [True]
        assert whole.charger.allowed[-1] == (1, frozenset(ONE_WAY))
        assert whole.station.outlet(1).transaction is not None
        assert flows(whole)[1] == 0
        needs(whole, "AC_three_phase")
        assert whole.station.outlet(1).transaction is None


@pytest.mark.parametrize(("transfer", "chooses"), [("AC_three_phase", True), ("AC_BPT", False)])
def test_a_refused_transfer_without_another_one_is_the_end(
    transfer: str, folder: Path, *, chooses: bool
) -> None:
    """Q01.FR.06, K18.FR.23, K19.FR.16, V21."""
    with two_way(folder, version=V21) as whole:
        whole.charger.chooses = chooses
        whole.answers["NotifyEVChargingNeeds"] = {"status": "Rejected"}
        charge(whole)
        needs(whole, transfer)
        last = whole.said("TransactionEvent")[-1]
        assert (last["eventType"], last["triggerReason"]) == ("Ended", "AbnormalCondition")
        assert last["transactionInfo"]["stoppedReason"] == "ReqEnergyTransferRejected"
        assert ("stop", 1, "ReqEnergyTransferRejected") in whole.charger.told


def test_to_a_vehicle_of_2_a_refusal_is_no_schedule_and_nothing_else(folder: Path) -> None:
    with two_way(folder, version=V21) as whole:
        whole.answers["NotifyEVChargingNeeds"] = {"status": "Rejected"}
        charge(whole)
        assert needs(whole, "AC_three_phase", newer=False) == [True]
        assert whole.station.outlet(1).transaction is not None


@pytest.mark.parametrize("version", [Version.V201, Version.V21])
def test_a_vehicle_of_20_is_named_beside_the_driver(version: Version, folder: Path) -> None:
    """Q01.FR.02: in 2.1, which has a word for it (V21)."""
    starts = rules(TxRules(start=frozenset({Point.AUTHORIZED})))
    with two_way(folder, starts, version) as whole:
        charge(whole, token=Token("04E1", evccid="WMIV1A2B3C4D5E6F"))
        [started] = [e for e in whole.said("TransactionEvent") if e["eventType"] == "Started"]
        more = [{"additionalIdToken": "WMIV1A2B3C4D5E6F", "type": "EVCCID"}]
        plain = {"idToken": "04E1", "type": "ISO14443"}
        newer = {**plain, "additionalInfo": more}
        assert started["idToken"] == (newer if version is V21 else plain)


def test_measurands_of_the_mode_are_told_besides(folder: Path) -> None:
    """Q01.FR.33, Q01.FR.34, Q01.FR.35, V21."""
    starts = rules(TxRules(updated_every=10 * S))
    with two_way(folder, starts, V21) as whole:
        whole.charger.more = (
            Sample(50.0, "Frequency", "Hz"),
            Sample(7.0, "Power.Active.Export", "W"),
        )
        plain = put(whole, "SampledDataCtrlr.TxUpdatedMeasurands", "Energy.Active.Import.Register")
        assert plain == "Accepted"
        for name, kind in [
            ("TxStartedMeasurands", "Frequency"),
            ("TxUpdatedMeasurands", "Power.Active.Export"),
            ("TxEndedMeasurands", "Frequency"),
        ]:
            assert put(whole, f"V2XChargingCtrlr.{name}", kind, "CentralSetpoint") == "Accepted"
        assert take(whole, GIVE) == "Accepted"
        charge(whole)
        whole.run(11)
        leave(whole)
        told = whole.said("TransactionEvent")

        def kinds(event: Json) -> set[str]:
            samples = event["meterValue"][-1]["sampledValue"]
            return {each["measurand"] for each in samples} - {"Energy.Active.Import.Register"}

        [periodic] = [e for e in told if e["triggerReason"] == "MeterValuePeriodic"]
        assert kinds(told[0]) == {"Frequency"}
        assert kinds(periodic) == {"Power.Active.Export"}
        assert kinds(told[-1]) == {"Frequency"}
        put(whole, "V2XChargingCtrlr.Enabled", "true")
        assert whole.ask("ClearChargingProfile", {"chargingProfileId": 1})["status"] == "Accepted"
        charge(whole)
        started = [e for e in whole.said("TransactionEvent") if e["eventType"] == "Started"][-1]
        assert kinds(started) == set()


def test_the_vehicle_stands_in_variables_while_it_is_there(folder: Path) -> None:
    """Q01.FR.36, V21."""
    with two_way(folder, version=V21) as whole:

        def read(name: str, instance: str = "") -> str:
            asked = variable(f"ConnectedEV.{name}", instance)
            asked["component"]["evse"] = {"id": 1}
            answer = whole.ask("GetVariables", {"getVariableData": [asked]})
            [result] = answer["getVariableResult"]
            return str(result.get("attributeValue", ""))

        assert read("Available") == "false"
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        vehicle = Vehicle(
            "WMIV1", "urn:iso:std:iso:15118:-20:DC,1,0", ("one,1,0", "two,2,0"), {"Leaf": "PEM"}
        )
        whole.station.vehicles.came(1, vehicle)
        assert (read("Available"), read("VehicleId")) == ("true", "WMIV1")
        assert read("ProtocolAgreed") == "urn:iso:std:iso:15118:-20:DC,1,0"
        assert [read("ProtocolSupportedByEV", n) for n in "123"] == ["one,1,0", "two,2,0", ""]
        assert [read("VehicleCertificate", n) for n in ("Leaf", "Root")] == ["PEM", ""]
        whole.station.unplugged(1)
        assert (read("Available"), read("VehicleId")) == ("false", "")
