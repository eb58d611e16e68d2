"""Files and settings in, a role's typed configuration out; with the tree, for where values came
from.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from bsw.ecuc.check import check, check_outside
from bsw.ecuc.files import SOURCES, read_files
from bsw.ecuc.overruled import overruled
from bsw.ecuc.part import Part
from bsw.ecuc.settings import read_settings
from bsw.ecuc.tree import ConfigurationError, Mark, Problem, Table, merged

M = TypeVar("M", bound=Part)

ARXML = ".arxml"


@dataclass(frozen=True, slots=True)
class Loaded(Generic[M]):
    config: M
    tree: Table
    notes: tuple[str, ...] = ()
    """Where YAML (the integrator) was heard and ARXML (the architect) was not."""

    def look_outside(self) -> None:
        """Look into the files that are named; raises ``ConfigurationError``."""
        check_outside(self.config, self.tree)


def load(
    model: type[M],
    files: tuple[Path, ...] = (),
    settings: tuple[str, ...] = (),
    *,
    outside: bool = True,
) -> Loaded[M]:
    """Later files win over earlier ones, YAML over ARXML, settings over all files.

    Without ``outside`` the files that are named stay closed until ``look_outside``.
    """
    sources = {**SOURCES, ARXML: lambda path: _arxml(model, path)}
    arxml = tuple(path for path in files if path.suffix.lower() == ARXML)
    others = tuple(path for path in files if path not in arxml)
    problems: list[Problem] = []
    architect = _attempt(lambda: read_files(arxml, sources), problems)
    integrator = _attempt(lambda: read_files(others, sources), problems)
    over = _attempt(lambda: read_settings(settings), problems)
    if problems:
        raise ConfigurationError(problems)
    written = merged(architect, integrator)
    tree = merged(written, over)
    assert isinstance(tree, Table)
    loaded = Loaded(check(model, tree), tree, tuple(overruled(architect, integrator)))
    if outside:
        loaded.look_outside()
    return loaded


def _arxml(model: type[M], path: Path) -> Table:
    from bsw.ecuc.arxml.source import read_arxml  # noqa: PLC0415 - only who has such files
    from bsw.ecuc.definition import define  # noqa: PLC0415

    return read_arxml(path, define(model))


def _attempt(read: Callable[[], Table], problems: list[Problem]) -> Table:
    try:
        return read()
    except ConfigurationError as error:
        problems += error.problems
        return Table(Mark(""), {})
