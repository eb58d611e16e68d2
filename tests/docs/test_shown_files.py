"""A configuration that a page shows whole, by the name in its first line, is one."""

import re
from pathlib import Path

import pytest

from evcc.cli import main as evcc
from secc.cli import main as secc
from tests.tidy.tree import ROOT

BLOCK = re.compile(
    r"^```yaml\n# (?P<name>station|vehicle)\.yaml\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL
)
SHOWN = [
    (page.name, found["name"], found["text"])
    for page in sorted((ROOT / "docs").glob("*.md"))
    for found in BLOCK.finditer(page.read_text(encoding="utf-8"))
]


def test_pages_show_some() -> None:
    assert {name for _, name, _ in SHOWN} == {"station", "vehicle"}


@pytest.mark.parametrize(("page", "name", "text"), SHOWN, ids=lambda value: str(value)[:20])
def test_it_can_be_used(page: str, name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    role = secc if name == "station" else evcc
    assert role(["check", "-c", str(path)]) == 0, page
