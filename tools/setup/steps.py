"""The steps behind ``make test``, ``make check`` and ``make bench``, and how they went.

``make test`` is what decides: format, lint, types, the site of the pages, then all tests.  A step
that fails does not keep the others from running; the table at the end says which did.
``make coverage`` runs the same tests and reports the lines and branches they reach; counting them
costs three times the processor time, so it is not part of deciding.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

MOST_PROCESSES = 8
PROCESSES_PER_CORE = 2
"""A good part of the tests waits for sockets and processes on the host's clock: a second one uses
the core in the meantime."""


def _processes() -> str:
    return str(min(MOST_PROCESSES, PROCESSES_PER_CORE * len(os.sched_getaffinity(0))))


@dataclass(frozen=True)
class Step:
    name: str
    command: tuple[str, ...]


LINT = Step("lint", ("-m", "ruff", "check", "."))
FORMAT = Step("format", ("-m", "ruff", "format", "--check", "."))
TYPES = Step("types", ("-m", "mypy"))
PYTEST = (
    *("-m", "pytest", "-q", "-n", _processes()),
    *("--dist", "worksteal", "--durations", "10"),
)
TESTS = Step("tests", (*PYTEST, "-m", "not long"))
LONG = Step("long", (*PYTEST, "-m", "long"))
COVERED = Step("tests", (*PYTEST, "--cov", "--cov-report=term:skip-covered"))
WHEEL = Step("wheel", ("-m", "tools.setup.release"))
CONTAINER = Step("container", ("-m", "tools.dev.container"))
ARM = Step("arm", ("-m", "tools.dev.arm"))
FUZZ = Step("firmware-fuzz", ("-m", "tools.island", "fuzz"))
PEERS = Step("peers", ("-m", "tools.cli", "interop", "setup"))
INTEROP = Step("interop", ("-m", "tools.cli", "interop", "run"))
MUTANTS = Step("mutants", ("-m", "tools.dev.mutants"))
DOCS = Step("docs", ("-m", "tools.dev.docs"))
SITE = Step("site", (*DOCS.command, "--if-possible"))
BENCH = Step("bench", ("-m", "tools.cli", "measure"))

PLANS = {
    "check": (LINT, FORMAT, TYPES),
    "test": (LINT, FORMAT, TYPES, SITE, TESTS),
    "long": (LONG,),
    "coverage": (COVERED,),
    "bench": (BENCH,),
    "wheel": (WHEEL,),
    "container": (CONTAINER,),
    "arm": (ARM,),
    "docs": (DOCS,),
    "mutants": (MUTANTS,),
    "firmware-fuzz": (FUZZ,),
    "interop": (PEERS, INTEROP),
}


def play(goal: str, python: Path, words: list[str]) -> int:
    """Run the steps of ``goal``; ``words`` go to the last one."""
    plan = PLANS[goal]
    results = []
    for step in plan:
        extra = words if step is plan[-1] else []
        print(f"\n== {step.name}", file=sys.stderr, flush=True)
        began = time.monotonic()
        ended = subprocess.run([str(python), *step.command, *extra], env=_quiet(), check=False)
        results.append((step.name, ended.returncode, time.monotonic() - began))
    if len(plan) > 1:
        print(file=sys.stderr)
        for name, status, seconds in results:
            word = "ok" if status == 0 else f"FAILED (status {status})"
            print(f"{name:8} {seconds:7.1f} s  {word}", file=sys.stderr)
    return 1 if any(status for _, status, _ in results) else 0


def _quiet() -> dict[str, str]:
    """Tests must not depend on what the caller's Python was told."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
