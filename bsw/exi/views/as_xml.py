"""The XML view.

Canonical: namespaces are declared once, on the root, with prefixes made of the capitals of their
last part (``MsgBody`` is ``mb``); attributes and children stand in the order of the wire; values
are in their canonical lexical form.  Reading accepts any prefixes and any white space between
elements, and checks everything that a constructor checks.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

from bsw.chrgm.messages.kinds import MessageError
from bsw.chrgm.messages.model import Message, assemble
from bsw.chrgm.messages.specs import ATTRIBUTE, TEXT, Field, Group, KindOfField, Value
from bsw.exi.careful import Fragment
from bsw.exi.grammar import END, Grammar, Production, State, grammar
from bsw.exi.names import XSI
from bsw.exi.schema import Name, SchemaSet
from bsw.exi.views.names import member_name, one_of
from bsw.exi.views.values import ViewError, from_text, refuse, to_text

# Characters that XML 1.0 has no way to write.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
REFERENCES = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;", '"': "&quot;"}


def to_xml(schema: SchemaSet, shown: Message | Fragment, *, indent: int | None = None) -> str:
    """The XML of a message, or of a fragment with its own name."""
    if isinstance(shown, Fragment):
        name, value = Name(shown.name, shown.ns), shown.value
    else:
        code = schema.codes.get(type(shown))
        if code is None:
            raise ViewError(f"{type(shown).__name__} is no document element of {schema.name}")
        element = schema.elements[code]
        name, value = Name(element.wire, element.ns), shown
    writer = _Writer(indent)
    kinds = schema.names.get(name, [None])
    writer.element(name, one_of(kinds, message=isinstance(value, Message)), value, 0)
    return writer.text()


class _Writer:
    def __init__(self, indent: int | None) -> None:
        self._indent = indent
        self._parts: list[str] = []
        self._prefixes: dict[str, str] = {}

    def text(self) -> str:
        """Everything written, with the namespaces declared on the root."""
        declared = "".join(f' xmlns:{prefix}="{ns}"' for ns, prefix in self._prefixes.items())
        root = self._parts[0]
        end = re.search(r"[ />]", root)
        place = end.start() if end else len(root)
        return "".join([root[:place] + declared + root[place:], *self._parts[1:]])

    def element(self, name: Name, kind: KindOfField, value: Value, depth: int) -> None:
        tag = self._tag(name)
        self._line(depth)
        if not isinstance(value, Message):
            self._simple(tag, "", to_text(kind, value))
            return
        table = grammar(type(value))
        attributes = ""
        text: str | None = None
        children = []
        for field in table.fields:
            item = getattr(value, field.name)
            if field.role == ATTRIBUTE and item is not None:
                quoted = _escaped(to_text(field.kind, item), quoted=True)
                attributes += f' {self._tag(Name(field.wire, field.ns or ""))}="{quoted}"'
            elif field.role == TEXT:
                text = to_text(field.kind, item)
            elif field.role != ATTRIBUTE:
                children += list(items(field, item))
        if text is not None or not children:
            self._simple(tag, attributes, text or "")
            return
        self._parts.append(f"<{tag}{attributes}>")
        for child, child_kind, child_value in children:
            self.element(child, child_kind, child_value, depth + 1)
        self._line(depth)
        self._parts.append(f"</{tag}>")

    def _simple(self, tag: str, attributes: str, text: str) -> None:
        end = f">{_escaped(text)}</{tag}>" if text else "/>"
        self._parts.append(f"<{tag}{attributes}{end}")

    def _line(self, depth: int) -> None:
        if self._indent is not None and self._parts:
            self._parts.append("\n" + " " * (self._indent * depth))

    def _tag(self, name: Name) -> str:
        if not name.ns:
            return name.wire
        prefix = self._prefixes.get(name.ns)
        if prefix is None:
            prefix = self._prefixes[name.ns] = _prefix(name.ns)
        return f"{prefix}:{name.wire}"


def _prefix(ns: str) -> str:
    last = ns.rstrip("#").rpartition("/")[2].rpartition(":")[2]
    return "ds" if last == "xmldsig" else "".join(filter(str.isupper, last)).lower() or "ns"


def _escaped(text: str, *, quoted: bool = False) -> str:
    if found := UNWRITABLE.search(text):
        raise ViewError(f"XML cannot show the character {ord(found[0]):#x}; use the JSON view")
    return escape(text, REFERENCES if quoted else {"\r": "&#13;"})


def items(field: Field, value: Value) -> Iterator[tuple[Name, Any, Any]]:
    """The child elements that a field becomes: name, kind and value of each."""
    ns = field.ns or ""
    if field.inline is not None:
        part = assemble(field.inline, value)
        yield Name(field.wire, ns), field.inline, part
    elif value is not None:
        for item in value if field.many else (value,):
            if isinstance(field.kind, Group):
                yield member_name(field.kind, item), type(item), item
            else:
                yield Name(field.wire, ns), field.kind, item


def from_xml(
    schema: SchemaSet, text: str, *, fragment: bool = False, checked: bool = True
) -> Message | Fragment:
    """The message an XML text spells; with ``fragment`` any element of the schema.

    ``checked=False`` leaves out lengths and bounds, for texts that show what a peer really sent.
    """
    if "<!DOCTYPE" in text:
        raise ViewError("a document type has no place in a message")
    try:
        root = ET.fromstring(text)  # noqa: S314 - no document type, so no entities
    except ET.ParseError as error:
        raise ViewError(f"no XML: {error}") from None
    name = _name(root.tag)
    reader = _Reader(checked=checked)
    if not fragment:
        known = {Name(element.wire, element.ns): element.kind for element in schema.elements}
        kind = known.get(name)
        if not (isinstance(kind, type) and issubclass(kind, Message)):
            raise ViewError(f"{name.wire} of {name.ns or 'no namespace'} is no message")
        message: Message = reader.message(kind, root, name.wire)
        return message
    kinds = schema.names.get(name)
    if not kinds:
        raise ViewError(f"{name.wire} of {name.ns or 'no namespace'} is not in {schema.name}")
    kind = one_of(kinds, message=bool(root.attrib or len(root)))
    return Fragment(name.wire, name.ns, reader.value(kind, root, name.wire))


def _name(tag: str) -> Name:
    ns, _, wire = tag.rpartition("}")
    return Name(wire, ns[1:])


class _Reader:
    def __init__(self, *, checked: bool) -> None:
        self._checked = checked

    def value(self, kind: KindOfField, node: ET.Element, path: str) -> Value:
        if isinstance(kind, type) and issubclass(kind, Message):
            return self.message(kind, node, path)
        if len(node):
            raise ViewError(f"{path}: holds a value, not elements")
        return from_text(kind, node.text or "", path)

    def message(self, cls: type[Message], node: ET.Element, path: str) -> Value:
        table = grammar(cls)
        values: dict[str, Any] = self._attributes(table.fields, node, path)
        state: State = table.start
        if table.fields and table.fields[-1].role == TEXT:
            field = table.fields[-1]
            values[field.name] = from_text(field.kind, node.text or "", path)
        else:
            _no_text(node, path)
            for place in range(len(table.fields)):
                if table.fields[place].role == ATTRIBUTE:
                    state = table.after[place].full
            for child in node:
                state = self._child(table, state, child, values, path)
        return self._made(cls, values, path)

    def _child(
        self, table: Grammar, state: State, child: ET.Element, values: dict[str, Any], path: str
    ) -> State:
        name = _name(child.tag)
        step = f"{path}/{name.wire}"
        production = _find(state, name, step)
        field: Field = table.fields[production.field]
        after = table.after[production.field]
        value = self.value(production.kind, child, step)
        if field.inline is not None:
            value = getattr(value, field.inline.__fields__[0].name)
        if not field.many:
            values[field.name] = value
            return after.full
        given: list[Any] = values.setdefault(field.name, [])
        given.append(value)
        return after.of(len(given), field)

    def _attributes(
        self, fields: tuple[Field, ...], node: ET.Element, path: str
    ) -> dict[str, object]:
        values = {}
        known = {Name(f.wire, f.ns or ""): f for f in fields if f.role == ATTRIBUTE}
        for tag, text in node.attrib.items():
            name = _name(tag)
            if name.ns == XSI:
                continue
            field = known.get(name)
            if field is None:
                raise ViewError(f"{path}: no attribute {name.wire} here")
            values[field.name] = from_text(field.kind, text, f"{path}/@{name.wire}")
        return values

    def _made(self, cls: type[Message], values: dict[str, object], path: str) -> Message:
        parts = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        absent = [f.name for f in cls.__fields__ if f.name not in parts and not f.optional]
        if absent:
            raise ViewError(f"{path}: {', '.join(absent)} is missing")
        if not self._checked:
            return assemble(cls, *(parts.get(f.name, f.default) for f in cls.__fields__))
        try:
            return cls(**parts)
        except MessageError as error:
            raise refuse(error, path) from None


def _no_text(node: ET.Element, path: str) -> None:
    texts = [node.text, *(child.tail for child in node)]
    stray = "".join(text.strip() for text in texts if text)
    if stray:
        raise ViewError(f"{path}: the text {stray[:40]!r} has no place here")


def _find(state: State, name: Name, path: str) -> Production:
    for production in state.productions:
        if production.field >= 0 and (production.wire, production.ns) == name:
            if production.kind is None:
                break
            return production
    wanted = [p.wire or "a value" for p in state.productions if p.field >= 0 and p.kind]
    if any(production.field == END for production in state.productions):
        wanted.append("the end")
    raise ViewError(f"{path}: cannot stand here; possible: {', '.join(wanted[:8])}")
