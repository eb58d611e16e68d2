"""Names of signals and words: which one the user may have meant.

Only strings are looked at here; what they stand for is known elsewhere.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from can_adapter.matrix.model import Matrix
from can_adapter.signals.convert import plain


def signals_by_name(matrix: Matrix) -> dict[str, tuple[str, ...]]:
    """Signals by their plain name; a name that two signals share binds nothing."""
    found: dict[str, tuple[str, ...]] = {}
    shared: set[str] = set()
    for message in matrix:
        for signal in message.signals:
            name = plain(signal.name)
            if name in found:
                shared.add(name)
            found[name] = (f"{message.name}.{signal.name}",)
    return {name: paths for name, paths in found.items() if name not in shared}


def unknown(what: str, name: str, known: Sequence[str]) -> str:
    """Say that a name is unknown, and which known ones come near."""
    close = nearest(name, known)
    return f"there is no {what} {name}" + (f"; did you mean {' or '.join(close)}?" if close else "")


def nearest(name: str, known: Sequence[str], most: int = 3) -> list[str]:
    """Known names that look alike, as a whole, behind the last dot or in one word of them."""
    whole = {plain(candidate): candidate for candidate in known}
    tails = {plain(path.rpartition(".")[2]): path for path in known}
    close = [whole[near] for near in get_close_matches(plain(name), whole, most, 0.6)]
    tail = plain(name.rpartition(".")[2])
    close += [tails[near] for near in get_close_matches(tail, tails, most, 0.7)]
    close += [path for path in known if tail in {plain(word) for word in re.split(r"\W|_", path)}]
    return list(dict.fromkeys(close))[:most]
