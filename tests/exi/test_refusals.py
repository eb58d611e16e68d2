"""Octets that are no message: every refusal names bit, path and what was expected."""

import pytest

from bsw import exi
from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.model import assemble
from bsw.exi import DecodeError, EncodeError
from bsw.exi.codec import Codec, Form
from tests.exi.support import bits, number, octets, string, unsigned, vectors
from tools.exi.schemas import known

SETUP = "8098004011d01800621c00704400"
HEADER = "1000 0000"
V2G = number(76, 7)


def refusal(schema: str, data: bytes, form: Form, *, fragment: bool = False) -> DecodeError:
    codec = exi.codec(schema, exi.CONFORMANCE, form=form)
    with pytest.raises(DecodeError) as caught:
        _ = codec.decode_fragment(data) if fragment else codec.decode(data)
    return caught.value


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "bit 0, the start: expected the EXI header 0x80, found the end of the data"),
        (b"\x81\x98", "bit 0, the start: expected the EXI header 0x80, found 0x81"),
        (b"$EXI\x80", "bit 0, the start: expected the EXI header 0x80, found 0x24"),
        (b"\x80", "bit 8, the start: expected a document element, found the end of the data"),
        (b"\x80\xa0", "bit 8, the start: expected a document element (0..79), found code 80"),
        (b"\x80\xff", "bit 8, the start: expected a document element (0..79), found code 127"),
        (
            bytes.fromhex(SETUP) + b"\0",
            "bit 106, the start: expected the end of the data, found 1 more octets",
        ),
        (
            bytes.fromhex(SETUP)[:-1],
            "bit 104, V2G_Message/Body: expected the end, found the end of the data",
        ),
    ],
)
def test_the_outside_of_a_stream(data: bytes, said: str, form: Form) -> None:
    assert str(refusal("iso2", data, form)) == said


@pytest.mark.parametrize(
    ("tail", "said"),
    [
        ("1", "V2G_Message: expected a second-level event, found the end of the data"),
        ("1 011", "V2G_Message: expected Header, found second-level AT(*)"),
        ("0 1 101", "V2G_Message/Header: expected SessionID, found second-level SE(*)"),
        ("0 0 0" + unsigned(9), "SessionID: expected 0..8 octets, found 9"),
        ("0 0 0" + "1" * 80, "SessionID: expected a length, found an integer of more than 10"),
        ("0 0 0" + unsigned(1 << 62), "SessionID: expected 0..8 octets, found 4611686018427387904"),
        ("0 0 1 001", "SessionID: expected a namespace, found the end of the data"),
        ("0 0 1 011", "SessionID: expected a value, found second-level AT(*)"),
        ("0 0 0" + unsigned(0) + "1", "SessionID: expected the end of SessionID, found a second-"),
        ("0 0 0" + unsigned(0) + "0 11", "Header: expected Notification or Signature or the end"),
        (
            "0 0 0" + unsigned(0) + "0 10 0" + number(2, 6),
            "Body/BodyElement: expected AuthorizationReq or AuthorizationRes or CableCheckReq",
        ),
        (
            "0 0 0" + unsigned(0) + "0 10 0" + number(37, 6) + "0",
            "V2G_Message/Body: expected AuthorizationReq or AuthorizationRes or BodyElement",
        ),
        (
            "0 0 0" + unsigned(0) + "0 00 0 0 11",
            "Header/Notification/FaultCode: expected a faultCodeType (0..2), found code 3",
        ),
        (
            "0 0 0" + unsigned(0) + "0 00 0 0 00 0 00 0" + string("x" * 65),
            "Header/Notification/FaultMsg: expected 0..64 characters, found 65",
        ),
        (
            "0 0 0" + unsigned(0) + "0 00 0 0 00 0 00 0" + unsigned(3) + unsigned(0x110000),
            "FaultMsg: expected a Unicode character, found 0x110000",
        ),
        (
            "0 0 0" + unsigned(0) + "0 00 0 0 00 0 00 0" + unsigned(3) + unsigned(0xD800),
            "FaultMsg: expected a Unicode character, found 0xd800",
        ),
        (
            "0 0 0" + unsigned(0) + "0 00 0 0 00 0 00 0" + unsigned(0),
            "FaultMsg: expected a literal value, found a hit on earlier values of FaultMsg",
        ),
        (
            "0 0 0" + unsigned(0) + "0 00 0 0 00 0 00 0" + unsigned(1),
            "FaultMsg: expected a literal value, found a hit on earlier values, there are none",
        ),
        (
            "0 0 0" + unsigned(0) + "0 10 0" + number(25, 6) + "0 0" + unsigned(65536),
            "ServiceDetailReq/ServiceID: expected 0..65535, found 65536",
        ),
    ],
)
def test_the_inside_of_a_stream(tail: str, said: str, form: Form) -> None:
    assert said in str(refusal("iso2", octets(HEADER + V2G + tail), form))


