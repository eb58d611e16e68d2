"""``python -m tools.dev.changelog``: CHANGELOG.md from the fragments in ``changes/``.

A fragment is ``<number>.<topic>.<added|changed|fixed>.md``: sentences for whoever integrates us.
They wait there until the file is made anew; ``--check`` says how many do.
"""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KINDS = {"added": "Added", "changed": "Changed", "fixed": "Fixed"}
NAME = re.compile(r"(?P<number>\d+)\.(?P<topic>[a-z0-9-]+)\.(?P<kind>added|changed|fixed)\.md")
HEAD = """\
# Changelog

For the person who integrates us. Made from the fragments in `changes/` by
`python -m tools.dev.changelog`.

## Unreleased
"""
MOST_WAITING = 30
"""Fragments land with every change; the file follows from time to time, and before a release."""


def fragments(folder: Path) -> dict[str, list[str]]:
    """The texts by kind, in the order of their numbers and topics."""
    found: dict[str, list[tuple[int, str, str]]] = {kind: [] for kind in KINDS}
    for path in sorted(folder.glob("*.md")):
        name = NAME.fullmatch(path.name)
        if name is None:
            raise ValueError(f"changes/{path.name}: the name is <number>.<topic>.<kind>.md")
        text = " ".join(path.read_text(encoding="utf-8").split())
        found[name["kind"]].append((int(name["number"]), name["topic"], text))
    return {kind: [text for *_, text in sorted(texts)] for kind, texts in found.items()}


def page(texts: dict[str, list[str]]) -> str:
    lines = [HEAD]
    for kind, title in KINDS.items():
        if texts[kind]:
            lines += [f"### {title}\n", *(f"- {text}" for text in texts[kind]), ""]
    return "\n".join(lines)


def waiting(texts: dict[str, list[str]], written: str) -> list[str]:
    """The fragments that the file does not have yet."""
    return [text for each in texts.values() for text in each if f"- {text}\n" not in written]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="changelog", description=__doc__)
    parser.add_argument("--check", action="store_true", help="say what waits; 1 if it is too much")
    arguments = parser.parse_args(argv)
    target, texts = ROOT / "CHANGELOG.md", fragments(ROOT / "changes")
    if not arguments.check:
        target.write_text(page(texts), encoding="utf-8")
        return 0
    late = waiting(texts, target.read_text(encoding="utf-8"))
    for text in late:
        print(f"waits: {text[:100]}", file=sys.stderr)
    return 1 if len(late) > MOST_WAITING else 0


if __name__ == "__main__":
    raise SystemExit(main())
