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
from dataclasses import astuple
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from can_adapter.matrix import E2eSpec, MessageSpec, Mux, SendType, SignalSpec

NAME: Final = "matrices.book"
EDITION: Final = "pilotwire matrices 1"
"""To be counted up whenever files are read differently than before."""

Row = list[Any]
Book = dict[str, list[Row]]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def recall(path: Path, content: bytes, folders: Sequence[Path]) -> list[MessageSpec] | None:
    """The messages of a file, if one of the folders has a book that knows its content."""
    key = digest(content)
    for folder in folders:
        rows = _book(folder / NAME).get(key)
        if rows is not None:
            return [_message(row, path.name) for row in rows]
    return None


def written(files: Mapping[str, Sequence[MessageSpec]]) -> str:
    """The book of files, given by the digests of their content."""
    body = "{" + ",\n".join(f'"{key}":[\n{_lines(files[key])}]' for key in files) + "}\n"
    return f"{_head(body)}\n{body}"


def _lines(messages: Sequence[MessageSpec]) -> str:
    rows = (json.dumps(_row(spec), separators=(",", ":")) for spec in messages)
    return ",\n".join(rows)


def _head(body: str) -> str:
    return f"{EDITION} {digest(body.encode())}"


@lru_cache(maxsize=8)
def _book(path: Path) -> Book:
    try:
        head, _, body = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, ValueError):
        return {}
    if head != _head(body):
        return {}
    book: Book = json.loads(body)
    return book


def _row(spec: MessageSpec) -> Row:
    return [
        spec.name,
        spec.id,
        spec.length,
        spec.extended,
        spec.fd,
        spec.sender,
        spec.cycle,
        spec.min_delay,
        spec.send_type.value,
        [_signal_row(signal) for signal in spec.signals],
        None if spec.e2e is None else astuple(spec.e2e),
        spec.comment,
    ]


def _message(row: Row, origin: str) -> MessageSpec:
    *plain, send_type, signals, e2e, comment = row
    return MessageSpec(
        *plain,
        SendType(send_type),
        tuple(map(_signal, signals)),
        None if e2e is None else E2eSpec(*e2e),
        comment,
        origin,
    )


def _signal_row(signal: SignalSpec) -> Row:
    mux = signal.mux
    return [
        signal.name,
        signal.start,
        signal.length,
        signal.big_endian,
        signal.signed,
        signal.floating,
        signal.scale,
        signal.offset,
        signal.low,
        signal.high,
        signal.unit,
        signal.choices,
        signal.initial,
        signal.comment,
        None if mux is None else [mux.selector, sorted(mux.values)],
        signal.selects,
    ]


def _signal(row: Row) -> SignalSpec:
    *plain, choices, initial, comment, mux, selects = row
    return SignalSpec(
        *plain,
        tuple((number, word) for number, word in choices),
        initial,
        comment,
        None if mux is None else Mux(mux[0], frozenset(mux[1])),
        selects,
    )
