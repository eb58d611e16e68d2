"""What the tests of this room share: vectors, a writer of bits, the forms of the codec."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from bsw.exi.codec import Form, compiled
from tools.exi.check import cases

DATA = Path(__file__).parents[1] / "data" / "exi"
FILES = sorted(path.name for path in DATA.glob("*.jsonl.gz"))
FORMS: tuple[Form, ...] = ("pure", "compiled")
SCHEMAS = Path(os.environ.get("PILOTWIRE_SCHEMAS", Path(__file__).parents[3] / "shared/schemas"))


def built() -> bool:
    """Whether the compiled form is there, whatever the environment asks for."""
    try:
        return compiled("compiled")
    except ImportError:
        return False


@cache
def vectors(name: str) -> tuple[dict[str, Any], ...]:
    """The cases of one data file."""
    return tuple(cases(DATA / name))


def bits(data: bytes) -> str:
    """Octets as a text of zeros and ones."""
    return "".join(format(octet, "08b") for octet in data)


def octets(text: str) -> bytes:
    """A text of zeros and ones (and spaces) as octets, filled up with zeros."""
    packed = text.replace(" ", "")
    packed += "0" * (-len(packed) % 8)
    return bytes(int(packed[at : at + 8], 2) for at in range(0, len(packed), 8))


def number(value: int, size: int) -> str:
    """``value`` in ``size`` bits."""
    return format(value, f"0{size}b") if size else ""


def unsigned(value: int) -> str:
    """An Unsigned Integer."""
    text = ""
    while value > 127:
        text += number(value & 127 | 128, 8)
        value >>= 7
    return text + number(value, 8)


def string(text: str, extra: int = 2) -> str:
    """A literal string, its length increased by ``extra``."""
    return unsigned(len(text) + extra) + "".join(unsigned(ord(sign)) for sign in text)
