"""Messages on a channel: coded, traced, and in the right grammar at each stage.

The first two messages are the handshake, all others the agreed protocol's.  Both roles use the
same wire; it knows neither who should speak nor what is meant.
"""

from typing import Final

from bsw import exi
from bsw.chrgm.coding.dialect import Dialect
from bsw.chrgm.messages.kinds import MessageError
from bsw.chrgm.messages.sap import SupportedAppProtocolReq, SupportedAppProtocolRes
from bsw.chrgm.record import NO_SESSION, Heard, Said
from bsw.net.channel import Channel
from bsw.trace import Trace
from bsw.v2gtp import PayloadType

Handshake = SupportedAppProtocolReq | SupportedAppProtocolRes
UNREADABLE: Final = (exi.DecodeError, MessageError)
"""What reading a message can end in."""


class Wire:
    """One connection's messages."""

    def __init__(
        self, channel: Channel, trace: Trace, tolerance: exi.Tolerance = exi.FIELD
    ) -> None:
        self.channel = channel
        self._trace = trace
        self._handshake = exi.codec("sap", tolerance)
        self._dialect: Dialect | None = None
        self._session = NO_SESSION

    def agree(self, dialect: Dialect) -> None:
        """From now on messages are of this protocol."""
        self._dialect = dialect
        self.channel.accepted = dialect.payload_types
        self._trace.add("protocol", name=dialect.name)

    def say_handshake(self, message: Handshake) -> bytes:
        """Send it; what went out."""
        octets = self._handshake.encode(message)
        self._note("out", type(message).__name__, octets)
        self.channel.send(PayloadType.EXI, octets)
        return octets

    def hear_handshake(self, payload: bytes) -> object:
        """The message, or one of ``UNREADABLE``."""
        try:
            message, notes = self._handshake.decode_noted(payload)
        except UNREADABLE:
            self._note("in", "unreadable", payload)
            raise
        self._note("in", type(message).__name__, payload, notes)
        return message

    def say(self, session_id: bytes, said: Said) -> bytes:
        """Send it; what went out."""
        assert self._dialect is not None, "a protocol is agreed before its messages"
        payload_type, octets = self._dialect.encode(session_id, said)
        name = type(said.body).__name__
        self._note("out", name, octets, payload_type=payload_type)
        self._named(name, session_id)
        self.channel.send(payload_type, octets)
        return octets

    def hear(self, payload_type: int, payload: bytes) -> Heard:
        """The message, or one of ``UNREADABLE``."""
        assert self._dialect is not None, "a protocol is agreed before its messages"
        try:
            heard = self._dialect.decode(payload_type, payload)
        except UNREADABLE:
            self._note("in", "unreadable", payload, payload_type=payload_type)
            raise
        name = type(heard.body).__name__
        self._note("in", name, payload, heard.notes, payload_type=payload_type)
        self._named(name, heard.session_id)
        return heard

    def _named(self, name: str, session_id: bytes) -> None:
        """The station gives the session its name; from then on the trace has it beside the peer."""
        if name.endswith("Res") and session_id not in {self._session, NO_SESSION}:
            self._session = session_id
            self._trace.add("session", id=session_id.hex(), peer=str(self.channel.peer))

    def _note(
        self,
        way: str,
        name: str,
        octets: bytes,
        notes: tuple[str, ...] = (),
        *,
        payload_type: int = PayloadType.EXI,
    ) -> None:
        """With the payload type, without which nobody can read it again."""
        kind = int(payload_type)
        self._trace.add("message", way=way, name=name, exi=octets, payload_type=kind)
        if notes:
            self._trace.add("tolerated", name=name, what="; ".join(notes))
