"""Judges mutants inside the copy of the tree: read from standard input, told on standard output.

Each mutant has a process of its own, forked off where as much as possible is loaded already: from
one that has collected the tests, if changing functions in memory is enough, else from one that has
loaded the foreign libraries and imports our modules anew.  Only tests that reach the change run,
those first that have killed before, and the first failure ends it.
"""

import contextlib
import importlib
import json
import os
import pickle
import resource
import select
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tools.dev.mutants.mutate import Mutant
from tools.dev.mutants.survey import COLLECTING, KEPT, Known, Survey, Surveyor, file_of
from tools.dev.mutants.swap import Loaded

OPTIONS = (
    *("-q", "-m", "not long", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:pytest_cov"),
    *(
        "-p",
        "no:randomly",
        "--hypothesis-seed=1",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
    ),
)
MEMORY = 3 << 30
QUICK = 0.01
"""Seconds of a test that only compares."""
PATIENCE, SLOWER = 8.0, 5.0
"""A test that takes this many seconds and times longer than it did hangs."""


@dataclass(frozen=True, slots=True)
class Verdict:
    killed: bool
    by: str = ""


class Apart:
    """Work in a forked process that writes lines to us; a line that does not come ends it."""

    def __init__(self, work: Callable[[Callable[[str], None]], None]) -> None:
        ours, theirs = os.pipe()
        self._lines = ours
        self._pid = os.fork()
        if self._pid == 0:
            os.setsid()
            os.close(ours)
            status = 1
            try:
                work(lambda line: _write(theirs, line))
                status = 0
            finally:
                os._exit(status)
        os.close(theirs)
        self._rest = b""

    def line(self, seconds: float) -> str | None:
        """The next line; None if there is none, or none in time."""
        ends = time.monotonic() + seconds
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._lines], [], [], max(0.0, ends - time.monotonic()))
            more = os.read(self._lines, 65536) if ready else b""
            if not more:
                return None
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()

    def end(self) -> int:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        os.close(self._lines)
        return os.waitpid(self._pid, 0)[1]


def _write(pipe: int, line: str) -> None:
    os.write(pipe, line.encode() + b"\n")


class Runner:
    """The pytest plug-in of a forked process: runs what it is told, says each test as it ends."""

    def __init__(self, tests: Sequence[str], say: Callable[[str], None]) -> None:
        self._wanted, self._say = tests, say

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        known = {item.nodeid: item for item in items}
        items[:] = [known[one] for one in self._wanted if one in known]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            self._say("killed while collecting")
        else:
            run(session.items, self._say)
        os._exit(0)

    def pytest_internalerror(self) -> None:
        self._say("killed by an error in pytest")


def run(items: Sequence[pytest.Item], say: Callable[[str], None]) -> None:
    for item, following in zip(items, (*items[1:], None), strict=True):
        reports = runtestprotocol(item, log=False, nextitem=following)
        if any(report.failed for report in reports):
            say(f"killed by {item.nodeid}")
            return
        say("passed")
    say("survived")


class Host:
    """The pytest plug-in that stops with all tests collected, and forks from there."""

    def __init__(self, folder: Path, orders: int, say: Callable[[str], None]) -> None:
        self._folder, self._orders, self._say = folder, orders, say

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        loaded = Loaded(str(self._folder))
        items = {item.nodeid: item for item in session.items}
        self._say("ready")
        with os.fdopen(self._orders, "rb") as orders:
            while True:
                mutant, good, tests, seconds = pickle.load(orders)  # noqa: S301 - our own
                chosen = [items[one] for one in tests if one in items]
                self._one(loaded, mutant, good, chosen, seconds)

    def _one(
        self,
        loaded: Loaded,
        mutant: Mutant,
        good: bytes,
        items: list[pytest.Item],
        seconds: dict[str, float],
    ) -> None:
        def work(say: Callable[[str], None]) -> None:
            limit(sum(seconds.values()))
            path = str(self._folder / mutant.path)
            if not loaded.swap(path, good, mutant.applied(good)):
                say("fresh")
                return
            run(items, say)

        self._say(json.dumps(follow(Apart(work), [item.nodeid for item in items], seconds)))


def follow(
    apart: Apart, tests: Sequence[str], seconds: dict[str, float], more: float = 0.0
) -> tuple[str, str]:
    """What became of a mutant: ``killed``, ``survived`` or ``fresh``, and by which test."""
    try:
        for test in (*tests, ""):
            line = apart.line(more + PATIENCE + SLOWER * seconds.get(test, 0.0))
            if line is None:
                return "killed", test
            if line != "passed":
                return line.split()[0], line.partition(" by ")[2]
        return "killed", ""
    finally:
        apart.end()


