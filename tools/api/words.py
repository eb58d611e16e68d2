"""``key=value`` from a command line as arguments: dots lead into objects, values are JSON or text.

maximum_limits.evse_maximum_current_limit=80    ->  {"maximum_limits": {...: 80}}
mode=Contract    protocols='["DIN70121"]'    evse_id.evse_id='"123"'
"""

import json
from typing import Any


class Unreadable(ValueError):
    """A word that is no ``key=value``."""


def arguments(words: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not key:
            raise Unreadable(f"{word!r} is no argument; write key=value, e.g. SoC=55")
        _put(made, key.split("."), _value(text), word)
    return made


def _put(made: dict[str, Any], path: list[str], value: object, word: str) -> None:
    *into, last = path
    for key in into:
        made = made.setdefault(key, {})
        if not isinstance(made, dict):
            raise Unreadable(f"{word!r}: {key} has a value of its own already")
    if last in made:
        raise Unreadable(f"{word!r}: {last} is given twice")
    made[last] = value


def _value(text: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(text)
    except ValueError:
        return text
