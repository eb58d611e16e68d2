"""Every switch of a profile and every key of a configuration is read, by code that tests reach.

A read is an attribute of that name anywhere but in what a part checks of itself.  Names are not
types: two switches of one name hide each other, so give a switch a name of its own.
"""

import ast
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from bsw.chrgm.agreement import Tolerance
from bsw.chrgm.sap import SapRules
from bsw.chrgm.signature import SignatureRules
from bsw.ecuc.part import Part
from bsw.sdp.search import SearchRules
from evcc.config import EvccConfig
from evcc.session.profile import VehicleProfile
from secc.config import SeccConfig
from secc.session.profile import StationProfile
from tests.tidy.tree import ROOMS, ROOT, modules, parsed

PRODUCT = tuple(room for room in ROOMS if room not in {"tools", "pilotwire"})
RULES = (VehicleProfile, StationProfile, SapRules, SearchRules, SignatureRules)


def parts_in(annotation: object) -> Iterator[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for inner in get_args(annotation):
        yield from parts_in(inner)


def parts_of(*roots: type[Part]) -> set[type[Part]]:
    found: set[type[Part]] = set()
    waiting = list(roots)
    while waiting:
        part = waiting.pop()
        if part not in found:
            found.add(part)
            waiting += [
                inner
                for field in part.model_fields.values()
                for inner in parts_in(field.annotation)
            ]
    return found


def module_of(path: Path) -> str:
    words = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(words[:-1] if words[-1] == "__init__" else words)


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value  # what is loaded by its name


@cache
def reached() -> tuple[ast.Module, ...]:
    """The product's modules that some test imports, or that those import."""
    own = {module_of(path): parsed(path) for path in modules(*ROOMS)}
    tests = [parsed(path) for path in sorted((ROOT / "tests").rglob("*.py"))]
    found: dict[str, ast.Module] = {}
    waiting = [name for tree in tests for name in imported(tree)]
    while waiting:
        name = waiting.pop()
        if name in own and name not in found:
            found[name] = own[name]
            waiting += imported(own[name])
    return tuple(tree for name, tree in found.items() if name.split(".")[0] in PRODUCT)


CHECKS = frozenset({"problems", "problems_outside", "unused"})
"""What a part says against itself; looking at a key there is no use of it."""


def reads(node: ast.AST) -> Iterator[str]:
    """Names of attributes that are read, but for what is read to be checked."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef) and child.name in CHECKS:
            continue
        if isinstance(child, ast.Attribute) and isinstance(child.ctx, ast.Load):
            yield child.attr
        yield from reads(child)


@cache
def read_anywhere() -> frozenset[str]:
    return frozenset(name for tree in reached() for name in reads(tree))


@cache
def handed_on() -> frozenset[str]:
    """Classes that pass on all they have at once."""
    return frozenset(
        node.name
        for tree in reached()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and "model_dump" in set(reads(node))
    )


def unread(cls: type, names: set[str]) -> set[str]:
    return set() if cls.__name__ in handed_on() else names - read_anywhere()


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: rules.__name__)
def test_every_switch_is_read(rules: Any) -> None:  # noqa: ANN401 - a dataclass
    assert unread(rules, {one.name for one in fields(rules)}) == set()


def test_every_tolerance_is_asked_for() -> None:
    names = {one.name for one in Tolerance}
    asked = {
        node.attr
        for tree in reached()
        for comparison in ast.walk(tree)
        if isinstance(comparison, ast.Compare)
        for node in ast.walk(comparison)
        if isinstance(node, ast.Attribute)
    }
    assert names - asked == set()


def test_every_key_of_a_configuration_is_read() -> None:
    found = {
        f"{part.__name__}.{name}"
        for part in parts_of(EvccConfig, SeccConfig)
        for name in unread(part, set(part.model_fields))
    }
    assert found == set()


def test_a_key_that_only_its_own_checks_look_at_is_not_read() -> None:
    idle = ast.parse(
        "class Idle(Part):\n"
        "    def problems(self):\n"
        "        return self.checked_only\n"
        "    def used(self):\n"
        "        return self.used_as_well\n"
    )
    assert list(reads(idle)) == ["used_as_well"]
    assert unread(Part, {"nobody_reads_this_switch"}) == {"nobody_reads_this_switch"}
