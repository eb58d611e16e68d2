"""ARXML as other tools write it, brought into the one form that is judged and read here.

UTF-16, a prefix for AUTOSAR's namespace, a missing declaration or schemaLocation change nothing of
what a file says.  Lines stay where they are, so that a message names the right one.
"""

import re
from pathlib import Path
from typing import Final

from bsw.ecuc.text import octets_of, place, wrong
from bsw.ecuc.tree import Mark

MOST_OCTETS: Final = 16 << 20
NAMESPACE: Final = "http://autosar.org/schema/r4.0"
RELEASE: Final = "AUTOSAR_00051.xsd"
"""Assumed where a file names none: the release whose schema contains what is read here."""

_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_HEADER: Final = '<?xml version="1.0" encoding="utf-8"?>'
_DECLARATION: Final = re.compile(r"\s*<\?xml\b[^>]*\?>")
_VERSION: Final = re.compile(r"""\sversion\s*=\s*["']1\.0["']""")
_ROOT: Final = re.compile(r"<(?:([A-Za-z_][\w.-]*):)?AUTOSAR\b[^>]*>")
_DECLARED: Final = re.compile(rb"""<\?xml\b[^>]*\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_READ: Final = frozenset({"", "utf-8", "utf8", "utf-16", "us-ascii"})


def arxml_text(path: Path, most: int = MOST_OCTETS) -> str:
    """The text of the file, whatever its encoding, or a ``ConfigurationError``."""
    octets = octets_of(path, "an ARXML file", most)
    declared = _declared(octets)
    if declared.lower() not in _READ:
        said = f"not valid ARXML: the encoding {declared} is not read; write the file in UTF-8"
        raise wrong(Mark(str(path), 1, 1), said)
    encoding = _encoding(octets)
    try:
        return octets.decode(encoding)
    except UnicodeDecodeError as error:
        before = octets[: error.start].decode(encoding, "replace")
        name = "UTF-8" if encoding == "utf-8-sig" else encoding.upper()
        said = f"octet 0x{octets[error.start]:02X} is not {name}"
        raise wrong(place(str(path), before), said) from None


def usual(text: str) -> str:
    """The same in AUTOSAR's as the default namespace, with all said that may be left out."""
    declaration = _DECLARATION.match(text)
    if declaration and not _VERSION.search(declaration[0]):
        return text
    body = text[declaration.end() :] if declaration else text.lstrip("\ufeff")
    lines = "\n" * declaration[0].count("\n") if declaration else ""
    root = _ROOT.search(body)
    if root is None:
        return _HEADER + lines + body
    opened, prefix = root[0], root[1]
    if prefix:
        opened = re.sub(r"""\sxmlns\s*=\s*("[^"]*"|'[^']*')""", "", opened)
        opened = opened.replace(f"xmlns:{prefix}", "xmlns").replace(f"<{prefix}:", "<", 1)
    if "schemaLocation" not in opened:
        named = "" if "xmlns:xsi" in opened else f' xmlns:xsi="{_XSI}"'
        opened = f'{opened[:-1]}{named} xsi:schemaLocation="{NAMESPACE} {RELEASE}">'
    rest = body[root.end() :]
    if prefix:
        rest = re.sub(rf"<(/?){re.escape(prefix)}:", r"<\1", rest)
    return _HEADER + lines + body[: root.start()] + opened + rest


def _encoding(octets: bytes) -> str:
    if octets[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    if octets[:2] == b"<\0":
        return "utf-16-le"
    if octets[:2] == b"\0<":
        return "utf-16-be"
    return "utf-8-sig"


def _declared(octets: bytes) -> str:
    found = _DECLARED.match(octets[:200].removeprefix(b"\xef\xbb\xbf").lstrip())
    return found[1].decode("ascii") if found else ""
