"""What the ``v2g slac`` commands print: a time line of events, and one line of verdict."""

import sys

from bsw.dlt import Dlt, Field, Level, Record
from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler


def shown(value: Field) -> str:
    if isinstance(value, bytes):
        return value.hex(":") if len(value) == 6 else value.hex()
    return f"{value:g}" if isinstance(value, float) else str(value)


class TimeLine:
    """A log sink: milliseconds since the start, who, what."""

    def __init__(self, start: int) -> None:
        self._start = start

    def write(self, record: Record) -> None:
        at = (record.time - self._start) / MS
        fields = " ".join(f"{name}={shown(value)}" for name, value in record.fields.items())
        print(f"{at:10.1f} {record.room:8} {record.event} {fields}".rstrip(), file=sys.stderr)


def logs(scheduler: Scheduler, verbosity: int) -> Dlt:
    level = {0: Level.WARNING, 1: Level.INFO}.get(verbosity, Level.DEBUG)
    return Dlt(lambda: scheduler.now, (TimeLine(scheduler.now),), level=level)


def verdict(word: str, **fields: Field) -> None:
    """One line that a script can read: a word, then name=value pairs."""
    text = " ".join(f"{name}={shown(value)}" for name, value in fields.items())
    print(f"{word} {text}", flush=True)
