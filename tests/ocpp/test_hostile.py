"""A back end that means no good: the station refuses, goes on serving, and charges nobody free."""

from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest

from ocpp.catalogue import Catalogue
from ocpp.happenings import Answered, Called, TimedOut, TurnedDown
from ocpp.station.outlets.points import TxRules
from ocpp.versions import Version
from tests.ocpp.blocks.outside import Outdoors
from tests.ocpp.blocks.steps import (
    ALL,
    CARD,
    OTHER,
    SINCE_2,
    charge,
    events,
    got,
    points,
    rules,
    variable,
)
from tests.ocpp.site import Json, Site, site

HUGE = 10**30
FAR, EARLY = "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00+14:00"
ENDS = (Answered, TurnedDown, TimedOut)


def raw(whole: Site, action: str, fields: Json) -> str:
    """A call that nobody checks on its way; the status it is answered with, or the error's code."""
    payload = msgspec.json.encode(fields, enc_hook=str)
    with patch.object(Catalogue, "encode", lambda *_given: payload):
        name = whole.made.backend.sessions[-1].call(action, {})
    whole.run()
    for each in whole.made.backend.heard:
        if isinstance(each, ENDS) and each.id == name:
            assert not isinstance(each, TimedOut), "no answer"
            if isinstance(each, TurnedDown):
                return each.code
            return str(msgspec.json.decode(each.payload).get("status", "answered"))
    raise AssertionError(f"{action} was not answered")


def alive(whole: Site) -> None:
    """It answers on the same line, and lets somebody in."""
    whole.run(5)
    assert len(whole.made.backend.sessions) == 1
    whole.made.backend.sessions[-1].call("ClearCache", {})
    whole.run()
    assert isinstance(whole.made.backend.heard[-1], Answered)
    if whole.station.outlet(2).token is None:
        charge(whole, 2, OTHER)
    assert ("allow", 2, OTHER.id) in whole.charger.told


NUMBERS = (HUGE, -HUGE, -1, 0, 1e308, -1e308, 5e-324, 2**31, 2**63, 2**64)
PLACES = ("limit", "startPeriod", "numberPhases", "phaseToUse", "duration", "stackLevel", "id")


def absurd(place: str, number: float) -> Json:
    """A profile with one number that makes no sense, in the words of 2.x."""
    period: Json = {"startPeriod": 0, "limit": 10.0, "numberPhases": 3}
    schedule: Json = {
        "id": 1,
        "startSchedule": "2029-12-31T00:00:00Z",
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [period],
    }
    wanted: Json = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Recurring",
        "recurrencyKind": "Daily",
        "chargingSchedule": [schedule],
    }
    for part in (period, schedule, wanted):
        if place in part:
            part[place] = number
            break
    else:
        (period if place == "phaseToUse" else schedule)[place] = number
    return wanted


@SINCE_2
@pytest.mark.parametrize("place", PLACES)
def test_absurd_numbers_in_a_profile(version: Version, place: str, folder: Path) -> None:
    with site(folder, version) as whole:
        charge(whole)
        for number in NUMBERS:
            raw(
                whole, "SetChargingProfile", {"evseId": 1, "chargingProfile": absurd(place, number)}
            )
            for unit in ("A", "W"):
                asked = {"evseId": 1, "duration": 86_400, "chargingRateUnit": unit}
                assert raw(whole, "GetCompositeSchedule", asked) == "Accepted"
        told = [limit for evse, limit in whole.charger.limits if evse == 1]
        assert all(limit is None or 0 <= limit <= 32 for limit in told)
        alive(whole)


@SINCE_2
def test_absurd_times_and_many_periods_in_a_profile(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        charge(whole)
        for place in ("validFrom", "validTo", "startSchedule"):
            for time in (FAR, EARLY, "2030-02-30T00:00:00Z", "yesterday", 7, None):
                wanted = absurd("id", 1)
                (wanted["chargingSchedule"][0] if place == "startSchedule" else wanted)[place] = (
                    time
                )
                raw(whole, "SetChargingProfile", {"evseId": 1, "chargingProfile": wanted})
                asked = {"evseId": 1, "duration": HUGE}
                assert raw(whole, "GetCompositeSchedule", asked) != "InternalError"
        wanted = absurd("id", 1)
        many = [{"startPeriod": n, "limit": 1} for n in range(20_000)]
        wanted["chargingSchedule"][0]["chargingSchedulePeriod"] = many
        assert (
            raw(whole, "SetChargingProfile", {"evseId": 1, "chargingProfile": wanted}) != "Accepted"
        )
        alive(whole)


@pytest.mark.parametrize("kind", ["Absolute", "Recurring", "Relative"])
@pytest.mark.parametrize("purpose", ["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"])
def test_a_profile_of_no_period_is_refused_in_1_6(purpose: str, kind: str, folder: Path) -> None:
    """The schemas of 2.x want one at least; those of 1.6 do not."""
    with site(folder, Version.V16) as whole:
        charge(whole)
        wanted: Json = {
            "chargingProfileId": 3,
            "stackLevel": 1,
            "chargingProfilePurpose": purpose,
            "chargingProfileKind": kind,
            "recurrencyKind": "Daily",
            "chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod": []},
        }
        place = 0 if purpose == "ChargePointMaxProfile" else 1
        asked = {"connectorId": place, "csChargingProfiles": wanted}
        assert raw(whole, "SetChargingProfile", asked) == "Rejected"
        alive(whole)


