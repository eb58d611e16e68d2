"""Hypothesis strategies for messages, made from the same declarations as the codec."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from bsw.chrgm.messages.content import START
from bsw.chrgm.messages.kinds import Boolean, Integer, Octets, Text
from bsw.chrgm.messages.model import Message, MessageType, content_of
from bsw.chrgm.messages.specs import ELEMENT, Field, Group, KindOfField
from bsw.exi.schema import SchemaSet

LONGEST = 12
MOST = 3
BIG = 2**500


def documents(schema: SchemaSet) -> st.SearchStrategy[Message]:
    """Any message of a schema set."""
    kinds = [cls for cls in schema.codes if writable(cls)]
    return st.sampled_from(kinds).flatmap(messages)


def writable(cls: MessageType) -> bool:
    """Whether there can be a message of a class: not if it must hold foreign elements."""
    return cls.__model__ != "any+" and cls.__name__ != "SignatureProperties"


@st.composite
def messages(draw: st.DrawFn, cls: MessageType) -> Message:
    """A message of a class, optional parts and choices at random."""
    given: dict[str, Any] = {}
    for field in cls.__fields__:
        if field.role != ELEMENT and (not field.optional or draw(st.booleans())):
            given[field.name] = draw(value(field.kind))
    fields = {field.name: field for field in cls.__fields__}
    content = content_of(cls)
    place = content[START]
    while place.fields:
        names: list[str | None] = [name for name in place.fields if name not in given]
        if place.end:
            names.append(None)
        name = draw(st.sampled_from(names))
        if name is None:
            break
        given[name] = draw(item(fields[name]))
        place = content[name]
    message: Message = cls(**given)
    return message


def item(field: Field) -> st.SearchStrategy[Any]:
    """A value for a field that is present."""
    if field.inline is not None:
        return st.none() | value(field.kind)
    if not field.many:
        return value(field.kind)
    low = max(field.low, 1)
    most = low + MOST if field.high is None else min(field.high, low + MOST)
    return st.lists(value(field.kind), min_size=low, max_size=most).map(tuple)


def value(kind: KindOfField) -> st.SearchStrategy[Any]:
    """A value of a type."""
    if isinstance(kind, Group):
        return st.sampled_from([cls for cls in kind.members.values() if cls]).flatmap(messages)
    if isinstance(kind, MessageType):
        return messages(kind)
    return simple(kind)


def simple(kind: KindOfField) -> st.SearchStrategy[object]:
    """A value of a simple type."""
    if isinstance(kind, Boolean):
        return st.booleans()
    if isinstance(kind, Integer):
        low = -BIG if kind.low is None else kind.low
        return st.integers(low, BIG if kind.high is None else kind.high)
    if isinstance(kind, Text | Octets):
        high = kind.low + LONGEST if kind.high is None else min(kind.high, kind.low + LONGEST)
        if isinstance(kind, Octets):
            return st.binary(min_size=kind.low, max_size=high)
        signs = st.characters(exclude_categories=["Cs"])
        return st.text(signs, min_size=kind.low, max_size=high)
    return st.sampled_from(list(kind))
