"""The quick codec over whole streams: header, outermost code, content, padding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from bsw.chrgm.messages.kinds import Octets, Text
from bsw.chrgm.messages.model import Message, MessageType
from bsw.chrgm.messages.specs import KindOfField, Value
from bsw.exi.grammar import grammar
from bsw.exi.pure import bitstrings
from bsw.exi.pure.bitstrings import PADDING, Unusual, to_octets, to_stream
from bsw.exi.pure.decoder import DECODERS
from bsw.exi.pure.encoder import ENCODERS, ENCODERS_WITH_ENDS, SECOND_LEVEL_END
from bsw.exi.schema import Name, SchemaSet

HEADER = "10000000"
UNREADABLE = (Unusual, KeyError, ValueError, IndexError, OverflowError)
K = TypeVar("K")


class PureCodec:
    """Documents and fragments of one schema set, the quick way.

    Decoding gives None when the careful way is needed; encoding raises whatever Python does when a
    value does not fit.
    """

    def __init__(self, schema: SchemaSet) -> None:
        self._schema = schema
        self._documents = _Outermost(schema.codes, len(schema.elements).bit_length())
        self._fragments: _Outermost[Name] | None = None
        self._end = ""

    def decode(self, data: bytes) -> Message | None:
        """The message, if the octets are one of the usual kind."""
        stream = to_stream(data)
        start = self._documents.size
        try:
            cls = self._documents.names[stream[:start]]
            message: Message
            message, position = DECODERS[cls](stream, start)
        except UNREADABLE:
            return None
        left = len(stream) - len(PADDING) - position
        return message if 0 <= left <= 7 else None

    def encode(self, message: Message, *, ends: bool = False) -> bytes:
        """The octets of a document."""
        cls: Any = type(message)
        encode = (ENCODERS_WITH_ENDS if ends else ENCODERS)[cls]
        return to_octets(self._documents.codes[cls] + encode(message))

    def decode_fragment(self, data: bytes) -> tuple[Name, Any] | None:
        """The name and message of a fragment."""
        fragments = self._names()
        stream = to_stream(data)
        try:
            name = fragments.names[stream[: fragments.size]]
            kinds = self._schema.names[name]
            if len(kinds) != 1 or not isinstance(kinds[0], MessageType):
                return None
            value, position = DECODERS[kinds[0]](stream, fragments.size)
        except UNREADABLE:
            return None
        position += len(self._end)
        left = len(stream) - len(PADDING) - position
        ended = stream[position - len(self._end) : position] == self._end
        return (name, value) if ended and 0 <= left <= 7 else None

    def encode_fragment(
        self,
        name: Name,
        kind: KindOfField,
        value: Value,
        *,
        relaxed: bool = False,
        ends: bool = False,
    ) -> bytes:
        """The octets of a fragment; ``relaxed`` for a name that has several types."""
        start = self._names().codes[name]
        if relaxed:
            content = self._relaxed(value)
        elif isinstance(value, Message):
            content = (ENCODERS_WITH_ENDS if ends else ENCODERS)[type(value)](value)
        else:
            content = _simple(kind, value, ends=ends)
        return to_octets(start + content + self._end)

    def _names(self) -> _Outermost[Name]:
        if self._fragments is None:
            names = self._schema.names
            width = (len(names) + 1).bit_length()
            codes = {name: number for number, name in enumerate(names)}
            self._fragments = _Outermost(codes, width)
            self._end = format(len(names) + 1, f"0{width}b")
        return self._fragments

    def _relaxed(self, value: Value) -> str:
        """Attributes and text of any type, in the grammar that a name with several types gets."""
        attributes = self._schema.attributes
        count = len(self._schema.names)
        code = len(attributes) + count + 3
        width = (code + 1).bit_length()
        parts = []
        if isinstance(value, Message):
            *fields, last = grammar(type(value)).fields
            for field in fields:
                given = getattr(value, field.name)
                if given is not None:
                    number = attributes.index(Name(field.wire, field.ns or ""))
                    parts += [format(number, f"0{width}b"), bitstrings.text(given)]
            value = getattr(value, last.name)
        parts += [format(code, f"0{width}b"), bitstrings.text(value)]
        return "".join([*parts, format(count + 1, f"0{(count + 2).bit_length()}b")])


class _Outermost(Generic[K]):
    """The outermost codes, header included, both ways."""

    def __init__(self, codes: Mapping[K, int], width: int) -> None:
        self.size = len(HEADER) + width
        self.codes = {key: HEADER + format(code, f"0{width}b") for key, code in codes.items()}
        self.names = {bits: key for key, bits in self.codes.items()}


def _simple(kind: KindOfField, value: Value, *, ends: bool) -> str:
    """An element with a simple type."""
    if ends and not value and isinstance(kind, Text | Octets):
        return "1" + SECOND_LEVEL_END
    return f"0{bitstrings.simple(kind, value)}0"
