"""What holds for every message and for every run of octets."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bsw import exi
from bsw.chrgm.messages.model import Message
from bsw.exi import DecodeError
from bsw.exi.codec import Codec
from bsw.exi.views.as_json import from_json, to_json
from tests.exi.strategies import documents
from tests.exi.support import FORMS, built

SETS = tuple(exi.SETS)


def codecs(schema: str) -> list[Codec]:
    return [exi.codec(schema, form=form) for form in FORMS if form == "pure" or built()]


@pytest.mark.parametrize("schema", SETS)
def test_what_is_encoded_decodes_to_the_same_in_every_form(schema: str) -> None:
    @settings(max_examples=50)
    @given(documents(exi.schema_set(schema)))
    def there_and_back(message: Message) -> None:
        written = {codec.encode(message) for codec in codecs(schema)}
        assert len(written) == 1
        for codec in codecs(schema):
            assert codec.decode(next(iter(written))) == message
            assert codec.decode(codec.encode_with_ends(message)) == message

    there_and_back()


@pytest.mark.parametrize("schema", SETS)
def test_every_message_has_a_json_that_reads_back(schema: str) -> None:
    loaded = exi.schema_set(schema)

    @settings(max_examples=20)
    @given(documents(loaded))
    def there_and_back(message: Message) -> None:
        assert from_json(loaded, to_json(loaded, message)) == message

    there_and_back()


@pytest.mark.parametrize("schema", SETS)
def test_damage_ends_in_a_message_or_a_refusal_the_same_in_every_form(schema: str) -> None:
    """Structure-aware: the damage is done to octets that were a message."""

    @settings(max_examples=50)
    @given(documents(exi.schema_set(schema)), st.data())
    def never_anything_else(message: Message, data: st.DataObject) -> None:
        octets = bytearray(codecs(schema)[0].encode(message))
        for _ in range(data.draw(st.integers(1, 3))):
            place = data.draw(st.integers(0, len(octets) - 1))
            octets[place] = data.draw(st.integers(0, 255))
        same_everywhere(schema, bytes(octets))

    never_anything_else()


@pytest.mark.parametrize("schema", SETS)
def test_random_octets_end_in_a_message_or_a_refusal(schema: str) -> None:
    @settings(max_examples=100)
    @given(st.binary(max_size=80))
    def never_anything_else(octets: bytes) -> None:
        same_everywhere(schema, octets)
        same_everywhere(schema, b"\x80" + octets)

    never_anything_else()


def same_everywhere(schema: str, octets: bytes) -> None:
    for sort in ("decode", "decode_fragment"):
        assert len({outcome(getattr(codec, sort), octets) for codec in codecs(schema)}) == 1


def outcome(read: Callable[[bytes], object], octets: bytes) -> str:
    try:
        return repr(read(octets))
    except DecodeError as error:
        return str(error)
