"""What a message class is: frozen, slotted, keyword-only, checked when it is made.

A class declares its fields in schema order::

    class CableCheckRes(BodyBase, ns=BODY, wire="CableCheckResType"):
        response_code: ResponseCode = element("ResponseCode", ResponseCode)
        dc_evse_status: DCEVSEStatus = element("DC_EVSEStatus", DCEVSEStatus)

That one declaration feeds the EXI grammar, the range checks, the XML and JSON views and the test
generators.  The constructor is written when a class is first used, so that a protocol whose
messages are only imported costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from bsw.chrgm.messages.construct import constructor
from bsw.chrgm.messages.content import START, Content, parse, sequence
from bsw.chrgm.messages.kinds import Kind, MessageError, WireEnum
from bsw.chrgm.messages.specs import (
    ATTRIBUTE,
    ELEMENT,
    Element,
    Field,
    Group,
    Value,
    attribute,
    element,
    inline,
    several,
    text,
)

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[type], type]:
        return lambda cls: cls


__all__ = [
    "Element",
    "Field",
    "Group",
    "Kind",
    "Message",
    "MessageError",
    "WireEnum",
    "attribute",
    "element",
    "inline",
    "several",
    "text",
]

M = TypeVar("M", bound="Message")


def _first_init(self: Message, **values: Value) -> None:
    """Write the constructor of this class, put it in place, and run it."""
    cls: Any = type(self)
    cls.__init__ = constructor(cls, misplaced)
    cls.__init__(self, **values)


class MessageType(type):
    """Turns field declarations into slots."""

    __fields__: tuple[Field, ...]
    __model__: str
    __ns__: str
    __wire__: str
    __abstract__: bool
    __mixed__: bool

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        space: dict[str, object],
        *,
        ns: str = "",
        wire: str = "",
        abstract: bool = False,
        mixed: bool = False,
        model: str = "",
    ) -> MessageType:
        own = [(key, value) for key, value in space.items() if type(value) is Field]
        for key, field in own:
            del space[key]
            field.name = key
            if field.ns is None:
                field.ns = ns
        space["__slots__"] = tuple(key for key, _ in own)
        space["__init__"] = _first_init
        cls = super().__new__(mcs, name, bases, space)
        for _, field in own:
            field.stand_in(cls)
        base = next((base for base in bases if isinstance(base, MessageType)), None)
        inherited = base.__fields__ if base else ()
        cls.__fields__ = (*inherited, *(field for _, field in own))
        cls.__model__ = ""
        if model or (base and base.__model__):
            before = base.__model__ if base else ""
            whole = f"{before or _plain(inherited)} {model or _plain(f for _, f in own)}"
            cls.__model__ = whole.strip()
        cls.__ns__ = ns
        cls.__wire__ = wire
        cls.__abstract__ = abstract
        cls.__mixed__ = mixed
        return cls


def fields_on_the_wire(cls: MessageType) -> tuple[Field, ...]:
    """Attributes by local name, then namespace; then elements in schema order."""
    attributes = [field for field in cls.__fields__ if field.role == ATTRIBUTE]
    rest = [field for field in cls.__fields__ if field.role != ATTRIBUTE]
    return (*sorted(attributes, key=lambda field: (field.wire, field.ns)), *rest)


def content_of(cls: MessageType) -> Content:
    """What may follow what among the child elements of a class."""
    if cls.__model__:
        return parse(cls.__model__)
    children = [field for field in cls.__fields__ if field.role == ELEMENT]
    return sequence([(field.name, field.optional or field.low == 0) for field in children])


def _plain(fields: Iterable[Field]) -> str:
    """The model of a plain sequence of fields."""
    return " ".join(
        f"{f.name}{'?' * (f.optional or f.low == 0)}" for f in fields if f.role == ELEMENT
    )


@dataclass_transform(
    eq_default=True,
    kw_only_default=True,
    frozen_default=True,
    field_specifiers=(element, several, attribute, text, inline),
)
class Message(metaclass=MessageType):
    """Base of all messages and of their parts.  Equal by value, hashable, cannot be changed."""

    __fields__: ClassVar[tuple[Field, ...]] = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen; use replace({name}=...)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self is other or values(self) == values(other)

    def __hash__(self) -> int:
        return hash((type(self), values(self)))

    def __repr__(self) -> str:
        parts = [
            f"{field.name}={value!r}"
            for field, value in zip(type(self).__fields__, values(self), strict=True)
            if not field.optional or value != field.default
        ]
        return f"{type(self).__name__}({', '.join(parts)})"

    def __reduce__(self) -> tuple[object, ...]:
        return assemble, (type(self), *values(self))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self

    def replace(self, **changes: Value) -> Self:
        """A copy with some fields changed, checked like a new one."""
        current = {
            field.name: value
            for field, value in zip(type(self).__fields__, values(self), strict=True)
        }
        return type(self)(**(current | changes))

    __replace__ = replace


def values(message: Message) -> tuple[Any, ...]:
    """The values of all fields, in the order of ``__fields__``."""
    cls: Any = type(message)
    try:
        getter = _GETTERS[cls]
    except KeyError:
        getter = _GETTERS[cls] = _getter([field.name for field in cls.__fields__])
    return getter(message)


def _getter(names: list[str]) -> Callable[[object], tuple[object, ...]]:
    if not names:
        return lambda _: ()
    if len(names) == 1:
        only = attrgetter(names[0])
        return lambda message: (only(message),)
    return attrgetter(*names)


_GETTERS: dict[type, Callable[[Any], tuple[Any, ...]]] = {}


def assemble(cls: type[M], *parts: Value) -> M:
    """An instance from values in the order of ``__fields__``, without any check.

    For decoders, which have checked already, and for tests that need a wrong message.
    """
    message: M = object.__new__(cls)
    for field, part in zip(cls.__fields__, parts, strict=True):
        field.set(message, part)
    return message


def problems(message: Message) -> Iterable[str]:
    """Everything the schema has against this message, each with the path to the field."""
    cls = type(message)
    for field, value in zip(cls.__fields__, values(message), strict=True):
        if trouble := field.problem(value):
            yield f"{cls.__name__}.{field.name}: {trouble}"
            continue
        for part in value if field.many else (value,):
            if isinstance(part, Message):
                yield from problems(part)
    if trouble := misplaced(message):
        yield f"{cls.__name__}: {trouble}"


def misplaced(message: Message) -> str:
    """Which alternatives of a choice are missing or excess, or an empty text."""
    cls: Any = type(message)
    if not cls.__model__:
        return ""
    content = content_of(cls)
    place = content[START]
    for field in cls.__fields__:
        value = getattr(message, field.name)
        if field.role != ELEMENT or value is None or (field.many and not value):
            continue
        if field.name not in place.fields:
            return (
                f"{field.name} cannot stand here, possible: {', '.join(place.fields) or 'nothing'}"
            )
        place = content[field.name]
    return "" if place.end else f"one of {', '.join(place.fields)} is missing"
