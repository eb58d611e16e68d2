"""How a protocol puts a body on the wire: header, grammar, payload type.

A session speaks bodies; a dialect makes octets of them and back.  Only this module knows that
DIN and ISO 15118-2 wrap a body in ``V2G_Message``, and that ISO 15118-20 has a header in each
message and a schema for each payload type.
"""

from collections.abc import Collection
from contextlib import suppress
from typing import Any, Final, Protocol

from bsw import exi
from bsw.chrgm.messages import kinds
from bsw.chrgm.record import Heard, Said
from bsw.v2gtp import SIDE_STREAMS, PayloadType

SCHEMAS: Final = {
    PayloadType.MAIN: ("iso20.common",),
    PayloadType.AC: ("iso20.ac",),
    PayloadType.DC: ("iso20.dc",),
    PayloadType.ACDP: ("iso20.acdp",),
    PayloadType.WPT: ("iso20.wpt",),
    PayloadType.SCHEDULE: ("iso20.common",),
    PayloadType.METERING: ("iso20.common",),
    PayloadType.ACDP_STATUS: ("iso20.acdp",),
    PayloadType.PARKING: ("iso20.common", "iso20.wpt"),
}
"""The schema sets of what ISO 15118-20 sends under each payload type."""


class Dialect(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def payload_types(self) -> Collection[int]: ...
    def encode(self, session_id: bytes, said: Said) -> tuple[int, bytes]: ...
    def decode(self, payload_type: int, payload: bytes, /) -> Heard:
        """The message, or ``DecodeError``."""


class Wrapped:
    """DIN 70121 and ISO 15118-2: header and body inside one ``V2G_Message``."""

    payload_types: Final = frozenset({PayloadType.EXI})

    def __init__(
        self,
        name: str,
        schema: str,
        messages: Any,  # noqa: ANN401 - a module
        tolerance: exi.Tolerance,
    ) -> None:
        self.name = name
        self._codec = exi.codec(schema, tolerance)
        self._message = messages.V2GMessage
        self._header = messages.MessageHeader

    def encode(self, session_id: bytes, said: Said) -> tuple[int, bytes]:
        made = said.as_made(session_id)
        if made is not None:
            return PayloadType.EXI, made.octets
        header = self._header(session_id=session_id, signature=said.signature)
        message = self._message(header=header, body=said.body)
        return PayloadType.EXI, self._codec.encode(message)

    def decode(self, payload_type: int, payload: bytes, /) -> Heard:
        message, notes = self._codec.decode_noted(payload)
        if not isinstance(message, self._message) or message.body is None:
            raise kinds.MessageError(f"{type(message).__name__} without a message in its body")
        header = message.header
        return Heard(
            header.session_id, message.body, header.signature, payload, notes, payload_type
        )


class Typed:
    """ISO 15118-20: the header stands in each message, the payload type tells its schema.

    A body comes with a header that carries its time stamp; session and signature are put in here.
    """

    name: Final = "ISO 15118-20"

    def __init__(self, payload_types: Collection[int], tolerance: exi.Tolerance) -> None:
        self.payload_types = frozenset(payload_types)
        self._codecs = {
            number: tuple(exi.codec(schema, tolerance) for schema in schemas)
            for number, schemas in SCHEMAS.items()
            if number in self.payload_types
        }
        self._main = tuple(number for number in self._codecs if number not in SIDE_STREAMS)

    def encode(self, session_id: bytes, said: Said) -> tuple[int, bytes]:
        """Under the payload type asked for, else under the one of its schema."""
        made = said.as_made(session_id)
        if made is not None:
            return made.payload_type, made.octets
        wanted = self._main if said.payload_type is None else (said.payload_type,)
        header = said.body.header.replace(session_id=session_id, signature=said.signature)
        message = said.body.replace(header=header)
        for number in wanted:
            for codec in self._codecs.get(PayloadType(number), ()):
                if type(message) in codec.schema.codes:
                    return number, codec.encode(message)
        raise kinds.MessageError(f"{type(message).__name__} is no message of this service")

    def decode(self, payload_type: int, payload: bytes, /) -> Heard:
        message, notes = self._read(PayloadType(payload_type), payload)
        header = getattr(message, "header", None)
        if header is None:
            raise kinds.MessageError(f"{type(message).__name__} is no message of a session")
        return Heard(header.session_id, message, header.signature, payload, notes, payload_type)

    def _read(self, payload_type: PayloadType, payload: bytes) -> exi.Noted:
        *others, last = self._codecs[payload_type]
        for codec in others:
            with suppress(exi.DecodeError):
                return codec.decode_noted(payload)
        return last.decode_noted(payload)


def din(tolerance: exi.Tolerance = exi.FIELD) -> Dialect:
    from bsw.chrgm.messages import din as messages  # noqa: PLC0415 - nothing unused is loaded

    return Wrapped("DIN 70121", "din", messages, tolerance)


def iso2(tolerance: exi.Tolerance = exi.FIELD) -> Dialect:
    from bsw.chrgm.messages import iso2 as messages  # noqa: PLC0415 - nothing unused is loaded

    return Wrapped("ISO 15118-2", "iso2", messages, tolerance)


def iso20(payload_types: Collection[int], tolerance: exi.Tolerance = exi.FIELD) -> Dialect:
    """``payload_types`` are those of the application that was agreed."""
    return Typed(payload_types, tolerance)
