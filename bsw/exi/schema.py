"""Schema sets: which modules make one set, and the outermost lists of names that follow from it.

A set is what a stream is coded against: the modules of a protocol with everything they import.
It numbers the global elements for documents and all element names for fragments.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

from bsw.chrgm.messages.model import Message, MessageType
from bsw.chrgm.messages.specs import ATTRIBUTE, ELEMENT, Element, Field, Group

PACKAGE = "bsw.chrgm.messages"
SETS: dict[str, tuple[str, ...]] = {
    "sap": ("sap",),
    "din": ("xmldsig", "din"),
    "iso2": ("xmldsig", "iso2"),
    "iso20.common": ("xmldsig", "iso20.common_types", "iso20.common"),
    "iso20.ac": ("xmldsig", "iso20.common_types", "iso20.ac"),
    "iso20.dc": ("xmldsig", "iso20.common_types", "iso20.dc"),
    "iso20.wpt": ("xmldsig", "iso20.common_types", "iso20.wpt"),
    "iso20.acdp": ("xmldsig", "iso20.common_types", "iso20.acdp"),
    "xmldsig": ("xmldsig",),
}


class Name(NamedTuple):
    """A qualified name; sorted by local name first, as all lists of names here are."""

    wire: str
    ns: str


def register(name: str, modules: tuple[str, ...]) -> None:
    """Add a schema set, for an amendment: names of modules below ``PACKAGE``, or full names."""
    if SETS.setdefault(name, modules) != modules:
        raise ValueError(f"the schema set {name} exists already")


class SchemaSet:
    """One schema set, loaded."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.modules = [_module(module) for module in SETS[name]]
        elements: list[Element] = [
            element for module in self.modules for element in module.ELEMENTS
        ]
        elements.sort(key=lambda element: (element.wire, element.ns))
        self.elements = tuple(elements)
        self.codes = {
            element.kind: code
            for code, element in enumerate(elements)
            if isinstance(element.kind, MessageType)
        }
        self._names: dict[Name, list[Any]] | None = None
        self._attributes: list[Name] | None = None

    @property
    def names(self) -> dict[Name, list[Any]]:
        """Every element name of the set in the order of the fragment codes, with its types."""
        if self._names is None:
            self._collect()
        assert self._names is not None
        return self._names

    @property
    def attributes(self) -> list[Name]:
        """Every attribute name, in order."""
        if self._attributes is None:
            self._collect()
        assert self._attributes is not None
        return self._attributes

    @property
    def ambiguous(self) -> bool:
        """Whether some element name is declared with several types."""
        return any(len(kinds) > 1 for kinds in self.names.values())

    def has(self, *wires: str) -> bool:
        """Whether these are document elements."""
        return set(wires) <= {element.wire for element in self.elements}

    def named(self, wire: str) -> list[Name]:
        """The element names with this local name."""
        return [name for name in self.names if name.wire == wire]

    def names_of(self, kind: type[Message]) -> list[Name]:
        """The element names under which messages of a class may stand."""
        return [name for name, kinds in self.names.items() if kind in kinds]

    def _collect(self) -> None:
        names: dict[Name, list[Any]] = {}
        attributes: set[Name] = set()
        for element in self.elements:
            _note(names, Name(element.wire, element.ns), element.kind)
        for field in (field for cls in self.classes() for field in cls.__fields__):
            if field.role == ATTRIBUTE:
                attributes.add(Name(field.wire, field.ns or ""))
            elif field.role == ELEMENT:
                for name, kind in _declared(field):
                    _note(names, name, kind)
        self._names = dict(sorted(names.items()))
        self._attributes = sorted(attributes)

    def classes(self) -> Iterator[MessageType]:
        """Every class of the set, the abstract ones too."""
        for module in self.modules:
            for cls in vars(module).values():
                if isinstance(cls, MessageType) and cls.__module__ == module.__name__:
                    yield cls


def _module(name: str) -> ModuleType:
    below = f"{PACKAGE}.{name}"
    try:
        return import_module(below)
    except ModuleNotFoundError as error:
        if error.name is None or not below.startswith(error.name):
            raise
        return import_module(name)


def _declared(field: Field) -> Iterator[tuple[Name, object]]:
    """The element names that a field declares, with what is behind them."""
    if isinstance(field.kind, Group) and field.inline is None:
        for wire, cls in field.kind.members.items():
            if cls is not None:
                yield Name(wire, cls.__ns__), cls
    else:
        yield Name(field.wire, field.ns or ""), field.inline or field.kind


def _note(names: dict[Name, list[object]], name: Name, kind: object) -> None:
    kinds = names.setdefault(name, [])
    if kind is not None and kind not in kinds:
        kinds.append(kind)
