"""Management messages: known octets, there and back, never anything but a frame or a FrameError."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import construct as c
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.slac.frames.catalogue import by_class, declared, mme
from bsw.slac.frames.frame import Frame, Unknown, decode, encode
from bsw.slac.frames.layout import U8, Code, FrameError, Layout, Message, Rest
from bsw.slac.frames.mme import (
    AmpMapReq,
    AttenCharInd,
    MnbcSoundInd,
    NwStatsCnf,
    SlacMatchCnf,
    SlacParmReq,
)
from bsw.slac.frames.vendor import LinkStatusCnf, VersionCnf

VECTORS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data/slac/frames.jsonl").read_text().splitlines()
]
EV = bytes.fromhex("02000000ee01")
SE = bytes.fromhex("020000005e01")

OURS = {
    "ApplicationType": "application_type",
    "SecurityType": "security_type",
    "RunID": "run_id",
    "MSoundTarget": "sound_target",
    "NumSounds": "num_sounds",
    "TimeOut": "time_out",
    "RespType": "resp_type",
    "ForwardingSTA": "forwarding_sta",
    "SenderID": "sender_id",
    "Cnt": "count",
    "Rnd": "random",
    "PevMac": "pev_mac",
    "NumGroups": "num_groups",
    "AAG": "groups",
    "SourceAddress": "source_address",
    "SourceID": "source_id",
    "RespID": "resp_id",
    "Result": "result",
    "SignalType": "signal_type",
    "Timer": "timer",
    "ToggleNum": "toggles",
    "MVFLength": "field_length",
    "PevID": "pev_id",
    "EvseID": "evse_id",
    "EvseMac": "evse_mac",
    "NID": "nid",
    "NMK": "nmk",
    "KeyType": "key_type",
    "MyNonce": "my_nonce",
    "YourNonce": "your_nonce",
    "PID": "pid",
    "PRN": "prn",
    "PMN": "pmn",
    "CCoCap": "cco_capability",
    "NewEKS": "new_eks",
    "NewKey": "new_key",
    "AMLEN": "carriers",
    "ResType": "result",
    "MStatus": "status",
    "LinkStatus": "link",
}
"""The names of the reference frames' fields, and ours."""


def titled(vector: dict[str, Any]) -> str:
    return f"{vector['message']} {vector['expect'][:12]}"


@pytest.mark.parametrize("vector", VECTORS, ids=titled)
def test_reference_frames_are_read_field_by_field(vector: dict[str, Any]) -> None:
    octets = bytes.fromhex(vector["hex"])
    if vector["expect"].startswith("too short"):
        with pytest.raises(FrameError, match="needs 90 octets"):
            decode(octets)
        return
    frame = decode(octets)
    assert frame.name == vector["message"]
    for name, value in vector.get("fields", {}).items():
        if name in OURS:
            seen = getattr(frame.message, OURS[name])
            expected = value if isinstance(value, int) else as_octets(value)
            assert seen == expected, name


def as_octets(value: str | list[int]) -> bytes:
    return bytes.fromhex(value) if isinstance(value, str) else bytes(value)


SHIFTED = {"CM_MNBC_SOUND.IND": 64, "CM_ATTEN_CHAR.IND": 326}
"""Frames of plc-utils that have another length than the norm's."""


@pytest.mark.parametrize("vector", VECTORS, ids=titled)
def test_reference_frames_are_written_as_they_were(vector: dict[str, Any]) -> None:
    octets = bytes.fromhex(vector["hex"])
    if SHIFTED.get(vector["message"]) == len(octets) or vector["expect"].startswith("too short"):
        return
    assert encode(decode(octets)) == octets


def test_every_reference_frame_but_one_is_readable() -> None:
    assert len(VECTORS) == 41
    assert sum(vector["expect"].startswith("too short") for vector in VECTORS) == 1


def values(code: str) -> st.SearchStrategy[Any]:
    if code.endswith("s"):
        return st.binary(min_size=int(code[:-1]), max_size=int(code[:-1]))
    bits = {"B": 8, "H": 16, "I": 32}[code]
    return st.integers(0, 2**bits - 1)


