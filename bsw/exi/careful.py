"""The careful decoder: walks the grammar event by event and knows at each bit where it is.

It decides what is a message and what is not, and words every refusal.  The quick decoders read
what peers normally send; whenever they meet anything else, this one reads the octets again from
the start.  It alone knows string-table hits, second-level events and the tolerances.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bsw.chrgm.messages.kinds import Kind, Octets, Text
from bsw.chrgm.messages.model import Message, assemble, misplaced
from bsw.chrgm.messages.specs import TEXT, Field, Group, KindOfField, Value
from bsw.exi.errors import CONFORMANCE, DecodeError, Tolerance
from bsw.exi.grammar import END, FOREIGN, After, Grammar, Production, State, grammar
from bsw.exi.names import QNames
from bsw.exi.relaxed import relaxed_content
from bsw.exi.schema import Name, SchemaSet
from bsw.exi.values import ValueReader

HEADER = 0x80
COOKIE = b"$EXI"
SCHEDULES = "SASchedules"
OTHER_VERSIONS = {0x81: "final version 2", 0x90: "preview version 1"}

# Second-level events after the escape, EE left out where it is on the first level.
FRESH = ("EE", "AT(xsi:type)", "AT(xsi:nil)", "AT(*)", "AT(untyped)", "SE(*)", "CH")
STARTED = ("EE", "AT(*)", "AT(untyped)", "SE(*)", "CH")
BEGUN = ("EE", "SE(*)", "CH")

Wide = Callable[[int | None], bool]


class Fragment(NamedTuple):
    """An element on its own: its name and the message or simple value that it holds."""

    name: str
    ns: str
    value: Value


class _Empty:
    """Stands for a value that a second-level end event says is empty."""


EMPTY = _Empty()


def narrow(_: int | None) -> bool:
    """No list ends with a wider code than the schema says."""
    return False


class CarefulDecoder:
    """Decodes one stream, once."""

    def __init__(
        self,
        schema: SchemaSet,
        data: bytes,
        tolerance: Tolerance = CONFORMANCE,
        *,
        wide: Wide = narrow,
        relaxed: bool = True,
        swapped: Mapping[str, str] | None = None,
    ) -> None:
        self._schema = schema
        self._data = data
        self._tolerance = tolerance
        self._wide = wide
        self._relaxed = relaxed
        self._swapped = swapped or {}
        self._qnames: QNames | None = None
        self._reader = ValueReader(data, tolerance)
        self.notes = self._reader.notes

    # The outermost level.

    def document(self) -> Message:
        """A document: one global element."""
        self._header()
        elements = self._schema.elements
        code = self._reader.code(len(elements), len(elements).bit_length(), "a document element")
        element = elements[code]
        if element.wire in self._swapped:
            other = self._swapped[element.wire]
            self.notes.append(f"{other} came with the code of {element.wire}")
            element = next(item for item in elements if item.wire == other)
        self._reader.path.append(element.wire)
        cls = element.kind
        if not isinstance(cls, type) or not issubclass(cls, Message):
            raise self._reader.error("a message", f"the element {element.wire}", 8)
        message: Message = self._element(cls, Name(element.wire, element.ns))
        self._finish(zeros=self._tolerance.trailing_zeros)
        return message

    def fragment(self) -> Fragment:
        """A fragment: any element, then the end code."""
        self._header()
        names = list(self._schema.names)
        width = (len(names) + 1).bit_length()
        name = names[self._reader.code(len(names), width, "an element name")]
        self._reader.path.append(name.wire)
        kinds = self._schema.names[name]
        if not kinds:
            raise self._reader.error("an element with content", f"the abstract {name.wire}", 8)
        if len(kinds) > 1 and self._relaxed:
            value = relaxed_content(self._reader, self._schema, name, kinds)
        else:
            if len(kinds) > 1:
                self.notes.append(f"{name.wire} came in the grammar of its type")
            value = self._value(next((k for k in kinds if isinstance(k, type)), kinds[0]), name)
        position = self._reader.position
        end = self._reader.bits(width, "the end of the fragment")
        if end != len(names) + 1:
            expected = f"the end of the fragment ({len(names) + 1})"
            raise self._reader.error(expected, f"code {end}", position)
        self._finish()
        return Fragment(name.wire, name.ns, value)

    def _header(self) -> None:
        reader = self._reader
        reader.path = []
        if self._tolerance.other_headers and reader.end >= 32:
            if reader.bits(32, "a header") == int.from_bytes(COOKIE, "big"):
                self.notes.append("the stream begins with the cookie $EXI")
            else:
                reader.position = 0
        position = reader.position
        header = reader.bits(8, f"the EXI header {HEADER:#x}")
        if header in OTHER_VERSIONS and self._tolerance.other_headers:
            self.notes.append(f"the header {header:#x} names {OTHER_VERSIONS[header]}")
        elif header != HEADER:
            raise reader.error(f"the EXI header {HEADER:#x}", f"{header:#x}", position)

    def _finish(self, *, zeros: bool = False) -> None:
        reader = self._reader
        left = reader.end - reader.position
        if left > 7:
            reader.path = []
            surplus = self._data[-(left // 8) :]
            if not (self._tolerance.trailing or (zeros and not any(surplus))):
                raise reader.error("the end of the data", f"{len(surplus)} more octets")
            self.notes.append(f"{len(surplus)} octets follow the message")

    # Elements.

    def _value(self, kind: KindOfField, name: Name) -> Value:
        """The content of an element whose start was just read, with its end."""
        if isinstance(kind, type) and issubclass(kind, Message):
            return self._element(kind, name)
        return self._simple(kind, name)

    def _element(self, cls: type[Message], name: Name) -> Value:
        table = grammar(cls)
        values: dict[str, Any] = {}
        state = table.start
        while True:
            position = self._reader.position
            number = self._event(state, table)
            production = Production(END) if number is EMPTY else state.productions[number]
            if production.field == END:
                break
            if production.field < 0:
                what = (
                    "foreign elements" if production.field == FOREIGN else "text between elements"
                )
                raise self._reader.error(state, f"{what}, which V2G does not use", position)
            state = self._field(table, production, values, name, position)
        if number is EMPTY:
            self._empty_text(table, values, name)
        return self._assembled(cls, values)

    def _assembled(self, cls: type[Message], values: dict[str, Any]) -> Message:
        parts = [
            tuple(values[field.name])
            if field.many and field.name in values
            # What the grammar let pass as absent has a default.
            else values.get(field.name, field.default)
            for field in cls.__fields__
        ]
        message = assemble(cls, *parts)
        if trouble := misplaced(message):
            raise self._reader.error("another content", trouble)
        return message

    def _field(
        self,
        table: Grammar,
        production: Production,
        values: dict[str, Any],
        name: Name,
        position: int,
    ) -> State:
        """Read one field; the state that follows."""
        field = table.fields[production.field]
        if field.role == TEXT:
            values[field.name] = self._reader.simple(field.kind, name)
            return table.after[production.field].full
        items: list[Any] = values.setdefault(field.name, []) if field.many else []
        count = len(items) + 1
        after = table.after[production.field]
        step = f"{'@' * (field.role == 'attribute')}{production.wire}"
        self._reader.path.append(f"{step}[{count}]" if field.many else step)
        if field.many and field.high is not None and count > field.high:
            raise self._reader.error("the end of a full list", "one more item", position)
        value = self._field_value(field, production, position)
        self._reader.path.pop()
        if not field.many:
            values[field.name] = value
            return after.full
        items.append(value)
        return self._after_item(field, after, count)

    def _after_item(self, field: Field, after: After, count: int) -> State:
        if count == field.high and self._wide(field.high):
            self._reader.note("is full and ends like another list")
            return after.open
        return after.of(count, field)

    def _field_value(self, field: Field, production: Production, position: int) -> Value:
        name = Name(production.wire, production.ns)
        if field.role == "attribute":
            return self._reader.simple(field.kind, name)
        if field.inline is not None:
            inner = self._element(field.inline, name)
            return getattr(inner, field.inline.__fields__[0].name)
        if production.kind is None:
            return self._abstract(field.kind, production, position)
        return self._value(production.kind, name)

    def _abstract(self, group: Group, production: Production, position: int) -> Message:
        """An abstract head: only ``xsi:type`` can say which member is meant.

        Where that is tolerated, empty schedules stay what was sent: an instance of the head.
        """
        reader = self._reader
        expected = " or ".join(wire for wire, cls in group.members.items() if cls is not None)
        escape = reader.bits(1, "the content of an abstract element")
        if not escape and group.name == SCHEDULES and self._tolerance.empty_schedules:
            reader.note("is abstract and empty")
            return assemble(group.head)
        if not escape or reader.bits(3, "a second-level event") != 0:
            raise reader.error(expected, f"the abstract {production.wire}", position)
        named = self._type_name()
        for cls in group.classes:
            if (cls.__wire__, cls.__ns__) == named:
                self.notes.append(f"{production.wire} with xsi:type {named.wire}")
                message: Message = self._element(cls, Name(production.wire, production.ns))
                return message
        raise reader.error(expected, f"xsi:type {named.wire}", position)

    # Events.

    def _event(self, state: State, table: Grammar) -> Value:
        """The number of the next production, or ``EMPTY``."""
        position = self._reader.position
        while True:
            code = self._reader.bits(state.width, state)
            if code < len(state.productions):
                return code
            if code > len(state.productions):
                raise self._reader.error(state, f"code {code}", position)
            event = self._second_level(state, position)
            if event == "EE" and table.fields and table.fields[-1].role == TEXT:
                return EMPTY
            if event == "AT(xsi:type)":
                cls = table.cls
                self._expect_type(Name(cls.__wire__, cls.__ns__), position)
            elif event == "AT(xsi:nil)":
                self._expect_not_nil(position)
            else:
                raise self._reader.error(state, f"second-level {event}", position)

    def _second_level(self, state: State, position: int) -> str:
        events: tuple[str, ...] = FRESH if state.fresh else BEGUN if state.begun else STARTED
        if state.closable:
            events = events[1:]
        code = self._reader.bits((len(events) - 1).bit_length(), "a second-level event")
        if code >= len(events):
            raise self._reader.error(state, f"second-level code {code}", position)
        return events[code]

    def _expect_type(self, declared: Name, position: int) -> None:
        named = self._type_name()
        if named != declared:
            found = f"xsi:type {named.wire}"
            raise self._reader.error(f"no type but {declared.wire}", found, position)
        self._reader.note("says its type")

    def _expect_not_nil(self, position: int) -> None:
        if self._reader.bits(1, "xsi:nil"):
            raise self._reader.error("an element with a value", "xsi:nil", position)
        self._reader.note("says that it is not nil")

    def _type_name(self) -> Name:
        if self._qnames is None:
            self._qnames = QNames(self._schema)
        return self._qnames.read(self._reader)

    # Values.

    def _simple(self, kind: KindOfField, name: Name) -> Value:
        """An element with a simple type: its start is behind us, its end is read."""
        reader = self._reader
        while True:
            position = reader.position
            if not reader.bits(1, "a value"):
                break
            event = _at(FRESH, reader.bits(3, "a second-level event"))
            if event == "EE" and isinstance(kind, Text | Octets):
                return self._reader.sized(kind, "" if isinstance(kind, Text) else b"", position)
            if event == "AT(xsi:nil)":
                self._expect_not_nil(position)
            elif event == "AT(xsi:type)":
                self._simple_type(kind, position)
            else:
                raise reader.error("a value", f"second-level {event}", position)
        value = self._reader.simple(kind, name)
        position = reader.position
        if reader.bits(1, f"the end of {name.wire}"):
            raise reader.error(f"the end of {name.wire}", "a second-level event", position)
        return value

    def _simple_type(self, kind: KindOfField, position: int) -> None:
        named = self._type_name()
        wire = kind.name if isinstance(kind, Kind) else kind.__wire__
        if named.wire != wire:
            raise self._reader.error(f"no type but {wire}", f"xsi:type {named.wire}", position)
        self._reader.note("says its type")

    def _empty_text(self, table: Grammar, values: dict[str, object], name: Name) -> None:
        field = table.fields[-1]
        position = self._reader.position
        if not isinstance(field.kind, Text | Octets):
            raise self._reader.error(f"a value of {name.wire}", "second-level EE", position)
        empty: Any = "" if isinstance(field.kind, Text) else b""
        values[field.name] = self._reader.sized(field.kind, empty, position)


def _at(events: tuple[str, ...], code: int) -> str:
    return events[code] if code < len(events) else f"code {code}"


__all__ = ["CarefulDecoder", "DecodeError", "Fragment", "narrow"]
