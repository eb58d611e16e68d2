"""The codec of a schema set: octets to message and back.

The quick codec, compiled or in plain Python, takes what peers normally send.  What it does not take
goes to the careful decoder, which names the trouble or, where a tolerance is switched on, tries the
deviation that it stands for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from bsw.chrgm.messages.model import Message, problems
from bsw.chrgm.messages.specs import KindOfField, Value
from bsw.exi.careful import CarefulDecoder, Fragment
from bsw.exi.errors import FIELD, DecodeError, EncodeError, Tolerance
from bsw.exi.pure.codec import UNREADABLE, PureCodec
from bsw.exi.schema import Name, SchemaSet

# Certificates make the longest messages, some ten kilobytes; hostile octets of this size keep the
# careful decoder busy for a second or two.
MAX_OCTETS = 1 << 18
# Deviations are looked for in streams up to this size: each costs one more careful reading.
RETRIED = 1 << 13
# Lists that EXIficient, with the grammars compiled into Josev, ends with the wider code.
JOSEV_LISTS = frozenset({16, 20})
SWAPPED = {"ACDP_ConnectRes": "ACDP_DisconnectReq", "ACDP_DisconnectReq": "ACDP_ConnectRes"}

Form = Literal["compiled", "pure", "best"]
Buffer = bytes | bytearray | memoryview


class Noted(NamedTuple):
    """A decoded message or fragment, and what was tolerated to get it."""

    message: Value
    notes: tuple[str, ...]


class Codec:
    """Encodes and decodes the documents and fragments of one schema set.

    ``decode`` and ``encode`` are attributes: in the compiled form they lead into it directly.
    """

    decode: Callable[[Buffer], Message]
    encode: Callable[[Message], bytes]

    def __init__(
        self,
        schema: SchemaSet,
        tolerance: Tolerance = FIELD,
        *,
        form: Form = "best",
        max_octets: int = MAX_OCTETS,
    ) -> None:
        self.schema = schema
        self.tolerance = tolerance
        self.max_octets = max_octets
        self._pure = PureCodec(schema)
        self._core: Any = None
        if compiled(form):
            from bsw.exi.core import CoreCodec  # noqa: PLC0415 - only where it was built

            self._core = CoreCodec(schema, self._decode_unusual, self._encode_unusual, max_octets)
            self.decode = self._core.decode
            self.encode = self._core.encode
        else:
            self.decode = self._decode_pure
            self.encode = self._encode_unusual

    @property
    def form(self) -> str:
        """``compiled`` or ``pure``."""
        return "pure" if self._core is None else "compiled"

    def decode_noted(self, data: Buffer) -> Noted:
        """Like ``decode``, and tells what had to be tolerated."""
        octets = self._bounded(data)
        message = self._pure.decode(octets) if self._core is None else self._core.attempt(octets)
        if message is not None:
            return Noted(message, ())
        return self._carefully(octets, lambda decoder: decoder.document())

    def decode_fragment(self, data: Buffer) -> Fragment:
        """An element on its own, as it is signed."""
        fragment: Fragment = self.decode_fragment_noted(data).message
        return fragment

    def decode_fragment_noted(self, data: Buffer) -> Noted:
        """Like ``decode_fragment``, and tells what had to be tolerated."""
        octets = self._bounded(data)
        quick = (self._core or self._pure).decode_fragment(octets)
        if quick is not None:
            name, value = quick
            return Noted(Fragment(name.wire, name.ns, value), ())
        return self._carefully(octets, lambda decoder: decoder.fragment())

    def encode_fragment(
        self,
        value: Value,
        name: str | None = None,
        *,
        typed: bool = False,
        ends: bool = False,
    ) -> bytes:
        """The octets of an element on its own.

        ``name`` is needed where elements of several names have this type, and for plain values.
        ``typed`` writes an element whose name has several types (eMAID) in the grammar of its
        type, as cbV2G does, rather than in the relaxed one.  ``ends`` as in ``encode_with_ends``.
        """
        if isinstance(value, Fragment):
            name, value = value.name, value.value
        full, kind, relaxed = self._fragment_name(value, name)
        relaxed = relaxed and not typed
        if self._core is not None and not (relaxed or ends) and isinstance(value, Message):
            octets: bytes | None = self._core.encode_fragment(full, value)
            if octets is not None:
                return octets
        try:
            return self._pure.encode_fragment(full, kind, value, relaxed=relaxed, ends=ends)
        except (*UNREADABLE, TypeError, AttributeError) as error:
            raise self._refusal(value) from error

    def encode_with_ends(self, message: Message) -> bytes:
        """A document whose empty texts and binaries are left out by an end event of second level.

        That is EXIficient's form, which cbV2G cannot read; ``encode`` writes values of length 0.
        """
        try:
            return self._pure.encode(message, ends=True)
        except (*UNREADABLE, TypeError, AttributeError) as error:
            raise self._refusal(message) from error

    def _decode_pure(self, data: Buffer) -> Message:
        if len(data) <= self.max_octets:
            message = self._pure.decode(bytes(data))
            if message is not None:
                return message
        return self._decode_unusual(data)

    def _decode_unusual(self, data: Buffer) -> Message:
        octets = self._bounded(data)
        message: Message = self._carefully(octets, lambda decoder: decoder.document()).message
        return message

    def _encode_unusual(self, message: Message) -> bytes:
        try:
            return self._pure.encode(message)
        except (*UNREADABLE, TypeError, AttributeError) as error:
            raise self._refusal(message) from error

    def _bounded(self, data: Buffer) -> bytes:
        if len(data) > self.max_octets:
            expected = f"at most {self.max_octets} octets"
            raise DecodeError(0, "the start", expected, f"{len(data)}")
        return bytes(data)

    def _carefully(self, data: bytes, read: Callable[[CarefulDecoder], Any]) -> Noted:
        """The strict reading; if that fails, each deviation that is tolerated, in turn."""
        refused: DecodeError | None = None
        for options in self._attempts(len(data)):
            # One deviation at a time: two together find sense in a message cut short.
            tolerance = self.tolerance._replace(trailing_zeros=False) if refused else self.tolerance
            decoder = CarefulDecoder(self.schema, data, tolerance, **options)
            try:
                message = read(decoder)
            except DecodeError as error:
                refused = refused or error
            else:
                return Noted(message, tuple(dict.fromkeys(decoder.notes)))
        assert refused is not None
        raise refused

    def _attempts(self, size: int) -> Iterator[dict[str, Any]]:
        tolerance = self.tolerance
        yield {}
        if size > RETRIED:
            return
        if tolerance.full_lists:
            yield {"wide": lambda high: high is not None}
            yield {"wide": JOSEV_LISTS.__contains__}
        if tolerance.swapped_acdp and self.schema.has(*SWAPPED):
            yield {"swapped": SWAPPED}
        if tolerance.typed_emaid and self.schema.ambiguous:
            yield {"relaxed": False}

    def _fragment_name(self, value: Value, wire: str | None) -> tuple[Name, object, bool]:
        """The full name of a fragment, its type, and whether the name has more than one."""
        schema = self.schema
        if wire is None:
            names = schema.names_of(type(value)) if isinstance(value, Message) else []
            if len(names) != 1:
                listed = ", ".join(name.wire for name in names) or "no element of this schema"
                raise EncodeError(f"{type(value).__name__} as a fragment needs a name: {listed}")
        else:
            names = schema.named(wire)
        for name in names:
            kinds = schema.names[name]
            fitting = [kind for kind in kinds if _fits(kind, value)]
            if fitting:
                return name, fitting[0], len(kinds) > 1
        raise EncodeError(f"{schema.name} has no element {wire} of type {type(value).__name__}")

    def _refusal(self, message: Value) -> EncodeError:
        cls = type(message).__name__
        if not isinstance(message, Message):
            return EncodeError(f"cannot write {message!r}")
        if found := list(problems(message)):
            return EncodeError("; ".join(found[:5]))
        if type(message) not in self.schema.codes:
            return EncodeError(f"{cls} is no document element of {self.schema.name}")
        return EncodeError(f"{cls}: cannot be written")


def _fits(kind: KindOfField, value: Value) -> bool:
    if isinstance(value, Message):
        return kind is type(value)
    return not (isinstance(kind, type) and issubclass(kind, Message))


def compiled(form: Form) -> bool:
    """Whether the compiled form is wanted and there."""
    if form == "pure" or (form == "best" and os.environ.get("PILOTWIRE_PURE", "") not in {"", "0"}):
        return False
    try:
        import bsw.exi._core  # noqa: F401, PLC0415 - an optional part
    except ImportError:
        if form == "compiled":
            raise
        return False
    return True