def code_of(message: type[Message], name: str) -> str:
    for owner in message.__mro__:
        hint = owner.__annotations__.get(name) if "__annotations__" in vars(owner) else None
        if hint is not None:
            return next(one.text for one in hint.__metadata__ if isinstance(one, Code))
    raise LookupError(name)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Any declared message whose fields agree with each other."""
    declaration = draw(st.sampled_from([d for d in declared() if "TEST" not in d.name]))
    kind = type_of(declaration.layout)
    content = {
        field.name: draw(values(code))
        for field in fields(kind)  # type: ignore[arg-type]
        if (code := code_of(kind, field.name)) != "*"
    }
    if kind is AmpMapReq:
        content["steps"] = draw(st.binary(max_size=500))
        content["carriers"] = 2 * len(content["steps"])
    elif kind is NwStatsCnf:
        content["count"] = draw(st.integers(0, 20))
        content["stations"] = bytes(8 * content["count"])
    elif kind is VersionCnf:
        content["text"] = draw(st.binary(max_size=255))
        content["length"] = len(content["text"])
    elif declaration.layout.open_ended:
        content[declaration.layout.names[-1]] = draw(st.binary(min_size=64, max_size=200))
    return kind(**content)


def type_of(layout: Layout[Message]) -> type[Message]:
    assert isinstance(layout.message, type)
    return layout.message


@given(messages(), st.binary(min_size=6, max_size=6), st.binary(min_size=6, max_size=6))
def test_every_message_comes_back_as_it_went(
    message: Message, destination: bytes, source: bytes
) -> None:
    frame = Frame(destination, source, message)
    octets = encode(frame)
    assert len(octets) >= 60
    assert decode(octets) == frame


@given(messages(), st.data())
def test_a_damaged_frame_is_a_frame_or_a_frame_error(message: Message, data: st.DataObject) -> None:
    octets = bytearray(encode(Frame(EV, SE, message)))
    for _ in range(data.draw(st.integers(1, 5))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    shortened = bytes(octets[: data.draw(st.integers(0, len(octets)))])
    try:
        frame = decode(shortened)
    except FrameError:
        return
    assert isinstance(frame.message, Message)


@given(st.binary(max_size=2000))
def test_noise_is_a_frame_or_a_frame_error(octets: bytes) -> None:
    try:
        decode(octets)
    except FrameError:
        return


ATTEN_CHAR_IND = c.Struct(
    "destination" / c.Bytes(6),
    "source" / c.Bytes(6),
    "ethertype" / c.Const(b"\x88\xe1"),
    "version" / c.Const(1, c.Byte),
    "kind" / c.Const(0x606E, c.Int16ul),
    "fragment" / c.Const(b"\0\0"),
    "application_type" / c.Byte,
    "security_type" / c.Byte,
    "source_address" / c.Bytes(6),
    "run_id" / c.Bytes(8),
    "source_id" / c.Bytes(17),
    "resp_id" / c.Bytes(17),
    "num_sounds" / c.Byte,
    "num_groups" / c.Byte,
    "groups" / c.Bytes(c.this.num_groups),
)
MATCH_CNF = c.Struct(
    "destination" / c.Bytes(6),
    "source" / c.Bytes(6),
    "ethertype" / c.Const(b"\x88\xe1"),
    "version" / c.Const(1, c.Byte),
    "kind" / c.Const(0x607D, c.Int16ul),
    "fragment" / c.Const(b"\0\0"),
    "application_type" / c.Byte,
    "security_type" / c.Byte,
    "field_length" / c.Int16ul,
    "pev_id" / c.Bytes(17),
    "pev_mac" / c.Bytes(6),
    "evse_id" / c.Bytes(17),
    "evse_mac" / c.Bytes(6),
    "run_id" / c.Bytes(8),
    "reserved" / c.Bytes(8),
    "nid" / c.Bytes(7),
    "reserved2" / c.Byte,
    "nmk" / c.Bytes(16),
)


@given(st.data())
@pytest.mark.parametrize(
    ("kind", "description"), [(AttenCharInd, ATTEN_CHAR_IND), (SlacMatchCnf, MATCH_CNF)]
)
def test_a_second_description_agrees(
    kind: type[Message], description: "c.Struct", data: st.DataObject
) -> None:
    """The same layouts written down once more, for another library."""
    content = {
        field.name: data.draw(values(code_of(kind, field.name)))
        for field in fields(kind)  # type: ignore[arg-type]
    }
    if kind is AttenCharInd:
        content["num_groups"] = 58
    octets = encode(Frame(EV, SE, kind(**content)))
    parsed = description.parse(octets)
    assert {name: parsed[name] for name in content} == content
    assert description.build({"destination": EV, "source": SE, **content}) == octets


def test_an_unpadded_frame_is_read_as_well() -> None:
    frame = Frame(EV, SE, SlacParmReq(run_id=bytes(8)))
    assert len(encode(frame, pad_to=0)) == 29
    assert decode(encode(frame, pad_to=0)) == frame


def test_a_sound_without_its_reserved_field_is_read() -> None:
    octets = encode(Frame(EV, SE, MnbcSoundInd(count=3, run_id=b"12345678", random=bytes(16))))
    sound = decode(octets[:64]).message
    assert isinstance(sound, MnbcSoundInd)
    assert (sound.count, sound.run_id) == (3, b"12345678")


def test_an_unknown_message_keeps_its_octets() -> None:
    octets = bytes.fromhex("02000000ee01020000005e0188e101f06f0000") + b"hello"
    frame = decode(octets)
    assert frame.message == Unknown(0x6FF0, b"hello")
    assert frame.name == "0x6ff0"
    assert encode(frame, pad_to=0) == octets


def test_the_same_number_of_two_vendors_is_two_messages() -> None:
    kinds = []
    for vendor in (b"\xaa\xaa\xaa", b"\xbb\xbb\xbb"):

        @mme(0xBEE0, f"TEST {vendor.hex()}", version=0, oui=vendor)
        @dataclass(frozen=True, slots=True)
        class Probe(Message):
            value: U8 = 7

        kinds.append(Probe)
        frame = Frame(EV, SE, Probe())
        assert decode(encode(frame)) == frame
    assert kinds[0] is not kinds[1]


def test_a_number_is_declared_once() -> None:
    declaration = by_class(SlacParmReq)
    with pytest.raises(ValueError, match="declared twice"):
        mme(declaration.kind, declaration.name)(SlacParmReq)


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        (SlacParmReq(run_id=b"short"), "run_id must have 8 octets"),
        (LinkStatusCnf(link=256), "LinkStatusCnf"),
    ],
)
def test_an_impossible_value_is_our_own_mistake(message: Message, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        encode(Frame(EV, SE, message))


@pytest.mark.parametrize(
    ("octets", "complaint"),
    [
        (b"", "at least 17"),
        (bytes(60), "EtherType 0000"),
        (bytes.fromhex("02000000ee01020000005e0188e101646001000000"), "fragments"),
        (bytes.fromhex("02000000ee01020000005e0188e101646000000000"), "needs 10 octets, has 2"),
        (bytes.fromhex("02000000ee01020000005e0188e1011c6000000002aabb"), "octets more"),
    ],
)
def test_a_frame_error_says_what_is_wrong(octets: bytes, complaint: str) -> None:
    with pytest.raises(FrameError, match=complaint):
        decode(octets)


def test_a_field_must_say_its_wire_format() -> None:
    @dataclass(frozen=True)
    class Mute(Message):
        value: int

    with pytest.raises(TypeError, match="value does not say its wire format"):
        mme(0xBEE1, "TEST mute")(Mute)


def test_only_the_last_field_may_be_open_ended() -> None:
    @dataclass(frozen=True)
    class Greedy(Message):
        much: Rest
        more: U8

    with pytest.raises(TypeError, match="only the last field"):
        mme(0xBEE2, "TEST greedy")(Greedy)
