"""Single values as text: the lexical forms of XML Schema, shared by both views."""

from __future__ import annotations

import base64
import binascii

from bsw.chrgm.messages.kinds import Boolean, Integer, MessageError, Octets, Text
from bsw.chrgm.messages.specs import KindOfField, Value

WORDS = {"true": True, "1": True, "false": False, "0": False}


class ViewError(ValueError):
    """A view that is no message, or a message that a view cannot show.  Names the place."""


def to_text(kind: KindOfField, value: Value) -> str:
    """A value as XML spells it."""
    if isinstance(kind, Text):
        return str(value)
    if isinstance(kind, Octets):
        return value.hex().upper() if kind.hexadecimal else base64.b64encode(value).decode()
    if isinstance(kind, Boolean):
        return "true" if value else "false"
    return str(value)


def from_text(kind: KindOfField, text: str, path: str) -> Value:
    """The value that a text spells."""
    try:
        if isinstance(kind, Text):
            return text
        if isinstance(kind, Octets):
            packed = "".join(text.split())
            if kind.hexadecimal:
                return bytes.fromhex(packed)
            return base64.b64decode(packed, validate=True)
        if isinstance(kind, Boolean):
            return WORDS[text.strip()]
        if isinstance(kind, Integer):
            return int(text.strip())
        return kind(text)
    except (ValueError, KeyError, binascii.Error):
        raise ViewError(f"{path}: {text[:60]!r} is no {_called(kind)}") from None


def _called(kind: KindOfField) -> str:
    return str(getattr(kind, "name", "") or getattr(kind, "__wire__", kind))


def refuse(error: MessageError, path: str) -> ViewError:
    return ViewError(f"{path}: {error}")
