"""Every command line on a page is one that the program takes."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from bsw.program.parser import Parser
from tests.docs.pages import PAGES, Command, commands
from tools.bench.scenarios.find import read
from tools.cli import new_word
from tools.completion import grown, words_of
from tools.dev.commands import PAGE as GENERATED

NAMED_ONLY = re.compile(
    r"arguments are required|one of the arguments|expected (one|at least one) argument"
    r"|invalid (int|float|choice)[^:]*: '[A-Z/]+'"
)
"""What may be wrong with a command that a sentence only names: it is not all there, or a word in
capitals stands for another one."""


class Refused(Exception):
    pass


@cache
def parser(program: str) -> Parser:
    return grown(words_of(program))


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> None:
    def error(_parser: Parser, message: str) -> NoReturn:
        raise Refused(message)

    monkeypatch.setattr(Parser, "error", error)


def wrong(command: Command) -> str:
    """What the program would say, or nothing."""
    program, *words = command.words
    if program == "v2g" and new_word(words):
        return f"it is now {new_word(words)}"
    try:
        taken = parser(program).parse_args(words)
    except Refused as refusal:
        partly = not command.whole and NAMED_ONLY.search(str(refusal))
        return "" if partly else str(refusal)
    except SystemExit as ended:  # --help, --version
        return "" if not ended.code else "refused"
    return unknown_scenario(getattr(taken, "scenario", None)) if words[:1] == ["bench"] else ""


def unknown_scenario(name: object) -> str:
    if isinstance(name, str) and name.islower() and not name.endswith(".yaml"):
        try:
            read(name)
        except Exception as error:  # noqa: BLE001 - whatever it says is told
            return str(error)
    return ""


def told(page: Path) -> Iterator[str]:
    for command in commands(page):
        said = wrong(command)
        if said:
            yield f"{page.name}:{command.number}: {' '.join(command.words)}: {said}"


@pytest.mark.usefixtures("refusing")
def test_each_command_on_a_page_is_taken() -> None:
    assert [said for page in PAGES if page != GENERATED for said in told(page)] == []


@pytest.mark.usefixtures("refusing")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("$ v2g decode --wrnog run.pcapng", "unrecognized arguments: --wrnog"),
        ("$ v2g decode a.pcapng | v2g bench rnu", "invalid choice: 'rnu'"),
        ("$ evcc check -c a.yaml && evcc rum -c a.yaml", "invalid choice: 'rum'"),
        ("$ v2g bench run no-such-scenario", "no-such-scenario"),
        ("$ v2g run", "it is now v2g bench run"),
        ("$ v2g pki csr", "arguments are required"),
        ("$ v2g decode a.pcapng > b.txt   # all", ""),
        ("v2g: nothing of ours", ""),
    ],
)
def test_a_wrong_command_is_found(line: str, said: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n```console\n{line}\n```\n")
    found = list(told(page))
    assert (said in found[0]) if said else found == []


@pytest.mark.usefixtures("refusing")
def test_a_sentence_may_name_half_a_command_but_no_wrong_one(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("See `v2g pki csr`, `v2g pki install DIR --role ROLE` and `v2g pki cssr`.\n")
    assert [said.split(": ")[1] for said in told(page)] == ["v2g pki cssr"]
