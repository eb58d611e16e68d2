"""The smallest valid message of a class, for refusals.

A FAILED response still has to obey the schema ([V2G2-736]); its values mean nothing to the
vehicle.  What is known is given by name, the rest is the least the schema allows.
"""

from collections.abc import Mapping
from enum import EnumMeta
from typing import Any, TypeVar

from bsw.chrgm.messages.content import START
from bsw.chrgm.messages.kinds import Boolean, Integer, Kind, Octets, Text
from bsw.chrgm.messages.model import Message, content_of
from bsw.chrgm.messages.specs import Field, Group

M = TypeVar("M", bound=Message)


def smallest(cls: type[M], **known: object) -> M:
    """An instance of ``cls``; of ``known`` those names are taken that the class has."""
    values = {}
    needed = _needed(cls, known) if cls.__model__ else frozenset()
    for field in cls.__fields__:
        if field.name in known and (field.name in needed or not _modelled(cls, field)):
            values[field.name] = known[field.name]
        elif field.name in needed or (not field.optional and field.low > 0):
            values[field.name] = _least(field)
    return cls(**values)


def _modelled(cls: type[Message], field: Field) -> bool:
    """Whether there may be too much of it: one of several to choose from."""
    return bool(cls.__model__) and field.name in content_of(cls)


def _needed(cls: type[Message], known: Mapping[str, object]) -> frozenset[str]:
    """The fields of the shortest way through a content model; what is known is no detour."""
    content = content_of(cls)

    def way(place: str, been: tuple[str, ...]) -> tuple[str, ...]:
        follow = content[place]
        if follow.end and not any(name in known for name in follow.fields if name not in been):
            return been
        ways = [way(name, (*been, name)) for name in follow.fields if name not in been]
        return min(ways, key=lambda one: sum(1 - 2 * (name in known) for name in one))

    return frozenset(way(START, ()))


def _least(field: Field) -> object:
    one = _least_of(field.kind)
    return (one,) * field.low if field.many else one


def _least_of(kind: Any) -> Any:  # noqa: ANN401 - whatever a field may hold
    if isinstance(kind, Group):
        members = [cls for cls in kind.members.values() if cls is not None]
        return smallest(members[0])
    if isinstance(kind, type) and issubclass(kind, Message):
        return smallest(kind)
    if isinstance(kind, EnumMeta):
        return next(iter(kind))
    return _least_value(kind)


def _least_value(kind: Kind) -> object:
    if isinstance(kind, Integer):
        return max(0, kind.low or 0)
    if isinstance(kind, Text):
        return "0" * kind.low
    if isinstance(kind, Octets):
        return bytes(kind.low)
    assert isinstance(kind, Boolean), f"unknown kind {kind}"
    return False
