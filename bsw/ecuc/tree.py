"""A configuration as it was written: values with the place each came from.

Every source (YAML today, ARXML beside it) ends in this tree, and the check against a role's
model starts from it.  The tree knows nothing of rooms, models or meanings.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Union

Scalar = str | int | float | bool | None
Step = str | int
Path = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file, as an editor counts: from 1.  Line 0 means the file as a whole."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value.  ``text`` is what stands in the file, before anyone read meaning into it."""

    mark: Mark
    value: Scalar
    text: str


@dataclass(frozen=True, slots=True)
class Items:
    mark: Mark
    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Entry:
    key: Mark
    node: "Node"


@dataclass(frozen=True, slots=True)
class Table:
    mark: Mark
    entries: Mapping[str, Entry]


Node = Union[Leaf, Items, Table]  # noqa: UP007 - a forward name cannot stand in a | expression


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, in the words of the file the user edited."""

    mark: Mark
    path: str
    message: str
    example: str = ""

    def __str__(self) -> str:
        where = f"{self.mark}: {self.path}: " if self.path else f"{self.mark}: "
        return f"{where}{self.message}{'; for example: ' if self.example else ''}{self.example}"


class ConfigurationError(Exception):
    """The configuration cannot be used.  Carries everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=_position))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def _position(problem: Problem) -> tuple[str, int, int, str]:
    return problem.mark.source, problem.mark.line, problem.mark.column, problem.path


def dotted(path: Iterable[Step]) -> str:
    """``("stations", 0, "port")`` is written ``stations[0].port``."""
    words = ""
    for step in path:
        if isinstance(step, int):
            words += f"[{step}]"
        else:
            words += f".{step}" if words else step
    return words


def child(node: Node, step: Step) -> Node | None:
    if isinstance(node, Table):
        entry = node.entries.get(str(step))
        return entry.node if entry is not None else None
    if isinstance(node, Items) and isinstance(step, int) and step < len(node.nodes):
        return node.nodes[step]
    return None


def find(node: Node, path: Path) -> Node | None:
    """The node at ``path``, or ``None`` if nothing was written there."""
    found: Node | None = node
    for step in path:
        found = child(found, step) if found is not None else None
    return found


def merged(base: Node, over: Node) -> Node:
    """What was written later wins, key by key; a list is replaced as a whole."""
    if not isinstance(base, Table) or not isinstance(over, Table):
        return over
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        below = entries.get(key)
        node = entry.node if below is None else merged(below.node, entry.node)
        entries[key] = Entry(entry.key, node)
    return Table(over.mark if over.entries else base.mark, entries)
