"""Where in an ARXML file lies what a message without a line number speaks of.

The library that reads bus descriptions names paths, names and values, but no lines.  The longest
of its words that is the text of an element leads to the line; this is a help for a person, and no
help is better than a wrong one.
"""

import re

_HEX = re.compile(r"0[xX][0-9a-fA-F]+")
_WORD = re.compile(r"[/\w:.#+-]*\w")


def line_of(text: str, reason: str) -> int | None:
    """The line of the last element whose text the message names."""
    for word in _words(reason):
        at = max(text.rfind(f">{word}<"), text.rfind(f'"{word}"'))
        if at >= 0:
            return text.count("\n", 0, at) + 1
    return None


def _words(reason: str) -> list[str]:
    """Numbers first, which the file has in decimal; then long words before short ones."""
    words = set(_WORD.findall(reason))
    numbers = [str(int(word, 16)) for word in words if _HEX.fullmatch(word)]
    names = words | {word.rpartition("/")[2] for word in words}
    return numbers + sorted((word for word in names if len(word) > 1), key=len, reverse=True)
