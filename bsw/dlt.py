"""Diagnostic log and trace: events with fields, not sentences.

A room asks for a ``Logger`` under its own name and reports what happened; where it ends up -
terminal text, JSON lines, a ring in memory - is a matter of the sinks (``bsw.dlt_sinks``).
Fields are values that may be read by anyone: no key, PIN, certificate subject or full contract
id gets through.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from bsw.redaction import REFUSED, Field, redacted

__all__ = ["Dlt", "Field", "Level", "Logger", "Record", "Sink", "silent"]


class Level(IntEnum):
    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


@dataclass(frozen=True, slots=True)
class Record:
    """One event: when (scheduler time), where, how grave, what, with which values."""

    time: int
    room: str
    level: Level
    event: str
    fields: Mapping[str, Field]


class Sink(Protocol):
    def write(self, record: Record) -> None: ...


class Logger:
    """Reports the events of one room."""

    __slots__ = ("_dlt", "room")

    def __init__(self, dlt: "Dlt", room: str) -> None:
        self._dlt = dlt
        self.room = room

    def enabled(self, level: Level) -> bool:
        """Ask before computing a costly field."""
        return level >= self._dlt.level_of(self.room)

    def debug(self, event: str, **fields: Field) -> None:
        self._report(Level.DEBUG, event, fields)

    def info(self, event: str, **fields: Field) -> None:
        self._report(Level.INFO, event, fields)

    def warning(self, event: str, **fields: Field) -> None:
        self._report(Level.WARNING, event, fields)

    def error(self, event: str, **fields: Field) -> None:
        self._report(Level.ERROR, event, fields)

    def _report(self, level: Level, event: str, fields: Mapping[str, Field]) -> None:
        if level >= self._dlt.level_of(self.room):
            self._dlt.report(self.room, level, event, fields)


class Dlt:
    """Takes the events of all rooms and hands them to the sinks."""

    def __init__(
        self,
        now: Callable[[], int],
        sinks: tuple[Sink, ...] = (),
        *,
        level: Level = Level.INFO,
        levels: Mapping[str, Level] | None = None,
    ) -> None:
        self._now = now
        self._sinks = list(sinks)
        self._level = level
        self._levels = dict(levels or {})
        self.refused = 0

    def logger(self, room: str) -> Logger:
        return Logger(self, room)

    def add_sink(self, sink: Sink) -> None:
        self._sinks.append(sink)

    def level_of(self, room: str) -> Level:
        return self._levels.get(room, self._level)

    def report(self, room: str, level: Level, event: str, fields: Mapping[str, Field]) -> None:
        clean = redacted(fields)
        self.refused += sum(value == REFUSED for value in clean.values())
        record = Record(self._now(), room, level, event, clean)
        for sink in self._sinks:
            sink.write(record)


def silent() -> Dlt:
    """For tests and tools that do not care."""
    return Dlt(lambda: 0)
