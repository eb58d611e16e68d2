"""Qualified names as values: only ``xsi:type`` has one.

Keeps the namespace and local-name partitions of the string table the way a schema fills them
before the first bit: the fixed entries, then the schema's namespaces and names in sorted order.
"""

from __future__ import annotations

from bsw.exi.bits import BitReader
from bsw.exi.schema import Name, SchemaSet

XML = "http://www.w3.org/XML/1998/namespace"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
BUILT_IN = (
    "ENTITIES ENTITY ID IDREF IDREFS NCName NMTOKEN NMTOKENS NOTATION Name QName anySimpleType "
    "anyType anyURI base64Binary boolean byte date dateTime decimal double duration float gDay "
    "gMonth gMonthDay gYear gYearMonth hexBinary int integer language long negativeInteger "
    "nonNegativeInteger nonPositiveInteger normalizedString positiveInteger short string time "
    "token unsignedByte unsignedInt unsignedLong unsignedShort"
)


class QNames:
    """The partitions of one stream; they grow with every name that was not known."""

    def __init__(self, schema: SchemaSet) -> None:
        names: dict[str, set[str]] = {"": set()}
        for name in (*schema.names, *schema.attributes):
            names.setdefault(name.ns, set()).add(name.wire)
        for cls in schema.classes():
            if cls.__wire__.endswith("Type"):
                names.setdefault(cls.__ns__, set()).add(cls.__wire__)
        for module in schema.modules:
            for ns, simple in module.SIMPLE_TYPES.items():
                names.setdefault(ns, set()).update(simple)
        self._locals: dict[str, list[str]] = {
            "": sorted(names.pop("")),
            XML: ["base", "id", "lang", "space"],
            XSI: ["nil", "type"],
            XSD: BUILT_IN.split(),
        }
        self._locals.update({ns: sorted(names[ns]) for ns in sorted(names)})
        self._spaces = list(self._locals)

    def read(self, reader: BitReader) -> Name:
        """One qualified name."""
        position = reader.position
        code = reader.bits(len(self._spaces).bit_length(), "a namespace")
        if code > len(self._spaces):
            raise reader.error(f"a namespace 0..{len(self._spaces)}", str(code), position)
        if code:
            ns = self._spaces[code - 1]
        else:
            ns = literal(reader, reader.unsigned("the length of a namespace"))
            self._spaces.append(ns)
        return Name(self._local(reader, ns), ns)

    def _local(self, reader: BitReader, ns: str) -> str:
        known = self._locals.setdefault(ns, [])
        position = reader.position
        length = reader.unsigned("the length of a local name")
        if length:
            local = literal(reader, length - 1)
            known.append(local)
            return local
        index = reader.bits(max(len(known) - 1, 0).bit_length(), "a local name")
        if index >= len(known):
            raise reader.error("a known local name", f"number {index} of {len(known)}", position)
        return known[index]


def literal(reader: BitReader, length: int) -> str:
    """``length`` characters."""
    if length > (reader.end - reader.position) // 8:
        raise reader.error(f"{length} characters", "the end of the data")
    characters = []
    for _ in range(length):
        position = reader.position
        point = reader.unsigned("a character")
        if point > 0x10FFFF or 0xD800 <= point < 0xE000:
            raise reader.error("a Unicode character", f"{point:#x}", position)
        characters.append(chr(point))
    return "".join(characters)
