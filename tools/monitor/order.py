"""One session on its way through the table of its protocol: order, times, codes, session id.

The same tables that our two roles walk judge everybody.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from bsw.chrgm.agreement import Agreement
from bsw.chrgm.messages.model import Message
from bsw.chrgm.protocols import SPOKEN, protocol
from bsw.chrgm.sequence.model import Cursor, Exchange, SequenceError, Table
from bsw.chrgm.sequence.model import Side as Beside
from bsw.os.clock import S
from tools.capture.events import Event, Side
from tools.capture.words import Value
from tools.monitor.asleep import Asleep, guessed
from tools.monitor.finding import Finding, late
from tools.monitor.relations import Relations
from tools.monitor.signed import Signatures

NO_SESSION: Final = bytes(8)
_TABLES: Final = frozenset(one.name for one in SPOKEN)
_FIRST_CODES: Final = frozenset({"OK_NewSessionEstablished", "OK_OldSessionJoined"})


def begun(event: Event, asleep: Asleep, *, secure: bool) -> "Walk | None":
    """With the first message of a protocol we have a table of."""
    spoken = event.schema.partition(".")[0]  # iso20.dc and iso20.common are one protocol
    if spoken not in _TABLES:
        return None
    table = protocol(spoken).table
    return Walk(table, Cursor(table), Agreement(secure=secure), asleep)


@dataclass(slots=True)
class Walk:
    """One connection."""

    table: Table
    cursor: Cursor
    agreed: Agreement
    asleep: Asleep
    exchange: Exchange | None = None
    request: Any = None
    asked_at: int = 0
    answered_at: int | None = None
    set_up_at: int | None = None
    session: bytes = NO_SESSION
    asked_session: bytes = NO_SESSION
    chain_since: int = 0
    over: bool = False
    beside: dict[str, int] = field(default_factory=dict)
    signatures: Signatures = field(default_factory=Signatures)
    relations: Relations = field(default_factory=Relations)

    def judge(self, event: Event, values: list[Value]) -> Iterator[Finding]:
        body = getattr(event.message, "body", event.message)
        if not isinstance(body, Message):
            return
        beside = self._beside(event)
        if beside is not None:
            yield from self._aside(beside, event, body)
        elif event.side is Side.VEHICLE:
            yield from self._request(event, body)
        else:
            yield from self._response(event, body)
        yield from self.signatures.judge(event, body)
        yield from self.relations.judge(event, values)

    def closed(self) -> Iterator[Finding]:
        if self.exchange is not None:
            yield Finding("end", f"closed while {self.exchange.name} was open")
        elif not self.over:
            at = self.cursor.at.name if self.cursor.at else "the beginning"
            yield Finding("end", f"closed without SessionStop, after {at}")
        self.over = True

    # Requests

    def _request(self, event: Event, body: Message) -> Iterator[Finding]:
        exchange = self.table.named(type(body))
        if exchange is None:
            yield Finding("order", f"{event.name} is no request of {self.table.name}")
            return
        if self.exchange is not None:
            yield Finding("order", f"{event.name} before {self.exchange.name} was answered")
        if self.over:
            yield Finding("order", f"{event.name} after the session had ended")
        self.agreed = guessed(exchange.name, self.agreed, self.cursor)
        yield from self._in_order(exchange, joined=self.cursor.at is None)
        waited = None if self.answered_at is None else event.when - self.answered_at
        limit = self._patience
        if waited is not None and waited > limit:
            yield late("next request", event.name, waited, limit)
        if exchange.name == self.table.first:
            self.asked_session = _session_of(event)
        else:
            yield from self._session_id(event)
        if not self._same(exchange):
            self.chain_since = event.when
        self.exchange, self.request, self.asked_at = exchange, body, event.when

    @property
    def _patience(self) -> int:
        return self.cursor.at.limits.next_request if self.cursor.at else 60 * S

    def _in_order(self, exchange: Exchange, *, joined: bool) -> Iterator[Finding]:
        try:
            self.cursor.step(exchange.name, self.agreed)
        except SequenceError as error:
            if not joined:
                yield Finding("order", str(error))
            else:
                yield Finding("order", f"the conversation begins with {exchange.name}")
            self.cursor.at = exchange

    def _session_id(self, event: Event) -> Iterator[Finding]:
        said = _session_of(event) or self.session
        if self.session == NO_SESSION:
            self.session = said  # joined in the middle
        elif said.rjust(8, b"\0") != self.session.rjust(8, b"\0"):
            yield Finding("session id", f"{said.hex()} in the session {self.session.hex()}")

    def _same(self, exchange: Exchange) -> bool:
        """Whether this request goes on with the row that the last one was in."""
        return self.request is not None and self.table.named(type(self.request)) is exchange

    # Responses

    def _response(self, event: Event, body: Message) -> Iterator[Finding]:
        exchange = self.exchange
        if exchange is None:
            yield Finding("order", f"{event.name} without a request")
            return
        if type(body) is not exchange.response:
            yield Finding("order", f"{event.name} in answer to {exchange.name}")
        took = event.when - self.asked_at
        if took > exchange.limits.answer:
            yield late("answer", event.name, took, exchange.limits.answer)
        code = str(getattr(getattr(body, "response_code", ""), "value", ""))
        yield from self._code(exchange, code)
        if exchange.name == self.table.first:
            yield from self._set_up(event, code)
        else:
            yield from self._session_id(event)
        yield from self._chain(exchange, event, body)
        if type(body) is exchange.response and not code.upper().startswith("FAILED"):
            self.agreed = exchange.learn(self.agreed, self.request, body)
            session = self.session.rjust(8, b"\0")
            self.agreed = self.asleep.after(session, self.request, self.agreed)
        yield from self._spans(exchange, event)
        self.over = self.over or exchange.name == "SessionStop"
        self.exchange, self.answered_at = None, event.when

    def _code(self, exchange: Exchange, code: str) -> Iterator[Finding]:
        if code.upper().startswith("FAILED"):
            yield Finding("response code", code)
        elif (code in _FIRST_CODES) is not (exchange.name == self.table.first) and code:
            yield Finding("response code", f"{code} in answer to {exchange.name}")

    def _set_up(self, event: Event, code: str) -> Iterator[Finding]:
        self.session, self.set_up_at = _session_of(event), event.when
        if code == "OK_OldSessionJoined" and not _equal(self.session, self.asked_session):
            asked = self.asked_session.hex()
            yield Finding("session id", f"{self.session.hex()} joins the session {asked}")
        elif code == "OK_NewSessionEstablished" and _equal(self.session, NO_SESSION):
            yield Finding("session id", "a new session without an id")

    def _chain(self, exchange: Exchange, event: Event, body: Message) -> Iterator[Finding]:
        """A row of repeated requests may not go on for ever."""
        processing = getattr(body, "evse_processing", None)
        limit = exchange.limits.chain
        going_on = str(getattr(processing, "value", "")).startswith("Ongoing")
        going_on = going_on or processing is None  # PreCharge does not say so
        if limit is not None and going_on and event.when - self.chain_since > limit:
            yield late("ongoing", event.name, event.when - self.chain_since, limit)

    def _spans(self, exchange: Exchange, event: Event) -> Iterator[Finding]:
        """Limits from the set-up on; the first of each is judged where it ends."""
        for span in self.table.spans:
            limit = span.vehicle
            if limit is None or span.begin != self.table.first or span.end != exchange.name:
                continue
            if self.set_up_at is not None and event.when - self.set_up_at > limit:
                yield late(span.name, event.name, event.when - self.set_up_at, limit)
            self.set_up_at = None

    # Beside the row

    def _beside(self, event: Event) -> Beside | None:
        sides = self.table.sides.values()
        return next((one for one in sides if one.stream == event.payload_type), None)

    def _aside(self, side: Beside, event: Event, body: Message) -> Iterator[Finding]:
        name = side.exchange.name
        if type(body) is side.exchange.request:
            self.beside[name] = event.when
        elif type(body) is not side.exchange.response:
            yield Finding("order", f"{event.name} under payload type {event.payload_type:#06x}")
        elif name not in self.beside:
            yield Finding("order", f"{event.name} without a request")
        else:
            took = event.when - self.beside.pop(name)
            if took > side.exchange.limits.answer:
                yield late("answer", event.name, took, side.exchange.limits.answer)


def _session_of(event: Event) -> bytes:
    return bytes(getattr(getattr(event.message, "header", None), "session_id", b""))


def _equal(one: bytes, other: bytes) -> bool:
    return one.rjust(8, b"\0") == other.rjust(8, b"\0")
