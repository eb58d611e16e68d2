"""A tool that refuses says by which command it speaks: ``v2g dbc: ...``."""

import ast
from pathlib import Path

import pytest

from tests.tidy.tree import ROOT, modules, parsed, shown
from tools.cli import main

ELSEWHERE = ("setup", "dev", "island")
"""Folders of ``tools`` that are no part of the installed ``v2g``."""

RECORDS = {
    "tools/slac/console.py": "lines of a log, as asked for with -v",
    "tools/pki/reading/show.py": "a remark of the page, beside it where that is JSON",
}


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["dbc", "page", "--matrix", "NOTHING"], "v2g dbc: "),
        (["slac", "keys", "--nmk", "xyz"], "v2g slac"),
        (["pki", "vectors", "NOTHING"], "v2g pki vectors: "),
        (["pki", "show", "--root", "NOTHING", "NOTHING"], "v2g pki show: "),
        (["exi", "check", "NOTHING"], "v2g exi check: "),
        (["decode", "NOTHING"], "v2g decode: "),
        (["trace", "check", "NOTHING"], "v2g trace: "),
        (["measure", "nothing"], "v2g measure: "),
        (["conformance", "run", "nothing"], "v2g conformance: "),
        (["bench", "hardware", "--soc", "101"], "v2g bench hardware: "),
        (["sdp", "find", "--interface", "no-such"], "v2g sdp"),
        (["slac", "ev", "--interface", "no-such"], "v2g slac"),
    ],
    ids=lambda one: one if isinstance(one, str) else " ".join(one[:2]),
)
def test_a_refusal_names_its_command(
    words: list[str], name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(tmp_path / "nothing") if word == "NOTHING" else word for word in words]
    try:
        status = main(given)
    except SystemExit as ended:
        status = int(ended.code or 0)
    lines = capsys.readouterr().err.splitlines()
    assert status in {1, 2}
    assert any(line.startswith(name) for line in lines), lines
    assert not any("Traceback" in line for line in lines)


def told(path: Path) -> list[tuple[int, str]]:
    """Line and text of what a module prints beside its output."""
    found = []
    for node in ast.walk(parsed(path)):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "print"):
            continue
        if any(one.arg == "file" and "stderr" in ast.unparse(one.value) for one in node.keywords):
            text = node.args[0] if node.args else node
            if isinstance(text, ast.JoinedStr):
                text = text.values[0]
            found.append((node.lineno, str(getattr(text, "value", ast.unparse(text)))))
    return found


def test_whatever_is_said_beside_the_output_names_its_command() -> None:
    nameless = [
        f"{shown(path)}:{line}: {text}"
        for path in modules("tools")
        if path.relative_to(ROOT).parts[1] not in ELSEWHERE and shown(path) not in RECORDS
        for line, text in told(path)
        if not text.startswith(("v2g ", "v2g: "))
    ]
    assert nameless == []
