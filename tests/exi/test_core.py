"""The compiled form alone: it holds no reference it should not, and distrusts its tables."""

import gc
import random
import sys
import weakref

import pytest

from bsw import exi
from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.kinds import WireEnum
from bsw.exi.codec import Codec
from tests.exi.support import vectors
from tools.exi.schemas import known
from tools.fuzz.blows.mutate import mutated

_core = pytest.importorskip("bsw.exi._core", reason="the compiled codec is not built")
core = pytest.importorskip("bsw.exi.core", reason="the compiled codec is not built")
SETUP = bytes.fromhex("8098004011d01800621c00704400")


def shared() -> list[object]:
    """Objects that every message refers to."""
    classes = list(exi.schema_set("iso2").classes())
    members = [
        member
        for enum in vars(iso2).values()
        if isinstance(enum, type) and issubclass(enum, WireEnum)
        for member in enum
    ]
    return [None, True, False, (), "", b"", *classes, *members]


def test_reading_writing_and_refusing_leave_no_reference_behind() -> None:

    def never(_: object) -> None:
        raise AssertionError

    codec = core.CoreCodec(exi.schema_set("iso2"), never, never, 1 << 20)
    streams = [
        (bytes.fromhex(case["exi"]), case["fragment"])
        for case in vectors("iso_15118_2.jsonl.gz")[::4]
        if known(case["schema"]) == "iso2"
    ]

    def work(seed: int) -> None:
        rng = random.Random(seed)
        for data, fragment in streams:
            for octets in (data, mutated(rng, data)):
                if fragment:
                    found = codec.decode_fragment(octets)
                    if found is not None:
                        codec.encode_fragment(*found)
                elif (message := codec.attempt(octets)) is not None:
                    codec.encode(message)

    objects = shared()
    for seed in range(3):
        work(seed)
    gc.collect()
    before = [sys.getrefcount(item) for item in objects]
    blocks = sys.getallocatedblocks()
    for seed in range(6):
        work(seed)
    gc.collect()
    after = [sys.getrefcount(item) for item in objects]
    grown = [item for item, old, new in zip(objects, before, after, strict=True) if new > old + 2]
    assert not grown
    assert sys.getallocatedblocks() < blocks + 200


def test_a_decoded_message_is_no_burden_to_the_collector() -> None:
    message = exi.codec("iso2", form="compiled").decode(SETUP)
    assert isinstance(message, iso2.V2GMessage)
    assert not gc.is_tracked(message)
    assert not gc.is_tracked(message.header)


def test_a_codec_that_is_given_up_is_collected() -> None:
    codec = Codec(exi.schema_set("iso2"), form="compiled")
    codec.decode(SETUP)
    codec.decode_fragment(bytes.fromhex("802d02b4b21980c000409e80"))
    gone = weakref.ref(codec)
    del codec
    gc.collect()
    assert gone() is None


def test_what_is_no_buffer_is_a_type_error() -> None:
    codec = exi.codec("iso2", form="compiled")
    for wrong in ("text", 7, None):
        with pytest.raises(TypeError):
            codec.decode(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "states"),
    [
        ((), ()),
        ((), ((1, ((0, 0),)),)),
        ((), ((40, ((-2, 0),)),)),
        ((("no descriptor", 1, 0, 1, 0, 0, False, 1, 1, None, (), None, (0, 0, 0)),), ((1, ()),)),
        (((1, 2),), ((1, ()),)),
        ((), ((1, 7),)),
        ((), (7,)),
    ],
)
def test_unsound_tables_are_refused(fields: tuple[object, ...], states: tuple[object, ...]) -> None:

    with pytest.raises((ValueError, TypeError)):
        _core.Type(iso2.SessionSetupReq, _core.Type, fields, states)


def test_a_state_that_does_not_exist_is_refused() -> None:

    slot = vars(iso2.SessionSetupReq)["evccid"]
    field = (slot, 1, 7, 0, 0, 6, False, 1, 1, None, (), None, (0, 0, 5))
    with pytest.raises(ValueError, match="unsound tables"):
        _core.Type(iso2.SessionSetupReq, _core.Type, (field,), ((1, ((0, 0),)),))
    with pytest.raises(TypeError, match="a field is no slot of its class"):
        _core.Type(iso2.SessionSetupRes, _core.Type, (field,), ((1, ((0, 0),)),))


def test_a_codec_with_unsound_numbers_is_refused() -> None:

    def never(_: object) -> None:
        raise AssertionError

    with pytest.raises(ValueError, match="unsound codec"):
        _core.Codec((), 0, -1, 10, never, never, never)
    empty = _core.Codec((), 3, -1, 10, never, never, never)
    assert empty.attempt(b"\x80\x00") is None
    with pytest.raises(IndexError):
        empty.encode_as(0, None)
