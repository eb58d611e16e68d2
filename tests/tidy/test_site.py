"""The documentation as a reader walks it: pages are reached, links lead on, commands are real."""

import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tidy.tree import ROOT
from tools.dev.commands import PAGE, commands

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
READ = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
LINK = re.compile(r"(?<!`)\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (?P<text>.*)$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(?: {4,}|\$ |)(?P<words>(?:v2g|evcc|secc) .*)$", re.MULTILINE)
ENDS = {"|", ">", ">>", "&&", ";", "&", "#", "2>", "<"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def entries(nav: Any) -> Iterator[str]:  # noqa: ANN401 - what YAML holds
    if isinstance(nav, str):
        yield nav
    else:
        for one in nav.values() if isinstance(nav, dict) else nav:
            yield from entries(one)


def test_each_page_is_reached_from_the_navigation_once() -> None:
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    assert sorted(entries(nav)) == sorted(path.relative_to(DOCS).as_posix() for path in PAGES)


@cache
def anchors(path: Path) -> frozenset[str]:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    plain = [
        re.sub(r"[^\w\s-]", "", head["text"]).strip().lower() for head in HEADING.finditer(text)
    ]
    return frozenset(re.sub(r"[-\s]+", "-", one) for one in plain)


@pytest.mark.parametrize("page", READ, ids=relative)
def test_each_link_leads_somewhere(page: Path) -> None:
    for link in LINK.finditer(FENCE.sub("", page.read_text(encoding="utf-8"))):
        target, _, anchor = link["target"].partition("#")
        if "://" in target:
            continue
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{link['target']}: there is no such file"
        if anchor:
            assert anchor in anchors(path), f"{link['target']}: no such heading"


@cache
def known() -> dict[str, argparse.ArgumentParser]:
    return commands()


def shown(page: Path) -> Iterator[list[str]]:
    """Command lines of a page, up to the first sign that is the shell's."""
    for found in COMMAND.finditer(page.read_text(encoding="utf-8")):
        line = found["words"].replace("[", " ").replace("]", " ")
        try:
            words = shlex.split(line, comments=True)
        except ValueError:  # a line that goes on
            words = line.split()
        ends = [at for at, word in enumerate(words) if word in ENDS or word.startswith("#")]
        yield words[: min(ends, default=len(words))]


@pytest.mark.parametrize("page", [page for page in READ if page != PAGE], ids=relative)
def test_each_command_that_a_page_shows_is_one(page: Path) -> None:
    for words in shown(page):
        name = words[0]
        while len(words) > name.count(" ") + 1:
            further = f"{name} {words[name.count(' ') + 1]}"
            if further not in known():
                break
            name = further
        rest = words[name.count(" ") + 1 :]
        options = known()[name]._option_string_actions
        for word in rest[: rest.index("--") if "--" in rest else None]:
            option = word.partition("=")[0]
            if re.fullmatch(r"--[a-z][a-z-]*", option):
                assert option in options, f"{' '.join(words)}: {name} has no {option}"


def test_the_page_of_commands_has_each_with_its_options() -> None:
    """How help is laid out differs between Pythons, what it names does not."""
    parts = re.split(r"^(?=##)", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections = {part.partition("\n")[0].lstrip("# "): part for part in parts}
    for name, parser in known().items():
        assert name in sections, f"no {name}: run python -m tools.dev.commands"
        told = set(re.findall(r"--[a-z][a-z0-9-]*", sections[name]))
        has = {one for one in parser._option_string_actions if one.startswith("--")}
        assert has <= told, f"{name}: run python -m tools.dev.commands"
    assert set(sections) - {"Commands"} <= set(known()), "run python -m tools.dev.commands"


@pytest.mark.long
def test_the_site_is_built_without_a_warning() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tools.dev.docs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (ROOT / "build" / "site" / "index.html").is_file()
