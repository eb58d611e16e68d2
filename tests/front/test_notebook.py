"""The notebook of ``examples/`` shows what it would show today."""

import ast
import json
from pathlib import Path

import pytest

from tests.tidy.tree import ROOT
from tools.dev.notebook import played, written

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_cell_is_python_and_was_played_in_order(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    for cell in code:
        ast.parse("".join(cell["source"]))
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    kinds = {kind for cell in code for one in cell["outputs"] for kind in one.get("data", ())}
    assert "image/svg+xml" in kinds


@pytest.mark.long
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_it_shows_today(path: Path) -> None:
    kept = path.read_text(encoding="utf-8")
    assert written(played(json.loads(kept))) == kept, "run: python -m tools.dev.notebook"
