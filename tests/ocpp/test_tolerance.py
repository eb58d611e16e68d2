"""What is put right in a payload, what is refused, and with which code."""

import json
from collections.abc import Mapping

import pytest

from ocpp.catalogue import Catalogue, Refused
from ocpp.folder import Kind
from ocpp.tolerance import Deviation
from ocpp.versions import Version, Wrong

LENIENT = Catalogue(Version.V201)
STRICT = Catalogue(Version.V201, strict=True)

EVENT: Mapping[str, object] = {
    "eventType": "Updated",
    "timestamp": "2030-01-01T00:00:00Z",
    "triggerReason": "MeterValuePeriodic",
    "seqNo": 3,
    "transactionInfo": {"transactionId": "1"},
    "meterValue": [
        {"timestamp": "2030-01-01T00:00:00Z", "sampledValue": [{"value": 1}, {"value": 2.5}]},
        {"timestamp": "2030-01-01T00:00:10Z", "sampledValue": [{"value": 3}]},
    ],
}


def changed(**fields: object) -> bytes:
    return json.dumps({**EVENT, **fields}).encode()


METER = {"timestamp": "2030-01-01T00:00:00", "sampledValue": [{"value": 1}]}
MINUTE = {**METER, "timestamp": "2030-01-01T00:01:00"}


@pytest.mark.parametrize(
    ("octets", "deviation", "place"),
    [
        (changed(seqNo=4.0), Deviation.WHOLE_NUMBER, "$.seqNo"),
        (changed(colour="red"), Deviation.UNKNOWN_FIELD, "$"),
        (changed(evse={"id": 1, "x": 1}), Deviation.UNKNOWN_FIELD, "$.evse"),
        (changed(offline=None), Deviation.NULL, "$.offline"),
        (changed(meterValue=[]), Deviation.EMPTY_LIST, "$.meterValue"),
        (changed(timestamp="2030-01-01T00:00:00.5"), Deviation.NO_ZONE, "$.timestamp"),
        (changed(meterValue=[METER, MINUTE]), Deviation.NO_ZONE, "$.meterValue[...].timestamp"),
    ],
)
def test_a_deviation_is_put_right_and_told(octets: bytes, deviation: Deviation, place: str) -> None:
    read = LENIENT.decode("TransactionEvent", Kind.REQUEST, octets)
    assert [(mend.deviation, mend.place) for mend in read.mends] == [(deviation, place)]
    again = LENIENT.encode("TransactionEvent", Kind.REQUEST, read.message)
    strictly = STRICT.decode("TransactionEvent", Kind.REQUEST, again).message
    assert STRICT.encode("TransactionEvent", Kind.REQUEST, strictly) == again
    with pytest.raises(Refused):
        STRICT.decode("TransactionEvent", Kind.REQUEST, octets)


def test_several_deviations_are_put_right_together() -> None:
    octets = changed(seqNo=4.0, colour="red", offline=None, shape=None)
    read = LENIENT.decode("TransactionEvent", Kind.REQUEST, octets)
    assert len(read.mends) == 4
    assert read.message.seqNo == 4


def test_what_follows_the_schema_is_not_mended() -> None:
    assert LENIENT.decode("TransactionEvent", Kind.REQUEST, changed()).mends == ()


def test_a_peer_that_speaks_another_language_is_refused() -> None:
    octets = changed(**{f"strange{number}": 1 for number in range(1000)})
    with pytest.raises(Refused):
        LENIENT.decode("TransactionEvent", Kind.REQUEST, octets)


@pytest.mark.parametrize(
    ("octets", "wrong"),
    [
        (b"{", Wrong.FORMAT),
        (b'{"eventType":"\xff"}', Wrong.FORMAT),
        (b'{"customData":' + b"[" * 100_000, Wrong.FORMAT),
        (b"{}", Wrong.OCCURRENCE),
        (changed(seqNo=None), Wrong.OCCURRENCE),
        (changed(meterValue=[{**METER, "sampledValue": []}]), Wrong.OCCURRENCE),
        (changed(seqNo="3"), Wrong.TYPE),
        (changed(seqNo=3.5), Wrong.TYPE),
        (changed(evse=1), Wrong.TYPE),
        (changed(customData=1), Wrong.TYPE),
        (changed(customData={}), Wrong.OCCURRENCE),
        (changed(customData={"vendorId": 1}), Wrong.TYPE),
        (changed(customData={"vendorId": "x" * 256}), Wrong.PROPERTY),
        (changed(eventType="Happened"), Wrong.PROPERTY),
        (changed(timestamp="yesterday"), Wrong.PROPERTY),
        (changed(transactionInfo={"transactionId": "x" * 37}), Wrong.PROPERTY),
    ],
)
def test_a_refusal_has_the_code_of_what_is_wrong(octets: bytes, wrong: Wrong) -> None:
    with pytest.raises(Refused) as refused:
        LENIENT.decode("TransactionEvent", Kind.REQUEST, octets)
    assert refused.value.problem.wrong is wrong


def test_the_place_is_named() -> None:
    with pytest.raises(Refused, match=r"at `\$\.meterValue\[0\]\.sampledValue\[0\]\.value`"):
        LENIENT.decode(
            "TransactionEvent",
            Kind.REQUEST,
            changed(meterValue=[{**METER, "sampledValue": [{"value": "1"}]}]),
        )


@pytest.mark.parametrize("spelling", ["IdleTIme", "IdleTime"])
def test_a_value_that_an_edition_misspelt_is_taken_in_both_forms(spelling: str) -> None:
    cost = {
        "chargingPeriods": [
            {
                "startPeriod": "2030-01-01T00:00:00Z",
                "dimensions": [{"type": spelling, "volume": 1}],
            }
        ],
        "totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", "total": {}},
        "totalUsage": {"energy": 1, "chargingTime": 2, "idleTime": 3},
    }
    event = {**EVENT, "costDetails": cost}
    octets = json.dumps(event).encode()
    read = Catalogue(Version.V21, strict=True).decode("TransactionEvent", Kind.REQUEST, octets)
    assert read.message.costDetails.chargingPeriods[0].dimensions[0].type == spelling


@pytest.mark.parametrize("unit", ["Celsius", "Celcius"])
def test_1_6_takes_the_unit_of_temperature_in_both_forms(unit: str) -> None:
    sample = {"value": "20", "unit": unit}
    meter = [{"timestamp": "2030-01-01T00:00:00Z", "sampledValue": [sample]}]
    octets = json.dumps({"connectorId": 1, "meterValue": meter}).encode()
    assert not Catalogue(Version.V16).decode("MeterValues", Kind.REQUEST, octets).mends
