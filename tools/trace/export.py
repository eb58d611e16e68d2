"""A trace in the form of others: a capture for Wireshark, a table, lines of JSON."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from bsw.net.frames import Conversation
from bsw.net.ports import Endpoint
from bsw.net.record import pcapng
from bsw.net.record.pcapng import Direction
from bsw.os.clock import S
from bsw.v2gtp import pack
from tools.capture.cli import as_json
from tools.capture.events import Event, Layer, Side
from tools.capture.ladder import shown

_PORT: Final = 61_000
_VEHICLE, _STATION = "fe80::a", "fe80::b"
FORMS: Final = (".pcapng", ".csv", ".jsonl")


def octets_of(events: Iterable[Event], form: str) -> Iterator[bytes]:
    """The file's contents, piece by piece."""
    if form == ".pcapng":
        return _capture(events)
    if form == ".csv":
        return _table(events)
    lines = (json.dumps(as_json(event, ()), ensure_ascii=False) for event in events)
    return (f"{line}\n".encode() for line in lines)


def _capture(events: Iterable[Event]) -> Iterator[bytes]:
    """Messages as frames of plain TCP connections, with good checksums, at their times."""
    yield pcapng.section() + pcapng.interface("trace")
    frames, connection = None, 0
    for event in events:
        if event.layer is not Layer.V2G:
            continue
        if frames is None or event.connection != connection:
            connection = event.connection
            ends = Endpoint(_VEHICLE, 50_000 + connection % 10_000), Endpoint(_STATION, _PORT)
            frames = Conversation(*ends, we_called=True)
            yield _packets(event.when, (one.frame for one in frames.greet()))
        octets = pack(event.payload_type, event.octets)
        said = frames.say(octets, outgoing=event.side is Side.VEHICLE)
        yield _packets(event.when, (one.frame for one in said))


def _packets(when: int, frames: Iterable[bytes]) -> bytes:
    return b"".join(pcapng.packet(0, when, frame, Direction.UNKNOWN) for frame in frames)


def _table(events: Iterable[Event]) -> Iterator[bytes]:
    """A line a value: what a spreadsheet turns into any other table."""
    start: int | None = None
    yield _row("seconds", "layer", "side", "message", "value", "is", "unit")
    for event in events:
        start = event.when if start is None else start
        seconds = f"{(event.when - start) / S:.6f}"
        for value in shown(event):
            head = (seconds, event.layer.value, event.side.value, event.name)
            yield _row(*head, value.path, str(value.value), value.unit)


def _row(*cells: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue().encode()


def write(path: Path, events: Iterable[Event]) -> None:
    with path.open("wb") as file:
        for piece in octets_of(events, path.suffix.lower()):
            file.write(piece)
