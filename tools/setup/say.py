"""How the set-up speaks, and how it gives up."""

import sys


class Failed(Exception):
    """The set-up cannot go on.  The text says why and what a person can do."""


def say(line: str) -> None:
    print(f"pilotwire: {line}", file=sys.stderr, flush=True)
