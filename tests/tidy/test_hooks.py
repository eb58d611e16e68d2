"""What a part needs is an argument of its constructor; nobody hangs it in from outside afterwards.

A hook that was forgotten is seen by no checker: a ``barred`` that nobody set would mean "never
barred".  Where two need one another, both take a protocol whose members are asked for later
(``evcc/ecu/ring.py``); who comes and goes makes itself known by a method that says so.
"""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.tidy.tree import ROOT, modules, parsed

ROOMS = ("evcc", "secc", "ecu", "can_adapter", "keym", "csm", "bsw")


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


def test_no_hook_is_hung_in_from_outside() -> None:
    paths = modules(*ROOMS)
    named = callables(paths)
    found = {str(path.relative_to(ROOT)): set(hung(path, named)) for path in paths}
    assert {name: hooks for name, hooks in found.items() if hooks} == {}


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
