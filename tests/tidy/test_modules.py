"""Each module says what it owns and stays small; nothing in the tree tells of a machine."""

import ast
import re
from pathlib import Path

import pytest

from tests.tidy.tree import modules, parsed, shown, tracked

MOST_LINES = 450
LONGER = {
    "bsw/chrgm/messages/din.py": "generated, one class per schema type",
    "bsw/chrgm/messages/iso2.py": "generated, one class per schema type",
    "bsw/chrgm/messages/iso20/common.py": "generated, one class per schema type",
}
"""Each with its reason."""

MOST_OCTETS = 1_000_000
LARGER: dict[str, str] = {}

TEXT = {".py", ".pyi", ".md", ".toml", ".txt", ".yaml", ".yml", ".json", ".c", ".h", ".sh", ""}


@pytest.mark.parametrize("path", modules(), ids=shown)
def test_a_module_begins_with_a_paragraph(path: Path) -> None:
    text = ast.get_docstring(parsed(path))
    assert text, "say what the module owns and what it must not know"
    first = text.split("\n\n")[0].strip()
    assert first[-1] in ".:", "the first paragraph is made of sentences"


def test_no_module_grows_beyond_reading() -> None:
    long = {
        shown(path)
        for path in modules()
        if path.read_text(encoding="utf-8").count("\n") > MOST_LINES
    }
    assert long == set(LONGER), "split it, or list it with a reason; or take it off the list"


def test_no_file_is_large() -> None:
    large = {shown(path) for path in tracked() if path.stat().st_size > MOST_OCTETS}
    assert large == set(LARGER)


def test_each_folder_with_code_is_a_package() -> None:
    folders = {path.parent for path in modules()}
    assert [shown(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def texts() -> dict[str, str]:
    return {
        shown(path): path.read_text(encoding="utf-8", errors="replace")
        for path in tracked()
        if path.suffix in TEXT
    }


def matching(pattern: str, exempt: tuple[str, ...] = ()) -> list[str]:
    form = re.compile(pattern)
    return [
        f"{name}: {found[0][:60]}"
        for name, text in texts().items()
        if not name.startswith(exempt) and (found := form.search(text)) is not None
    ]


def test_nothing_is_left_to_do() -> None:
    assert (
        matching(r"\b(TODO|FIXME|HACK)\b|(#|//)\s*XXX|XXX:", ("tests/tidy/", "pyproject.toml"))
        == []
    )


def test_no_path_of_a_machine_stands_in_the_tree() -> None:
    places = r"(?<![\w/.])(/work/|/root/|/Users/|/opt/(wheels|pypi))"
    assert matching(places, ("tests/tidy/",)) == []


def test_no_private_key_stands_in_the_tree() -> None:
    begin = "-----BEGIN "
    assert matching(begin + r"[A-Z0-9 ]*PRIVATE KEY-----\s*\n\s*[A-Za-z0-9+/=]{16}") == []


def test_no_index_or_proxy_of_a_machine_stands_in_the_tree() -> None:
    words = r"(extra-index-url|trusted-host|https?://(?!pypi\.org/)[^\s\"'>)]*/simple\b)"
    assert matching(words, ("tests/tidy/",)) == []
