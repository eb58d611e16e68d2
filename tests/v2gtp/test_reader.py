"""V2GTP frames are found in any stream, and what is no frame does no harm."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.os.clock import S
from bsw.v2gtp import (
    HANDSHAKE,
    HEADER_SIZE,
    ISO20_DC,
    Broken,
    Fault,
    Frame,
    Ignored,
    PayloadType,
    Reaction,
    Reader,
    Rules,
    pack,
)

EXI = PayloadType.EXI
GOOD = pack(EXI, b"good")


def items(reader: Reader, data: bytes, now: int = 0) -> list[Frame | Ignored | Broken]:
    reader.feed(data, now)
    found = []
    while (item := reader.next()) is not None:
        found.append(item)
    return found


def faults(found: list[Frame | Ignored | Broken]) -> list[Fault]:
    return [item.fault for item in found if not isinstance(item, Frame)]


def test_a_frame_is_eight_octets_of_header_and_the_payload() -> None:
    assert pack(EXI, b"\x80\x00") == bytes.fromhex("01fe80010000000280 00")


def test_each_octet_in_a_segment_of_its_own() -> None:
    reader = Reader()
    found = [item for octet in GOOD * 3 for item in items(reader, bytes([octet]))]
    assert found == [Frame(EXI, b"good")] * 3
    assert reader.held == 0


def test_many_frames_in_one_segment() -> None:
    assert items(Reader(), GOOD * 1000) == [Frame(EXI, b"good")] * 1000


@given(
    payloads=st.lists(st.binary(min_size=1, max_size=300), max_size=12),
    cuts=st.lists(st.integers(1, 200), max_size=60),
)
def test_no_segmentation_changes_the_frames(payloads: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(pack(EXI, payload) for payload in payloads)
    reader = Reader()
    found: list[Frame | Ignored | Broken] = []
    at = 0
    for cut in [*cuts, len(stream)]:
        found += items(reader, stream[at : at + cut])
        at += cut
    assert found == [Frame(EXI, payload) for payload in payloads]


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_any_octets_end_in_items_and_never_in_an_exception(segments: list[bytes]) -> None:
    rules = Rules(longest=1000)
    reader = Reader(rules=rules)
    for segment in segments:
        items(reader, segment)
        assert reader.held < HEADER_SIZE + rules.longest + 200


@given(st.lists(st.binary(max_size=40), max_size=10), st.lists(st.booleans(), max_size=10))
def test_seek_finds_every_frame_between_noise_without_marks(
    noises: list[bytes], good: list[bool]
) -> None:
    reader = Reader(rules=Rules(wrong_version=Reaction.SEEK, wrong_type=Reaction.SEEK))
    stream = b""
    for noise, add in zip(noises, good, strict=False):
        stream += noise.replace(b"\x01", b"\x02") + (GOOD if add else b"")
    found = items(reader, stream + GOOD)
    frames = [item for item in found if isinstance(item, Frame)]
    assert len(frames) == sum(good[: len(noises)]) + 1


WRONG = {
    Fault.VERSION: bytes.fromhex("02fd8001 00000004") + b"junk",
    Fault.INVERSE: bytes.fromhex("01ff8001 00000004") + b"junk",
    Fault.TYPE: bytes.fromhex("01fe7001 00000004") + b"junk",
    Fault.EMPTY: bytes.fromhex("01fe8001 00000000"),
}


@pytest.mark.parametrize("fault", WRONG, ids=lambda fault: fault.name)
def test_a_wrong_header_is_passed_over_and_the_next_frame_is_read(fault: Fault) -> None:
    found = items(Reader(), WRONG[fault] + GOOD)
    assert found == [Ignored(fault, WRONG[fault][:8]), Frame(EXI, b"good")]


@pytest.mark.parametrize("fault", WRONG, ids=lambda fault: fault.name)
def test_the_switch_close_breaks_the_stream_instead(fault: Fault) -> None:
    close = Reaction.CLOSE
    reader = Reader(rules=Rules(wrong_version=close, wrong_type=close, empty=close))
    assert items(reader, WRONG[fault] + GOOD) == [Broken(fault, WRONG[fault][:8])]
    assert items(reader, GOOD) == []


@pytest.mark.parametrize("fault", WRONG, ids=lambda fault: fault.name)
def test_the_switch_seek_looks_for_the_next_header(fault: Fault) -> None:
    seek = Reaction.SEEK
    reader = Reader(rules=Rules(wrong_version=seek, wrong_type=seek, empty=seek))
    found = [item for octet in WRONG[fault] + GOOD for item in items(reader, bytes([octet]))]
    assert found == [Ignored(fault, WRONG[fault][:8]), Frame(EXI, b"good")]


def test_a_header_is_judged_by_version_first_and_length_last() -> None:
    reader = Reader()
    assert faults(items(reader, bytes.fromhex("0000000000000000"))) == [Fault.VERSION]
    assert faults(items(reader, bytes.fromhex("0100000000000000"))) == [Fault.INVERSE]
    assert faults(items(reader, bytes.fromhex("01fe000000000000"))) == [Fault.TYPE]


def test_four_gigabytes_announced_close_at_once() -> None:
    reader = Reader()
    found = items(reader, bytes.fromhex("01fe8001ffffffff") + b"x" * 100)
    assert faults(found) == [Fault.TOO_LONG]
    assert isinstance(found[0], Broken)
    assert reader.held == 0


@pytest.mark.parametrize("header", ["02fd8001ffffffff", "01fe7001ffffffff"])
def test_an_absurd_length_in_a_wrong_header_closes_too(header: str) -> None:
    assert faults(items(Reader(), bytes.fromhex(header))) == [Fault.TOO_LONG]


def test_the_longest_frame_passes_and_one_octet_more_does_not() -> None:
    rules = Rules(longest=1000)
    assert items(Reader(rules=rules), pack(EXI, bytes(1000))) == [Frame(EXI, bytes(1000))]
    assert faults(items(Reader(rules=rules), pack(EXI, bytes(1001)))) == [Fault.TOO_LONG]


def test_an_over_long_frame_can_be_passed_over_without_keeping_it() -> None:
    reader = Reader(rules=Rules(longest=1000, too_long=Reaction.SKIP))
    assert faults(items(reader, pack(EXI, bytes(5_000_000))[:3000])) == [Fault.TOO_LONG]
    left = 5_000_000 + 8 - 3000
    while left:
        assert items(reader, bytes(min(left, 4096))) == []
        assert reader.held == 0
        left -= min(left, 4096)
    assert items(reader, GOOD) == [Frame(EXI, b"good")]


def test_a_frame_that_drips_in_is_given_up_after_its_time() -> None:
    reader = Reader(rules=Rules(frame_within=10 * S))
    for second in range(10):
        assert items(reader, GOOD[second : second + 1], second * S) == []
        assert reader.late(second * S) is None
    assert reader.due == 10 * S
    assert reader.late(10 * S) == Broken(Fault.LATE, GOOD[:8])
    assert items(reader, GOOD) == []
    assert reader.due is None


def test_skipped_octets_must_come_in_time_as_well() -> None:
    reader = Reader(rules=Rules(frame_within=10 * S))
    assert faults(items(reader, WRONG[Fault.TYPE][:-1], 5 * S)) == [Fault.TYPE]
    assert reader.due == 15 * S


def test_a_complete_frame_ends_the_wait_and_the_next_one_begins_its_own() -> None:
    reader = Reader(rules=Rules(frame_within=10 * S))
    items(reader, GOOD[:3], 1 * S)
    assert reader.due == 11 * S
    items(reader, GOOD[3:] + GOOD[:1], 9 * S)
    assert reader.due == 19 * S
    items(reader, GOOD[1:], 9 * S)
    assert reader.due is None


def test_a_type_agreed_in_one_frame_already_judges_the_next_of_the_same_segment() -> None:
    reader = Reader(HANDSHAKE)
    reader.feed(GOOD + pack(PayloadType.MAIN, b"session"), 0)
    assert reader.next() == Frame(EXI, b"good")
    reader.accepted = ISO20_DC
    assert reader.next() == Frame(PayloadType.MAIN, b"session")


def test_dc_takes_the_side_streams_and_no_ac() -> None:
    reader = Reader(ISO20_DC)
    assert items(reader, pack(0x8101, b"s")) == [Frame(PayloadType.SCHEDULE, b"s")]
    assert items(reader, pack(0x8102, b"m")) == [Frame(PayloadType.METERING, b"m")]
    assert faults(items(reader, pack(0x8003, b"ac"))) == [Fault.TYPE]


def test_a_manufacturers_own_type_can_be_let_in() -> None:
    reader = Reader(HANDSHAKE | {0xA001})
    assert items(reader, pack(0xA001, b"own")) == [Frame(0xA001, b"own")]


def test_memory_stays_bounded_under_a_megabyte_of_single_octets() -> None:
    reader = Reader()
    stream = pack(EXI, bytes(60_000)) * 17
    segments = [stream[at : at + 1] for at in range(len(stream))]  # made before we measure
    tracemalloc.start()
    frames = 0
    for segment in segments:
        reader.feed(segment, 0)
        while reader.next() is not None:
            frames += 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert frames == 17
    assert peak < 1_000_000
