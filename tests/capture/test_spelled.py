"""Frames and messages that a log spells out as hexadecimal: all of a wire, and what is signed."""

import json

import pytest

from bsw import exi
from bsw.chrgm.messages.sap import ResponseCode, SupportedAppProtocolRes
from bsw.slac.frames import frame as slac
from bsw.slac.frames.mme import SlacParmReq
from tests.capture.makers import START, connection
from tools.capture.events import Event, Layer
from tools.capture.text import TextReader
from tools.monitor.judge import Judge

HEAD = bytes.fromhex("ffffffffffff02000000ee0188e1")


def read(line: str) -> Event:
    (event,) = TextReader().line(line)
    return event


def test_the_shortest_messages_have_three_octets_and_are_read_where_nothing_else_is_said() -> None:
    answer = SupportedAppProtocolRes(response_code=ResponseCode.OK_SUCCESSFUL_NEGOTIATION)
    octets = exi.codec("sap").encode(answer)
    assert len(octets) <= 4
    for line in (octets.hex(), octets.hex(" "), json.dumps({"exi": octets.hex()})):
        assert read(line).message == answer
    assert not list(TextReader().line("took 804080 ms"))


def test_an_ethernet_frame_of_the_matching_is_read_by_its_fields() -> None:
    message = SlacParmReq(run_id=bytes(range(8)))
    whole = slac.encode(slac.Frame(bytes(6), b"\2\0\0\0\0\1", message))
    event = read(json.dumps({"hex": whole.hex(), "time": "12:00:00"}))
    assert (event.layer, event.name) == (Layer.SLAC, "CM_SLAC_PARM.REQ")
    assert event.fields["run_id"] == bytes(range(8))


def test_a_tcp_segment_spelled_out_belongs_to_its_connection() -> None:
    reader = TextReader()
    frames = connection([(START, True, b"\x01\xfe\x80\x01\0\0\0\x03\x80\x40\x80")])
    told = [event.name for _, frame in frames for event in reader.line(frame.hex())]
    assert told == [
        "connection opened", "SupportedAppProtocolRes", "connection closed", "connection closed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("0138600000aabb", "CM_NW_INFO.REQ"),
        ("0106600000aabb", "CM_ENCRYPTED_PAYLOAD.IND"),
        ("0114000000aabb", "CC_DISCOVER_LIST.REQ"),
        ("0030a000b05201", "VS_LNK_STATS.REQ"),
        ("0030a011223301", "0xa030 of vendor 11:22:33"),
        ("010070000001", "management message 0x7000"),
    ],
)
def test_management_messages_of_others_are_named_and_no_fault(body: str, name: str) -> None:
    event = read((HEAD + bytes.fromhex(body)).ljust(60, b"\0").hex())
    assert event.name == name
    assert [found for _, found in Judge().judged([event])] == [()]


def test_a_management_message_in_parts_is_named_with_its_part() -> None:
    octets = HEAD + bytes.fromhex("011d601207aabbcc")
    event = read(octets.ljust(60, b"\0").hex())
    assert (event.name, event.fields) == ("CM_AMP_MAP.CNF", {"part": "2 of 3"})
    assert not event.wrong


def test_what_is_signed_is_named_by_its_element_and_breaks_no_order() -> None:
    """As the log of a peer that signs has it, between the messages."""
    signed = "801cbd80"
    event = read(signed)
    assert event.name == "ContractAuthenticationReq"
    assert isinstance(event.message, exi.Fragment)
    assert [found for _, found in Judge().judged([event])] == [()]
