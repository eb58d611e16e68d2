"""Session traces on disk: JSON lines written by the worker, and the check that nothing changed.

A file that is full, or was left by an earlier start, is set aside under a number and kept for a
while.  The last line of a full one and the first of the next say how the chain goes on.

The scheduler never waits for the disk.  Lines wait in a bounded queue; should the disk stand
still for so long that it overflows, the file says how many are missing and goes on, and the
check says so too.
"""

import json
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bsw.dlt import Logger
from bsw.os.clock import MS
from bsw.os.scheduler import LAST, Scheduler
from bsw.os.worker import Outcome, Worker, WorkerClosed, WorkerFull
from bsw.private_file import create, set_aside
from bsw.program.hostfault import sentence
from bsw.trace import START, TraceRecord, chained, line_of
from bsw.troubles import Trouble, Troubles

FLUSH_AFTER = 200 * MS
_LONGEST_LINE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Room:
    """How large a file may become, and how many earlier ones are kept."""

    size: int = 32 * 1024 * 1024
    keep: int = 4


@dataclass(frozen=True, slots=True)
class Turn:
    """Where the chain stands between two files."""

    serial: int = 0
    digest: str = START

    @property
    def last_line(self) -> bytes:
        return self._line("continued")

    @property
    def first_line(self) -> bytes:
        return self._line("continues")

    def _line(self, word: str) -> bytes:
        shown = {word: self.digest, "serial": self.serial}
        return json.dumps(shown, sort_keys=True).encode("ascii") + b"\n"


class Appender:
    """The open file.  Used by one job at a time, in the worker's thread."""

    def __init__(self, path: Path, room: Room = Room()) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._room = room
        self._turned: Turn | None = None
        self._fd = self._opened()
        self._good = 0
        self.batches = 0

    def _opened(self) -> int:
        set_aside(self._path, self._room.keep)
        return create(self._path)

    def append(self, octets: bytes, turn: Turn | None = None) -> None:
        """All of it or nothing: a full disk leaves no half line behind.

        With ``turn`` in a new file; said again after a failure, the same turn is made once.
        """
        if turn is not None:
            if turn != self._turned:
                self._turn_over(turn)
            octets = turn.first_line + octets
        self._write(octets)
        self.batches += 1

    def _turn_over(self, turn: Turn) -> None:
        """The old file stays open until there is a new one."""
        self._write(turn.last_line)
        fd = self._opened()
        os.fsync(self._fd)
        os.close(self._fd)
        self._fd, self._good, self._turned = fd, 0, turn

    def _write(self, octets: bytes) -> None:
        rest = memoryview(octets)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError:
            os.ftruncate(self._fd, self._good)
            os.lseek(self._fd, self._good, os.SEEK_SET)
            raise
        self._good += len(octets)

    def close(self) -> None:
        os.fsync(self._fd)
        os.close(self._fd)


