"""V2G messages out of octets: the frames of one connection, and the protocol it agreed on.

Reads like a patient bystander: a frame of any payload type, a header that is wrong, octets after
the end of a message - all of it is told and followed further.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from bsw import exi
from bsw.chrgm.applications import APPLICATIONS
from bsw.chrgm.messages.model import Message
from bsw.chrgm.messages.sap import SupportedAppProtocolReq, SupportedAppProtocolRes
from bsw.chrgm.protocols import SPOKEN
from bsw.exi import DecodeError, Fragment
from bsw.sdp import messages as discovery
from bsw.v2gtp import HEADER_SIZE, VERSION, Fault, PayloadType
from tools.capture.events import Event, Layer, Side
from tools.capture.words import wire_name
from tools.exi.schemas import BY_PAYLOAD_TYPE

_LONGEST: Final = 1 << 20
_MARK: Final = bytes((VERSION, VERSION ^ 0xFF))
_TABLES: Final = tuple(one.name for one in SPOKEN if one.name in exi.SETS)
_BY_NAMESPACE: Final = {one.namespace: one.name for one in APPLICATIONS}
_LENIENT: Final = exi.FIELD._replace(trailing=True, loose_bounds=True)


@lru_cache(maxsize=2048)
def _strictly(name: str, payload: bytes) -> exi.Noted:
    """The traces of both sides and a capture hold each message three times over."""
    return exi.codec(name, exi.CONFORMANCE).decode_noted(payload)


@dataclass(slots=True)
class _Half:
    buffer: bytearray = field(default_factory=bytearray)
    passed_over: int = 0


@dataclass(slots=True)
class Place:
    """Who talks to whom; filled in by whoever knows the addresses."""

    vehicle: str = "vehicle"
    station: str = "station"
    connection: int = 0


class V2gReader:
    """One connection: both directions, in the order in which they were heard."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._up, self._down = _Half(), _Half()
        self._offer: dict[int, str] = {}
        self._offered: list[str] = []
        self.protocol = ""
        self._turned = self._sure = False
        self.heard = 0
        """Messages that could be read."""

    def feed(self, when: int, octets: bytes, *, upward: bool) -> list[Event]:
        half = self._up if upward else self._down
        half.buffer += octets
        told: list[Event] = []
        while len(half.buffer) >= HEADER_SIZE:
            length = int.from_bytes(half.buffer[4:8], "big")
            if half.buffer[:2] != _MARK or length > _LONGEST:
                told += self._seek(half, when, upward=upward)
                continue
            if len(half.buffer) < HEADER_SIZE + length:
                break
            kind = int.from_bytes(half.buffer[2:4], "big")
            payload = bytes(half.buffer[HEADER_SIZE : HEADER_SIZE + length])
            del half.buffer[: HEADER_SIZE + length]
            told.append(self.message(when, kind, payload, upward=upward))
        return told

    def unfinished(self, when: int) -> list[Event]:
        """What was begun and never came to its end."""
        halves = ((self._up, True), (self._down, False))
        return [
            self._event(
                when,
                "octets",
                upward=upward,
                wrong=(f"{len(half.buffer)} octets of a frame, and no end of it",),
            )
            for half, upward in halves
            if half.buffer
        ]

    def _seek(self, half: _Half, when: int, *, upward: bool) -> list[Event]:
        """Octets that are no frame: on to what may be one."""
        at = half.buffer.find(_MARK, 1)
        passed = len(half.buffer) - 1 if at < 0 else at
        lost = bytes(half.buffer[:passed])
        del half.buffer[:passed]
        wrong = (f"{passed} octets that are no V2GTP frame",)
        return [self._event(when, "octets", upward=upward, octets=lost, wrong=wrong)]

    def message(self, when: int, kind: int, payload: bytes, *, upward: bool) -> Event:
        wrong: list[str] = []
        message: Message | Fragment | None = None
        schema = ""
        if kind not in set(PayloadType):
            wrong.append(f"payload type {kind:#06x} is not known")
        elif not payload:
            wrong.append("a frame without contents")
        else:
            schema, message, notes = self._decoded(kind, payload)
            wrong += notes
        self.heard += message is not None
        name = "" if message is None else _wire_name(message)
        upward = self._corrected(name, upward=upward)
        self._learn(message)
        return self._event(
            when,
            name or f"payload {kind:#06x}",
            upward=upward,
            schema=schema,
            payload_type=kind,
            message=message,
            octets=payload,
            wrong=tuple(wrong),
        )

    def _corrected(self, name: str, *, upward: bool) -> bool:
        """Of a connection joined in the middle only the messages tell who is the vehicle."""
        if upward is not self._turned and name.endswith("Res") and not self._sure:
            self._turned = not self._turned
            place = self.place
            place.vehicle, place.station = place.station, place.vehicle
        self._sure = self._sure or name.endswith(("Req", "Res"))
        return upward is not self._turned

    def _decoded(
        self, kind: int, payload: bytes
    ) -> tuple[str, Message | Fragment | None, list[str]]:
        errors: list[str] = []
        for name in self._candidates(kind):
            try:
                noted = _strictly(name, bytes(payload))
            except DecodeError as error:
                errors.append(f"not {name}: {error}")
                continue
            return name, noted.message, list(noted.notes)
        for name in self._candidates(kind):
            try:
                noted = exi.codec(name, _LENIENT).decode_noted(payload)
            except DecodeError:
                continue
            return name, noted.message, [f"only when read with tolerance: {errors[0]}"]
        return "", None, errors[:1] or ["no schema for it"]

    def _candidates(self, kind: int) -> tuple[str, ...]:
        names = BY_PAYLOAD_TYPE.get(PayloadType(kind), ())
        if kind != PayloadType.EXI:
            return names
        if self.protocol in names:
            return (self.protocol, "sap")
        if not self._offered:
            return ("sap", *_TABLES)
        return ("sap", *(name for name in _TABLES if name in self._offered), *_TABLES)

    def _learn(self, message: Message | Fragment | None) -> None:
        """The handshake says what is spoken from then on."""
        if isinstance(message, SupportedAppProtocolReq):
            self._offer = {
                one.schema_id: _BY_NAMESPACE.get(one.protocol_namespace, one.protocol_namespace)
                for one in message.app_protocol
            }
            self._offered = list(self._offer.values())
        elif isinstance(message, SupportedAppProtocolRes):
            chosen = message.schema_id
            if chosen is None and len(self._offer) == 1:
                chosen = next(iter(self._offer))
            self.protocol = self._offer.get(-1 if chosen is None else chosen, "")

    def _event(self, when: int, name: str, *, upward: bool, **known: Any) -> Event:  # noqa: ANN401 - fields of ``Event``
        source, destination = self.place.vehicle, self.place.station
        if not upward:
            source, destination = destination, source
        return Event(
            when=when,
            layer=Layer.V2G,
            name=name,
            side=Side.VEHICLE if upward else Side.STATION,
            source=source,
            destination=destination,
            connection=self.place.connection,
            **known,
        )


