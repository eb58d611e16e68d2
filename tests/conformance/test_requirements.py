"""The page of requirement ids: up to date, and each proof it names is there."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tools.conformance.catalogue import newer
from tools.conformance.newer.requirements import Requirement, page, requirements

ROOT = Path(__file__).parents[2]
LISTED = requirements()
CASES = {case.id for case in newer()}


@cache
def functions(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("one", LISTED, ids=lambda one: one.ids)
def test_each_proof_is_there(one: Requirement) -> None:
    for name in one.proof:
        path, _, function = name.partition("::")
        assert name in CASES if not function else function in functions(path), name


def test_the_page_is_up_to_date() -> None:
    written = (ROOT / "docs/requirements-iso20.md").read_text(encoding="utf-8")
    assert written == page(), "run: v2g conformance page"


def test_no_id_stands_twice() -> None:
    ids = [one.ids for one in LISTED]
    assert len(set(ids)) == len(ids)
