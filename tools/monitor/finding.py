"""What a rule found, and the words it is told in."""

from typing import NamedTuple

from bsw.os.clock import MS


class Finding(NamedTuple):
    """``rule`` is a word one can filter by; ``limit`` and ``took`` are there for limits of time."""

    rule: str
    text: str
    limit: int | None = None
    took: int | None = None


def late(rule: str, name: str, took: int, limit: int) -> Finding:
    text = f"{name} after {took / MS:.0f} ms, where {limit / MS:.0f} ms are the limit"
    return Finding(rule, text, limit, took)
