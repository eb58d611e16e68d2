"""What a part needs is an argument of its constructor; nobody hangs it in from outside afterwards.

A hook that was forgotten is seen by no checker: a ``barred`` that nobody set would mean "never
barred".  The hooks that are left stand here one by one, and the list only gets shorter.
"""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.tidy.tree import ROOT, modules, parsed

ROOMS = ("evcc", "secc", "ecu", "can_adapter", "keym", "csm", "bsw")

LEFT = {
    "bsw/chrgm/messages/model.py": {"set"},  # by the decorator that makes the class
    "bsw/os/process.py": {"on_fault"},
    "bsw/sim/site.py": {"passable"},
    "csm/jobs.py": {"on_outcome"},
    "evcc/bus/merge.py": {"changed", "owned"},
    "evcc/ecu/ecu.py": {"changed", "on_active", "on_result", "on_stop", "wake"},
    "evcc/ecu/services.py": {"asked", "flowing", "told"},
    "evcc/health/supervision.py": {"opened_under_load"},
    "evcc/north/side.py": {"changed", "on_link", "running", "wake"},
    "evcc/sleep/modes.py": {"on_state", "overhear"},
    "secc/contract/certificate_relay.py": {"on_certificate"},
    "secc/ecu/ecu.py": {"on_end", "on_stop"},
    "secc/plug/session_server.py": {"now", "running", "stray"},
    "secc/plug/slac_side.py": {"on_dlink", "on_phase"},
}
"""By module, what it still hangs into others.  Do not add to it: take an argument, or listen."""


def aliases(paths: list[Path]) -> set[str]:
    """Names that stand for a type of something to call."""
    return {
        target.id
        for path in paths
        for node in parsed(path).body
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("Callable[")
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def declared(node: ast.AST) -> tuple[str, ast.expr | None]:
    """The name an attribute, an argument ``on_...`` or a setter declares, and as what."""
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.target).removeprefix("self."), node.annotation
    if isinstance(node, ast.arg) and node.arg.startswith("on_"):
        return node.arg, node.annotation
    if isinstance(node, ast.FunctionDef) and any(
        ast.unparse(by).endswith(".setter") for by in node.decorator_list
    ):
        return node.name, node.args.args[1].annotation
    return "", None


def callables(paths: list[Path]) -> set[str]:
    """Names of attributes and arguments that are declared to be something to call."""
    words = {"Callable", *aliases(paths)}
    named = set()
    for path in paths:
        for node in ast.walk(parsed(path)):
            name, what = declared(node)
            if what is not None and words & set(re.findall(r"\w+", ast.unparse(what))):
                named.add(name)
    return {name for name in named if name and "." not in name}


def hung(path: Path, named: set[str]) -> Counter[str]:
    """Attributes of others that this module sets to something to call."""
    found: Counter[str] = Counter()
    for node in ast.walk(parsed(path)):
        if not isinstance(node, ast.Assign) or isinstance(node.value, ast.Constant):
            continue
        for target in node.targets:
            if not isinstance(target, ast.Attribute) or ast.unparse(target.value) == "self":
                continue
            if isinstance(node.value, ast.Lambda) or target.attr in named:
                found[target.attr] += 1
    return found


def test_no_hook_is_hung_in_that_was_not_there_before() -> None:
    paths = modules(*ROOMS)
    named = callables(paths)
    found = {str(path.relative_to(ROOT)): set(hung(path, named)) for path in paths}
    assert {name: hooks for name, hooks in found.items() if hooks} == LEFT


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("manager.barred = lambda: can.barred", 1),
        ("near.manager.wear.told = dem.failed", 1),
        ("self.told = told", 0),
        ("state.soc = battery.soc", 0),
    ],
)
def test_a_planted_hook_is_found(code: str, count: int, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(code)
    assert sum(hung(path, {"told"}).values()) == count
