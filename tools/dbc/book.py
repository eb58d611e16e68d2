"""Writes the book of a folder's matrices, which spares an ECU the reading at each start."""

from pathlib import Path

from can_adapter.matrix.book import NAME, digest, written
from can_adapter.matrix.reader import read

KINDS = {".dbc", ".arxml", ".kcd", ".sym"}


def book(folder: Path) -> str:
    """Of all matrix files in a folder, by name.  Raises ``MatrixError``."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in KINDS)
    return written({digest(path.read_bytes()): read(path) for path in files})


def put(folder: Path) -> Path:
    path = folder / NAME
    path.write_text(book(folder), encoding="utf-8")
    return path
