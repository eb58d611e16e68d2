"""Writes the constructor of a message class: one test and one store per field, nothing else.

Written out and compiled once per class, it takes half the time of a loop over the fields and gives
the usual Python error for a missing or misspelt argument.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bsw.chrgm.messages.kinds import Kind, MessageError
from bsw.chrgm.messages.specs import Field, Group, KindOfField, Value

if TYPE_CHECKING:
    from bsw.chrgm.messages.model import Message, MessageType


def constructor(cls: MessageType, misplaced: Callable[[Message], str]) -> Callable[..., None]:
    """``__init__`` for ``cls``; ``misplaced`` says what is wrong with a choice."""
    space: dict[str, Any] = {"type_": type, "len_": len, "all_": all}
    space |= {"refuse_": refuse, "misplaced_": misplaced, "complain_": complain}
    arguments = ["self"]
    body = []
    if cls.__abstract__:
        body.append("    complain_(self, 'is abstract: use one of its descendants')")
    for place, field in enumerate(cls.__fields__):
        space[f"default{place}"] = field.default
        space[f"field{place}"] = field
        space[f"set{place}"] = field.set
        arguments += [] if place else ["*"]
        arguments.append(f"{field.name}=default{place}" if field.optional else field.name)
        body += _store(field, place, space)
    if cls.__model__:
        body += ["    trouble_ = misplaced_(self)", "    if trouble_: complain_(self, trouble_)"]
    source = "\n".join([f"def __init__({', '.join(arguments)}):", *(body or ["    pass"])])
    exec(source, space)  # noqa: S102 - our own text, made of the names in our own classes
    made: Callable[..., None] = space["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _store(field: Field, place: int, space: dict[str, object]) -> list[str]:
    name = field.name
    if field.many:
        test = f"type_({name}) is tuple and {_count(field, name)}"
        item = _guard(field.kind, "item_", place, space)
        test = f"{test} and all_([{item} for item_ in {name}])"
    else:
        test = _guard(field.kind, name, place, space)
    if field.default is None or field.inline is not None:
        test = f"{name} is None or {test}"
    return [
        f"    if not ({test}): {name} = refuse_(self, field{place}, {name})",
        f"    set{place}(self, {name})",
    ]


def _count(field: Field, name: str) -> str:
    return f"{field.low} <= len_({name})" + ("" if field.high is None else f" <= {field.high}")


def _guard(kind: KindOfField, name: str, place: int, space: dict[str, object]) -> str:
    if isinstance(kind, Kind):
        return kind.guard(name)
    if isinstance(kind, Group):
        space[f"kind{place}"] = kind.classes
        return f"type_({name}) in kind{place}"
    space[f"kind{place}"] = kind
    return f"type_({name}) is kind{place}"


def refuse(message: Message, field: Field, value: Value) -> Value:
    """The careful test behind the quick one: a list becomes a tuple, the rest is an error."""
    if field.many and isinstance(value, list):
        value = tuple(value)
    if trouble := field.problem(value):
        raise MessageError(f"{type(message).__name__}.{field.name}: {trouble}")
    return value


def complain(message: Message, trouble: str) -> None:
    raise MessageError(f"{type(message).__name__} {trouble}")
