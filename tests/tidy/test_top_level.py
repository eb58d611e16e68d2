"""What stands at the top level is agreed; a note left behind by somebody does not land there."""

import pytest

from tests.tidy.tree import ROOT, tracked

ALLOWED = frozenset(
    [
        ".ci",
        ".gitattributes",
        ".github",
        ".gitignore",
        ".pre-commit-config.yaml",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "README.md",
        "SECURITY.md",
        "Dockerfile",
        "Makefile",
        "compose.yaml",
        "constraints.txt",
        "mkdocs.yml",
        "packages.txt",
        "pyproject.toml",
        "setup.py",
        "arxml",
        "bsw",
        "can_adapter",
        "changes",
        "config",
        "csm",
        "csms",
        "deploy",
        "docs",
        "ecu",
        "evcc",
        "examples",
        "firmware",
        "keym",
        "ocpp",
        "pilotwire",
        "secc",
        "tests",
        "tools",
    ]
)


def strangers(names: list[str]) -> list[str]:
    """The top-level names among repository paths that nobody agreed to."""
    return sorted({name.partition("/")[0] for name in names} - ALLOWED)


def test_nothing_stands_at_the_top_level_that_was_not_agreed() -> None:
    names = [str(path.relative_to(ROOT)) for path in tracked()]
    assert strangers(names) == [], "it belongs into a room or docs/, or into ALLOWED with a reason"


@pytest.mark.parametrize("name", ["AAA_LAND.txt", "scratch/note.md", "evcc.log", "Readme.md"])
def test_a_planted_stranger_is_found(name: str) -> None:
    assert strangers(["README.md", "evcc/cli.py", name]) == [name.partition("/")[0]]
