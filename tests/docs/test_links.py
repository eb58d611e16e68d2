"""No link of a page is broken, and each page can be reached from the navigation."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.pages import DOCS, PAGES, broken, slug
from tests.tidy.tree import ROOT, tracked

_NAMED = re.compile(
    r"`((?:arxml|bsw|can_adapter|config|csm|deploy|docs|ecu|evcc|examples|firmware|keym|ocpp"
    r"|pilotwire|secc|tests|tools)/[\w./-]+\.(?:py|yaml|md|dbc|arxml|ipynb|sh|service|c|h|lua|tsv))`"
)


def in_navigation(entry: Any) -> Iterator[str]:  # noqa: ANN401 - what YAML holds
    if isinstance(entry, str):
        yield entry
    else:
        for one in entry.values() if isinstance(entry, dict) else entry:
            yield from in_navigation(one)


def not_there(text: str) -> list[str]:
    """Files of ours that a page names and nobody has."""
    return [name for name in _NAMED.findall(text) if not (ROOT / name).exists()]


def test_each_link_leads_somewhere() -> None:
    assert [said for page in PAGES for said in broken(page)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_file_a_page_names_is_there(page: Path) -> None:
    assert not_there(page.read_text(encoding="utf-8")) == []


def test_each_page_is_reached_from_the_navigation_once() -> None:
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert sorted(in_navigation(settings["nav"])) == sorted(pages)


def test_each_picture_is_shown() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    pictures = [path.name for path in tracked() if path.parent == DOCS / "pictures"]
    assert [name for name in pictures if f"pictures/{name}" not in text] == []


def test_broken_links_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A `word`: here\n\n[a](#a-word-here) [b](#b) [c](none.md) `[d](e.md)`\n\n"
        "```text\n[f](g.md)\n```\n\n![h](i.png) [j](https://example.org/k)\n"
    )
    assert broken(page) == [
        "page.md:3: page.md has no heading b",
        "page.md:3: there is no none.md",
        "page.md:9: there is no i.png",
    ]
    assert not_there("`bsw/none.py`, `bsw/dlt.py`, `run/x.yaml`") == ["bsw/none.py"]


def test_anchors_are_those_of_the_site() -> None:
    assert slug("The `can` driver - what it is") == "the-can-driver-what-it-is"
    assert slug("Test PKIs: `v2g pki`") == "test-pkis-v2g-pki"
