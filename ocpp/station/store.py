"""The station's memory, of transactions first: one sqlite file, every commit on the disk.

Holds what happened until the back end has said that it knows, and what is under way so that a
power cut does not lose it.  A driver: it blocks, so it runs on the worker.  Each public method
that changes something is one database transaction: it has happened wholly or not at all.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ocpp.station.records import Phase, TxEvent, read, written

FORMAT: Final = 3
PAGE: Final = 4096
SPARE_PAGES: Final = 64
"""Pages beyond the limit for what may never be dropped: ends of transactions under way."""

NEVER_STARTED: Final = -1
"""The 1.6 id of a transaction whose start could not be delivered."""

_SCHEMA: Final = """
CREATE TABLE run (number INTEGER PRIMARY KEY AUTOINCREMENT, last_ns INTEGER NOT NULL DEFAULT 0,
    calendar_ns INTEGER, first_ns INTEGER NOT NULL DEFAULT 0);
CREATE TABLE tx (id TEXT PRIMARY KEY, next_seq INTEGER NOT NULL, ended INTEGER NOT NULL,
    remote_id INTEGER, state BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, tx TEXT NOT NULL,
    seq INTEGER NOT NULL, phase TEXT NOT NULL, message TEXT NOT NULL, record BLOB NOT NULL,
    offline INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, UNIQUE (tx, seq));
