"""SDP datagrams: known octets, there and back, and a name for each defect."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.sdp.messages import (
    NO_EVID,
    Coupling,
    Diagnosis,
    Message,
    Pairing,
    Problem,
    Request,
    Response,
    Security,
    WirelessRequest,
    WirelessResponse,
    parse,
)
from bsw.v2gtp import Fault, PayloadType, pack

RESPONSE = bytes.fromhex("01fe900100000014fe80000000000000021122fffe334455c00100 00")

securities = st.sampled_from(list(Security))
couplings = st.sampled_from(list(Coupling))
addresses = st.integers(0xFE80 << 112, (0xFE81 << 112) - 1).map(
    lambda value: str(ipaddress.IPv6Address(value))
)
ports = st.integers(1, 65535)
evseids = st.from_regex(r"[A-Z]{2}\*[A-Z0-9]{3}\*E[A-Z0-9*]{1,25}", fullmatch=True)
evids = st.from_regex(r"[A-Z]{2}[A-Z0-9]{3,18}", fullmatch=True)
sizes = st.sampled_from([36, 37])
pairings = st.integers(0, 127).map(Pairing)
finished = st.sampled_from([Diagnosis.FINISHED_WITH_EVSEID, Diagnosis.FINISHED_WITHOUT_EVSEID])

messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(Request, securities),
    st.builds(Response, addresses, ports, securities),
    st.builds(WirelessRequest, securities, pairings, couplings, evids, evseids, sizes),
    st.builds(WirelessResponse, addresses, ports, securities, finished, couplings, evseids, sizes),
)


def test_the_wired_pair_octet_by_octet() -> None:
    assert Request(Security.TLS).octets().hex() == "01fe9000000000020000"
    assert Request(Security.NONE).octets().hex() == "01fe9000000000021000"
    response = Response("fe80::211:22ff:fe33:4455", 0xC001, Security.TLS)
    assert response.octets() == RESPONSE
    assert parse(RESPONSE) == response


def test_the_wireless_pair_has_62_and_59_octets_or_one_less_each() -> None:
    request = WirelessRequest(Security.TLS)
    response = WirelessResponse("fe80::1", 50000, Security.TLS, Diagnosis.ONGOING)
    assert request.octets()[:8].hex() == "01fe90020000003e"
    assert NO_EVID.encode() in request.octets()  # while nobody knows another one
    assert response.octets()[:8].hex() == "01fe90030000003b"
    short = WirelessRequest(Security.TLS, evseid_size=36)
    assert short.octets()[:8].hex() == "01fe90020000003d"


@given(messages)
def test_each_message_survives_the_way_there_and_back(message: Message) -> None:
    assert parse(message.octets()) == message


@given(st.binary(max_size=100))
def test_any_datagram_is_a_message_or_a_named_defect(datagram: bytes) -> None:
    parse(datagram)


@given(st.sampled_from([0x9000, 0x9001, 0x9002, 0x9003]), st.binary(min_size=1, max_size=70))
def test_any_payload_behind_a_good_header_is_one_too(kind: int, payload: bytes) -> None:
    parse(pack(kind, payload))


def response(address: str = "fe80::1", port: int = 50000, tail: str = "0000") -> bytes:
    packed = ipaddress.IPv6Address(address).packed
    return pack(PayloadType.SDP_RESPONSE, packed + port.to_bytes(2, "big") + bytes.fromhex(tail))


@pytest.mark.parametrize(
    ("datagram", "defect"),
    [
        (pack(0x9000, b"\x00"), Problem.SIZE),
        (pack(0x9000, b"\x00\x00\x00"), Problem.SIZE),
        (pack(0x9000, b"\x01\x00"), Problem.SECURITY),
        (pack(0x9000, b"\x00\x10"), Problem.TRANSPORT),
        (pack(0x9001, bytes(19)), Problem.SIZE),
        (pack(0x9001, bytes(21)), Problem.SIZE),
        (response(tail="2000"), Problem.SECURITY),
        (response(tail="0010"), Problem.TRANSPORT),
        (response("::"), Problem.ADDRESS),
        (response("ff02::1"), Problem.ADDRESS),
        (response("::ffff:10.0.0.1"), Problem.ADDRESS),
        (response(port=0), Problem.PORT),
        (pack(0x9002, bytes(60)), Problem.SIZE),
        (pack(0x9003, bytes(60)), Problem.SIZE),
        (b"\x01\xff" + RESPONSE[2:], Fault.INVERSE),
        (RESPONSE[:7] + b"\x13" + RESPONSE[8:], Fault.LENGTH),
    ],
)
def test_what_is_not_acceptable_has_a_name(datagram: bytes, defect: Fault | Problem) -> None:
    assert parse(datagram) is defect


def test_a_routable_address_is_acceptable_too() -> None:
    parsed = parse(response("2001:db8::7"))
    assert isinstance(parsed, Response)
    assert parsed.address == "2001:db8::7"


@pytest.mark.parametrize("padded", [b"ZZ00000".ljust(20, b"\0"), b"ZZ00000".rjust(20, b"0")])
def test_both_paddings_of_a_vehicle_id_are_understood(padded: bytes) -> None:
    good = WirelessRequest(Security.TLS).octets()
    parsed = parse(good[:13] + padded + good[33:])
    assert isinstance(parsed, WirelessRequest)
    assert parsed.evid == "ZZ00000"


def test_an_ongoing_answer_needs_no_address() -> None:
    ongoing = WirelessResponse("::", 0, Security.TLS, Diagnosis.ONGOING)
    assert parse(ongoing.octets()) == ongoing


def test_an_id_too_long_for_its_field_is_our_own_error() -> None:
    with pytest.raises(ValueError, match="37 characters"):
        WirelessRequest(Security.TLS, evseid="E" * 38).octets()
    with pytest.raises(ValueError, match="20 characters"):
        WirelessRequest(Security.TLS, evid="V" * 21).octets()
