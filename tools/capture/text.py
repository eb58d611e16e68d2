"""Lines of text as events: CAN logs, traces of ours, and octets spelled out in anybody's log.

A line that says nothing to us is passed over, whatever is in it: logs mix everything, and one that
was damaged is no reason to stop reading.
"""

import base64
import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from bsw import exi
from bsw.v2gtp import HEADER_SIZE, VERSION, PayloadType
from tools.capture.conversation import Conversation
from tools.capture.events import Event, Layer, Side, can_event
from tools.capture.ours import OurTrace, is_record
from tools.capture.v2g import Place, V2gReader, sdp
from tools.capture.wire.layers import ETHERNET
from tools.capture.wire.packets import Packet
from tools.exi.schemas import BY_PAYLOAD_TYPE, guess

_CANDUMP = re.compile(
    r"^\s*\((?P<time>\d{1,12}\.\d{1,9})\)\s+(?P<bus>\S+)\s+(?P<id>[0-9A-Fa-f]{3,8})"
    r"(?P<form>##?)(?P<data>R?\d?[0-9A-Fa-f]*)"
)
_WHOLE_HEX = re.compile(r"(?:0x)?80(?:[ :]?[0-9A-Fa-f]{2}){1,3}")
"""All that is said: the shortest messages have three octets."""

_HEX = re.compile(
    r"(?<![0-9A-Za-z+/])(?:0x)?(?:[0-9A-Fa-f]{2}[ :]?){3,}[0-9A-Fa-f]{2}(?![0-9A-Za-z+/=])"
)
_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{4})+"
    r"(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{12})(?![A-Za-z0-9+/=])"
)
_CLOCK = re.compile(
    r"(?:(?P<date>\d{4}-\d\d-\d\d)[T ]+)?(?P<time>\d\d:\d\d:\d\d)"
    r"(?:[.,](?P<part>\d+))?(?P<zone>Z|[+-]\d\d:?\d\d)?"
)
_RECEIVED = re.compile(r"\b(received|decode[ds]?|rx|recv|incoming)\b", re.IGNORECASE)
_SENT = re.compile(r"\b(sent|send(?:ing)?|encoded?|tx|outgoing)\b", re.IGNORECASE)
_OCTETS_IN: Final = ("exi", "hex", "payload", "data", "msg", "message", "EXI", "exi_base64")
_LONGEST: Final = 1 << 16
"""No message is longer; what is, is something else."""

_MANAGEMENT: Final = frozenset({b"\x88\xe1", b"\x81\x00"})
_DEEPEST: Final = 4
_DAY_ONE: Final = "1970-01-01"
"""Of a log that tells no date."""


