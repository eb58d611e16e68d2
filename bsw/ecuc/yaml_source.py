"""YAML files as a tree.

A file is read as a stream of events with bounds on size, depth and number of values, so that
neither a huge file nor a bomb of aliases does harm.  Importing the parser costs 10 ms and a
mebibyte, which a start without such a file does not pay.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import yaml

from bsw.ecuc.text import meaning, place, text_of, wrong
from bsw.ecuc.tree import ConfigurationError, Entry, Items, Leaf, Mark, Node, Table

MOST_VALUES = 50_000
MOST_DEPTH = 32

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TAGS = {"tag:yaml.org,2002:str": "text", "!": "text"}

_SAID = (
    ("cannot start any token", "this character cannot stand here (a tab? YAML indents by spaces)"),
    ("special characters are not allowed", "a control character cannot stand in YAML"),
    ("control characters are not allowed", "a control character cannot stand in YAML"),
    ("mapping values are not allowed", "a second ': ' in one line; put the value in quotes"),
    ("could not find expected ':'", "a key without ': ' after it"),
    ("did not find expected key", "the indentation does not fit, or a quote or bracket is open"),
    ("did not find expected ',' or ']'", "a list that was opened with [ is not closed with ]"),
    ("did not find expected ',' or '}'", "a table that was opened with { is not closed with }"),
    ("found unexpected end of stream", "a quote is opened and not closed"),
    ("did not find expected '-' indicator", "the indentation of the list does not fit"),
    ("maximum nesting depth", f"nested too deeply: at most {MOST_DEPTH} levels"),
)


def read_yaml(path: Path) -> Table:
    """The file as a tree, or a ``ConfigurationError`` that says where and why not."""
    source = str(path)
    builder = _Builder(source)
    try:
        return builder.document(yaml.parse(text_of(path), Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        raise wrong(_mark(source, error.problem_mark), _said(error.problem)) from None
    except yaml.reader.ReaderError as error:
        text = text_of(path)[: error.position] if isinstance(error.position, int) else ""
        raise wrong(place(source, text), _said(error.reason)) from None


def read_flow(text: str, source: str) -> Node:
    """A list or table in one line, ``{a: 1, b: [2, 3]}``, as a command line has it."""
    builder = _Builder(source)
    try:
        return builder.value(yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        raise wrong(Mark(source), _said(error.problem)) from None
    except yaml.reader.ReaderError as error:
        raise wrong(Mark(source), _said(error.reason)) from None


def _said(problem: str | None) -> str:
    for ours, theirs in _SAID:
        if ours in (problem or ""):
            return f"not valid YAML: {theirs}"
    return f"not valid YAML: {problem or 'the file ends too early'}"


class _At(Protocol):
    """A place as either of the parsers says it, counted from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


def _mark(source: str, mark: _At | None) -> Mark:
    return Mark(source, mark.line + 1, mark.column + 1) if mark is not None else Mark(source)


class _Builder:
    """Turns parser events into nodes."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._values = 0
        self._anchors: dict[str, tuple[Node, int] | None] = {}  # None: not complete yet

    def document(self, events: Iterator[yaml.Event]) -> Table:
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise self._wrong(event, "a second document begins here; one file holds one")
                root = self._node(next(events), events, 0)
        if root is None or (isinstance(root, Leaf) and root.value is None):
            raise wrong(Mark(self._source), "the file is empty; leave it out to run the defaults")
        if not isinstance(root, Table):
            raise wrong(root.mark, "keys with values are wanted here", "log: {level: info}")
        return root

    def value(self, events: Iterator[yaml.Event]) -> Node:
        """The one value of a text that is no file."""
        started = next(event for event in events if isinstance(event, yaml.DocumentStartEvent))
        assert started is not None
        return self._node(next(events), events, 0)

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        anchor: str | None = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = None
        before = self._values
        self._count(event, 1)
        if depth > MOST_DEPTH:
            raise self._wrong(event, f"nested too deeply: at most {MOST_DEPTH} levels")
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = self._leaf(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._items(event, events, depth)
        else:
            node = self._table(event, events, depth)
        if anchor is not None:
            self._anchors[anchor] = (node, self._values - before)
        return node

    def _items(self, start: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Items:
        nodes = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            nodes.append(self._node(event, events, depth + 1))
        return Items(_mark(self._source, start.start_mark), tuple(nodes))

    def _table(self, start: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Table:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key, mark = self._key(event), _mark(self._source, event.start_mark)
            if key in entries:
                raise self._wrong(
                    event, f"key {key!r} stands in line {entries[key].key.line} already"
                )
            entries[key] = Entry(mark, self._node(next(events), events, depth + 1))
        return Table(_mark(self._source, start.start_mark), entries)

    def _key(self, event: yaml.Event) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise self._wrong(event, "a key must be one word", "interface: eth1")
        if event.value == "<<" and event.implicit[0]:
            raise self._wrong(event, "merge keys (<<) are not read; list several files instead")
        return str(event.value)

    def _leaf(self, event: yaml.ScalarEvent) -> Leaf:
        mark, text = _mark(self._source, event.start_mark), str(event.value)
        if event.implicit[0]:
            return Leaf(mark, meaning(text), text)
        if event.tag is not None and event.tag not in _TAGS:
            raise self._wrong(event, f"the tag {event.tag} is not read; write the plain value")
        return Leaf(mark, text, text)

    def _alias(self, event: yaml.AliasEvent) -> Node:
        if event.anchor not in self._anchors:
            raise self._wrong(event, f"*{event.anchor} refers to nothing that stands above")
        found = self._anchors[event.anchor]
        if found is None:
            raise self._wrong(event, f"*{event.anchor} stands within itself and would never end")
        self._count(event, found[1])
        return found[0]

    def _count(self, event: yaml.Event, values: int) -> None:
        self._values += values
        if self._values > MOST_VALUES:
            raise self._wrong(event, f"more than {MOST_VALUES} values, aliases written out")

    def _wrong(self, event: yaml.Event, message: str, example: str = "") -> ConfigurationError:
        return wrong(_mark(self._source, event.start_mark), message, example)
