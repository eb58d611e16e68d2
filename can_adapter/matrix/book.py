"""Signal matrices in a form that loads in milliseconds, beside the files they were read from.

Reading the shipped matrices with cantools costs an ECU a tenth of a second and eight mebibytes at
each start.  A book holds what came out of that, by the SHA-256 of each file's content, so a file
that was changed since is never mistaken for the one in the book.  A book that is missing, damaged
or of another edition is as good as none: the file is then read as always.  Nothing is written while
an ECU runs.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from can_adapter.matrix.specs import E2eSpec, MessageSpec, Mux, SendType, SignalSpec

NAME: Final = "matrices.book"
EDITION: Final = "pilotwire matrices 1"
"""To be counted up whenever files are read differently than before."""

_SIGNAL: Final = tuple(field.name for field in fields(SignalSpec))
_MESSAGE: Final = tuple(field.name for field in fields(MessageSpec) if field.name != "origin")
"""What a row holds, in this order; where a message came from is known by who asks."""

Row = list[Any]
Book = dict[str, str]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def recall(path: Path, content: bytes, folders: Sequence[Path]) -> list[MessageSpec] | None:
    """The messages of a file, if one of the folders has a book that knows its content."""
    key = digest(content)
    for folder in folders:
        rows = _book_in(folder).get(key)
        if rows is not None:
            return [_message(row, path.name) for row in json.loads(rows)]
    return None


def written(files: Mapping[str, Sequence[MessageSpec]]) -> str:
    """The book of files, given by the digests of their content: a line for each."""
    body = "".join(f"{key} {_rows(messages)}\n" for key, messages in files.items())
    return f"{_head(body)}\n{body}"


def _rows(messages: Sequence[MessageSpec]) -> str:
    return json.dumps([_row(spec) for spec in messages], separators=(",", ":"))


def _head(body: str) -> str:
    return f"{EDITION} {digest(body.encode())}"


def _book_in(folder: Path) -> Book:
    path = folder / NAME
    try:
        found = path.stat()
    except OSError:
        return {}
    return _book(path, (found.st_mtime_ns, found.st_size))


@lru_cache(maxsize=8)
def _book(path: Path, _stamp: tuple[int, int]) -> Book:
    """One book knows many files: remember it from one to the next, but read only what is asked."""
    try:
        head, _, body = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, ValueError):
        return {}
    if head != _head(body):
        return {}
    return dict(_entry(line) for line in body.splitlines())


def _entry(line: str) -> tuple[str, str]:
    key, _, rows = line.partition(" ")
    return key, rows


def _row(spec: MessageSpec) -> Row:
    said = {name: getattr(spec, name) for name in _MESSAGE}
    said["send_type"] = spec.send_type.value
    said["signals"] = [_signal_row(signal) for signal in spec.signals]
    said["e2e"] = None if spec.e2e is None else astuple(spec.e2e)
    return list(said.values())


def _message(row: Row, origin: str) -> MessageSpec:
    said = dict(zip(_MESSAGE, row, strict=True))
    said["send_type"] = SendType(said["send_type"])
    said["signals"] = tuple(map(_signal, said["signals"]))
    if said["e2e"] is not None:
        said["e2e"] = E2eSpec(*said["e2e"])
    return MessageSpec(**said, origin=origin)


def _signal_row(signal: SignalSpec) -> Row:
    said = {name: getattr(signal, name) for name in _SIGNAL}
    if signal.mux is not None:
        said["mux"] = [signal.mux.selector, sorted(signal.mux.values)]
    return list(said.values())


def _signal(row: Row) -> SignalSpec:
    said = dict(zip(_SIGNAL, row, strict=True))
    said["choices"] = tuple(map(tuple, said["choices"]))
    if said["mux"] is not None:
        selector, values = said["mux"]
        said["mux"] = Mux(selector, frozenset(values))
    return SignalSpec(**said)
