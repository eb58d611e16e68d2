"""The session trace: what happened, in order, in a chain that shows any later change.

Live view, report, decoder, replay and compliance evidence are all made from these records.
Each carries the SHA-256 over its own canonical JSON and the digest before it, so that one digest
stands for the whole session: same configuration, seed and revision give the same digest.
Where records are kept is the sinks' affair; secrets are replaced before they are hashed.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from math import isfinite
from typing import Final, Protocol

from bsw.dlt_sinks import json_value
from bsw.redaction import Field, redacted

FORMAT: Final = 1
START: Final = "0" * 64
"""The digest before the first record."""


def canonical(serial: int, time: int, kind: str, fields: Mapping[str, Field]) -> str:
    """The one JSON form of a record, digest not included: names in order, nothing between."""
    shown = ",".join([f"{_json(name)}:{_json(fields[name])}" for name in sorted(fields)])
    return f'{{"fields":{{{shown}}},"kind":{_json(kind)},"serial":{serial},"time":{time}}}'


def _json(value: Field) -> str:
    """As ``json.dumps`` has it, but quicker: every message of a session passes here."""
    if type(value) is str:
        return encode_basestring_ascii(value)
    if type(value) is bytes:
        return f'{{"hex":"{value.hex()}"}}'
    if type(value) is int:
        return str(value)
    if type(value) is float and isfinite(value):
        return repr(value)
    if type(value) is bool:
        return "true" if value else "false"
    return "null" if value is None else json.dumps(json_value(value), separators=(",", ":"))


def chained(before: str, canonical_record: str) -> str:
    return hashlib.sha256(f"{before}\n{canonical_record}".encode("ascii")).hexdigest()


def line_of(canonical_record: str, digest: str) -> str:
    """The record as it stands in a file: canonical JSON, digest last."""
    return f'{canonical_record[:-1]},"digest":"{digest}"}}\n'


@dataclass(frozen=True, slots=True)
class TraceRecord:
    """One event of the session, at scheduler time in nanoseconds."""

    serial: int
    time: int
    kind: str
    fields: Mapping[str, Field]
    digest: str
    line: str


class TraceSink(Protocol):
    def write(self, record: TraceRecord) -> None: ...


class Trace:
    """Takes what the rooms report and chains it."""

    def __init__(self, now: Callable[[], int], sinks: tuple[TraceSink, ...] = ()) -> None:
        self._now = now
        self._sinks = list(sinks)
        self.digest = START
        self.count = 0

    def add_sink(self, sink: TraceSink) -> None:
        self._sinks.append(sink)

    def add(self, kind: str, /, **fields: Field) -> None:
        """Record ``kind`` now.  Octets (an EXI payload, a frame) are a field of type bytes."""
        clean = redacted(fields)
        time = self._now()
        record = canonical(self.count, time, kind, clean)
        self.digest = chained(self.digest, record)
        entry = TraceRecord(
            self.count, time, kind, clean, self.digest, line_of(record, self.digest)
        )
        self.count += 1
        for sink in self._sinks:
            sink.write(entry)

    def begin(self, **fields: Field) -> None:
        """The first record: what is needed to read and to repeat the rest."""
        self.add("begin", format=FORMAT, **fields)

    def end(self, **fields: Field) -> None:
        """The last record.  A trace without it was cut off."""
        self.add("end", records=self.count, **fields)


class MemoryTrace:
    """Keeps all records; for tests and for sessions in simulated time."""

    def __init__(self) -> None:
        self.records: list[TraceRecord] = []

    def write(self, record: TraceRecord) -> None:
        self.records.append(record)

    def kinds(self) -> list[str]:
        return [record.kind for record in self.records]
