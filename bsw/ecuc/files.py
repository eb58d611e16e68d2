"""Configuration files in the order given, with what they include, as one tree.

Later files win key by key; a file wins over what it includes.  Each source reads its own kind
of file by suffix; all problems of all files are reported together.
"""

from collections.abc import Callable, Mapping
from os.path import realpath
from pathlib import Path

from bsw.ecuc.tree import (
    ConfigurationError,
    Entry,
    Items,
    Leaf,
    Mark,
    Node,
    Problem,
    Table,
    merged,
)

Source = Callable[[Path], Table]


def read_yaml(path: Path) -> Table:
    """A YAML file as a tree."""
    from bsw.ecuc import yaml_source  # noqa: PLC0415 - only who has such files

    return yaml_source.read_yaml(path)


SOURCES: Mapping[str, Source] = {".yaml": read_yaml, ".yml": read_yaml}
MOST_FILES = 64
INCLUDE = "include"


def read_files(paths: tuple[Path, ...], sources: Mapping[str, Source] = SOURCES) -> Table:
    """One tree of all files, or a ``ConfigurationError`` with everything unreadable in them."""
    reader = _Reader(sources)
    tree = Table(Mark("defaults"), {})
    for path in paths:
        tree = _over(tree, reader.read(path, ()))
    if reader.problems:
        raise ConfigurationError(reader.problems)
    return tree


def _over(base: Table, over: Table) -> Table:
    together = merged(base, over)
    assert isinstance(together, Table)
    return together


class _Reader:
    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self._files = 0
        self.problems: list[Problem] = []

    def read(self, path: Path, above: tuple[str, ...], mentioned: Mark | None = None) -> Table:
        nothing = Table(Mark(str(path)), {})
        where = mentioned or Mark(str(path))
        self._files += 1
        source = self._sources.get(path.suffix.lower())
        if realpath(path) in above:
            self._wrong(where, f"{path} includes itself")
        elif self._files > MOST_FILES:
            self._wrong(where, f"more than {MOST_FILES} files")
        elif source is None and path.is_file():
            known = ", ".join(self._sources)
            self._wrong(where, f"{path.name}: no configuration by its suffix; known: {known}")
        else:
            try:
                own = (source or read_yaml)(path)
            except ConfigurationError as error:
                self._not_read(error, path, mentioned)
                return nothing
            return self._with_included(own, path, above)
        return nothing

    def _with_included(self, own: Table, path: Path, above: tuple[str, ...]) -> Table:
        entries = dict(own.entries)
        include = entries.pop(INCLUDE, None)
        own = Table(own.mark, entries)
        if include is None:
            return own
        tree = Table(own.mark, {})
        for leaf in self._names(include):
            included = self.read(path.parent / leaf.text, (*above, realpath(path)), leaf.mark)
            tree = _over(tree, included)
        return _over(tree, own)

    def _names(self, include: Entry) -> list[Leaf]:
        nodes: tuple[Node, ...] = (include.node,)
        if isinstance(include.node, Items):
            nodes = include.node.nodes
        names = [node for node in nodes if isinstance(node, Leaf) and node.text]
        if len(names) < len(nodes):
            self._wrong(include.node.mark, "a list of file names is wanted", "include: [base.yaml]")
        return names

    def _not_read(self, error: ConfigurationError, path: Path, mentioned: Mark | None) -> None:
        for problem in error.problems:
            if mentioned is not None and not problem.mark.line:
                self._wrong(mentioned, f"{path}: {problem.message}")
            else:
                self.problems.append(problem)

    def _wrong(self, mark: Mark, message: str, example: str = "") -> None:
        self.problems.append(Problem(mark, INCLUDE if mark.line else "", message, example))
