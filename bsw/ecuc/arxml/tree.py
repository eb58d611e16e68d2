"""XML as a small tree that knows its lines.

Document types, and with them entities of one's own, are refused; size, depth and the number of
elements are bounded.  What the elements mean is not known here.
"""

from dataclasses import dataclass, field
from xml.parsers import expat

from bsw.ecuc.tree import ConfigurationError, Mark, Problem

MOST_ELEMENTS = 200_000
MOST_DEPTH = 200


@dataclass(slots=True)
class Element:
    """One element.  ``name`` is without namespace, ``text`` what stands directly in it."""

    name: str
    namespace: str
    mark: Mark
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element"] = field(default_factory=list)

    def child(self, name: str) -> "Element | None":
        return next((child for child in self.children if child.name == name), None)

    def below(self, name: str) -> list["Element"]:
        """The children of the child of that name."""
        group = self.child(name)
        return group.children if group is not None else []

    def said(self, name: str) -> str:
        child = self.child(name)
        return child.text.strip() if child is not None else ""


def parse(text: str, source: str, most: int = MOST_ELEMENTS) -> Element:
    """The root element, or a ``ConfigurationError`` with the line."""
    builder = _Builder(source, most)
    try:
        return builder.parse(text)
    except expat.ExpatError as error:
        mark = Mark(source, error.lineno, error.offset + 1)
        said = f"not valid XML: {expat.ErrorString(error.code)}"
        raise ConfigurationError((Problem(mark, "", said),)) from None


class _Builder:
    def __init__(self, source: str, most: int) -> None:
        self._source = source
        self._most = most
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.buffer_text = True
        self._open: list[Element] = []
        self._root: Element | None = None
        self._count = 0

    def parse(self, text: str) -> Element:
        self._parser.Parse(text.encode("utf-8"), True)
        assert self._root is not None
        return self._root

    def _mark(self) -> Mark:
        column = self._parser.CurrentColumnNumber + 1
        return Mark(self._source, self._parser.CurrentLineNumber, column)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        element = Element(local, namespace, self._mark(), "", attributes)
        self._count += 1
        if self._count > self._most:
            raise self._wrong(f"more than {self._most} elements")
        if len(self._open) >= MOST_DEPTH:
            raise self._wrong(f"nested too deeply: at most {MOST_DEPTH} levels")
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        self._open[-1].text += text

    def _doctype(self, *_: object) -> None:
        raise self._wrong("a document type (<!DOCTYPE) is not read; take it out")

    def _wrong(self, message: str) -> ConfigurationError:
        return ConfigurationError((Problem(self._mark(), "", message),))
