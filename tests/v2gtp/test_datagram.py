"""One datagram is one V2GTP frame."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.v2gtp import DISCOVERY, Fault, Frame, PayloadType, pack, parse_datagram

REQUEST = pack(PayloadType.SDP_REQUEST, b"\x10\x00")


def test_a_good_datagram_is_its_frame() -> None:
    assert bytes.fromhex("01fe9000000000021000") == REQUEST
    assert parse_datagram(REQUEST) == Frame(PayloadType.SDP_REQUEST, b"\x10\x00")


@pytest.mark.parametrize(
    ("octets", "fault"),
    [
        ("", Fault.SHORT),
        ("01fe9000000000", Fault.SHORT),
        ("02fe9000000000021000", Fault.VERSION),
        ("01ff9000000000021000", Fault.INVERSE),
        ("01fe7000000000021000", Fault.TYPE),
        ("01fe8001000000021000", Fault.TYPE),
        ("01fe900000000000", Fault.EMPTY),
        ("01fe9000000000021000ff", Fault.LENGTH),
        ("01fe90000000000210", Fault.LENGTH),
        ("01fe9000ffffffff1000", Fault.LENGTH),
    ],
)
def test_a_wrong_datagram_has_a_named_fault(octets: str, fault: Fault) -> None:
    assert parse_datagram(bytes.fromhex(octets)) is fault


@given(st.binary(max_size=64))
def test_any_datagram_is_a_frame_or_a_fault(octets: bytes) -> None:
    parsed = parse_datagram(octets)
    if isinstance(parsed, Frame):
        assert pack(parsed.payload_type, parsed.payload) == octets
        assert parsed.payload_type in DISCOVERY
