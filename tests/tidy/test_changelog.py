"""CHANGELOG.md is made from the fragments in ``changes/`` and does not fall far behind them."""

from pathlib import Path

import pytest

from tests.tidy.tree import ROOT
from tools.dev.changelog import MOST_WAITING, fragments, page, waiting


def test_the_file_is_not_stale() -> None:
    texts = fragments(ROOT / "changes")
    late = waiting(texts, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert len(late) <= MOST_WAITING, "make it anew: python -m tools.dev.changelog"


def test_every_fragment_is_in_the_page_and_nothing_waits_then(tmp_path: Path) -> None:
    (tmp_path / "11.bench.added.md").write_text("A bench.\nIt charges.\n")
    (tmp_path / "2.loop.fixed.md").write_text("A loop.\n")
    texts = fragments(tmp_path)
    made = page(texts)
    assert "### Added\n\n- A bench. It charges.\n" in made
    assert "### Fixed\n\n- A loop.\n" in made
    assert waiting(texts, made) == []
    (tmp_path / "3.new.changed.md").write_text("Something new.\n")
    assert waiting(fragments(tmp_path), made) == ["Something new."]


@pytest.mark.parametrize("name", ["x.bench.added.md", "1.bench.removed.md", "bench.md"])
def test_a_fragment_with_another_name_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("A change.\n")
    with pytest.raises(ValueError, match=name):
        fragments(tmp_path)
