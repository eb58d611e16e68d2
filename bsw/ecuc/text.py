"""Text as files and command lines have it: read safely, and what a plain word of it means.

Only ``true``, ``false``, ``null`` and plain numbers have a meaning of their own; ``no``, dates,
sexagesimals and MAC addresses stay text.  Knows no file format.
"""

import re
import stat
from pathlib import Path

from bsw.ecuc.tree import ConfigurationError, Mark, Problem, Scalar
from bsw.program.hostfault import FAILED, status_of, told

MOST_OCTETS = 1 << 20

_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,16}")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})?\.?[0-9]{1,18}([eE][-+]?[0-9]{1,2})?")
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None, "~": None, "": None}


def meaning(text: str) -> Scalar:
    """What an unquoted word means: ``true`` is true, ``16`` is 16, ``no`` and ``012`` are text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _HEX.fullmatch(text):
        return int(text, 16)
    if _FLOAT.fullmatch(text) and ("." in text or "e" in text.lower()):
        return float(text)
    return text


def text_of(path: Path, kind: str = "a YAML file", most: int = MOST_OCTETS) -> str:
    """The file's text, once it is sure to be a regular file of a sensible size in UTF-8."""
    octets = octets_of(path, kind, most)
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = octets[: error.start].decode("utf-8", "replace")
        raise wrong(
            place(str(path), before), f"octet 0x{octets[error.start]:02X} is not UTF-8"
        ) from None


def octets_of(path: Path, kind: str, most: int) -> bytes:
    """What a regular file of a sensible size holds.  The host's faults stay ``OSError``."""
    where = Mark(str(path))
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            this = "a folder" if stat.S_ISDIR(found.st_mode) else "no regular file"
            raise wrong(where, f"this is {this}; name {kind}")
        if found.st_size > most:
            raise wrong(where, f"too large: {found.st_size} octets, at most {most} are read")
        return path.read_bytes()
    except FileNotFoundError:
        raise wrong(where, "no such file; name one that exists") from None
    except OSError as error:
        if status_of(error) == FAILED:
            raise
        raise wrong(where, f"cannot be read: {told(error, place=False)}") from None
    except ValueError as error:
        raise wrong(where, f"cannot be read: {error}") from None


def wrong(mark: Mark, message: str, example: str = "") -> ConfigurationError:
    """One problem of a file, which no key can be named for."""
    return ConfigurationError((Problem(mark, "", message, example),))


def place(source: str, before: str) -> Mark:
    """Where the text ends that comes before something."""
    return Mark(source, before.count("\n") + 1, len(before) - before.rfind("\n"))
