"""The JSON view.

Canonical: one object whose only key is the element's name on the wire; children by their wire
names in the order of the wire, repeated ones as lists, attributes with ``@`` in front, the value of
an element with attributes as ``#text``.  Where elements of several names mix (inside ``KeyInfo``),
a list of one-key objects stands under ``#items``.  Octets are hexadecimal or base64 as in XML.
Reading takes the keys in any order and checks everything that a constructor checks.
"""

from __future__ import annotations

import json
from typing import Any

from bsw.chrgm.messages.kinds import Boolean, Integer, MessageError
from bsw.chrgm.messages.model import Message, assemble
from bsw.chrgm.messages.specs import ATTRIBUTE, TEXT, Field, Group, KindOfField, Value
from bsw.exi.careful import Fragment
from bsw.exi.grammar import grammar
from bsw.exi.schema import Name, SchemaSet
from bsw.exi.views.names import member_name, one_of
from bsw.exi.views.values import ViewError, from_text, refuse, to_text

ITEMS, TEXT_KEY = "#items", "#text"


def to_json(schema: SchemaSet, shown: Message | Fragment, *, indent: int | None = None) -> str:
    """The JSON of a message, or of a fragment with its own name."""
    separators = (",", ":") if indent is None else (",", ": ")
    tree = to_tree(schema, shown)
    return json.dumps(tree, ensure_ascii=False, indent=indent, separators=separators)


def to_tree(schema: SchemaSet, shown: Message | Fragment) -> dict[str, object]:
    """The same as plain dictionaries and lists."""
    if isinstance(shown, Fragment):
        kinds = schema.names.get(Name(shown.name, shown.ns), [None])
        kind = one_of(kinds, message=isinstance(shown.value, Message))
        return {shown.name: _shown(kind, shown.value)}
    code = schema.codes.get(type(shown))
    if code is None:
        raise ViewError(f"{type(shown).__name__} is no document element of {schema.name}")
    return {schema.elements[code].wire: _shown(None, shown)}


def _shown(kind: KindOfField, value: Value) -> Value:
    if isinstance(value, Message):
        return _object(value)
    if isinstance(kind, Integer | Boolean):
        return value
    return to_text(kind, value)


def _object(message: Message) -> dict[str, object]:
    tree: dict[str, Any] = {}
    for field in grammar(type(message)).fields:
        value = getattr(message, field.name)
        if field.inline is not None:
            tree[field.wire] = _object(assemble(field.inline, value))
        elif value is None or (field.many and not value):
            continue
        elif isinstance(field.kind, Group):
            tree |= _members(field, field.kind, value)
        elif field.many:
            tree[field.wire] = [_shown(field.kind, item) for item in value]
        else:
            tree[_key(field)] = _shown(field.kind, value)
    return tree


def _members(field: Field, group: Group, value: Value) -> dict[str, object]:
    if field.many:
        return {ITEMS: [{member_name(group, item).wire: _object(item)} for item in value]}
    return {member_name(group, value).wire: _object(value)}


def _key(field: Field) -> str:
    if field.role == TEXT:
        return TEXT_KEY
    return f"@{field.wire}" if field.role == ATTRIBUTE else field.wire


def from_json(
    schema: SchemaSet, text: str, *, fragment: bool = False, checked: bool = True
) -> Message | Fragment:
    """The message that a JSON text spells; arguments as for ``from_xml``."""
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ViewError(f"no JSON: {error}") from None
    return from_tree(schema, tree, fragment=fragment, checked=checked)


def from_tree(
    schema: SchemaSet, tree: object, *, fragment: bool = False, checked: bool = True
) -> Message | Fragment:
    """The same from dictionaries and lists."""
    if not isinstance(tree, dict) or len(tree) != 1:
        raise ViewError("a message is one object with one key, the name of its element")
    ((wire, content),) = tree.items()
    reader = _Reader(checked=checked)
    if fragment:
        for name in schema.named(str(wire)):
            message = isinstance(content, dict)
            kind = one_of(schema.names[name], message=message)
            return Fragment(name.wire, name.ns, reader.value(kind, content, name.wire))
        raise ViewError(f"{wire} is not in {schema.name}")
    for element in schema.elements:
        if element.wire == wire and isinstance(element.kind, type):
            made: Message = reader.message(element.kind, content, element.wire)
            return made
    raise ViewError(f"{wire} is no message of {schema.name}")


class _Reader:
    def __init__(self, *, checked: bool) -> None:
        self._checked = checked

    def value(self, kind: KindOfField, given: Value, path: str) -> Value:
        if isinstance(kind, type) and issubclass(kind, Message):
            return self.message(kind, given, path)
        if isinstance(kind, Boolean | Integer):
            wanted = bool if isinstance(kind, Boolean) else int
            if type(given) is not wanted:
                raise ViewError(f"{path}: {str(given)[:60]!r} is no {kind.name}")
            return given
        if not isinstance(given, str):
            raise ViewError(f"{path}: expected text, found {str(given)[:60]}")
        return from_text(kind, given, path)

    def message(self, cls: type[Message], given: Value, path: str) -> Message:
        if not isinstance(given, dict):
            raise ViewError(f"{path}: expected an object, found {str(given)[:60]}")
        left = dict(given)
        parts: dict[str, Any] = {}
        for field in cls.__fields__:
            value = self._field(field, left, path)
            if value is not None:
                parts[field.name] = value[0]
            elif not field.optional:
                raise ViewError(f"{path}: {field.wire or field.name} is missing")
        if left:
            raise ViewError(f"{path}: {next(iter(left))} cannot stand here")
        if not self._checked:
            return assemble(cls, *(parts.get(f.name, f.default) for f in cls.__fields__))
        try:
            return cls(**parts)
        except MessageError as error:
            raise refuse(error, path) from None

    def _field(self, field: Field, left: dict[str, object], path: str) -> tuple[object] | None:
        """The value of a field in a tuple of one, or None if it is absent."""
        if isinstance(field.kind, Group) and field.inline is None:
            return self._group(field, field.kind, left, path)
        key = _key(field)
        if key not in left:
            return None
        given = left.pop(key)
        step = f"{path}/{key}"
        if field.inline is not None:
            inner = self.message(field.inline, given, step)
            return (getattr(inner, field.inline.__fields__[0].name),)
        if not field.many:
            return (self.value(field.kind, given, step),)
        if not isinstance(given, list):
            raise ViewError(f"{step}: expected a list")
        places = enumerate(given, start=1)
        return (tuple(self.value(field.kind, item, f"{step}[{n}]") for n, item in places),)

    def _group(
        self, field: Field, group: Group, left: dict[str, object], path: str
    ) -> tuple[object] | None:
        if field.many:
            if ITEMS not in left:
                return None
            items = left.pop(ITEMS)
            if not isinstance(items, list):
                raise ViewError(f"{path}/{ITEMS}: expected a list")
            return (tuple(self._item(group, item, f"{path}/{ITEMS}") for item in items),)
        for wire, cls in group.members.items():
            if wire in left and cls is not None:
                return (self.message(cls, left.pop(wire), f"{path}/{wire}"),)
        return None

    def _item(self, group: Group, item: Value, path: str) -> Message:
        if isinstance(item, dict) and len(item) == 1:
            ((wire, content),) = item.items()
            cls = group.members.get(wire)
            if cls is not None:
                return self.message(cls, content, f"{path}/{wire}")
        raise ViewError(f"{path}: expected one of {', '.join(group.members)}")
