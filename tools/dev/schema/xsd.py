"""Reads XSD files into plain records: the part of XML Schema that V2G messages use.

Names are resolved here, to ``(namespace, local name)``; what they are called in Python is decided
elsewhere.  Anything outside the known part stops the run with the file and the construct, so that a
new amendment cannot be compiled half.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, NoReturn

XS = "http://www.w3.org/2001/XMLSchema"
FACETS = {"minInclusive", "maxInclusive", "length", "minLength", "maxLength"}


class QName(NamedTuple):
    ns: str
    local: str


class SchemaError(Exception):
    """The schema says something this reader does not know."""


@dataclass
class Simple:
    """A simple type: its base and the facets it adds."""

    name: QName
    base: QName
    values: list[str] = field(default_factory=list)
    facets: dict[str, int] = field(default_factory=dict)


@dataclass
class Attribute:
    name: QName
    type: QName
    required: bool


@dataclass
class Particle:
    """A place in a content model; ``high`` None means without end."""

    low: int
    high: int | None


@dataclass
class Child(Particle):
    """A child element: declared here, or (``ref``) a global one."""

    name: QName
    type: QName | Simple
    ref: bool


@dataclass
class Anything(Particle):
    """``xs:any``."""


@dataclass
class Model(Particle):
    """A sequence or choice."""

    choice: bool
    parts: list[Particle]


@dataclass
class Complex:
    name: QName
    base: QName | None = None
    abstract: bool = False
    mixed: bool = False
    text: QName | None = None
    content: Model | None = None
    attributes: list[Attribute] = field(default_factory=list)


@dataclass
class Global:
    """A global element."""

    name: QName
    type: QName
    head: QName | None
    abstract: bool


@dataclass
class Schema:
    """One file: what it declares, in its order, and the namespaces it imports."""

    path: Path
    ns: str
    types: dict[QName, Simple | Complex]
    elements: dict[QName, Global]
    imports: list[Path]


def read(path: Path) -> Schema:
    """One schema file."""
    return _File(path).read()


def read_all(root: Path) -> list[Schema]:
    """A root schema and everything it imports, each once, imported ones first."""
    done: dict[str, Schema] = {}
    open_: set[Path] = set()

    def visit(path: Path) -> None:
        if path in open_:
            return
        open_.add(path)
        schema = read(path)
        for imported in schema.imports:
            visit(imported)
        done.setdefault(schema.ns, schema)

    visit(root.resolve())
    return list(done.values())


class _File:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._prefixes: dict[str, str] = {}
        try:
            for _, (prefix, uri) in ET.iterparse(path, events=("start-ns",)):  # noqa: S314 - our own
                self._prefixes.setdefault(prefix, uri)
            self._root = ET.parse(path).getroot()  # noqa: S314 - own schemas
        except ET.ParseError as error:
            raise SchemaError(f"{path}: no XML: {error}") from None
        self.ns = self._root.get("targetNamespace", "")
        self._elements_qualified = self._root.get("elementFormDefault") == "qualified"
        self._attributes_qualified = self._root.get("attributeFormDefault") == "qualified"
        self.types: dict[QName, Simple | Complex] = {}
        self.elements: dict[QName, Global] = {}

    def read(self) -> Schema:
        imports = []
        for node in self._root:
            tag = _tag(node)
            name = QName(self.ns, node.get("name", ""))
            if tag == "import":
                imports.append((self.path.parent / node.get("schemaLocation", "")).resolve())
            elif tag == "simpleType":
                self.types[name] = self._simple(node, name)
            elif tag == "complexType":
                self.types[name] = self._complex(node, name)
            elif tag == "element":
                self.elements[name] = self._global(node, name)
            elif tag != "annotation":
                self._unknown(node)
        return Schema(self.path, self.ns, self.types, self.elements, imports)

    def _global(self, node: ET.Element, name: QName) -> Global:
        inner = node.find(f"{{{XS}}}complexType")
        if inner is not None:
            self.types[name] = self._complex(inner, name)
        head = node.get("substitutionGroup")
        return Global(
            name,
            self._qname(node.get("type", "")) if inner is None else name,
            self._qname(head) if head else None,
            node.get("abstract") == "true",
        )

    def _simple(self, node: ET.Element, name: QName) -> Simple:
        restriction = node.find(f"{{{XS}}}restriction")
        if restriction is None:
            self._unknown(node)
        simple = Simple(name, self._qname(restriction.get("base", "")))
        for facet in restriction:
            if _tag(facet) == "enumeration":
                simple.values.append(facet.get("value", ""))
            elif _tag(facet) in FACETS:
                simple.facets[_tag(facet)] = int(facet.get("value", ""))
            else:
                self._unknown(facet)
        return simple

    def _complex(self, node: ET.Element, name: QName) -> Complex:
        abstract, mixed = node.get("abstract") == "true", node.get("mixed") == "true"
        made = Complex(name, abstract=abstract, mixed=mixed)
        self._fill(made, node)
        return made

    def _fill(self, made: Complex, node: ET.Element) -> None:
        for part in node:
            tag = _tag(part)
            if tag in {"simpleContent", "complexContent"}:
                extension = part.find(f"{{{XS}}}extension")
                if extension is None:
                    self._unknown(part)
                base = self._qname(extension.get("base", ""))
                if tag == "simpleContent":
                    made.text = base
                else:
                    made.base = base
                self._fill(made, extension)
            elif tag in {"sequence", "choice"}:
                made.content = self._model(part)
            elif tag == "attribute":
                made.attributes.append(self._attribute(part))
            elif tag != "annotation":
                self._unknown(part)

    def _attribute(self, node: ET.Element) -> Attribute:
        ns = self.ns if self._attributes_qualified else ""
        kind = self._qname(node.get("type", ""))
        return Attribute(QName(ns, node.get("name", "")), kind, node.get("use") == "required")

    def _model(self, node: ET.Element) -> Model:
        parts = [self._particle(part) for part in node if _tag(part) != "annotation"]
        return Model(*_occurs(node), _tag(node) == "choice", parts)

    def _particle(self, node: ET.Element) -> Particle:
        tag = _tag(node)
        if tag in {"sequence", "choice"}:
            return self._model(node)
        if tag == "any":
            return Anything(*_occurs(node))
        if tag != "element":
            self._unknown(node)
        ref = node.get("ref")
        if ref:
            return Child(*_occurs(node), self._qname(ref), QName("", ""), ref=True)
        name = QName(self.ns if self._elements_qualified else "", node.get("name", ""))
        inner = node.find(f"{{{XS}}}simpleType")
        if inner is not None:
            return Child(*_occurs(node), name, self._simple(inner, QName("", "")), ref=False)
        return Child(*_occurs(node), name, self._qname(node.get("type", "")), ref=False)

    def _qname(self, text: str) -> QName:
        prefix, _, local = text.rpartition(":")
        if prefix not in self._prefixes and prefix:
            raise SchemaError(f"{self.path}: prefix {prefix} is not declared")
        return QName(self._prefixes.get(prefix, ""), local)

    def _unknown(self, node: ET.Element) -> NoReturn:
        raise SchemaError(f"{self.path}: do not know what to do with {_tag(node)} {node.attrib}")


def _tag(node: ET.Element) -> str:
    return node.tag.rpartition("}")[2]


def _occurs(node: ET.Element) -> tuple[int, int | None]:
    high = node.get("maxOccurs", "1")
    return int(node.get("minOccurs", "1")), None if high == "unbounded" else int(high)
