"""Frames of all versions: known octets, there and back, and never a failure on any octets."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp.frames import (
    NO_ID,
    Call,
    Error,
    Frame,
    FrameReader,
    Malformed,
    Result,
    ResultError,
    Send,
    write,
)
from ocpp.versions import Version, Wrong, code_of, wrong_of

LONGEST = 4096
STRICT = {version: FrameReader(version, longest=LONGEST, strict=True) for version in Version}
LENIENT = {version: FrameReader(version, longest=LONGEST) for version in Version}


@pytest.mark.parametrize(
    ("octets", "frame"),
    [
        (b'[2,"1","Heartbeat",{}]', Call("1", "Heartbeat", b"{}")),
        (b' [ 3 , "1" , { "a" : 1 } ] ', Result("1", b'{ "a" : 1 }')),
        (b'[4,"1","GenericError","why",{}]', Error("1", "GenericError", "why")),
        (b'[5,"1","TypeConstraintViolation","",{}]', ResultError("1", "TypeConstraintViolation")),
        (b'[6,"1","NotifyPeriodicEventStream",{}]', Send("1", "NotifyPeriodicEventStream", b"{}")),
    ],
)
def test_known_octets_are_known_frames(octets: bytes, frame: Frame) -> None:
    assert STRICT[Version.V21].read(octets) == frame
    assert LENIENT[Version.V21].read(octets) == frame


texts = st.text(min_size=1, max_size=30)
objects = st.dictionaries(st.text(max_size=5), st.integers() | st.text(), max_size=3).map(
    lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
)
frames = st.one_of(
    st.builds(Call, texts, texts, objects),
    st.builds(Result, texts, objects),
    st.builds(Error, texts, texts, texts, objects),
    st.builds(ResultError, texts, texts, texts, objects),
    st.builds(Send, texts, texts, objects),
)


@given(frames)
def test_a_frame_survives_the_way_there_and_back(frame: Frame) -> None:
    assert STRICT[Version.V21].read(write(frame)) == frame


@given(
    st.binary(max_size=200) | st.text(alphabet='[]{}",23456-1ab\\: ', max_size=60).map(str.encode)
)
def test_no_octets_make_a_reader_fail(octets: bytes) -> None:
    for reader in (*STRICT.values(), *LENIENT.values()):
        reader.read(octets)


def test_no_damage_to_a_frame_makes_a_reader_fail() -> None:
    random = Random(1)
    whole = [
        b'[2,"19223201","BootNotification",{"vendor":"\xc3\xa9"}]',
        b'[4,"162376037","NotSupported","SetDisplayMessage",{"a":[1,2.5e3,null]}]',
    ]
    for _ in range(20_000):
        octets = bytearray(random.choice(whole))
        for _ in range(random.randint(1, 3)):
            place = random.randrange(len(octets))
            octets[place : place + random.randint(0, 3)] = random.randbytes(random.randint(0, 3))
        for reader in (STRICT[Version.V16], LENIENT[Version.V21]):
            reader.read(bytes(octets))


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize(
    "octets",
    [b"[" * 3000, b'[2,"1","A",' + b'{"a":' * 600 + b"1" + b"}" * 600 + b"]", b'[2,"1","A",{"a":]'],
)
def test_depth_and_half_an_object_are_only_malformed(version: Version, octets: bytes) -> None:
    for reader in (STRICT[version], LENIENT[version]):
        read = reader.read(octets)
        assert isinstance(read, Malformed | Call)


@pytest.mark.parametrize(
    ("octets", "name", "wrong", "answerable"),
    [
        (b"nonsense", NO_ID, Wrong.RPC, True),
        (b"{}", NO_ID, Wrong.RPC, True),
        (b"[]", NO_ID, Wrong.MESSAGE_TYPE, True),
        (b'[2,7,"A",{}]', NO_ID, Wrong.RPC, True),
        (b'[2,"","A",{}]', NO_ID, Wrong.RPC, True),
        (b'[2,"7","A"]', "7", Wrong.RPC, True),
        (b'[2,"7",1,{}]', "7", Wrong.RPC, True),
        (b'[2,"7","A",[]]', "7", Wrong.FORMAT, True),
        (b'[2,"7","A",null]', "7", Wrong.FORMAT, True),
        (b'[3,"7",[]]', "7", Wrong.FORMAT, False),
        (b'[4,"7"]', "7", Wrong.RPC, False),
        (b'[9,"7","A",{}]', "7", Wrong.MESSAGE_TYPE, True),
        (b'["2","7","A",{}]', "7", Wrong.MESSAGE_TYPE, True),
        (b"[2," + b" " * LONGEST + b'"7","A",{}]', NO_ID, Wrong.FORMAT, True),
    ],
)
def test_what_is_no_frame_says_what_can_be_answered(
    octets: bytes, name: str, wrong: Wrong, *, answerable: bool
) -> None:
    read = STRICT[Version.V21].read(octets)
    assert isinstance(read, Malformed)
    assert (read.id, read.problem.wrong, read.answerable) == (name, wrong, answerable)


@pytest.mark.parametrize("version", [Version.V16, Version.V201])
@pytest.mark.parametrize("octets", [b'[5,"1","GenericError","",{}]', b'[6,"1","A",{}]'])
def test_frames_of_2_1_are_none_before(version: Version, octets: bytes) -> None:
    read = LENIENT[version].read(octets)
    assert isinstance(read, Malformed)
    assert read.problem.wrong is Wrong.MESSAGE_TYPE
    assert not read.answerable


@pytest.mark.parametrize(
    "octets",
    [
        b'[4,"1","GenericError"]',
        b'[4,"1","GenericError",null,null]',
        b'[4,"1","GenericError","",{},"more"]',
        b'[2,"' + b"i" * 37 + b'","A",{}]',
        b'[3,"1",{},0]',
    ],
)
def test_tolerant_reading_takes_what_strict_reading_refuses(octets: bytes) -> None:
    assert isinstance(STRICT[Version.V16].read(octets), Malformed)
    assert not isinstance(LENIENT[Version.V16].read(octets), Malformed)


def test_a_description_is_cut_to_what_the_standard_takes() -> None:
    written = write(Error("1", "GenericError", "x" * 300))
    assert len(json.loads(written)[3]) == 255


@pytest.mark.parametrize("version", Version)
def test_a_code_is_understood_in_the_spelling_of_any_version(version: Version) -> None:
    shared = {Wrong.MESSAGE_TYPE, Wrong.RPC} if version is Version.V16 else set()
    for wrong in set(Wrong) - shared:
        assert wrong_of(code_of(wrong, version)) is wrong
    assert wrong_of("SomethingOfOurOwn") is Wrong.GENERIC


def test_1_6_has_its_own_spelling() -> None:
    assert code_of(Wrong.OCCURRENCE, Version.V16) == "OccurenceConstraintViolation"
    assert code_of(Wrong.FORMAT, Version.V16) == "FormationViolation"
    assert code_of(Wrong.OCCURRENCE, Version.V201) == "OccurrenceConstraintViolation"
    assert code_of(Wrong.FORMAT, Version.V21) == "FormatViolation"
