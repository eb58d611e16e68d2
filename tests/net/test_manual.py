"""The program in the manual runs, and prints what the manual says."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "transport.md"


def test_the_example_prints_what_the_manual_shows(capsys: pytest.CaptureFixture[str]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (expected,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    exec(compile(blocks[0], str(PAGE), "exec"), {"__name__": "manual"})
    assert capsys.readouterr().out == expected
