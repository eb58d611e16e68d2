"""Where log records end up: text for people, JSON lines for programs, a ring in memory.

A sink takes a record and returns at once.  It knows nothing of rooms; redaction has happened
before, and writing octets is the affair of the callable it was given.
"""

import json
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from bsw.dlt import Field, Level, Record, Sink
from bsw.os.clock import US, S

Write = Callable[[str], object]
"""Takes one line with its line end.  ``bsw.os.output.LineWriter.write`` never blocks."""

_COLOURS = {Level.DEBUG: "\033[2m", Level.WARNING: "\033[33m", Level.ERROR: "\033[31m"}
_PLAIN = "\033[0m"
_LONGEST = 200


def text_of(value: Field) -> str:
    """A value as a person wants to see it: octets in hex, text quoted only if it must be."""
    if isinstance(value, bytes):
        shown = value.hex()
    elif isinstance(value, str):
        shown = value if value.isprintable() and " " not in value and value else repr(value)
    elif isinstance(value, float):
        shown = f"{value:g}"
    else:
        shown = str(value)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}...({len(shown)})"


class TextSink:
    """``   1.234567 INFO  session  exchange name=SessionSetup took_ms=3``."""

    def __init__(self, write: Write, *, start: int = 0, colour: bool = False) -> None:
        self._write = write
        self._start = start
        self._colour = colour

    def write(self, record: Record) -> None:
        elapsed = (record.time - self._start) // US
        fields = " ".join(f"{name}={text_of(value)}" for name, value in record.fields.items())
        line = (
            f"{elapsed // 1_000_000:4}.{elapsed % 1_000_000:06} {record.level.name:7} "
            f"{record.room:10} {record.event}{' ' if fields else ''}{fields}"
        )
        colour = _COLOURS.get(record.level, "") if self._colour else ""
        self._write(f"{colour}{line}{_PLAIN if colour else ''}\n")


def json_value(value: Field) -> object:
    """Octets become ``{"hex": ...}``, numbers JSON has no form for become text."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


class JsonSink:
    """One JSON object a line: ``time`` (ns), ``room``, ``level``, ``event``, ``fields``."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def write(self, record: Record) -> None:
        shown = {
            "time": record.time,
            "room": record.room,
            "level": record.level.name.lower(),
            "event": record.event,
            "fields": {name: json_value(value) for name, value in record.fields.items()},
        }
        self._write(json.dumps(shown, separators=(",", ":")) + "\n")


class RingSink:
    """The newest records, in memory; the oldest make room."""

    def __init__(self, bound: int = 1000) -> None:
        self._records: deque[Record] = deque(maxlen=bound)
        self.forgotten = 0

    def write(self, record: Record) -> None:
        if len(self._records) == self._records.maxlen:
            self.forgotten += 1
        self._records.append(record)

    def records(self, event: str | None = None) -> list[Record]:
        return [record for record in self._records if event in {None, record.event}]


@dataclass(slots=True)
class _Window:
    start: int
    passed: int = 0
    suppressed: int = 0


class RateLimit:
    """Lets ``burst`` records of one event name through per ``window`` and counts the others.

    The count comes with the next record of that name, as its field ``suppressed``; ``flush``
    reports what is still uncounted when the ECU stops.
    """

    MOST_NAMES = 1024

    def __init__(self, sink: Sink, *, burst: int = 50, window: int = S) -> None:
        self._sink = sink
        self._burst = burst
        self._window = window
        self._windows: dict[tuple[str, str], _Window] = {}

    def write(self, record: Record) -> None:
        window = self._window_of(record)
        window.passed += 1
        if window.passed > self._burst:
            window.suppressed += 1
            return
        if window.suppressed:
            record = replace(record, fields={**record.fields, "suppressed": window.suppressed})
            window.suppressed = 0
        self._sink.write(record)

    def flush(self, now: int) -> None:
        for (room, event), window in self._windows.items():
            if window.suppressed:
                fields: dict[str, Field] = {"suppressed": window.suppressed}
                self._sink.write(Record(now, room, Level.WARNING, event, fields))
        self._windows.clear()

    def _window_of(self, record: Record) -> _Window:
        name = (record.room, record.event)
        window = self._windows.get(name)
        if window is None:
            if len(self._windows) >= self.MOST_NAMES:
                self.flush(record.time)
            window = self._windows[name] = _Window(record.time)
        elif record.time - window.start >= self._window:
            window.start, window.passed = record.time, 0
        return window