EVSE = {"id": 1}
TOKEN = {"idToken": "04E1", "type": "ISO14443"}
MONITOR = variable("OCPPCommCtrlr.OfflineThreshold")


def _each(name: str, template: Json, *values: object) -> list[Json]:
    return [{**template, name: value} for value in values]


FIRMWARE = {
    "location": "https://files.example/fw",
    "retrieveDateTime": "2029-12-31T00:00:00Z",
    "signingCertificate": "PEM",
    "signature": "AA==",
}
GARBAGE: tuple[object, ...] = (None, [[[]]] * 99, {"a": HUGE}, "\x00")
CALLS: dict[str, list[Json]] = {
    "GetCompositeSchedule": [
        *_each("duration", {"evseId": 1}, *NUMBERS),
        *_each("evseId", {"duration": 60}, *NUMBERS),
    ],
    "SetVariableMonitoring": [
        {"setMonitoringData": [{**MONITOR, "type": kind, "value": number, "severity": severity}]}
        for kind in ("Periodic", "PeriodicClockAligned", "Delta", "UpperThreshold")
        for severity, number in enumerate(NUMBERS)
    ],
    "ReserveNow": [
        {"id": number, "expiryDateTime": time, "idToken": TOKEN, "evseId": 1}
        for number in (1, HUGE, -1)
        for time in (FAR, EARLY)
    ],
    "UpdateFirmware": [
        {"requestId": 1, "firmware": {**FIRMWARE, **more}, "retries": n, "retryInterval": n}
        for n in (-1, HUGE, 2**31)
        for more in ({}, {"retrieveDateTime": FAR}, {"installDateTime": EARLY})
    ],
    "GetLog": [
        {
            "logType": kind,
            "requestId": n,
            "log": {"remoteLocation": url, "oldestTimestamp": EARLY, "latestTimestamp": FAR},
            "retries": n,
            "retryInterval": n,
        }
        for n in (1, -1, HUGE)
        for kind in ("SecurityLog", "DiagnosticsLog")
        for url in ("https://x.example/", "file:///etc/passwd", "http://[", "https://\x00/")
    ],
    "SetDisplayMessage": [
        {
            "message": {
                "id": n,
                "priority": "NormalCycle",
                "message": {"format": "UTF8", "content": "\u0000\u202e" * 200},
                "startDateTime": EARLY,
                "endDateTime": FAR,
            }
        }
        for n in (1, -1, HUGE)
    ],
    "SetMonitoringLevel": _each("severity", {}, *NUMBERS),
    "SendLocalList": _each("versionNumber", {"updateType": "Full"}, *NUMBERS),
    "CostUpdated": _each("totalCost", {"transactionId": "T"}, *NUMBERS),
    "ChangeAvailability": [
        {"operationalStatus": "Inoperative", "evse": {"id": n}} for n in NUMBERS if n not in (0, 1)
    ],
    "UnlockConnector": _each("evseId", {"connectorId": 1}, *NUMBERS),
    "TriggerMessage": [
        {"requestedMessage": "MeterValues", "evse": {"id": n, "connectorId": n}} for n in NUMBERS
    ],
    "Reset": [{"type": "OnIdle", "evseId": n} for n in NUMBERS if n],
    "RequestStartTransaction": [
        {"remoteStartId": n, "idToken": TOKEN, "evseId": e}
        for n in (1, HUGE)
        for e in (-1, 9, HUGE)
    ],
    "DataTransfer": [{"vendorId": "x" * 255, "data": data} for data in GARBAGE],
    "CertificateSigned": _each("certificateChain", {}, "", "x" * 10_000, "-----BEGIN", 7),
    "InstallCertificate": _each(
        "certificate",
        {"certificateType": "CSMSRootCertificate"},
        "",
        "x" * 5500,
        "-----BEGIN",
        None,
    ),
    "SetNetworkProfile": [
        {
            "configurationSlot": n,
            "connectionData": {
                "messageTimeout": n,
                "ocppCsmsUrl": url,
                "ocppInterface": "Wired0",
                "ocppTransport": "JSON",
                "securityProfile": n,
            },
        }
        for n in (2, -1, HUGE)
        for url in ("ws://[", "ws://x y", "wss://" + "x" * 500, "file:///dev/zero")
    ],
    "ClearDisplayMessage": _each("id", {}, *NUMBERS),
    "CancelReservation": _each("reservationId", {}, *NUMBERS),
}


