"""Octets as people hand them over: hex, base64, a file, with or without the V2GTP header."""

from __future__ import annotations

import base64
import binascii
import sys
from pathlib import Path
from typing import NamedTuple

from bsw.v2gtp import HEADER_SIZE, VERSION, PayloadType

FORMS = ("auto", "hex", "base64", "file")


class Octets(NamedTuple):
    """The EXI stream, and the payload type if it came in a frame."""

    data: bytes
    payload_type: int | None


class InputError(ValueError):
    """Not octets in any form we know."""


def octets(text: str, form: str = "auto") -> Octets:
    """One argument of the command line; ``-`` is the standard input."""
    if text == "-":
        return unframed(_readable(sys.stdin.buffer.read(), form))
    if form == "file" or (form == "auto" and is_file(text)):
        return unframed(_readable(Path(text).read_bytes(), "auto"))
    return unframed(_spelled(text, form))


def is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False


def _readable(content: bytes, form: str) -> bytes:
    """Raw octets, or a text that spells them."""
    try:
        return _spelled(content.decode("ascii"), form)
    except (UnicodeDecodeError, InputError):
        return content


def _spelled(text: str, form: str) -> bytes:
    packed = "".join(text.split()).replace(":", "")
    if form in {"auto", "hex"}:
        try:
            return bytes.fromhex(packed.removeprefix("0x"))
        except ValueError:
            if form == "hex":
                raise InputError(f"no hexadecimal octets: {packed[:40]!r}") from None
    try:
        return base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise InputError(f"neither hexadecimal nor base64 nor a file: {packed[:40]!r}") from None


def unframed(data: bytes) -> Octets:
    """Take off a V2GTP header, if there is one whose length fits."""
    framed = data[:2] == bytes((VERSION, VERSION ^ 0xFF)) and len(data) >= HEADER_SIZE
    if not framed or int.from_bytes(data[4:8], "big") != len(data) - HEADER_SIZE:
        return Octets(data, None)
    number = int.from_bytes(data[2:4], "big")
    known = number in set(PayloadType)
    return Octets(data[HEADER_SIZE:], number if known else None)
