"""Hands the grammar tables to the compiled codec, each class when it is first met."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from bsw.chrgm.messages.kinds import Integer, Kind, Octets, Text
from bsw.chrgm.messages.model import Message, MessageType
from bsw.chrgm.messages.specs import ATTRIBUTE, ELEMENT, TEXT, Field, Group, KindOfField
from bsw.exi._core import Codec, Type
from bsw.exi.bits import fixed_values, width
from bsw.exi.grammar import END, After, Grammar, State, grammar
from bsw.exi.schema import Name, SchemaSet

ROLES = {ATTRIBUTE: 0, ELEMENT: 1, TEXT: 2}
BOOLEAN, ENUMERATION, FIXED, UNSIGNED, SIGNED, BIG, STRING, OCTETS, MESSAGE, GROUP, INLINE = range(
    11
)
TAKES_NOT = -1

_TYPES: dict[type, Type] = {}


def type_of(cls: type[Message]) -> Type:
    """The tables of a class, handed over at the first call."""
    known = _TYPES.get(cls)
    if known is None:
        known = _TYPES[cls] = _Tables(grammar(cls)).made()
    return known


class _Tables:
    """One grammar in the form that the compiled codec wants."""

    def __init__(self, table: Grammar) -> None:
        self._table = table
        self._states: list[State] = [table.start]

    def made(self) -> Type:
        """The grammar as a ``Type``."""
        table = self._table
        fields = tuple(
            self._field(field, after)
            for field, after in zip(table.fields, table.after, strict=True)
        )
        states = tuple((state.width, _productions(state)) for state in self._states)
        return Type(table.cls, type_of, fields, states)

    def _field(self, field: Field, after: After) -> tuple[object, ...]:
        coding = _coding(field)
        owner = next(cls for cls in self._table.cls.__mro__ if field.name in vars(cls))
        return (
            vars(owner)[field.name],
            ROLES[field.role],
            *coding[:4],
            field.many,
            field.low,
            -1 if field.high is None else field.high,
            field.default if field.optional else None,
            coding.values,
            coding.inner,
            tuple(self._number(state) for state in after),
        )

    def _number(self, state: State) -> int:
        for number, known in enumerate(self._states):
            if known is state:
                return number
        self._states.append(state)
        return len(self._states) - 1


class _Coding(NamedTuple):
    """How the compiled codec reads and writes a value."""

    op: int
    width: int = 0
    low: int = 0
    high: int = 0
    values: tuple[Any, ...] = ()
    inner: Type | None = None


def _coding(field: Field) -> _Coding:
    if field.inline is not None:
        return _Coding(INLINE, inner=type_of(field.inline))
    kind = field.kind
    if isinstance(kind, Group):
        return _Coding(GROUP, values=tuple(kind.members.values()))
    if isinstance(kind, type) and issubclass(kind, Message):
        return _Coding(MESSAGE, inner=type_of(kind))
    return _simple(kind)


def _simple(kind: KindOfField) -> _Coding:
    values = fixed_values(kind)
    if not isinstance(kind, Kind):
        members = tuple(kind)
        return _Coding(ENUMERATION, width(len(members)), values=members)
    if isinstance(kind, Integer):
        return _integer(kind, 0 if values is None else width(len(values)))
    if isinstance(kind, Text | Octets):
        op = STRING if isinstance(kind, Text) else OCTETS
        return _Coding(op, low=kind.low, high=-1 if kind.high is None else kind.high)
    return _Coding(BOOLEAN, 1)


def _integer(kind: Integer, size: int) -> _Coding:
    if kind.low is None or kind.high is None:
        return _Coding(BIG)
    op = FIXED if size else UNSIGNED if kind.low >= 0 else SIGNED
    return _Coding(op, size, kind.low, kind.high)


def _productions(state: State) -> tuple[tuple[int, int], ...]:
    found = []
    members: dict[int, int] = {}
    for production in state.productions:
        if production.field >= 0:
            member = members.get(production.field, 0)
            members[production.field] = member + 1
            found.append((production.field, member))
        else:
            found.append((END if production.field == END else TAKES_NOT, 0))
    return tuple(found)


class CoreCodec:
    """The compiled counterpart of ``PureCodec``."""

    def __init__(
        self,
        schema: SchemaSet,
        decode: Callable[[Any], Message],
        encode: Callable[[Message], bytes],
        most: int,
    ) -> None:
        self._schema = schema
        self._most = most
        classes = tuple(_readable([element.kind]) for element in schema.elements)
        size = len(schema.elements).bit_length()
        self._documents = Codec(classes, size, -1, most, type_of, decode, encode)
        self._fragments: Codec | None = None
        self._names: tuple[Name, ...] = ()
        self.decode = self._documents.decode
        self.encode = self._documents.encode

    def attempt(self, data: bytes) -> Message | None:
        """The message, or None when the careful way is needed."""
        found = self._documents.attempt(data)
        return None if found is None else found[1]

    def decode_fragment(self, data: bytes) -> tuple[Name, Any] | None:
        """The name and message of a fragment, or None."""
        found = self._named().attempt(data)
        return None if found is None else (self._names[found[0]], found[1])

    def encode_fragment(self, name: Name, value: Message) -> bytes | None:
        """The octets of a fragment, or None."""
        codec = self._named()
        return codec.encode_as(self._names.index(name), value)

    def _named(self) -> Codec:
        if self._fragments is None:
            names = self._schema.names
            self._names = tuple(names)
            classes = tuple(_readable(kinds) for kinds in names.values())
            size, end = (len(names) + 1).bit_length(), len(names) + 1
            never: Any = None
            self._fragments = Codec(classes, size, end, self._most, type_of, never, never)
        return self._fragments


def _readable(kinds: list[object]) -> type | None:
    """The class that the quick codec reads under a name, if there is just one."""
    only = kinds[0] if len(kinds) == 1 else None
    return only if isinstance(only, MessageType) and not only.__abstract__ else None