@SINCE_2
@pytest.mark.parametrize("action", CALLS)
def test_absurd_values_in_any_call(version: Version, action: str, folder: Path) -> None:
    with site(folder, version, outside=Outdoors()) as whole:
        for fields in CALLS[action]:
            assert raw(whole, action, fields) != "InternalError", fields
        alive(whole)


ABSURD_TEXTS = ("NaN", "inf", "1e999", " 5 ", "0x10", "٣", "1_0", "", "\x00", "9" * 999)


@SINCE_2
def test_numbers_of_variables_are_plain_numbers(version: Version, folder: Path) -> None:
    with site(folder, version) as whole:
        for name in ("OCPPCommCtrlr.OfflineThreshold", "OCPPCommCtrlr.HeartbeatInterval"):
            before = got(whole, name)
            for text in ABSURD_TEXTS:
                data = {**variable(name), "attributeValue": text}
                answer = raw(whole, "SetVariables", {"setVariableData": [data]})
                assert answer != "InternalError"
                assert got(whole, name) == before, text
        alive(whole)


@ALL
def test_an_outlet_that_broke_while_the_back_end_was_asked_charges_nobody(
    version: Version, folder: Path
) -> None:
    """Nor one that went out of service meanwhile."""
    with site(folder, version) as whole:
        whole.answers["Authorize"] = None
        whole.station.plugged(1)
        for broken in (True, False):
            whole.station.presented(1, CARD)
            whole.run()
            name = next(
                each.id
                for each in reversed(whole.made.backend.heard)
                if isinstance(each, Called) and each.action == "Authorize"
            )
            if broken:
                whole.station.faulted(1, fault=True)
            else:
                whole.station._places[1].inoperative = True
            whole.made.backend.sessions[-1].answer(name, whole.verdict("Accepted"))
            whole.run()
            assert [each for each in whole.charger.told if each[0] == "allow"] == []
            assert whole.charger.told[-1][0] == "refuse"
            whole.station.faulted(1, fault=False)
        assert events(whole) == []


@SINCE_2
@pytest.mark.parametrize("start", ["Authorized", "PowerPathClosed", "EVConnected"])
def test_a_start_and_a_stop_at_once_charge_nobody(
    version: Version, start: str, folder: Path
) -> None:
    with site(folder, version, rules(TxRules(start=points(start)))) as whole:
        asked = {"idToken": TOKEN, "remoteStartId": 1, "evseId": 1}
        session = whole.made.backend.sessions[-1]
        whole.station.plugged(1)
        whole.run()
        session.call("RequestStartTransaction", asked)
        session.call("RequestStartTransaction", {**asked, "remoteStartId": 2})
        whole.run()
        running = whole.station.outlet(1).transaction
        session.call("RequestStopTransaction", {"transactionId": running})
        session.call("RequestStopTransaction", {"transactionId": running})
        whole.run(5)
        words = [reply["status"] for _, reply in whole.replies]
        assert words[:3] == ["Accepted", "Rejected", "Accepted"]
        assert [each[0] for each in whole.charger.told][-1] == "stop"
        assert whole.station.outlet(1).token is None
        assert events(whole).count("Started") == 1
        assert events(whole).count("Ended") <= 1


@ALL
def test_a_card_here_is_no_card_there(version: Version, folder: Path) -> None:
    """The cable is swapped between the card and the plug."""
    with site(folder, version) as whole:
        whole.station.presented(1, CARD)
        whole.run()
        whole.station.plugged(2)
        whole.run(70)
        assert [each[:2] for each in whole.charger.told if each[0] == "allow"] == [("allow", 1)]
        assert whole.charger.told[-1][:2] == ("stop", 1)
        assert events(whole) == []


@ALL
def test_before_the_back_end_has_said_yes_no_stranger_charges(
    version: Version, folder: Path
) -> None:
    with site(folder, version, begin=False) as whole:
        whole.boot = "Pending"
        whole.made.client.open()
        whole.run(2)
        whole.station.plugged(1)
        whole.station.presented(1, CARD)
        whole.run(5)
        assert [each[0] for each in whole.charger.told] == ["refuse"]
        assert whole.actions() == ["BootNotification"]


@SINCE_2
def test_reports_without_end_are_told_one_at_a_time(version: Version, folder: Path) -> None:
    """A hundred at once: one is told, the others are refused, and nothing is lost of the first."""
    with site(folder, version) as whole:
        session = whole.made.backend.sessions[-1]
        for number in range(100):
            session.call("GetBaseReport", {"requestId": number, "reportBase": "FullInventory"})
        whole.run(20)
        words = [reply["status"] for _, reply in whole.replies]
        assert len(words) == 100
        told = {each["requestId"] for each in whole.said("NotifyReport")}
        assert len(told) == words.count("Accepted")
        alive(whole)
