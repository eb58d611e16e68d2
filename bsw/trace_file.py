"""Session traces on disk: JSON lines written by the worker, and the check that nothing changed.

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
from bsw.trace import START, TraceRecord, chained, line_of

FLUSH_AFTER = 200 * MS
_LONGEST_LINE = 4 * 1024 * 1024


class Appender:
    """The open file.  Used by one job at a time, in the worker's thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._good = 0
        self.batches = 0

    def append(self, octets: bytes) -> None:
        """All of it or nothing: a full disk leaves no half line behind."""
        rest = memoryview(octets)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError:
            os.ftruncate(self._fd, self._good)
            os.lseek(self._fd, self._good, os.SEEK_SET)
            raise
        self._good += len(octets)
        self.batches += 1

    def close(self) -> None:
        os.fsync(self._fd)
        os.close(self._fd)


class TraceFile:
    """A trace sink that writes in the background."""

    def __init__(
        self, path: Path, scheduler: Scheduler, worker: Worker, log: Logger, *, bound: int = 8192
    ) -> None:
        self.path = path
        self._worker = worker
        self._log = log
        self._bound = bound
        self._appender = Appender(path)
        self._waiting: deque[str] = deque()
        self._writing: list[str] = []
        self._written_batches = 0
        self._missing = 0
        self._last_missing = ""
        self._failed = False
        self._flush = scheduler.alarm(self._start, name="trace flush", priority=LAST)

    def write(self, record: TraceRecord) -> None:
        if len(self._waiting) >= self._bound:
            self._missing += 1
            self._last_missing = record.digest
            return
        self._close_gap()
        self._waiting.append(record.line)
        if not self._flush.armed and not self._writing:
            self._flush.rearm(FLUSH_AFTER)

    def close(self) -> None:
        """Write what is left and sync.  Call it when the worker is closed or idle."""
        self._flush.cancel()
        self._close_gap()
        untold = self._appender.batches > self._written_batches  # its event found nobody
        rest = [*([] if untold else self._writing), *self._waiting]
        try:
            self._appender.append("".join(rest).encode("ascii"))
            self._appender.close()
        except OSError as error:
            self._log.error("trace_not_written", path=str(self.path), error=str(error))

    def _close_gap(self) -> None:
        if self._missing:
            gap = json.dumps({"digest": self._last_missing, "gap": self._missing}, sort_keys=True)
            self._waiting.append(gap + "\n")
            self._missing = 0

    def _start(self) -> None:
        if not self._writing:
            self._writing = list(self._waiting)
            self._waiting.clear()
        octets = "".join(self._writing).encode("ascii")
        try:
            self._worker.submit("trace", lambda: self._appender.append(octets), self._written)
        except WorkerFull:
            self._flush.rearm(FLUSH_AFTER)
        except WorkerClosed:
            pass  # the ECU stops: ``close`` writes the rest

    def _written(self, outcome: Outcome[None]) -> None:
        if outcome.error is None:
            self._writing = []
            self._written_batches += 1
            self._failed = False
        elif not self._failed:
            self._failed = True
            self._log.error("trace_not_written", path=str(self.path), error=str(outcome.error))
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
        return f"intact, {self.records} records, digest {self.digest}"


def verify(path: Path) -> Verdict:
    """Walk the chain from the first record to the last."""
    records, missing, ended, digest = 0, 0, False, START
    for number, line in enumerate(_lines(path), 1):
        try:
            if not line.endswith("\n"):
                raise _Changed(f"cut off within record {records + missing}")
            found = json.loads(line)
            if set(found) == {"digest", "gap"}:
                missing += int(found["gap"])
                digest = str(found["digest"])
                continue
            digest = _checked(line, found, records + missing, digest)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            broken = Broken(number, str(error) if isinstance(error, _Changed) else "not a record")
            return Verdict(records, missing, ended=False, digest=digest, broken=broken)
        records += 1
        ended = found["kind"] == "end"
    return Verdict(records, missing, ended, digest)


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
