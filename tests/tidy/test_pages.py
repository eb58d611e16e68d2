"""What a page names exists, and no page is half of two."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.tidy.tree import ROOT, tracked

PAGES = [*sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("*.md"))]
_TEST = re.compile(r"\btests/[\w./-]+\.py\b")
_CONFLICT = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)


def missing(text: str) -> list[str]:
    """Tests that a page names and nobody has."""
    return sorted({name for name in _TEST.findall(text) if not (ROOT / name).is_file()})


def in_conflict(paths: Iterable[Path]) -> list[str]:
    """Files that a merge left half done."""
    texts = [path for path in paths if path.suffix in {".md", ".py", ".yaml", ".toml", ".txt"}]
    return [str(path) for path in texts if _CONFLICT.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_test_a_page_names_exists(page: Path) -> None:
    assert missing(page.read_text(encoding="utf-8")) == []


def test_each_threat_has_its_test() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = [
        line.split("|")[1:-1] for line in text.partition("\n## ")[0].splitlines() if "|" in line
    ]
    assert len(rows) > 30
    for row in rows[2:]:
        assert len(row) == 3, row
        assert _TEST.search(row[2]), row


def test_no_file_holds_the_marks_of_a_merge() -> None:
    assert in_conflict(tracked()) == []


def test_what_is_missing_is_found(tmp_path: Path) -> None:
    assert missing("`tests/tidy/tree.py`, `tests/none/test_x.py`") == ["tests/none/test_x.py"]
    left = tmp_path / "left.md"
    left.write_text("<" * 7 + " HEAD\n")
    assert in_conflict([left]) == [str(left)]
