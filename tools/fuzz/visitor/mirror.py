"""What the attacker knows of a session: where in the table it stands, by what was answered well.

A station that answers well where the table forbids it, or with another exchange's response, or
under another session id, has broken an invariant; the words come back from ``heard``.
"""

from __future__ import annotations

from bsw.chrgm.agreement import Agreement, Tolerance
from bsw.chrgm.protocols import Protocol
from bsw.chrgm.record import Heard, code_of, refused, same_session
from bsw.chrgm.sequence.model import Cursor, SequenceError
from bsw.v2gtp import SIDE_STREAMS


class Mirror:
    """One session of a station, seen from the vehicle's side."""

    def __init__(
        self, protocol: Protocol, tolerated: frozenset[Tolerance], *, secure: bool
    ) -> None:
        """A vehicle that gets to its energy by a plug."""
        self._cursor = Cursor(protocol.table)
        self._agreed = Agreement(secure=secure, tolerated=tolerated)
        self.session_id = bytes(8)
        self.over = False

    @property
    def state(self) -> str:
        """The last exchange that was answered well; the handshake before the first."""
        at = self._cursor.at
        return "SupportedAppProtocol" if at is None else at.name

    def heard(self, request: Heard | None, response: Heard) -> str:
        """Take in an answer; what is wrong with it, or an empty text.

        ``request`` is what was sent, ``None`` where that cannot be read as a message.
        """
        if not hasattr(response.body, "response_code"):
            return f"{type(response.body).__name__} as an answer"
        if refused(code_of(response.body)):
            self.over = True
            return ""
        if request is None:
            return f"{type(response.body).__name__} OK to what is no message"
        if SIDE_STREAMS & {request.payload_type, response.payload_type}:
            return self._aside(request, response)
        return self._stepped(request, response)

    def _aside(self, request: Heard, response: Heard) -> str:
        """A request beside the row: it moves nothing, and has its time as well."""
        sides = self._cursor.table.sides.values()
        side = next((one for one in sides if one.asked_by(request)), None)
        if side is None or not side.answered_by(response):
            told = f"{type(response.body).__name__} in stream {response.payload_type:#x}"
            asked = f"{type(request.body).__name__} in stream {request.payload_type:#x}"
            return f"{told} to {asked}"
        if not side.when(self._agreed):
            return f"{side.exchange.name} answered well where it has no time"
        if not same_session(request.session_id, self.session_id):
            return f"{side.exchange.name} answered well under a foreign session id"
        self._agreed = side.exchange.learn(self._agreed, request.body, response.body)
        return ""

    def _stepped(self, request: Heard, response: Heard) -> str:
        table = self._cursor.table
        exchange = table.named(type(request.body))
        if exchange is None or type(response.body) is not exchange.response:
            return f"{type(response.body).__name__} to {type(request.body).__name__}"
        if exchange.name == table.first:
            self.session_id = response.session_id
        elif not same_session(request.session_id, self.session_id):
            return f"{exchange.name} answered well under a foreign session id"
        try:
            self._cursor.step(exchange.name, self._agreed)
        except SequenceError as error:
            return f"answered well: {error}"
        self._agreed = exchange.learn(self._agreed, request.body, response.body)
        self.over = not exchange.follow
        return ""
