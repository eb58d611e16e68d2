"""What is required is imported by what ships, and what is imported is named in pyproject.toml."""

import ast
import re
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.tidy.tree import ROOMS, ROOT, modules, parsed
from tools.setup import pins

RUN_BY_NAME = {
    "distributed": "looked for where a campaign on a cluster is tested",
    "mypy": "started as a program",
    "pre-commit": "started as a program",
    "pyftpdlib": "started as a program",
    "pyopenssl": "of pyftpdlib, for FTPS",
    "pytest-cov": "a plug-in",
    "pytest-xdist": "a plug-in",
    "ruff": "started as a program",
    "setuptools": "builds the wheel",
    "types-pyyaml": "types alone",
}
"""Of the extra ``test``: used without an import."""

OPTIONAL = {
    "atheris": "in an extra of its own; said where it is missing",
    "asyncssh": "in an extra of its own; said where it is missing",
    "shtab": "in an extra of its own; said where it is missing",
    "distributed": "in an extra of its own; said where it is missing",
    "pytest": "whoever loads the plug-in has it",
    "coverage": "comes with pytest-cov; `make mutants` alone uses it",
    "pydantic-core": "comes with pydantic, of which it is a part",
    "typing-extensions": "for the type checker alone",
}
"""Imported by what ships without being required."""


def section(name: str) -> set[str]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(rf"^{name} = \[(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return {re.split(r"[\[>=<; ]", line)[0].lower() for line in re.findall(r'"([^"]+)"', found[1])}


def imported(paths: list[Path]) -> set[str]:
    """Top-level names of everything imported, those spelled as text included."""
    found: set[str] = set()
    for path in paths:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add((node.module or "").split(".")[0])
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                ("import_module", "importorskip")
            ):
                first = node.args[0] if node.args else None
                if isinstance(first, ast.JoinedStr):  # the name begins with its package
                    first = first.values[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value.split(".")[0])
    return found


@cache
def shipped() -> set[str]:
    """The distributions that what ships imports from."""
    return distributions(imported(modules()))


def pinned() -> set[str]:
    """The distributions that ``make run`` installs."""
    lines = pins.section(ROOT / pins.FILE, pins.RUN)
    return {name.lower() for name in re.findall(r"^([\w.-]+)==", lines, re.MULTILINE)}


def distributions(names: set[str]) -> set[str]:
    """The distributions that foreign imports come from."""
    ours = {*ROOMS, "tests", "examples"}
    foreign = names - set(sys.stdlib_module_names) - ours
    known = packages_distributions()
    return {one.lower().replace("_", "-") for name in foreign for one in known.get(name, [])}


def test_what_is_required_is_imported_by_what_ships() -> None:
    unused = section("dependencies") - shipped()
    assert unused == set(), "drop it, or move it to the extra test"


def test_what_the_tests_require_is_used() -> None:
    tests = modules("tests", "tools")
    assert section("test") - distributions(imported(tests)) - set(RUN_BY_NAME) == set()


def test_what_ships_imports_only_what_is_required() -> None:
    assert shipped() - section("dependencies") - set(OPTIONAL) == set()


def test_what_is_imported_and_required_is_pinned_for_a_run() -> None:
    wanted = shipped() - set(OPTIONAL) | section("dependencies")
    assert wanted - pinned() == set(), f"move it to the section {pins.RUN} of {pins.FILE}"


def test_each_is_explained() -> None:
    page = (ROOT / "docs" / "design" / "dependencies.md").read_text(encoding="utf-8")
    lacking = {name for name in section("dependencies") if f"| {name} |" not in page}
    assert lacking == set()
