"""The relaxed grammar: what a fragment gets whose element name is declared with several types.

Any attribute of the schema, then one text, all of them plain strings.  Which of the declared types
it was shows when the attributes are known.
"""

from __future__ import annotations

from bsw.chrgm.messages.kinds import STRING, Text
from bsw.chrgm.messages.model import Message, assemble
from bsw.chrgm.messages.specs import KindOfField, Value
from bsw.exi.grammar import grammar
from bsw.exi.schema import Name, SchemaSet
from bsw.exi.values import ValueReader


def relaxed_content(
    reader: ValueReader, schema: SchemaSet, name: Name, kinds: list[KindOfField]
) -> Value:
    """The content of ``name`` up to its end, as one of the declared types."""
    attributes = schema.attributes
    names = len(schema.names)
    text_code = len(attributes) + names + 3
    given: dict[Name, str] = {}
    while True:
        position = reader.position
        code = reader.bits((text_code + 1).bit_length(), "an attribute or a value")
        if code >= len(attributes):
            break
        reader.path.append(f"@{attributes[code].wire}")
        given[attributes[code]] = reader.string(STRING, attributes[code])
        reader.path.pop()
    if code != text_code:
        raise reader.error(f"the value of {name.wire} ({text_code})", f"{code}", position)
    value = reader.string(STRING, name)
    position = reader.position
    end = reader.bits((names + 2).bit_length(), f"the end of {name.wire}")
    if end != names + 1:
        raise reader.error(f"the end of {name.wire} ({names + 1})", f"{end}", position)
    return _fitting(reader, kinds, given, value)


def _fitting(
    reader: ValueReader, kinds: list[KindOfField], given: dict[Name, str], value: str
) -> Value:
    """The declared type that these attributes and this text make."""
    position = reader.position
    for kind in kinds:
        if isinstance(kind, Text) and not given:
            return reader.sized(kind, value, position)
        if not (isinstance(kind, type) and issubclass(kind, Message)):
            continue
        fields = {Name(field.wire, field.ns or ""): field for field in grammar(kind).fields}
        text = kind.__fields__[-1]
        if given and given.keys() <= fields.keys() and isinstance(text.kind, Text):
            parts = {fields[attribute].name: item for attribute, item in given.items()}
            parts[text.name] = reader.sized(text.kind, value, position)
            return assemble(kind, *(parts.get(f.name, f.default) for f in kind.__fields__))
    raise reader.error("the attributes of one declared type", f"{len(given)}", position)
