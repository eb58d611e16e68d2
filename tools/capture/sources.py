"""The files people have, told apart by contents: captures, CAN logs, traces, logs with EXI in.

Every source ends in events.  A line that says nothing to us is passed over; a file in which nothing
was found says so, with what would have been read.
"""

import base64
import datetime as dt
import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

from bsw.v2gtp import HEADER_SIZE, VERSION, PayloadType
from tools.capture.conversation import Conversation
from tools.capture.events import Event, Layer, Side
from tools.capture.packets import PCAP_MAGICS, PCAPNG_MAGIC, read_packets
from tools.capture.v2g import Place, V2gReader, sdp
from tools.exi.schemas import BY_PAYLOAD_TYPE

_GZIP: Final = b"\x1f\x8b"
_LONGEST_LINE: Final = 1 << 20
READS: Final = (
    "pcap and pcapng, candump logs, traces of ours, hexadecimal or base64 lines, "
    "logs of the iso15118 package and of EVerest"
)


class Unreadable(ValueError):
    """The file holds nothing we can read.  Says what would be."""


def events(path: Path, key_log: bytes = b"") -> Iterator[Event]:
    """All events of one file, whatever it is."""
    with _opened(path) as file:
        magic = file.read(4)
        if magic == PCAPNG_MAGIC or magic in PCAP_MAGICS:
            yield from Conversation(key_log).events(read_packets(file, magic))
            return
        file.seek(0)
        yield from _lines(path, file)


def _opened(path: Path) -> BinaryIO:
    file = path.open("rb")
    begin = file.read(2)
    file.seek(0)
    return gzip.open(file) if begin == _GZIP else file  # type: ignore[return-value]  # a stream


def _lines(path: Path, file: BinaryIO) -> Iterator[Event]:
    reader = TextReader()
    found = False
    while line := file.readline(_LONGEST_LINE):
        for event in reader.line(line.decode("utf-8", errors="replace")):
            found = True
            yield event
    if not found:
        raise Unreadable(f"{path}: nothing to decode in it; read are {READS}")


# Text

_CANDUMP = re.compile(
    r"^\s*\((?P<time>\d+\.\d+)\)\s+(?P<bus>\S+)\s+(?P<id>[0-9A-Fa-f]{3,8})"
    r"(?P<form>##?)(?P<data>R?\d?[0-9A-Fa-f]*)"
)
_HEX = re.compile(
    r"(?<![0-9A-Za-z+/])(?:0x)?(?:[0-9A-Fa-f]{2}[ :]?){3,}[0-9A-Fa-f]{2}(?![0-9A-Za-z+/=])"
)
_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{4})+"
    r"(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{12})(?![A-Za-z0-9+/=])"
)
_CLOCK = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d:\d\d)"
    r"(?:[.,](?P<part>\d+))?(?P<zone>Z|[+-]\d\d:?\d\d)?"
)
_RECEIVED = re.compile(r"\b(received|decode[ds]?|rx|recv|incoming)\b", re.IGNORECASE)
_SENT = re.compile(r"\b(sent|send(?:ing)?|encoded?|tx|outgoing)\b", re.IGNORECASE)


