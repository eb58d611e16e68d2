"""Registered numbers, the rules by default, and where a reader goes on after octets of no use."""

import pytest

from bsw import v2gtp
from bsw.os.clock import S
from bsw.v2gtp import Frame, PayloadType, Reaction, Reader, Rules, pack

NUMBERS = {
    "EXI": 0x8001,
    "MAIN": 0x8002,
    "AC": 0x8003,
    "DC": 0x8004,
    "ACDP": 0x8005,
    "WPT": 0x8006,
    "AC_DER_IEC": 0x8010,
    "AC_DER_SAE": 0x8011,
    "SCHEDULE": 0x8101,
    "METERING": 0x8102,
    "ACDP_STATUS": 0x8103,
    "PARKING": 0x8104,
    "SDP_REQUEST": 0x9000,
    "SDP_RESPONSE": 0x9001,
    "SDP_REQUEST_WIRELESS": 0x9002,
    "SDP_RESPONSE_WIRELESS": 0x9003,
}


def test_payload_types_have_their_registered_numbers() -> None:
    assert {one.name: one.value for one in PayloadType} == NUMBERS
    assert (v2gtp.VERSION, v2gtp.HEADER_SIZE) == (1, 8)


@pytest.mark.parametrize(
    ("accepted", "names"),
    [
        (v2gtp.HANDSHAKE, "EXI"),
        (v2gtp.ISO20_AC, "MAIN AC SCHEDULE METERING PARKING"),
        (v2gtp.ISO20_AC_DER, "MAIN AC SCHEDULE METERING PARKING AC_DER_IEC AC_DER_SAE"),
        (v2gtp.ISO20_DC, "MAIN DC SCHEDULE METERING PARKING"),
        (v2gtp.ISO20_WPT, "MAIN WPT SCHEDULE METERING PARKING"),
        (v2gtp.ISO20_ACDP, "MAIN DC SCHEDULE METERING PARKING ACDP ACDP_STATUS"),
        (v2gtp.SIDE_STREAMS, "SCHEDULE METERING PARKING ACDP_STATUS"),
        (
            v2gtp.DISCOVERY,
            "SDP_REQUEST SDP_RESPONSE SDP_REQUEST_WIRELESS SDP_RESPONSE_WIRELESS",
        ),
    ],
)
def test_what_belongs_together_is_accepted_together(
    accepted: frozenset[PayloadType], names: str
) -> None:
    assert {one.name for one in accepted} == set(names.split())


def test_by_default_a_wrong_header_is_passed_over_and_an_endless_one_closes() -> None:
    rules = Rules()
    assert (rules.longest, rules.frame_within) == (65_536, 10 * S)
    assert rules.wrong_version is rules.wrong_type is rules.empty is Reaction.SKIP
    assert rules.too_long is Reaction.CLOSE


SEEKS = Rules(wrong_version=Reaction.SEEK, wrong_type=Reaction.SEEK, longest=16)


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("01fe8001 00000001", True),
        ("01fe8001 00000010", True),
        ("01fe8001 00000011", False),
        ("01fe8001 00000000", False),
        ("01fe8002 00000002", False),
    ],
)
def test_who_seeks_takes_the_next_acceptable_header(header: str, *, taken: bool) -> None:
    reader = Reader(rules=SEEKS)
    found = bytes.fromhex(header)
    reader.feed(b"\x00" * 9 + found, 0)
    while reader.next() is not None:
        pass
    assert reader.held == (len(found) if taken else 0)


@pytest.mark.parametrize("noise", [0, 1, 7, 30])
@pytest.mark.parametrize("cut", range(1, 9))
def test_what_may_become_a_header_is_kept(noise: int, cut: int) -> None:
    frame = pack(PayloadType.EXI, b"good")
    reader = Reader(rules=SEEKS)
    reader.feed(b"\x00" * 8 + b"\x05" * noise + frame[:cut], 0)
    while reader.next() is not None:
        pass
    assert reader.held == cut
    reader.feed(frame[cut:], 0)
    assert reader.next() == Frame(PayloadType.EXI, b"good")
    assert reader.held == 0
