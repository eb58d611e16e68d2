"""How a protocol puts a body on the wire: header, grammar, payload type.

A session speaks bodies; a dialect makes octets of them and back.  Only this module knows that
DIN and ISO 15118-2 wrap a body in ``V2G_Message``.
"""

from collections.abc import Collection
from typing import Any, Final, Protocol

from bsw import exi
from bsw.chrgm.messages import kinds
from bsw.chrgm.record import Heard, Said
from bsw.v2gtp import PayloadType


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
        header = self._header(session_id=session_id, signature=said.signature)
        message = self._message(header=header, body=said.body)
        return PayloadType.EXI, self._codec.encode(message)

    def decode(self, _payload_type: int, payload: bytes, /) -> Heard:
        message, notes = self._codec.decode_noted(payload)
        if not isinstance(message, self._message) or message.body is None:
            raise kinds.MessageError(f"{type(message).__name__} without a message in its body")
        header = message.header
        return Heard(header.session_id, message.body, header.signature, payload, notes)


def din(tolerance: exi.Tolerance = exi.FIELD) -> Dialect:
    from bsw.chrgm.messages import din as messages  # noqa: PLC0415 - nothing unused is loaded

    return Wrapped("DIN 70121", "din", messages, tolerance)


def iso2(tolerance: exi.Tolerance = exi.FIELD) -> Dialect:
    from bsw.chrgm.messages import iso2 as messages  # noqa: PLC0415 - nothing unused is loaded

    return Wrapped("ISO 15118-2", "iso2", messages, tolerance)
