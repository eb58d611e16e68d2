"""What the attacker knows of a session: where in the table it stands, by what was answered well.

A station that answers well where the table forbids it, or with another exchange's response, or
under another session id, has broken an invariant; the words come back from ``heard``.
"""

from __future__ import annotations

from bsw.chrgm.agreement import Agreement, Tolerance
from bsw.chrgm.protocols import Protocol
from bsw.chrgm.record import Heard, code_of, refused, same_session
from bsw.chrgm.sequence.model import Cursor, SequenceError


class Mirror:
    """One session of a station, seen from the vehicle's side."""

    def __init__(
        self, protocol: Protocol, tolerated: frozenset[Tolerance], *, secure: bool
    ) -> None:
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
        return self._stepped(request, response)

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
