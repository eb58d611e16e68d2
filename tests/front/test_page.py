"""The examples of docs/python.md run as they stand there, from top to bottom."""

import re
from pathlib import Path

import pytest

import pilotwire
from tests.tidy.tree import ROOT

PAGE = ROOT / "docs" / "python.md"
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_example_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    names: dict[str, object] = {}
    blocks = list(BLOCK.finditer(text))
    assert len(blocks) >= 4
    for block in blocks:
        line = text[: block.start("code")].count("\n")
        exec(compile("\n" * line + block["code"], str(PAGE), "exec"), names)


def test_the_page_names_all_there_is() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in pilotwire.__all__ if name not in text] == []
    assert all(getattr(pilotwire, name) for name in pilotwire.__all__)
    with pytest.raises(AttributeError, match="it has Bench"):
        _ = pilotwire.nothing
