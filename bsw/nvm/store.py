"""Where blocks lie: one sqlite file, two copies of each block, every commit on the disk.

A driver: it blocks, so it runs on the worker.  A file that is damaged is set aside, never
deleted, and the ECU starts with what can still be read.  It is for its owner alone, and for one
process at a time.
"""

import fcntl
import os
import sqlite3
import zlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

COPIES: Final = (0, 1)
MODE: Final = 0o600
"""What an ECU remembers - sessions, who paid, trouble codes - concerns nobody else on its host."""

_NOT_DAMAGED: Final = ("unable to open", "readonly", "locked", "full", "busy")
"""Of sqlite's words: the file is as good as it was, only not to be had now."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS block (
    name TEXT NOT NULL, copy INTEGER NOT NULL, version INTEGER NOT NULL,
    serial INTEGER NOT NULL, data BLOB NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (name, copy)
) WITHOUT ROWID
"""


class StoreUnusable(Exception):
    """The file cannot be opened or written.  Says where and what can be done."""

    def __init__(
        self, path: Path, why: str, remedy: str = "give the ECU a folder it may write to (nvm.file)"
    ) -> None:
        super().__init__(f"non-volatile memory {path}: {why}; {remedy}")


@dataclass(frozen=True, slots=True)
class Stored:
    """A block as it was found: its version and content."""

    version: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """All blocks that could be read, the names of those that could not, and what was set aside."""

    blocks: Mapping[str, Stored]
    damaged: tuple[str, ...] = ()
    set_aside: Path | None = None


def checksum(name: str, version: int, serial: int, data: bytes) -> int:
    return zlib.crc32(data, zlib.crc32(f"{name}/{version}/{serial}".encode()))


def _fields(name: str, serial: int, one: Stored) -> tuple[int, int, bytes, int]:
    return one.version, serial, one.data, checksum(name, one.version, serial, one.data)


class Store:
    """One file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._serial = 0
        self._lock: int | None = None

    def claim(self) -> None:
        """For this process alone, until it ends; what another process holds is not touched.

        The lock is a file of its own, because the store's may be set aside and made anew.
        """
        self._make_folder()
        lock = self.path.with_name(self.path.name + ".lock")
        try:
            held = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, MODE)
        except OSError as error:
            raise StoreUnusable(lock, error.strerror or "cannot be opened") from error
        try:
            fcntl.lockf(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(held)
            remedy = "stop that one, or give this ECU a file of its own (nvm.file)"
            raise StoreUnusable(self.path, "another process uses it", remedy) from error
        self._lock = held

    def load(self) -> Found:
        """Read everything.  Creates the file when there is none."""
        self._make_folder()
        set_aside = None
        if not self._sound():
            set_aside = self._set_aside()
        try:
            return self._read(set_aside)
        except sqlite3.Error as error:
            raise StoreUnusable(self.path, str(error)) from error

    def _make_folder(self) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnusable(self.path, error.strerror or "cannot be created") from error

    def write(self, blocks: Mapping[str, Stored]) -> None:
        """Write blocks in one go: after a power cut either all of them are new or none."""
        self._serial += 1
        serial = self._serial
        rows = [
            (name, copy, *_fields(name, serial, one))
            for name, one in blocks.items()
            for copy in COPIES
        ]
        try:
            with closing(self._open()) as database, database:
                database.executemany("REPLACE INTO block VALUES (?, ?, ?, ?, ?, ?)", rows)
        except sqlite3.Error as error:
            raise StoreUnusable(self.path, str(error)) from error

    def _open(self) -> sqlite3.Connection:
        self._guard()
        database = sqlite3.connect(self.path, timeout=5.0)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute(_SCHEMA)
        return database

    def _guard(self) -> None:
        """The file is there, and nobody else may read it; what sqlite puts beside it follows it."""
        fresh = not self.path.exists()
        try:
            opened = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
            if fresh:
                self._keep_name()
        except OSError as error:
            raise StoreUnusable(self.path, error.strerror or "cannot be opened") from error
        try:
            if os.fstat(opened).st_mode & 0o077 and os.fstat(opened).st_uid == os.geteuid():
                os.fchmod(opened, MODE)
        finally:
            os.close(opened)

    def _keep_name(self) -> None:
        """A new name in a folder is on the disk only when the folder is."""
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _sound(self) -> bool:
        if not self.path.exists():
            return True
        try:
            with closing(self._open()) as database:
                verdict = database.execute("PRAGMA quick_check").fetchone()
        except sqlite3.OperationalError as error:
            if any(words in str(error) for words in _NOT_DAMAGED):
                raise StoreUnusable(self.path, str(error)) from error
            return False
        except sqlite3.DatabaseError:
            return False
        return bool(verdict == ("ok",))

    def _set_aside(self) -> Path:
        for number in range(1000):
            aside = self.path.with_suffix(f".damaged-{number}")
            if not aside.exists():
                break
        self.path.replace(aside)
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        return aside

    def _read(self, set_aside: Path | None) -> Found:
        good: dict[str, tuple[int, Stored]] = {}
        seen: set[str] = set()
        with closing(self._open()) as database:
            for name, _copy, version, serial, data, crc in database.execute("SELECT * FROM block"):
                seen.add(name)
                if checksum(name, version, serial, data) != crc:
                    continue
                self._serial = max(self._serial, serial)
                if name not in good or serial > good[name][0]:
                    good[name] = (serial, Stored(version, data))
        blocks = {name: stored for name, (_, stored) in good.items()}
        return Found(blocks, tuple(sorted(seen - set(blocks))), set_aside)


class NoStore:
    """Remembers nothing over a restart: for simulation and for ECUs without a disk."""

    def claim(self) -> None:
        """There is nothing to share."""

    def load(self) -> Found:
        return Found({})

    def write(self, blocks: Mapping[str, Stored]) -> None:
        """Nothing is kept."""