def limit(seconds: float) -> None:
    most = int(PATIENCE + SLOWER * seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


class Judge:
    """One room: its survey, and a verdict on each mutant."""

    def __init__(
        self, folder: Path, tests: Sequence[str], paths: Sequence[str], *, each: float, kept: Path
    ) -> None:
        self._folder, self._tests, self._paths, self._each = folder, tests, paths, each
        self._kills: Counter[str] = Counter()
        self._stamp = int(time.time())
        self.survey = self._surveyed(kept)
        for name in (one for one in self.survey.modules if not one.startswith(KEPT)):
            with contextlib.suppress(Exception), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                importlib.import_module(name)
        orders, self._orders = os.pipe()
        self._host = Apart(
            lambda say: _pytest(self._tests, self._folder, Host(self._folder, orders, say))
        )
        os.close(orders)
        said = self._host.line(600)
        if said != "ready":
            raise RuntimeError(f"the tests cannot be collected: {said}")

    def _surveyed(self, kept: Path) -> Survey:
        known = Known.read(kept)
        stale = known.stale(self._folder, self._paths, self._tests)
        fresh = self._folder / "survey"

        def work(_say: Callable[[str], None]) -> None:
            surveyor = Surveyor(self._folder, self._paths)
            _pytest(stale, self._folder, surveyor)
            fresh.write_bytes(pickle.dumps(surveyor.finish()))

        if stale:
            apart = Apart(work)
            apart.line(3600)
            apart.end()
            known.survey.add(pickle.loads(fresh.read_bytes()))  # noqa: S301 - our own
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(pickle.dumps(known))
        return known.survey

    def close(self) -> None:
        self._host.end()

    def verdict(self, mutant: Mutant) -> Verdict:
        path = self._folder / mutant.path
        good, times = path.read_bytes(), path.stat()
        self._stamp += 2  # compiled files are told apart by whole seconds
        path.write_bytes(mutant.applied(good))
        os.utime(path, (self._stamp, self._stamp))
        try:
            word, by = self._asked(mutant, good)
        finally:
            path.write_bytes(good)
            os.utime(path, (times.st_atime, times.st_mtime))
        if word == "killed" and by:
            self._kills[by] += 1
        return Verdict(word == "killed", by)

    def _asked(self, mutant: Mutant, good: bytes) -> tuple[str, str]:
        reached = self.survey.at(mutant.path, mutant.first, mutant.last)
        if COLLECTING in reached:
            return self._fresh(mutant)
        first = reached or self.survey.starting
        tests = self._chosen(first, self._beside(first) & self.survey.of(mutant.path))
        if not tests:
            return "survived", ""
        seconds = {test: self.survey.seconds[test] for test in tests}
        with os.fdopen(os.dup(self._orders), "wb") as orders:
            pickle.dump((mutant, good, tests, seconds), orders)
        word, by = json.loads(self._host.line(3600) or '["killed", "its weight"]')
        return self._fresh(mutant) if word == "fresh" else (word, by)

    def _fresh(self, mutant: Mutant) -> tuple[str, str]:
        """Judged with everything imported again: quick tests, then those of the module, then all.

        What holds a table or a constant calls nothing of its module, and takes no time.
        """
        times = self.survey.seconds
        quick = {test for test, took in times.items() if took < QUICK}
        tests = self._chosen(quick, self.survey.of(mutant.path), set(times))
        seconds = {test: times[test] for test in tests}

        def work(say: Callable[[str], None]) -> None:
            limit(sum(seconds.values()) + 20)
            names = sorted({file_of(test) for test in tests})
            _pytest(names, self._folder, Runner(tests, say))
            say("killed while collecting")

        return follow(Apart(work), tests, seconds, more=20)

    def _beside(self, tests: set[str]) -> set[str]:
        """All tests of the same files: a fixture that they share is counted for the first only."""
        files = {file_of(test) for test in tests}
        return {test for test in self.survey.seconds if file_of(test) in files}

    def _chosen(self, *groups: set[str]) -> list[str]:
        """Group by group, those that kill often first, then the quick ones, as time lasts."""
        seconds = self.survey.seconds
        chosen: dict[str, None] = {}
        for group in groups:
            good = group - self.survey.failing - {COLLECTING} - set(chosen)
            left = self._each - sum(seconds[one] for one in chosen)
            for one in sorted(good, key=lambda one: (-self._kills[one], seconds[one])):
                left -= seconds[one]
                if left < 0 and chosen:
                    break
                chosen[one] = None
        return list(chosen)


def _pytest(tests: Sequence[str], folder: Path, plugin: object) -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    words = [*OPTIONS, "--rootdir", str(folder), "--basetemp", str(folder.parent / "scratch")]
    pytest.main([*words, *tests], plugins=[plugin])


def main() -> int:
    job: dict[str, Any] = json.load(sys.stdin)
    judge = Judge(Path.cwd(), job["tests"], job["paths"], each=job["each"], kept=Path(job["kept"]))
    failing = sorted(judge.survey.failing)
    print(json.dumps({"tests": len(judge.survey.seconds), "failing": failing}), flush=True)
    try:
        _tell(judge, job)
    finally:
        judge.close()
    return 0


def _tell(judge: Judge, job: dict[str, Any]) -> None:
    ends = time.monotonic() + job["seconds"]
    for number, one in enumerate(job["mutants"]):
        if time.monotonic() >= ends:
            break
        verdict = judge.verdict(Mutant(**one))
        told = {"number": number, "killed": verdict.killed, "by": verdict.by}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
