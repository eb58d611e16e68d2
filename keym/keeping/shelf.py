"""Where entries of the certificate store lie: a folder, or memory in tests.

A driver: it knows names and octets, not certificates.  An entry is there whole or not at all,
whenever the power goes: it is written beside its place, synced, moved, and the folder is synced.
"""

import os
import re
import stat
from pathlib import Path
from typing import Protocol

from keym.faults import StoreUnreachable, StoreUnsafe

SUFFIX = ".pem"
_UNFINISHED = ".unfinished"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,95}")
LARGEST_ENTRY = 256 * 1024


class Shelf(Protocol):
    """Names and octets.  Each call may raise a ``KeymError``; none leaves half an entry."""

    def names(self) -> list[str]: ...
    def read(self, name: str) -> bytes: ...
    def write(self, name: str, octets: bytes) -> None: ...
    def remove(self, name: str) -> None:
        """Twice does no harm."""


class MemoryShelf:
    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}

    def names(self) -> list[str]:
        return sorted(self.entries)

    def read(self, name: str) -> bytes:
        return self.entries[name]

    def write(self, name: str, octets: bytes) -> None:
        self.entries[name] = octets

    def remove(self, name: str) -> None:
        self.entries.pop(name, None)


class FolderShelf:
    """One file per entry, readable by the owner alone, writable by nobody else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._refuse_unsafe(folder.lstat(), folder)
            for leftover in folder.glob(f"*{_UNFINISHED}"):
                leftover.unlink()
        except OSError as error:
            raise _unreachable(folder, error) from None

    def names(self) -> list[str]:
        try:
            files = [path.stem for path in self.folder.iterdir() if path.suffix == SUFFIX]
        except OSError as error:
            raise _unreachable(self.folder, error) from None
        return sorted(name for name in files if _NAME.fullmatch(name))

    def read(self, name: str) -> bytes:
        path = self._path(name)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as file:
                self._refuse_unsafe(os.fstat(file.fileno()), path)
                return file.read(LARGEST_ENTRY)
        except OSError as error:
            raise _unreachable(path, error) from None

    def write(self, name: str, octets: bytes) -> None:
        path = self._path(name)
        unfinished = path.with_suffix(_UNFINISHED)
        try:
            unfinished.unlink(missing_ok=True)
            handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(octets)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
            self._sync()
        except OSError as error:
            raise _unreachable(path, error) from None

    def remove(self, name: str) -> None:
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
            self._sync()
        except OSError as error:
            raise _unreachable(path, error) from None

    def _path(self, name: str) -> Path:
        assert _NAME.fullmatch(name), name
        return self.folder / f"{name}{SUFFIX}"

    def _sync(self) -> None:
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    @staticmethod
    def _refuse_unsafe(found: os.stat_result, path: Path) -> None:
        kind_is_right = stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)
        if not kind_is_right or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise StoreUnsafe(str(path))


def _unreachable(path: Path, error: OSError) -> StoreUnreachable:
    return StoreUnreachable(f"{path}: {error.strerror or error}")
