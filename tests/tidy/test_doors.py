"""Time and chance have one door each; whatever else came in there could not be repeated."""

import ast
from pathlib import Path

import pytest

from tests.tidy.tree import ROOT, modules, parsed

TIME_DOORS = {
    "bsw/os/host.py": "the host's monotonic clock",
    "bsw/stbm.py": "calendar time",
}
CHANCE_DOORS = {
    "csm/randomness.py": "the two sources behind the port",
}
TIME_CALLS = {"now", "utcnow", "today", "localtime", "gmtime", "monotonic", "perf_counter"}
TIME_OWNERS = {"datetime", "date", "dt", "datetime.datetime", "datetime.date", "time"}
CHANCE_MODULES = {"random", "secrets"}
CHANCE_CALLS = {"os.urandom", "os.getrandom", "uuid.uuid1", "uuid.uuid4", "ssl.RAND_bytes"}


def through(path: Path) -> tuple[list[str], list[str]]:
    """Where a module asks the host for time, and where for chance."""
    time, chance = [], []
    for node in ast.walk(parsed(path)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        time += [f"{node.lineno}: import {name}" for name in names if name == "time"]  # type: ignore[attr-defined]  # import nodes have lines
        chance += [f"{node.lineno}: import {name}" for name in names if name in CHANCE_MODULES]  # type: ignore[attr-defined]  # the same
        if isinstance(node, ast.Attribute):
            owner, call = ast.unparse(node.value), node.attr
            if call in TIME_CALLS and owner in TIME_OWNERS:
                time.append(f"{node.lineno}: {owner}.{call}")
            if f"{owner}.{call}" in CHANCE_CALLS:
                chance.append(f"{node.lineno}: {owner}.{call}")
    return time, chance


ECU_MODULES = [
    str(path.relative_to(ROOT))
    for path in modules("evcc", "secc", "ecu", "ocpp", "can_adapter", "keym", "csm", "bsw")
]


def test_only_the_clock_asks_the_host_for_time() -> None:
    asking = {name: through(ROOT / name)[0] for name in ECU_MODULES if name not in TIME_DOORS}
    assert {name: lines for name, lines in asking.items() if lines} == {}


def test_only_one_module_asks_the_host_for_chance() -> None:
    asking = {name: through(ROOT / name)[1] for name in ECU_MODULES if name not in CHANCE_DOORS}
    assert {name: lines for name, lines in asking.items() if lines} == {}


@pytest.mark.parametrize(
    ("code", "time", "chance"),
    [
        ("import time", 1, 0),
        ("from time import monotonic_ns", 1, 0),
        ("import datetime\ndatetime.datetime.now()", 1, 0),
        ("from datetime import date\ndate.today()", 1, 0),
        ("import random", 0, 1),
        ("from secrets import token_bytes", 0, 1),
        ("import os\nos.urandom(8)", 0, 1),
        ("import uuid\nuuid.uuid4()", 0, 1),
        ("from datetime import datetime\ndatetime.fromisoformat(x)\nclock.now()", 0, 0),
    ],
)
def test_a_planted_back_door_is_found(code: str, time: int, chance: int, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(code)
    found = through(path)
    assert (len(found[0]), len(found[1])) == (time, chance)
