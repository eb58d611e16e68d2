"""Files and settings in, a role's typed configuration out; with the tree, for where values came
from.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from bsw.ecuc.check import check
from bsw.ecuc.files import read_files
from bsw.ecuc.part import Part
from bsw.ecuc.settings import read_settings
from bsw.ecuc.tree import ConfigurationError, Mark, Problem, Table, merged

M = TypeVar("M", bound=Part)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[M]):
    config: M
    tree: Table


def load(model: type[M], files: tuple[Path, ...] = (), settings: tuple[str, ...] = ()) -> Loaded[M]:
    """Later files win over earlier ones, settings over all files."""
    problems: list[Problem] = []
    written = _attempt(lambda: read_files(files), problems)
    over = _attempt(lambda: read_settings(settings), problems)
    if problems:
        raise ConfigurationError(problems)
    tree = merged(written, over)
    assert isinstance(tree, Table)
    return Loaded(check(model, tree), tree)


def _attempt(read: Callable[[], Table], problems: list[Problem]) -> Table:
    try:
        return read()
    except ConfigurationError as error:
        problems += error.problems
        return Table(Mark(""), {})
