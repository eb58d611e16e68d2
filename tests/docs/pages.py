"""Pages as a reader meets them: their headings' anchors, links, and command lines."""

import re
import shlex
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.tidy.tree import ROOT

DOCS = ROOT / "docs"
PAGES = (*sorted(DOCS.rglob("*.md")), *sorted(set(ROOT.glob("*.md")) - {ROOT / "CHANGELOG.md"}))
"""The list of changes says what was called how at its time."""
PROGRAMS = ("v2g", "evcc", "secc")
_FENCE = re.compile(r"^ *(`{3,}|~{3,})(\w*)")
_LINK = re.compile(r"(?<!\\)!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")
_INLINE = re.compile(r"`([^`\n]+)`")
_DRAWN = re.compile(r"^ *(evcc|secc) {2,}.*$")
"""A row of a drawing or table, not a command."""
_ENDS = ("|", ">", "&", ";", "<", "2>")


class Line(NamedTuple):
    """One line of a page, and the language of the block it stands in: empty outside of blocks."""

    number: int
    text: str
    block: str


class Command(NamedTuple):
    page: str
    number: int
    words: tuple[str, ...]
    whole: bool
    """Stands alone in a block, as something to type; else it is named within a sentence."""


def lines(text: str) -> Iterator[Line]:
    block, mark, before = "", "", ""
    for number, line in enumerate(text.splitlines(), 1):
        found = _FENCE.match(line)
        if found and not mark:
            mark, block = found[1], found[2] or "text"
        elif found and line.strip() == mark:
            mark = block = ""
        elif mark:
            yield Line(number, line, block)
        else:
            inside = line.startswith("    ") and not before.lstrip().startswith(("-", "*", "1."))
            yield Line(number, line, "text" if inside else "")
            before = line if line.strip() and not inside else before
    assert not mark, "a block without its end"


def slug(heading: str) -> str:
    """The anchor that Python-Markdown gives a heading (and GitHub, but for rare characters)."""
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", lambda found: found[1] or "", heading)
    octets = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore")
    kept = re.sub(r"[^\w\s-]", "", octets.decode()).strip().lower()
    return re.sub(r"[-\s]+", "-", kept)


@cache
def anchors(path: Path) -> frozenset[str]:
    found: list[str] = []
    for line in lines(path.read_text(encoding="utf-8")):
        if not line.block and re.match(r"#{1,6} ", line.text):
            name = slug(line.text.lstrip("# "))
            found.append(name if name not in found else f"{name}_{found.count(name)}")
    return frozenset(found)


def links(text: str) -> Iterator[tuple[int, str]]:
    for line in lines(text):
        if not line.block:
            plain = _INLINE.sub("", line.text)
            yield from ((line.number, target) for target in _LINK.findall(plain))


def broken(page: Path) -> list[str]:
    """Links of a page that lead nowhere."""
    wrong = []
    for number, target in links(page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists():
            wrong.append(f"{page.name}:{number}: there is no {name}")
        elif anchor and anchor not in anchors(path):
            wrong.append(f"{page.name}:{number}: {path.name} has no heading {anchor}")
        elif DOCS in page.parents and DOCS not in path.parents:
            wrong.append(f"{page.name}:{number}: {name} is not part of the site")
    return wrong


def commands(page: Path) -> Iterator[Command]:
    """Every command line of ours that a page shows."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " \u0000")
    for line in lines(text):
        shown = line.text.replace("\u0000", " ")
        if line.block in {"", "text", "console", "sh", "bash"}:
            pieces = _DRAWN.sub("", shown).splitlines() if line.block else _INLINE.findall(shown)
            for piece in pieces:
                for words in _split(piece.strip()):
                    yield Command(page.name, line.number, words, bool(line.block))


def _split(text: str) -> Iterator[tuple[str, ...]]:
    """The commands of one shell line, without redirections and placeholders for more."""
    try:
        words = shlex.split(text.removeprefix("$ ").removeprefix("# "), comments=True)
    except ValueError:
        return
    command: list[str] = []
    skip = False
    for word in [*words, ";"]:
        if word.startswith(_ENDS):
            skip = word.startswith((">", "<", "2>"))
            if not skip:
                if _is_ours(command):
                    yield tuple(command)
                command = []
        elif skip:
            skip = word in {">", "<"}
        elif word not in {"...", "sudo", "exec", "nice"}:
            command.append(word.strip("[];"))


def _is_ours(command: list[str]) -> bool:
    """Not an answer, which begins with who gives it: ``v2g api: ...``."""
    return (
        command[:1] != []
        and command[0] in PROGRAMS
        and ":" not in {word[-1:] for word in command[1:3]}
    )
