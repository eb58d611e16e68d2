"""The packets of one capture as one conversation: SLAC, SDP, TCP, TLS and V2G in the order heard.

Strings the readers of the single layers together and knows which connection is whose.  One pass,
with as much memory as the open connections need.
"""

import ipaddress
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from bsw.slac.frames.frame import Unknown
from bsw.slac.frames.frame import decode as decode_homeplug
from bsw.slac.frames.layout import FrameError
from tools.capture.events import Event, Layer, Side, can_event
from tools.capture.v2g import Place, V2gReader, sdp
from tools.capture.wire import management, streams, tlsread
from tools.capture.wire.layers import UDP, CanFrame, HomePlug, Layers, Segment
from tools.capture.wire.packets import Found, KeyLog, Note, Packet
from tools.capture.wire.streams import Ended, Hole, Octets, Opened, Streams
from tools.capture.wire.tlsread import Alert, Certificates, KeyLogBook, Plain, Secured, TlsReader

_MOST_PORTS: Final = 1_000
_TLS_RECORDS: Final = frozenset({20, 21, 22, 23})
_V2G_MARK: Final = b"\x01\xfe"
_FROM_STATION: Final = frozenset(
    {"CM_SLAC_PARM.CNF", "CM_ATTEN_CHAR.IND", "CM_SLAC_MATCH.CNF", "CM_VALIDATE.CNF"}
)
_FROM_VEHICLE: Final = frozenset(
    {
        "CM_SLAC_PARM.REQ",
        "CM_START_ATTEN_CHAR.IND",
        "CM_MNBC_SOUND.IND",
        "CM_ATTEN_CHAR.RSP",
        "CM_SLAC_MATCH.REQ",
        "CM_VALIDATE.REQ",
    }
)


@dataclass(slots=True)
class _Connection:
    """What is known of one TCP connection.  ``kind`` is told by its first octets."""

    place: Place
    v2g: V2gReader
    kind: str = ""
    tls: TlsReader | None = None
    ended: int = 0  # of its two directions


class Conversation:
    """Give it what a capture holds; it hands back events."""

    def __init__(self, key_log: bytes = b"") -> None:
        self._secrets = KeyLogBook()
        self._secrets.add(key_log)
        self._layers = Layers()
        self._streams = Streams()
        self._open: dict[tuple[streams.End, streams.End], _Connection] = {}
        self._announced: set[int] = set()
        """Ports that stations have told in the discovery."""

        self._count = 0
        self._last = 0
        self._take: dict[type, Callable[..., Iterable[Event]]] = {
            Opened: self._opened,
            Octets: self._octets,
            Hole: self._hole,
            Ended: self._ended,
        }

    def events(self, found: Iterable[Found]) -> Iterator[Event]:
        for item in found:
            if isinstance(item, Packet):
                self._last = item.when
                yield from self._packet(item)
            elif isinstance(item, KeyLog):
                self._secrets.add(item.lines)
            elif isinstance(item, Note):
                yield Event(self._last, Layer.FILE, "file", wrong=(item.text,))
        for connection in self._open.values():
            yield from connection.v2g.unfinished(self._last)

    def _packet(self, packet: Packet) -> Iterable[Event]:
        inside = self._layers.open(packet)
        if inside is None:
            return ()
        if isinstance(inside, CanFrame):
            return (can_event(*inside),)
        if isinstance(inside, HomePlug):
            return (_slac(inside),)
        if inside.protocol == UDP:
            return self._datagram(inside)
        told: list[Event] = []
        for one in self._streams.take(inside):
            told += self._take[type(one)](one)
        return told

    def _datagram(self, segment: Segment) -> Iterable[Event]:
        octets = segment.octets
        source = streams.End(segment.source, int.from_bytes(octets[:2], "big"))
        target = streams.End(segment.destination, int.from_bytes(octets[2:4], "big"))
        event = sdp(segment.when, _shown(source), _shown(target), octets[8:])
        if event is None:
            return ()
        port = event.fields.get("port")
        if isinstance(port, int):
            self._announced = {*itertools.islice(self._announced, _MOST_PORTS), port}
        return (event,)

    # Connections

    def _opened(self, told: Opened) -> Iterable[Event]:
        self._count += 1
        place = Place(_shown(told.client), _shown(told.server), self._count)
        self._open[told.client, told.server] = _Connection(place, V2gReader(place))
        return (self._event(place, told.when, Layer.TCP, "connection opened", upward=True),)

    def _octets(self, told: Octets) -> Iterable[Event]:
        connection = self._open.get((told.client, told.server))
        if connection is None:
            return ()
        if not connection.kind:
            connection.kind = self._kind(told)
            if connection.kind == "tls":
                connection.tls = TlsReader(self._secrets)
            elif not connection.kind:
                return ()  # of somebody else
        if connection.tls is None:
            return connection.v2g.feed(told.when, told.octets, upward=told.upward)
        events: list[Event] = []
        for one in connection.tls.feed(told.octets, upward=told.upward):
            events += self._secured(connection, told.when, one)
        return events

    def _kind(self, told: Octets) -> str:
        """By how it begins; where a station has said that it listens nothing else is expected."""
        octets = told.octets
        if octets[0] in _TLS_RECORDS and octets[1:2] == b"\x03":
            return "tls"
        expected = octets[:2] == _V2G_MARK or told.server.port in self._announced
        return "v2g" if expected else ""

    def _secured(self, connection: _Connection, when: int, told: tlsread.Told) -> Iterable[Event]:
        if isinstance(told, Plain):
            return connection.v2g.feed(when, told.octets, upward=told.upward)
        place = connection.place
        if isinstance(told, Secured):
            fields = {"version": told.version, "suite": told.suite}
            wrong = () if told.readable else ("no secrets for it: what follows stays closed",)
            event = self._event(place, when, Layer.TLS, "TLS agreed", upward=False)
            return (_with(event, fields, wrong),)
        if isinstance(told, Certificates):
            event = self._event(place, when, Layer.TLS, "certificates", upward=told.upward)
            return (_with(event, {"chain": told.chain}),)
        if isinstance(told, Alert):
            event = self._event(place, when, Layer.TLS, "TLS alert", upward=told.upward)
            words = {"level": "fatal" if told.fatal else "warning", "alert": told.description}
            return (_with(event, words),)
        event = self._event(place, when, Layer.TLS, "TLS record", upward=told.upward)
        return (_with(event, {"octets": told.size}, (told.why,)),)

    def _hole(self, told: Hole) -> Iterable[Event]:
        connection = self._open.get((told.client, told.server))
        if connection is None:
            return ()
        event = self._event(
            connection.place, told.when, Layer.TCP, "octets missing", upward=told.upward
        )
        wrong = (f"{told.missing} octets are not in the capture",)
        return (_with(event, {"missing": told.missing}, wrong),)

    def _ended(self, told: Ended) -> Iterable[Event]:
        connection = self._open.get((told.client, told.server))
        if connection is None:
            return ()
        connection.ended += 1
        if told.reset or connection.ended == 2:
            del self._open[told.client, told.server]
        name = "connection reset" if told.reset else "connection closed"
        return (self._event(connection.place, told.when, Layer.TCP, name, upward=told.upward),)

    @staticmethod
    def _event(place: Place, when: int, layer: Layer, name: str, *, upward: bool) -> Event:
        ends = (place.vehicle, place.station) if upward else (place.station, place.vehicle)
        side = Side.VEHICLE if upward else Side.STATION
        return Event(when, layer, name, side, *ends, connection=place.connection)