CREATE TABLE memory (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""

_SINCE: Final = {
    1: "ALTER TABLE run ADD COLUMN first_ns INTEGER NOT NULL DEFAULT 0",
    2: "CREATE TABLE memory (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
}
"""What brings a file of an older format one further."""

Connect = Callable[[Path], sqlite3.Connection]
Statement = tuple[str, tuple[object, ...]]


class StoreUnusable(Exception):
    """The file cannot be used.  Says where and what can be done."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"transactions of the back end {path}: {why}; give the station a folder it may write "
            "to (ocpp.store.file)"
        )


class StoreFull(Exception):
    """There is no room, and nothing is left that may be dropped."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event that waits for the back end."""

    number: int
    seq: int
    message: str
    event: TxEvent
    offline: bool
    attempts: int
    remote_id: int | None


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A transaction that was under way when the program last ended."""

    id: str
    state: bytes
    remote_id: int | None = None


def connect(path: Path) -> sqlite3.Connection:
    """A connection for the worker's thread, made in another."""
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


class Store:
    """One file.  ``open`` first; ``limit`` bounds it in octets."""

    def __init__(self, path: Path, *, limit: int = 64 << 20, connect: Connect = connect) -> None:
        self.path = path
        self.run = 0
        self.set_aside: Path | None = None  # where a damaged file was put
        self.memory: dict[str, bytes] = {}  # what other blocks kept, as it was at ``open``
        self._pages = max(64, limit // PAGE)
        self._connect = connect
        self._db: sqlite3.Connection | None = None

    def open(self, now_ns: int = 0) -> list[Interrupted]:
        """Open or create the file and begin a new run; what was under way when the last ended.

        ``now_ns`` is what this run's clock shows: not every clock begins at zero with the program.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._sound():
                self.set_aside = self._put_aside()
            self._db = self._connect(self.path)
            self._prepare(self._db, now_ns)
        except (OSError, sqlite3.Error) as error:
            raise StoreUnusable(self.path, str(error)) from error
        self._keep_ballast()
        self.memory = dict(self._db.execute("SELECT name, value FROM memory").fetchall())
        found = self._db.execute("SELECT id, state, remote_id FROM tx WHERE ended = 0 ORDER BY id")
        return [Interrupted(*row) for row in found.fetchall()]

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def _sound(self) -> bool:
        """Whether what lies there is whole, or nothing does."""
        if not self.path.exists():
            return True
        try:
            with contextlib.closing(connect(self.path)) as db:
                return bool(db.execute("PRAGMA quick_check").fetchone() == ("ok",))
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            return False

    def _put_aside(self) -> Path:
        """Damaged, but somebody's account of energy: kept under another name."""
        aside = next(
            path
            for number in range(10_000)
            if not (path := self.path.with_name(f"{self.path.name}.damaged-{number}")).exists()
        )
        self.path.replace(aside)
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        return aside

    def _prepare(self, db: sqlite3.Connection, now_ns: int) -> None:
        db.execute(f"PRAGMA page_size = {PAGE}")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute(f"PRAGMA wal_autocheckpoint = {SPARE_PAGES}")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version not in {0, *_SINCE, FORMAT}:
            raise StoreUnusable(
                self.path, f"written by another version of this program ({version})"
            )
        with self._changing() as changing:
            if not version:
                for statement in _SCHEMA.split(";"):
                    changing.execute(statement)
            else:
                for older in range(version, FORMAT):
                    changing.execute(_SINCE[older])
            changing.execute(f"PRAGMA user_version = {FORMAT}")
            changing.execute("INSERT INTO run (first_ns, last_ns) VALUES (?, ?)", (now_ns, now_ns))
            (self.run,) = changing.execute("SELECT max(number) FROM run").fetchone()
            changing.execute(
                "DELETE FROM run WHERE number < ? AND NOT EXISTS (SELECT 1 FROM outbox)"
                " AND NOT EXISTS (SELECT 1 FROM tx)",
                (self.run,),
            )
        self._bound(spare=False)

    def append(self, event: TxEvent, message: str, state: bytes, *, offline: bool) -> int:
        """Write an event and what its transaction is now; its sequence number.

        ``message`` is the id under which it will be sent, each time the same.  When there is no
        room, values from the middle make some; only a start can find none, and is refused.
        """
        while True:
            try:
                return self._append(event, message, state, offline=offline)
            except sqlite3.OperationalError as error:
                if not _is_full(error):
                    raise
            if not self._make_room():
                return self._append_beyond(event, message, state, offline=offline)

    def _make_room(self) -> int:
        """Drop what may be dropped; on a full disk even that needs room, which the ballast has."""
        self._ballast.unlink(missing_ok=True)
        try:
            self._checkpoint()
            gone = self.thin()
            self._checkpoint()
        finally:
            self._keep_ballast()
        return gone

    def _checkpoint(self) -> None:
        """Give back what the write-ahead log takes."""
        self._open.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @property
    def _ballast(self) -> Path:
        return self.path.with_name(f"{self.path.name}.ballast")

    def _keep_ballast(self) -> None:
        """Take some room while there is some; without, the file is as good as before."""
        if not self._ballast.exists():
            try:
                self._ballast.write_bytes(bytes(SPARE_PAGES * PAGE))
            except OSError:
                self._ballast.unlink(missing_ok=True)

    def _append_beyond(self, event: TxEvent, message: str, state: bytes, *, offline: bool) -> int:
        """Nothing can be dropped: what ends a transaction has spare room, the rest none."""
        if event.phase is not Phase.ENDED:
            raise StoreFull(f"{self.path} is full of what may not be dropped")
        self._bound(spare=True)
        try:
            return self._append(event, message, state, offline=offline)
        finally:
            self._bound(spare=False)

    def _append(self, event: TxEvent, message: str, state: bytes, *, offline: bool) -> int:
        with self._changing() as db:
            found = db.execute("SELECT next_seq FROM tx WHERE id = ?", (event.transaction,))
            (seq,) = found.fetchone() or (0,)
            db.execute(
                "INSERT INTO tx VALUES (?, ?, ?, NULL, ?) ON CONFLICT (id) DO UPDATE SET"
                " next_seq = excluded.next_seq, ended = excluded.ended, state = excluded.state",
                (event.transaction, seq + 1, event.phase is Phase.ENDED, state),
            )
            db.execute(
                "INSERT INTO outbox (tx, seq, phase, message, record, offline)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (event.transaction, seq, event.phase.value, message, written(event), offline),
            )
            db.execute(
                "UPDATE run SET last_ns = max(last_ns, ?) WHERE number = ?",
                (event.at.ns, event.at.run),
            )
        return int(seq)

    def head(self) -> Row | None:
        """The oldest event that waits."""
        found = self._open.execute(
            "SELECT number, seq, message, record, offline, attempts, remote_id"
            " FROM outbox JOIN tx ON tx.id = outbox.tx ORDER BY number LIMIT 1"
        ).fetchone()
        if found is None:
            return None
        number, seq, message, record, offline, attempts, remote_id = found
        return Row(number, seq, message, read(record), bool(offline), attempts, remote_id)

    def delivered(self, number: int, remote_id: int | None = None) -> None:
        """The back end knows; ``remote_id`` is its name for the transaction (1.6)."""
        named = (
            "UPDATE tx SET remote_id = ? WHERE id = (SELECT tx FROM outbox WHERE number = ?)",
            (remote_id, number),
        )
        self._change(*([] if remote_id is None else [named]), *_removal(number))

    def failed(self, number: int) -> None:
        """One more try came to nothing."""
        self._change(("UPDATE outbox SET attempts = attempts + 1 WHERE number = ?", (number,)))

    def dropped(self, number: int) -> None:
        """Given up after all tries; a 1.6 transaction that never started keeps saying so."""
        first = "(SELECT tx FROM outbox WHERE number = ?)"
        named = f"UPDATE tx SET remote_id = coalesce(remote_id, ?) WHERE id = {first}"  # noqa: S608 - ours
        self._change((named, (NEVER_STARTED, number)), *_removal(number))

    def keep(self, changes: Mapping[str, bytes | None]) -> None:
        """Remember these values, all or none; ``None`` forgets one."""
        forget, remember = "DELETE FROM memory WHERE name = ?", "INSERT OR REPLACE INTO memory"
        self._change(
            *(
                (forget, (name,)) if value is None else (f"{remember} VALUES (?, ?)", (name, value))
                for name, value in changes.items()
            )
        )

    def went_offline(self) -> None:
        """What still waits is delivered offline [E11.FR.07]."""
        self._change(("UPDATE outbox SET offline = 1 WHERE offline = 0", ()))

    def set_calendar(self, calendar_ns: int) -> None:
        """Since 1970, what this run's clock showed at its zero."""
        told = "UPDATE run SET calendar_ns = ? WHERE number = ?"
        self._change((told, (calendar_ns, self.run)))

    def calendars(self) -> dict[int, int]:
        """For each run that still matters: what to add to its instants.

        A run that never knew the time is taken to have ended when the next one began.
        """
        runs = self._open.execute(
            "SELECT number, first_ns, last_ns, calendar_ns FROM run ORDER BY number DESC"
        ).fetchall()
        found: dict[int, int] = {}
        begins: int | None = None
        for number, first_ns, last_ns, calendar_ns in runs:
            if calendar_ns is None and begins is not None:
                calendar_ns = begins - last_ns  # noqa: PLW2901 - the estimate stands in for it
            if calendar_ns is not None:
                found[number] = calendar_ns
                begins = calendar_ns + first_ns
        return found

    def waiting(self, transaction: str | None = None) -> int:
        """How many events wait, of one transaction or of all."""
        words, values = ("", ()) if transaction is None else (" WHERE tx = ?", (transaction,))
        found = self._open.execute(f"SELECT count(*) FROM outbox{words}", values)  # noqa: S608 - our own words
        return int(found.fetchone()[0])

    def is_ongoing(self, transaction: str) -> bool | None:
        """Whether it still runs; ``None`` if nobody remembers it."""
        found = self._open.execute("SELECT ended FROM tx WHERE id = ?", (transaction,)).fetchone()
        return None if found is None else not found[0]

    def thin(self) -> int:
        """Drop every second update between the oldest and the newest of a transaction.

        Starts and ends stay [E04.FR.07, E04.FR.08].  How many went.
        """
        with self._changing() as db:
            return db.execute(
                "DELETE FROM outbox WHERE number IN (SELECT number FROM (SELECT number,"
                " row_number() OVER (PARTITION BY tx ORDER BY seq) AS place,"
                " count(*) OVER (PARTITION BY tx) AS many"
                " FROM outbox WHERE phase = 'Updated') WHERE place % 2 = 0 AND place < many)"
            ).rowcount

    @property
    def _open(self) -> sqlite3.Connection:
        assert self._db is not None, "open it first"
        return self._db

    @contextlib.contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        db = self._open
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except sqlite3.Error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def _change(self, *statements: Statement) -> None:
        """All or none of what adds next to nothing: on a full disk in the room of the ballast."""
        try:
            self._execute(statements)
        except sqlite3.OperationalError as error:
            if not _is_full(error):
                raise
            self._ballast.unlink(missing_ok=True)
            try:
                self._checkpoint()
                self._execute(statements)
                self._checkpoint()
            finally:
                self._keep_ballast()

    def _execute(self, statements: Iterable[Statement]) -> None:
        with self._changing() as db:
            for text, values in statements:
                db.execute(text, values)

    def _bound(self, *, spare: bool) -> None:
        pages = self._pages + (SPARE_PAGES if spare else 0)
        self._open.execute(f"PRAGMA max_page_count = {pages}")


def _removal(number: int) -> tuple[Statement, ...]:
    """Take a row out, and forget its transaction when nothing of it is left."""
    waits = "SELECT 1 FROM outbox WHERE outbox.tx = tx.id"
    forget = f"DELETE FROM tx WHERE ended = 1 AND NOT EXISTS ({waits})"  # noqa: S608 - ours
    return ("DELETE FROM outbox WHERE number = ?", (number,)), (forget, ())


def _is_full(error: sqlite3.OperationalError) -> bool:
    """Its code has a name from Python 3.11 on only."""
    return "is full" in str(error)