def test_a_number_beyond_its_fixed_range_is_refused(form: Form) -> None:
    """Percent takes seven bits, which can say 127."""
    head = HEADER + V2G + "0 0 0" + unsigned(0) + "0 10 0" + number(3, 6)
    status = "0  0 0 1 0  0 0 0000 0  0 0"
    good = octets(head + status + number(100, 7) + "0 0 0 0 0")
    assert isinstance(exi.codec("iso2", form=form).decode(good), iso2.V2GMessage)
    bad = octets(head + status + number(101, 7) + "0 0 0 0 0")
    error = refusal("iso2", bad, form)
    assert error.path == "V2G_Message/Body/CableCheckReq/DC_EVStatus/EVRESSSOC"
    assert error.expected == "a percentValueType (0..100)"
    assert error.found == "code 101"


def test_a_message_with_all_its_tails_cut_never_decodes(form: Form) -> None:
    for case in vectors("bench.jsonl.gz"):
        codec = exi.codec(known(case["schema"]), form=form)
        data = bytes.fromhex(case["exi"])
        for size in range(0, len(data), max(1, len(data) // 60)):
            with pytest.raises(DecodeError):
                codec.decode(data[:size])


def test_both_forms_say_the_same_of_every_flipped_bit() -> None:
    pure, best = exi.codec("iso2", form="pure"), exi.codec("iso2")
    data = bytes.fromhex("8098024d7d2b8d8a0c8ed4c1d0d0180808082820f2a00c0008100c00")
    text = bits(data)
    for place in range(len(text)):
        flipped = octets(text[:place] + "10"[int(text[place])] + text[place + 1 :])
        assert outcome(pure, flipped) == outcome(best, flipped)


def outcome(codec: Codec, data: bytes) -> object:
    try:
        return codec.decode(data)
    except DecodeError as error:
        return str(error)


def test_a_stream_beyond_the_size_limit_is_refused_unread(form: Form) -> None:
    codec = Codec(exi.schema_set("iso2"), form=form, max_octets=100)
    assert isinstance(codec.decode(bytes.fromhex(SETUP)), iso2.V2GMessage)
    for read in (codec.decode, codec.decode_fragment, codec.decode_noted):
        with pytest.raises(DecodeError, match="expected at most 100 octets, found 101"):
            read(bytes(101))


def test_octets_in_any_kind_of_buffer_are_read(form: Form) -> None:
    codec = exi.codec("iso2", form=form)
    data = bytes.fromhex(SETUP)
    assert codec.decode(bytearray(data)) == codec.decode(memoryview(data)) == codec.decode(data)


@pytest.mark.parametrize(
    ("schema", "wrong", "said"),
    [
        ("iso2", iso2.MessageHeader(session_id=b""), "MessageHeader is no document element"),
        ("din", iso2.V2GMessage(header=iso2.MessageHeader(session_id=b""), body=None), "no docum"),
        ("iso2", "text", "cannot write 'text'"),
        (
            "iso2",
            assemble(
                iso2.V2GMessage,
                iso2.MessageHeader(session_id=b""),
                assemble(iso2.SessionSetupReq, "text"),
            ),
            "SessionSetupReq.evccid: expected bytes, got str",
        ),
        (
            "iso2",
            assemble(iso2.V2GMessage, None, None),
            "V2GMessage.header: expected MessageHeader, got nothing",
        ),
    ],
)
def test_what_cannot_be_written_is_refused_by_name(
    schema: str, wrong: iso2.V2GMessage, said: str, form: Form
) -> None:
    with pytest.raises(EncodeError, match=said):
        exi.codec(schema, form=form).encode(wrong)


def test_a_value_outside_its_bounds_can_still_be_sent_on_purpose(form: Form) -> None:
    """The constructor refuses it; a fault campaign that goes past the constructor may have it."""
    long = assemble(iso2.SessionSetupReq, b"eight by")
    message = assemble(iso2.V2GMessage, iso2.MessageHeader(session_id=b""), long)
    data = exi.codec("iso2", form=form).encode(message)
    assert "expected 0..6 octets, found 8" in str(refusal("iso2", data, form))


def test_an_unknown_schema_set_is_refused_with_the_list() -> None:
    with pytest.raises(ValueError, match="no schema set 'iso3'; there are sap, din, iso2"):
        exi.codec("iso3")
