"""Frames and messages: the shared vectors, and C and Python on whatever chance brings."""

import ctypes
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.island.frame import BODY_MOST, WIRE_MOST, Decoder, encode, unstuff
from bsw.island.messages import TO_HOST, TO_ISLAND, Message, body, fold, read
from tests.island.core import loaded

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
KINDS = {kind.__name__: kind for kind in (*TO_ISLAND.values(), *TO_HOST.values())}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["message"])
def test_a_shared_vector_is_written_and_read(vector: dict[str, object]) -> None:
    kind = KINDS[str(vector["message"])]
    values = vector["values"]
    assert isinstance(values, dict)
    message: Message = kind(**values)
    sequence = int(str(vector["sequence"]))
    assert encode(body(message, sequence)).hex() == vector["wire"]
    (one,) = Decoder().feed(bytes.fromhex(str(vector["wire"])))
    assert read(one, {kind.TYPE: kind}) == (sequence, message)


def test_there_is_a_vector_for_each_message() -> None:
    assert {vector["message"] for vector in VECTORS} == set(KINDS)


@given(st.binary(max_size=BODY_MOST))
def test_both_write_the_same_frame(octets: bytes) -> None:
    wire = ctypes.create_string_buffer(WIRE_MOST)
    count = loaded().frame_encode(octets, ctypes.c_size_t(len(octets)), wire)
    assert wire.raw[:count] == encode(octets)
    assert b"\0" not in wire.raw[: count - 1]


@given(st.binary(max_size=WIRE_MOST).map(lambda octets: octets.replace(b"\0", b"\1")))
def test_both_read_the_same_stuffing(octets: bytes) -> None:
    here = unstuff(octets)
    there = ctypes.create_string_buffer(octets, len(octets) + 1)
    count = ctypes.c_size_t(len(octets))
    sound = loaded().frame_unstuff(there, ctypes.byref(count))
    assert (there.raw[: count.value] if sound else None) == here


@given(st.lists(st.binary(min_size=1, max_size=BODY_MOST)), st.integers(1, 40))
def test_frames_survive_any_cut_of_the_stream(bodies: list[bytes], cut: int) -> None:
    stream = b"".join(map(encode, bodies))
    decoder = Decoder()
    found = []
    for at in range(0, len(stream), cut):
        found += decoder.feed(stream[at : at + cut])
    assert found == bodies
    assert (decoder.damaged, decoder.dropped) == (0, 0)


@given(st.binary(min_size=1, max_size=BODY_MOST), st.data())
def test_one_damaged_octet_is_noticed(octets: bytes, data: st.DataObject) -> None:
    wire = bytearray(encode(octets))
    at = data.draw(st.integers(0, len(wire) - 2))
    wire[at] ^= data.draw(st.integers(1, 255))
    decoder = Decoder()
    assert decoder.feed(bytes(wire)) == []


def test_a_frame_without_an_end_is_forgotten() -> None:
    decoder = Decoder()
    assert decoder.feed(b"\1" * 1000) == []
    assert decoder.feed(b"\0" + encode(b"next")) == [b"next"]
    assert decoder.dropped == 1


def test_a_body_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 64"):
        encode(bytes(65))


def test_the_mark_of_a_session() -> None:
    assert fold(0x1234_5678, 0) == 0x1234 ^ 0x5678
    assert fold(0xAAAA_0001, 0x0001_0002) == (0xAAAA ^ 0x0001 ^ 0x0001 ^ 0x0002)