class TextReader:
    """Line by line.  The first line that is understood decides nothing: logs mix everything."""

    def __init__(self) -> None:
        self._connection = 0
        self._v2g = self._anew()
        self._ours = OurTrace()
        self._wire = Conversation()
        self._kinds: tuple[Callable[[str], Iterable[Event] | None], ...] = (
            candump,
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

    def _anew(self) -> V2gReader:
        self._connection += 1
        return V2gReader(Place(connection=self._connection))

    def _json(self, line: str) -> Iterable[Event] | None:
        if not line.startswith("{"):
            return None
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return None
        if not isinstance(record, dict):
            return None
        if is_record(record):
            return self._ours.record(record)
        for text in _texts(record):
            found = self._octets(text, f"{record.get('time', '')} {text}")
            if found:
                return found
        return ()

    def _octets(self, line: str, around: str = "") -> Iterable[Event] | None:
        """Hexadecimal or base64 anywhere in a line: a frame, or a message without its header."""
        when = clock(around or line) or 0
        for octets in _spelled(line):
            event = self._told(when, octets, line)
            if event is not None:
                return (event,)
            found = self._frame(when, octets)
            if found:
                return found
            signed = _fragment(when, octets)
            if signed is not None:
                return (signed,)
        return None

    def _frame(self, when: int, octets: bytes) -> tuple[Event, ...]:
        """An Ethernet frame that somebody spelled out."""
        if not _is_ethernet(octets):
            return ()
        return tuple(self._wire.events((Packet(when, ETHERNET, octets),)))

    def _told(self, when: int, octets: bytes, line: str) -> Event | None:
        kind, payload = int(PayloadType.EXI), octets
        framed = octets[:2] == bytes((VERSION, VERSION ^ 0xFF)) and len(octets) >= HEADER_SIZE
        if framed:
            discovery = sdp(when, "", "", octets)
            if discovery is not None:
                return discovery
            kind, payload = int.from_bytes(octets[2:4], "big"), octets[HEADER_SIZE:]
        for one in (kind,) if framed else tuple(int(one) for one in BY_PAYLOAD_TYPE):
            event = self._v2g.message(when, one, payload, upward=True)
            if event.message is not None and (framed or not event.wrong):
                return self._sided(event, line)
        return event if framed else None

    def _sided(self, event: Event, line: str) -> Event:
        """Requests come from the vehicle, responses from the station, whoever wrote the log."""
        if event.name == "SupportedAppProtocolReq" and self._v2g.heard > 1:
            self._v2g = self._anew()  # another handshake is another connection
            event = self._v2g.message(event.when, event.payload_type, event.octets, upward=True)
        if event.name.endswith("Res"):
            ends = (event.destination, event.source)
            return replace(event, side=Side.STATION, source=ends[0], destination=ends[1])
        if event.name.endswith("Req") or not (_RECEIVED.search(line) or _SENT.search(line)):
            return event
        return replace(event, side=Side.UNKNOWN)


def candump(line: str) -> Iterable[Event] | None:
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
    when = int(whole) * 1_000_000_000 + int(part.ljust(9, "0"))
    extended = len(found["id"]) > 3
    return (can_event(when, found["bus"], int(found["id"], 16), extended, bytes.fromhex(data)),)


def _texts(record: dict[str, Any], deep: int = 0) -> Iterator[str]:
    """Where programs that log objects put octets, at whatever depth."""
    for key in _OCTETS_IN:
        if isinstance(record.get(key), str):
            yield record[key]
    if deep < _DEEPEST:
        for one in record.values():
            if isinstance(one, dict):
                yield from _texts(one, deep + 1)


def _is_ethernet(octets: bytes) -> bool:
    kind, first = octets[12:14], octets[14:15]
    if kind == b"\x86\xdd":
        return first >= b"\x60" and first < b"\x70"
    return kind in _MANAGEMENT


def _fragment(when: int, octets: bytes) -> Event | None:
    """A part of a message as it is signed: logs of a signature's maker have it."""
    if octets[:1] != b"\x80":
        return None
    for name in guess(octets, None, fragment=True):
        try:
            read = exi.codec(name, exi.CONFORMANCE).decode_fragment(octets)
        except exi.DecodeError:
            return None
        fields = {"signed part": read.name}
        return Event(
            when, Layer.V2G, read.name, schema=name, message=read, octets=octets, fields=fields
        )
    return None


def _spelled(line: str) -> Iterator[bytes]:
    if _WHOLE_HEX.fullmatch(line.strip()):
        yield bytes.fromhex(re.sub(r"[ :]", "", line.strip().removeprefix("0x")))
    for found in _HEX.finditer(line):
        text = re.sub(r"[ :]", "", found[0].removeprefix("0x"))
        if 8 <= len(text) <= 2 * _LONGEST and len(text) % 2 == 0:
            yield bytes.fromhex(text)
    for found in _BASE64.finditer(line):
        if len(found[0]) <= 2 * _LONGEST:
            yield base64.b64decode(found[0])


def clock(line: str) -> int | None:
    """Nanoseconds since 1970 of the first time stamp in a line; of its day, if it tells no date."""
    found = _CLOCK.search(line)
    if found is None:
        return None
    zone = (found["zone"] or "Z").replace("Z", "+00:00")
    if ":" not in zone:
        zone = f"{zone[:3]}:{zone[3:]}"
    try:
        moment = dt.datetime.fromisoformat(f"{found['date'] or _DAY_ONE}T{found['time']}{zone}")
        seconds = int(moment.timestamp())
    except (ValueError, OverflowError):
        return None
    part = (found["part"] or "").ljust(9, "0")[:9]
    return seconds * 1_000_000_000 + int(part)
