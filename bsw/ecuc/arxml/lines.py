"""Lines of an ARXML file, indented and escaped."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Union
from xml.sax.saxutils import escape, quoteattr

RELEASE = "AUTOSAR_00051"
"""R22-11."""

_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>',
    (
        '<AUTOSAR xmlns="http://autosar.org/schema/r4.0" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="http://autosar.org/schema/r4.0 {RELEASE}.xsd">'
    ),
)
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class CannotWrite(ValueError):
    """A text with characters that XML has no way to write."""


@dataclass(frozen=True, slots=True)
class Xml:
    """One element: attributes, and either a text or what is in it."""

    name: str
    inside: Union[str, tuple["Xml", ...]]  # noqa: UP007 - a forward name
    attributes: tuple[tuple[str, str], ...] = ()


def xml(name: str, *inside: Xml | None, **attributes: str) -> Xml:
    """An element with others in it; ``None`` stands for one left out."""
    return Xml(name, tuple(i for i in inside if i is not None), tuple(attributes.items()))


def text(name: str, said: str, **attributes: str) -> Xml:
    return Xml(name, said, tuple(attributes.items()))


def group(name: str, inside: Iterable[Xml]) -> Xml | None:
    """An element around others, left out if there are none."""
    found = tuple(inside)
    return Xml(name, found) if found else None


def about(said: str) -> Xml | None:
    return xml("DESC", text("L-2", said, L="EN")) if said else None


def package(name: str, *inside: Xml | None) -> Xml:
    return xml("AR-PACKAGE", text("SHORT-NAME", name), *inside)


def document(*packages: Xml) -> str:
    lines = [*_HEAD, *_lines(xml("AR-PACKAGES", *packages), " "), "</AUTOSAR>", ""]
    return "\n".join(lines)


def _lines(element: Xml, indent: str) -> Iterator[str]:
    words = "".join(f" {name}={quoteattr(value)}" for name, value in element.attributes)
    if isinstance(element.inside, str):
        yield f"{indent}<{element.name}{words}>{_escaped(element.inside)}</{element.name}>"
        return
    yield f"{indent}<{element.name}{words}>"
    for inner in element.inside:
        yield from _lines(inner, indent + " ")
    yield f"{indent}</{element.name}>"


def _escaped(said: str) -> str:
    found = _FORBIDDEN.search(said)
    if found is not None:
        raise CannotWrite(f"the character U+{ord(found[0]):04X} cannot stand in ARXML")
    return escape(said, {"\r": "&#13;"})