def _with(event: Event, fields: Mapping[str, object], wrong: tuple[str, ...] = ()) -> Event:
    return replace(event, fields=dict(fields), wrong=wrong)


_HEAD: Final = 17
"""Octets of an Ethernet header, and of version and type of a management message."""


def _in_part(frame: HomePlug) -> Event | None:
    """A piece of a message that is longer than a frame."""
    octets = frame.frame
    version, parts = octets[14:15], octets[_HEAD : _HEAD + 2]
    if version in {b"", b"\0"} or not parts.strip(b"\0"):
        return None
    kind = int.from_bytes(octets[15:17], "little")
    last, number = parts[0] & 0x0F, parts[0] >> 4
    return Event(
        frame.when,
        Layer.SLAC,
        management.name(kind, octets[19:22] if not number else b""),
        source=frame.source,
        destination=frame.destination,
        fields={"part": f"{number + 1} of {last + 1}"},
        octets=octets,
    )


def _slac(frame: HomePlug) -> Event:
    part = _in_part(frame)
    if part is not None:
        return part
    try:
        read = decode_homeplug(frame.frame)
    except FrameError as error:
        return Event(
            frame.when,
            Layer.SLAC,
            "HomePlug frame",
            source=frame.source,
            destination=frame.destination,
            octets=frame.frame,
            wrong=(str(error),),
        )
    side = Side.UNKNOWN
    if read.name in _FROM_STATION:
        side = Side.STATION
    elif read.name in _FROM_VEHICLE:
        side = Side.VEHICLE
    if isinstance(read.message, Unknown):
        kind, body = read.message.kind, read.message.body
        known = management.name(kind, body[:3])
        return Event(
            frame.when,
            Layer.SLAC,
            known,
            side,
            frame.source,
            frame.destination,
            fields={"body": body.rstrip(b"\0")},
            octets=frame.frame,
        )
    names = getattr(type(read.message), "__dataclass_fields__", {})
    return Event(
        frame.when,
        Layer.SLAC,
        read.name,
        side,
        frame.source,
        frame.destination,
        fields={name: getattr(read.message, name) for name in names},
        octets=frame.frame,
    )


def _shown(end: streams.End) -> str:
    address = ipaddress.ip_address(end.address)
    return f"[{address}]:{end.port}" if address.version == 6 else f"{address}:{end.port}"