def _wire_name(message: Message | Fragment) -> str:
    """The name a person knows: of the body, where there is one around it."""
    if isinstance(message, Fragment):
        return message.name
    body = getattr(message, "body", None)
    return wire_name(type(message if body is None else body).__name__)


DISCOVERY: Final[dict[int, str]] = {
    PayloadType.SDP_REQUEST: "SDP request",
    PayloadType.SDP_RESPONSE: "SDP response",
    PayloadType.SDP_REQUEST_WIRELESS: "SDP request, wireless",
    PayloadType.SDP_RESPONSE_WIRELESS: "SDP response, wireless",
}


def sdp(when: int, source: str, destination: str, datagram: bytes) -> Event | None:
    """A datagram of the discovery, or ``None`` if it is none."""
    if datagram[:2] != _MARK or len(datagram) < HEADER_SIZE:
        return None
    kind = int.from_bytes(datagram[2:4], "big")
    name = DISCOVERY.get(kind)
    if name is None:
        return None
    asks = name.startswith("SDP request")
    found = discovery.parse(datagram)
    wrong = (found.value,) if isinstance(found, Fault | discovery.Problem) else ()
    fields = {name: getattr(found, name) for name in getattr(found, "__slots__", ())}
    return Event(
        when,
        Layer.SDP,
        name,
        Side.VEHICLE if asks else Side.STATION,
        source,
        destination,
        payload_type=kind,
        fields=fields,
        octets=datagram,
        wrong=wrong,
    )
