"""The payload types are numbers of the norm: they stand here once more, so that none is touched."""

from bsw.v2gtp import PayloadType

NUMBERS = {
    "EXI": 32769,
    "MAIN": 32770,
    "AC": 32771,
    "DC": 32772,
    "ACDP": 32773,
    "WPT": 32774,
    "AC_DER_IEC": 32784,
    "AC_DER_SAE": 32785,
    "SCHEDULE": 33025,
    "METERING": 33026,
    "ACDP_STATUS": 33027,
    "PARKING": 33028,
    "SDP_REQUEST": 36864,
    "SDP_RESPONSE": 36865,
    "SDP_REQUEST_WIRELESS": 36866,
    "SDP_RESPONSE_WIRELESS": 36867,
}


def test_each_payload_type_has_the_number_of_the_norm() -> None:
    assert {one.name: one.value for one in PayloadType} == NUMBERS
