"""A value of a trace as a person reads it in one line."""

from collections.abc import Mapping
from typing import Final

_LONGEST: Final = 60


def value_text(value: object) -> str:
    """``{"hex": ...}`` as hex, numbers short, text as it is."""
    if isinstance(value, Mapping):
        value = value.get("hex", "")
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
