"""How a message class declares its fields: elements, attributes, text, and what they may hold.

Knows classes of messages as types alone; what makes a class of these declarations is ``model``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from bsw.chrgm.messages.kinds import Kind, span

if TYPE_CHECKING:
    from bsw.chrgm.messages.model import Message

# What a field holds and what a specifier returns is known to the type checker from the annotation
# in the message class; in here it can be anything.
Value = Any
KindOfField = Any

REQUIRED: Value = object()
LISTED = 6  # more alternatives than this are not named in an error
ATTRIBUTE, ELEMENT, TEXT = "attribute", "element", "text"


class Group:
    """The elements that may stand in one place, by wire name and in the order of their codes.

    A name with None is an abstract head: it owns a code that nobody can use.
    """

    __slots__ = ("classes", "members", "name")

    def __init__(self, name: str, members: Mapping[str, type[Message] | None]) -> None:
        self.name = name
        self.members = members
        self.classes = frozenset(member for member in members.values() if member is not None)

    @property
    def head(self) -> type[Message]:
        """The abstract class that all members descend from."""
        line: tuple[Any, ...] = next(iter(self.classes)).__mro__
        head: type[Message] = next(cls for cls in line if getattr(cls, "__abstract__", False))
        return head


class Element(NamedTuple):
    """A global element of a schema: it has a place in the list of document and fragment codes."""

    wire: str
    ns: str
    kind: KindOfField


class Field:
    """One attribute, child element or text value of a class."""

    __slots__ = ("default", "high", "inline", "kind", "low", "name", "ns", "role", "set", "wire")

    name: str
    set: Callable[[Any, Any], None]

    def __init__(
        self,
        role: str,
        wire: str,
        kind: KindOfField,
        *,
        ns: str | None,
        default: Value = REQUIRED,
        low: int = 1,
        high: int | None = 1,
        inline: type[Message] | None = None,
    ) -> None:
        self.role = role
        self.wire = wire
        self.kind = kind
        self.ns = ns
        self.default = default
        self.low = low
        self.high = high
        self.inline = inline

    def __repr__(self) -> str:
        return f"<{self.role} {self.wire}>"

    def stand_in(self, cls: type) -> None:
        """The class has a slot of this name: ``set`` fills it, past the freeze."""
        self.set = cls.__dict__[self.name].__set__

    @property
    def many(self) -> bool:
        return self.high != 1

    @property
    def optional(self) -> bool:
        return self.default is not REQUIRED

    def problem(self, value: Value) -> str:
        """What is wrong with ``value`` in this place, or an empty text."""
        if value is None and (self.default is None or self.inline is not None):
            return ""
        if not self.many:
            return _problem(self.kind, value)
        if type(value) is not tuple:
            return f"expected tuple, got {type(value).__name__}"
        if len(value) < self.low or (self.high is not None and len(value) > self.high):
            return f"{len(value)} items, allowed {span(self.low, self.high, 'items')}"
        for place, item in enumerate(value):
            if trouble := _problem(self.kind, item):
                return f"item {place}: {trouble}"
        return ""


def _problem(kind: KindOfField, value: Value) -> str:
    if isinstance(kind, Kind):
        return kind.problem(value)
    allowed = kind.classes if isinstance(kind, Group) else (kind,)
    if type(value) in allowed:
        return ""
    names = " or ".join(sorted(cls.__name__ for cls in allowed))
    if len(allowed) > LISTED:
        names = f"one of the classes for {kind.name}"
    return f"expected {names}, got {'nothing' if value is None else type(value).__name__}"


def element(
    wire: str, kind: KindOfField, *, ns: str | None = None, default: Value = REQUIRED
) -> Value:
    """A child element; ``default=None`` makes it optional."""
    return Field(ELEMENT, wire, kind, ns=ns, default=default)


def several(
    wire: str,
    kind: KindOfField,
    low: int,
    high: int | None,
    *,
    ns: str | None = None,
    default: Value = REQUIRED,
) -> Value:
    """A child element that repeats ``low`` to ``high`` times (None: without end)."""
    return Field(ELEMENT, wire, kind, ns=ns, default=default, low=low, high=high)


def attribute(wire: str, kind: KindOfField, *, ns: str = "", default: Value = REQUIRED) -> Value:
    """An XML attribute."""
    return Field(ATTRIBUTE, wire, kind, ns=ns, default=default)


def text(kind: KindOfField) -> Value:
    """The value of an element that has attributes but no children."""
    return Field(TEXT, "", kind, ns="")


def inline(wire: str, kind: type[Message], *, ns: str | None = None) -> Value:
    """A child element whose only content stands in for it (``Body``); None when it is empty."""
    return Field(ELEMENT, wire, kind.__fields__[0].kind, ns=ns, inline=kind)