class TraceFile:
    """A trace sink that writes in the background."""

    def __init__(
        self,
        path: Path,
        scheduler: Scheduler,
        worker: Worker,
        log: Logger,
        *,
        bound: int = 8192,
        room: Room = Room(),
        troubles: Troubles | None = None,
    ) -> None:
        self.path = path
        self._troubles = troubles or Troubles()
        self._worker = worker
        self._log = log
        self._bound = bound
        self._room = room
        self._appender = Appender(path, room)
        self._size = 0  # of the file, with the batch that is being written
        self._tail = Turn()  # behind the last line that waits
        self._put_by = Turn()  # behind the last line of the last batch
        self._turn: Turn | None = None  # that the batch being written begins with
        self._waiting: deque[str] = deque()
        self._writing: list[str] = []
        self._written_batches = 0
        self._missing = 0
        self._last_missing = Turn()
        self._failed = False
        self._flush = scheduler.alarm(self._start, name="trace flush", priority=LAST)

    def write(self, record: TraceRecord) -> None:
        if len(self._waiting) >= self._bound:
            if not self._missing:
                self._troubles.failed(Trouble.TRACE, "records are lost: the disk is too slow")
            self._missing += 1
            self._last_missing = Turn(record.serial + 1, record.digest)
            return
        self._close_gap()
        self._waiting.append(record.line)
        self._tail = Turn(record.serial + 1, record.digest)
        if not self._flush.armed and not self._writing:
            self._flush.rearm(FLUSH_AFTER)

    def close(self) -> None:
        """Write what is left and sync.  Call it when the worker is closed or idle."""
        self._flush.cancel()
        self._close_gap()
        untold = self._appender.batches > self._written_batches  # its event found nobody
        rest = [*([] if untold else self._writing), *self._waiting]
        try:
            turn = None if untold else self._turn
            self._appender.append("".join(rest).encode("ascii"), turn if self._writing else None)
            self._appender.close()
        except OSError as error:
            self._log.error("trace_not_written", path=str(self.path), error=sentence(error))

    def _close_gap(self) -> None:
        if self._missing:
            gap = {"digest": self._last_missing.digest, "gap": self._missing}
            self._waiting.append(json.dumps(gap, sort_keys=True) + "\n")
            self._tail = self._last_missing
            self._missing = 0

    def _start(self) -> None:
        if not self._writing:
            self._begin_batch()
        octets = "".join(self._writing).encode("ascii")
        turn = self._turn
        try:
            self._worker.submit("trace", lambda: self._appender.append(octets, turn), self._written)
        except WorkerFull:
            self._flush.rearm(FLUSH_AFTER)
        except WorkerClosed:
            pass  # the ECU stops: ``close`` writes the rest

    def _begin_batch(self) -> None:
        self._writing = list(self._waiting)
        self._waiting.clear()
        size = sum(map(len, self._writing))
        full = self._size and self._size + size > self._room.size
        self._turn = self._put_by if full else None
        self._size = size if full else self._size + size
        self._put_by = self._tail

    def _written(self, outcome: Outcome[None]) -> None:
        if outcome.error is None:
            self._writing = []
            self._written_batches += 1
            self._failed = False
            if not self._missing:
                self._troubles.passed(Trouble.TRACE)
        elif not self._failed:
            self._failed = True
            why = sentence(outcome.error)
            self._log.error("trace_not_written", path=str(self.path), error=why)
            self._troubles.failed(Trouble.TRACE, f"trace.file {self.path}: {why}")
        if self._writing or self._waiting:
            self._flush.rearm(FLUSH_AFTER)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first line that is not what was written."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of a trace found.  ``digest`` stands for all records up to the first fault."""

    records: int
    missing: int
    ended: bool
    digest: str
    broken: Broken | None = None
    first: int = 0
    """The serial of the first record; not 0 where the trace began in an earlier file."""
    continued: bool = False

    @property
    def intact(self) -> bool:
        return self.broken is None and not self.missing and self.ended

    def __str__(self) -> str:
        if self.broken is not None:
            return f"broken at {self.broken}"
        if self.missing:
            return f"{self.missing} records were lost when they were written"
        if not self.ended:
            return f"cut off after {self.records} records"
        begun = f", from record {self.first} on" if self.first else ""
        more = ", continued in the next file" if self.continued else ""
        return f"intact, {self.records} records{begun}, digest {self.digest}{more}"


def verify(path: Path) -> Verdict:
    """Walk the chain from the first record to the last."""
    records, missing, first, ended, continued, digest = 0, 0, 0, False, False, START
    for number, line in enumerate(_lines(path), 1):
        try:
            if not line.endswith("\n"):
                raise _Changed(f"cut off within record {first + records + missing}")
            found = json.loads(line)
            if number == 1 and set(found) == {"continues", "serial"}:
                first, digest = int(found["serial"]), str(found["continues"])
                continue
            if set(found) == {"continued", "serial"}:
                told = (first + records + missing, digest)
                if (found["serial"], found["continued"]) != told:
                    raise _Changed("what is said to go on is not what stands before it")
                ended = continued = True
                continue
            if set(found) == {"digest", "gap"}:
                missing += int(found["gap"])
                digest = str(found["digest"])
                continue
            digest = _checked(line, found, first + records + missing, digest)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            broken = Broken(number, str(error) if isinstance(error, _Changed) else "not a record")
            return Verdict(records, missing, ended=False, digest=digest, broken=broken, first=first)
        records += 1
        ended, continued = found["kind"] == "end", False
    return Verdict(records, missing, ended, digest, first=first, continued=continued)


class _Changed(ValueError):
    """A record that does not follow from what stands before it."""


def _checked(line: str, found: dict[str, object], serial: int, before: str) -> str:
    if found["serial"] != serial:
        raise _Changed(f"record {serial} is missing, {found['serial']} stands here")
    told = str(found.pop("digest"))
    record = json.dumps(found, sort_keys=True, separators=(",", ":"))
    digest = chained(before, record)
    if digest != told or line != line_of(record, told):
        raise _Changed(f"record {serial} was changed, or one before it")
    return digest


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="ascii", errors="replace", newline="\n") as file:
        while line := file.readline(_LONGEST_LINE):
            yield line
