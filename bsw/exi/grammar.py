"""Grammar tables: which events are possible where, and how many bits tell them apart.

Compiled from the message classes alone, one table per class, when the class is first met.  A state
lists its first-level productions in the order of their codes; one more code, the escape, always
follows, so a state of ``n`` productions takes ``n.bit_length()`` bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bsw.chrgm.messages.content import START, Content, Follow
from bsw.chrgm.messages.model import Message, MessageType, content_of, fields_on_the_wire
from bsw.chrgm.messages.specs import ATTRIBUTE, TEXT, Field, Group, KindOfField

# What a production does when it is not the start of a field.
FOREIGN, END, UNTYPED = -1, -2, -3
LISTED = 6  # a refusal names no more events than this


class Production(NamedTuple):
    """One event: the start of field ``field`` as element ``wire``, or one of the signs above.

    ``kind`` is the class or simple type that follows, None behind an abstract head.
    """

    field: int
    wire: str = ""
    ns: str = ""
    kind: KindOfField = None


class State(NamedTuple):
    """A place between two events."""

    productions: tuple[Production, ...]
    width: int
    fresh: bool  # nothing of the element was read yet
    begun: bool  # child elements have begun

    @property
    def closable(self) -> bool:
        return any(production.field == END for production in self.productions)

    def __str__(self) -> str:
        """The possible events in words, as a refusal lists them."""
        words = []
        for production in self.productions:
            if production.field == END:
                words.append("the end")
            elif production.field >= 0:
                words.append(production.wire or "a value")
        if len(words) > LISTED:
            words[LISTED - 1 :] = [f"{len(words) - LISTED + 1} others"]
        return " or ".join(words)

    def code(self, number: int) -> str:
        """The bits of production ``number``; the escape is the number after the last."""
        return format(number, f"0{self.width}b") if self.width else ""


class After(NamedTuple):
    """The state after a field: below its least count, between, and at its greatest."""

    below: State
    open: State
    full: State

    def of(self, count: int, field: Field) -> State:
        """The state after ``count`` items of a field that repeats."""
        if count < field.low:
            return self.below
        return self.open if field.high is None or count < field.high else self.full


class Grammar:
    """The states of one class.

    ``fields`` are in the order of the wire.  ``start`` is the state before anything was read,
    ``after[number]`` what follows a field; a field that does not repeat has only ``full``.
    """

    __slots__ = ("after", "cls", "fields", "start")

    def __init__(self, cls: MessageType) -> None:
        self.cls = cls
        self.fields = fields_on_the_wire(cls)
        content = content_of(cls)
        builder = _Builder(self.fields, content, mixed=cls.__mixed__)
        self.start = builder.start()
        self.after = [builder.after(number) for number in range(len(self.fields))]

    def states(self) -> Iterator[State]:
        yield self.start
        for after in self.after:
            yield from after


class _Builder:
    def __init__(self, fields: tuple[Field, ...], content: Content, *, mixed: bool) -> None:
        self._fields = fields
        self._content = content
        self._mixed = mixed
        self._numbers = {field.name: number for number, field in enumerate(fields)}
        self._attributes = sum(field.role == ATTRIBUTE for field in fields)

    def start(self) -> State:
        return self._attributes_from(0, fresh=True)

    def after(self, number: int) -> After:
        field = self._fields[number]
        if field.role == ATTRIBUTE:
            state = self._attributes_from(number + 1, fresh=False)
            return After(state, state, state)
        if field.role == TEXT:
            state = _state([Production(END)], fresh=False, begun=True)
            return After(state, state, state)
        follow = self._content[field.name]
        full = self._children(follow, [], begun=True)
        if not field.many:
            return After(full, full, full)
        again = list(self._events(number))
        others = follow._replace(fields=tuple(name for name in follow.fields if name != field.name))
        opened = self._children(others, again, begun=True)
        below = _state(again, fresh=False, begun=True) if field.low > 1 else opened
        return After(below, opened, full)

    def _attributes_from(self, number: int, *, fresh: bool) -> State:
        """The remaining attributes up to a required one; if there is none, the content as well."""
        events: list[Production] = []
        for place in range(number, self._attributes):
            events += self._events(place)
            if not self._fields[place].optional:
                return _state(events, fresh=fresh, begun=False)
        if len(self._fields) > self._attributes and self._fields[-1].role == TEXT:
            events.append(Production(len(self._fields) - 1, kind=self._fields[-1].kind))
            return _state(events, fresh=fresh, begun=False)
        return self._children(self._content[START], events, begun=False, fresh=fresh)

    def _children(
        self, follow: Follow, events: list[Production], *, begun: bool, fresh: bool = False
    ) -> State:
        events = list(events)
        for name in follow.fields:
            events += self._events(self._numbers[name])
        if follow.any:
            events.append(Production(FOREIGN))
        if follow.end:
            events.append(Production(END))
        if self._mixed:
            events.append(Production(UNTYPED))
        return _state(events, fresh=fresh, begun=begun)

    def _events(self, number: int) -> Iterator[Production]:
        field = self._fields[number]
        ns = field.ns or ""
        if isinstance(field.kind, Group) and field.inline is None:
            for wire, cls in field.kind.members.items():
                yield Production(number, wire, cls.__ns__ if cls else ns, cls)
        else:
            yield Production(number, field.wire, ns, field.inline or field.kind)


def _state(events: list[Production], *, fresh: bool, begun: bool) -> State:
    return State(tuple(events), len(events).bit_length(), fresh, begun)


_GRAMMARS: dict[type[Message], Grammar] = {}


def grammar(cls: type[Message]) -> Grammar:
    """The table of a class, compiled at the first call."""
    known = _GRAMMARS.get(cls)
    if known is None:
        known = _GRAMMARS[cls] = Grammar(cls)
    return known
