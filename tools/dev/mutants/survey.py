"""Which test reaches which line, how long each takes, and which fail without any change.

One run of a room's tests with a line counter that is told of every test; lines that run while the
tests are still being collected belong to no test.
"""

import hashlib
import pickle
import sys
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import coverage
import pytest

COLLECTING = ""
KEPT = ("_pytest", "pytest", "_hypothesis", "hypothesis")
"""They ask to be loaded by pytest, in its order."""


@dataclass(slots=True)
class Survey:
    """What is known of a room's tests before anything is changed."""

    seconds: dict[str, float] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    starting: set[str] = field(default_factory=set)
    """Tests that start processes: what those run is not counted."""
    lines: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    """Path, line, tests."""
    modules: list[str] = field(default_factory=list)

    def at(self, path: str, first: int, last: int) -> set[str]:
        known = self.lines.get(path, {})
        return {test for line in range(first, last + 1) for test in known.get(line, ())}

    def of(self, path: str) -> set[str]:
        return {test for tests in self.lines.get(path, {}).values() for test in tests}

    def without(self, files: set[str]) -> "Survey":
        """As if these files of tests were not there."""

        def kept(tests: Iterable[str]) -> set[str]:
            return {test for test in tests if file_of(test) not in files}

        return Survey(
            {test: self.seconds[test] for test in kept(self.seconds)},
            kept(self.failing),
            kept(self.starting),
            {
                path: {line: kept(tests) for line, tests in lines.items()}
                for path, lines in self.lines.items()
            },
            self.modules,
        )

    def add(self, other: "Survey") -> None:
        self.seconds |= other.seconds
        self.failing |= other.failing
        self.starting |= other.starting
        for path, lines in other.lines.items():
            mine = self.lines.setdefault(path, {})
            for line, tests in lines.items():
                mine.setdefault(line, set()).update(tests)
        self.modules = sorted({*self.modules, *other.modules})


def file_of(test: str) -> str:
    return test.partition("::")[0]


@dataclass(slots=True)
class Known:
    """A survey kept for the next time, and of what it was made."""

    common: str = ""
    files: dict[str, str] = field(default_factory=dict)
    survey: Survey = field(default_factory=Survey)

    @classmethod
    def read(cls, kept: Path) -> "Known":
        try:
            known: Known = pickle.loads(kept.read_bytes())  # noqa: S301 - our own
        except (OSError, pickle.UnpicklingError, EOFError, AttributeError):
            return cls()
        return known

    def stale(self, folder: Path, paths: Sequence[str], tests: Sequence[str]) -> list[str]:
        """Forgets what has changed and returns the files of tests to survey anew."""
        every = sorted({path for place in tests for path in (folder / place).rglob("*.py")})
        common = [folder / path for path in paths]
        common += [path for path in every if not path.name.startswith("test_")]
        now = _digest(common)
        if now != self.common:
            self.common, self.files, self.survey = now, {}, Survey()
        files = {
            path.relative_to(folder).as_posix(): _digest([path])
            for path in every
            if path.name.startswith("test_")
        }
        changed = {
            name for name in {*files, *self.files} if files.get(name) != self.files.get(name)
        }
        self.survey, self.files = self.survey.without(changed), files
        return sorted(changed & set(files))


def _digest(paths: Sequence[Path]) -> str:
    found = hashlib.sha256()
    for path in paths:
        found.update(path.read_bytes())
    return found.hexdigest()


class Surveyor:
    """The pytest plug-in that makes a survey."""

    def __init__(self, folder: Path, paths: Sequence[str]) -> None:
        self.survey = Survey()
        self._folder, self._paths = folder, paths
        self._running = COLLECTING
        self._counter = coverage.Coverage(
            data_file=None, config_file=False, include=[str(folder / path) for path in paths]
        )
        sys.addaudithook(self._hear)
        self._counter.start()

    def _hear(self, event: str, _arguments: object) -> None:
        if event in {"subprocess.Popen", "os.fork", "os.posix_spawn"} and self._running:
            self.survey.starting.add(self._running)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._running = item.nodeid
        self._counter.switch_context(item.nodeid)
        began = time.monotonic()
        try:
            return (yield)
        finally:
            self.survey.seconds[item.nodeid] = time.monotonic() - began
            self._running = COLLECTING

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.survey.failing.add(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.survey.failing.add(report.nodeid)

    def finish(self) -> Survey:
        self._counter.stop()
        data = self._counter.get_data()
        for path in self._paths:
            by_line = data.contexts_by_lineno(str(self._folder / path))
            self.survey.lines[path] = {line: set(tests) for line, tests in by_line.items()}
        self.survey.modules = [name for name, module in sys.modules.items() if _foreign(module)]
        return self.survey


def _foreign(module: object) -> bool:
    """Whether it can be loaded before the tests are: no plug-in of pytest, nothing of ours."""
    place = getattr(module, "__file__", None) or ""
    name = getattr(module, "__name__", "")
    return ("/lib/python" in place) and not name.startswith(KEPT)
