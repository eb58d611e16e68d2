"""The smallest valid message of a class, for refusals.

A FAILED response still has to obey the schema ([V2G2-736]); its values mean nothing to the
vehicle.  What is known is given by name, the rest is the least the schema allows.
"""

from enum import EnumMeta
from typing import Any, TypeVar

from bsw.chrgm.messages.kinds import Boolean, Integer, Kind, Octets, Text
from bsw.chrgm.messages.model import Field, Group, Message

M = TypeVar("M", bound=Message)


def smallest(cls: type[M], **known: object) -> M:
    """An instance of ``cls``; of ``known`` those names are taken that the class has."""
    values = {}
    for field in cls.__fields__:
        if field.name in known:
            values[field.name] = known[field.name]
        elif not field.optional and field.low > 0:
            values[field.name] = _least(field)
    return cls(**values)


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
