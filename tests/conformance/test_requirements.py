"""The pages of requirement ids: up to date, and each proof it names is there."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tools.conformance.catalogue import everything
from tools.conformance.requirements import (
    ISO2,
    ISO20,
    Norm,
    Requirement,
    page,
    requirements,
    unlisted,
)

ROOT = Path(__file__).parents[2]
LISTED = requirements(ISO2) + requirements(ISO20)
CASES = {case.id for case in everything()}
BOTH = pytest.mark.parametrize("norm", [ISO2, ISO20], ids=lambda norm: norm.file)


@cache
def functions(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("one", LISTED, ids=lambda one: one.ids)
def test_each_proof_is_there(one: Requirement) -> None:
    for name in one.proof:
        path, _, function = name.partition("::")
        assert name in CASES if not function else function in functions(path), name


@BOTH
def test_the_page_is_up_to_date(norm: Norm) -> None:
    written = (ROOT / f"docs/requirements-{norm.file}.md").read_text(encoding="utf-8")
    assert written == page(norm), "run: v2g conformance requirements"


@BOTH
def test_each_id_that_a_source_names_has_a_line(norm: Norm) -> None:
    assert not unlisted(norm)


@BOTH
def test_no_id_stands_twice(norm: Norm) -> None:
    ids = [one.ids for one in requirements(norm)]
    assert len(set(ids)) == len(ids)


def test_no_line_of_iso_15118_20_is_open() -> None:
    assert [one.ids for one in requirements(ISO20) if not (one.proof or one.reason)] == []
