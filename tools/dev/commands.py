"""``python -m tools.dev.commands``: the page of commands, from what ``--help`` of each says."""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.completion import PROGRAMS, grown, words_of

PAGE: Final = Path(__file__).parents[2] / "docs" / "commands.md"
HEAD: Final = """\
# Commands

Made by `python -m tools.dev.commands`: do not edit. What `--help` of each command says.
"""
_WIDTH: Final = "96"


def commands() -> dict[str, argparse.ArgumentParser]:
    """Each command by all its words."""
    return {
        name: parser
        for program in PROGRAMS
        for name, parser in _with_below(program, grown(words_of(program)))
    }


def _with_below(
    name: str, parser: argparse.ArgumentParser
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    yield name, parser
    for action in parser._actions:  # noqa: SLF001 - argparse tells it in no other way
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - the same
            for word, below in action.choices.items():
                yield from _with_below(f"{name} {word}", below)


def page() -> str:
    parts = [HEAD]
    for name, parser in commands().items():
        level = "##" if name.count(" ") < 2 else "###"
        parts.append(f"\n{level} {name}\n\n```text\n{parser.format_help().rstrip()}\n```\n")
    return "".join(parts)


def main() -> int:
    os.environ["COLUMNS"] = _WIDTH  # argparse breaks lines by the terminal's width
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