class TextReader:
    """Line by line.  The first line that is understood decides nothing: logs mix everything."""

    def __init__(self) -> None:
        self._v2g = V2gReader(Place())
        self._kinds: tuple[Callable[[str], Iterable[Event] | None], ...] = (
            self._candump,
            self._json,
            self._octets,
        )

    def line(self, line: str) -> Iterable[Event]:
        line = line.strip()
        if not line:
            return ()
        for kind in self._kinds:
            found = kind(line)
            if found is not None:
                return found
        return ()

    @staticmethod
    def _candump(line: str) -> Iterable[Event] | None:
        """``(1700000000.000001) can0 123#0102`` and, for CAN FD, ``123##1...``."""
        found = _CANDUMP.match(line)
        if found is None:
            return None
        data = found["data"]
        if found["form"] == "##":
            data = data[1:]
        if data.startswith("R") or len(data) % 2:
            return None
        whole, _, part = found["time"].partition(".")
        when = int(whole) * 1_000_000_000 + int(part.ljust(9, "0")[:9])
        number = int(found["id"], 16)
        extended = len(found["id"]) > 3
        name = f"CAN {number:08X}" if extended else f"CAN {number:03X}"
        fields = {"id": number, "extended": extended, "bus": found["bus"]}
        octets = bytes.fromhex(data)
        return (Event(when, Layer.CAN, name, source=found["bus"], fields=fields, octets=octets),)

    def _json(self, line: str) -> Iterable[Event] | None:
        if not line.startswith("{"):
            return None
        try:
            record = json.loads(line)
        except ValueError:
            return None
        if not isinstance(record, dict):
            return None
        if {"serial", "kind", "fields", "time"} <= record.keys():
            return self._trace(record)
        for key in ("exi", "hex", "payload", "data", "msg", "message"):
            if isinstance(record.get(key), str):
                return self._octets(f"{record.get('time', '')} {record[key]}") or ()
        return ()

    def _trace(self, record: dict[str, object]) -> Iterable[Event]:
        """A record of a session trace of ours."""
        fields = record["fields"]
        when = record["time"]
        if not isinstance(fields, dict) or not isinstance(when, int):
            return ()
        exi = fields.get("exi")
        if record["kind"] != "message" or not isinstance(exi, dict):
            shown = {str(name): value for name, value in fields.items()}
            return (Event(when, Layer.FILE, str(record["kind"]), fields=shown),)
        octets = bytes.fromhex(str(exi.get("hex", "")))
        kind = fields.get("payload_type", PayloadType.EXI)
        upward = str(fields.get("name", "")).endswith("Req")
        return (
            self._v2g.message(
                when, kind if isinstance(kind, int) else PayloadType.EXI, octets, upward=upward
            ),
        )

    def _octets(self, line: str) -> Iterable[Event] | None:
        """Hexadecimal or base64 anywhere in a line: a frame, or a message without its header."""
        when = clock(line) or 0
        for octets in _spelled(line):
            event = self._told(when, octets, line)
            if event is not None:
                return (event,)
        return None

    def _told(self, when: int, octets: bytes, line: str) -> Event | None:
        kind, payload = int(PayloadType.EXI), octets
        if octets[:2] == bytes((VERSION, VERSION ^ 0xFF)) and len(octets) >= HEADER_SIZE:
            discovery = sdp(when, "", "", octets)
            if discovery is not None:
                return discovery
            kind, payload = int.from_bytes(octets[2:4], "big"), octets[HEADER_SIZE:]
        kinds = (kind,) if payload is not octets else tuple(int(one) for one in BY_PAYLOAD_TYPE)
        for one in kinds:
            event = self._v2g.message(when, one, payload, upward=True)
            if event.message is not None and (payload is not octets or not event.wrong):
                return _sided(event, line)
        return event if payload is not octets else None


def _sided(event: Event, line: str) -> Event:
    """Requests come from the vehicle, responses from the station, whoever wrote the log."""
    if event.name.endswith("Res"):
        return replace(event, side=Side.STATION, source=event.destination, destination=event.source)
    if event.name.endswith("Req") or not (_RECEIVED.search(line) or _SENT.search(line)):
        return event
    return replace(event, side=Side.UNKNOWN)


def _spelled(line: str) -> Iterator[bytes]:
    for found in _HEX.finditer(line):
        text = re.sub(r"[ :]", "", found[0].removeprefix("0x"))
        if len(text) >= 8 and len(text) % 2 == 0:
            yield bytes.fromhex(text)
    for found in _BASE64.finditer(line):
        yield base64.b64decode(found[0])


def clock(line: str) -> int | None:
    """Nanoseconds since 1970 of the first time stamp in a line."""
    found = _CLOCK.search(line)
    if found is None:
        return None
    zone = (found["zone"] or "Z").replace("Z", "+00:00")
    if ":" not in zone:
        zone = f"{zone[:3]}:{zone[3:]}"
    moment = dt.datetime.fromisoformat(f"{found['date']}T{found['time']}{zone}")
    part = (found["part"] or "").ljust(9, "0")[:9]
    return int(moment.timestamp()) * 1_000_000_000 + int(part)
