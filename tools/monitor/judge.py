"""What is wrong in a conversation, each finding with the rule that was broken.

The same tables that our two roles walk judge everybody: order, limits of time, response codes,
session ids, values that cannot be, signatures.  A finding stands at the message that shows it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final, NamedTuple

from bsw.chrgm.agreement import Agreement
from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.model import Message
from bsw.chrgm.protocols import SPOKEN, protocol
from bsw.chrgm.sequence.model import Cursor, Exchange, SequenceError, Table
from bsw.chrgm.signature import SignatureFlaw, verify
from bsw.chrgm.signature.iso2 import SCHEME, signed_elements
from bsw.os.clock import MS, S
from csm.signing import SoftwareVerifier
from keym.x509.certificate import Malformed, parse
from tools.capture.events import Event, Layer, Side
from tools.capture.words import values

HANDSHAKE_WITHIN: Final = 2 * S
_NO_SESSION: Final = bytes(8)


class Finding(NamedTuple):
    """``rule`` is a word one can filter by; ``limit`` and ``took`` are there for limits of time."""

    rule: str
    text: str
    limit: int | None = None
    took: int | None = None


class Bounds(NamedTuple):
    low: float
    high: float
    unit: str


PLAUSIBLE: Final = {
    "EVSEPresentVoltage": Bounds(0.0, 1500.0, "V"),
    "EVSEPresentCurrent": Bounds(-3000.0, 3000.0, "A"),
    "EVTargetVoltage": Bounds(0.0, 1500.0, "V"),
    "EVTargetCurrent": Bounds(-3000.0, 3000.0, "A"),
    "EVSEMaximumVoltageLimit": Bounds(0.0, 1500.0, "V"),
    "EVSEMaximumCurrentLimit": Bounds(0.0, 3000.0, "A"),
    "EVMaximumVoltageLimit": Bounds(0.0, 1500.0, "V"),
    "EVMaximumCurrentLimit": Bounds(0.0, 3000.0, "A"),
    "EVRESSSOC": Bounds(0.0, 100.0, "%"),
}
"""By the last name of the path; the ends are what IEC 61851-23 and CCS components can be at all."""


_TABLES: Final = frozenset(one.name for one in SPOKEN)


@dataclass(slots=True)
class _Walk:
    """One connection on its way through the table of its protocol."""

    table: Table
    cursor: Cursor
    agreed: Agreement
    exchange: Exchange | None = None
    request: Any = None
    asked_at: int = 0
    answered_at: int | None = None
    session: bytes = _NO_SESSION
    chain_since: int = 0
    contract: bytes = b""
    challenge: bytes = b""
    proved: bool = False  # the challenge was answered; what repeats the question is not signed
    over: bool = False


MOST_CONNECTIONS: Final = 256
"""That are remembered at once; of more, those that are over are forgotten first."""


@dataclass(slots=True)
class Judge:
    """Feed it all events of one file in their order."""

    _walks: dict[int, _Walk] = field(default_factory=dict)
    _secure: set[int] = field(default_factory=set)
    _handshakes: dict[int, int] = field(default_factory=dict)

    def judged(self, events: Iterable[Event]) -> Iterator[tuple[Event, tuple[Finding, ...]]]:
        for event in events:
            found = [Finding("reading", text) for text in event.wrong]
            if event.layer is Layer.TLS and event.name == "TLS agreed":
                self._secure.add(event.connection)
                self._forget()
            elif event.layer is Layer.V2G and event.message is not None:
                found += self._message(event)
            elif event.name in {"connection closed", "connection reset"}:
                found += self._closed(event)
            yield event, tuple(found)

    def _message(self, event: Event) -> Iterator[Finding]:
        yield from _implausible(event.message)
        if event.schema == "sap":
            yield from self._handshake(event)
            return
        walk = self._walk(event)
        body = getattr(event.message, "body", event.message)
        if walk is None or not isinstance(body, Message):
            return
        if event.side is Side.VEHICLE:
            yield from self._request(walk, event, body)
        else:
            yield from self._response(walk, event, body)

    def _handshake(self, event: Event) -> Iterator[Finding]:
        if event.side is Side.VEHICLE:
            self._handshakes[event.connection] = event.when
            self._forget()
            return
        asked = self._handshakes.pop(event.connection, None)
        if asked is None:
            yield Finding("order", "an answer to a handshake that nobody began")
        elif event.when - asked > HANDSHAKE_WITHIN:
            yield _late("answer", event.name, event.when - asked, HANDSHAKE_WITHIN)
        code = str(getattr(getattr(event.message, "response_code", ""), "value", ""))
        if code.startswith("Failed"):
            yield Finding("response code", code)

    def _walk(self, event: Event) -> _Walk | None:
        walk = self._walks.get(event.connection)
        spoken = event.schema.partition(".")[0]  # iso20.dc and iso20.common are one protocol
        if walk is None and spoken in _TABLES:
            table = protocol(spoken).table
            secure = event.connection in self._secure
            walk = _Walk(table, Cursor(table), Agreement(secure=secure))
            self._walks[event.connection] = walk
            self._forget()
        return walk

    def _forget(self) -> None:
        """What is known of connections has a bound, however long a capture goes on."""
        if len(self._walks) > MOST_CONNECTIONS:
            over = (number for number, walk in self._walks.items() if walk.over)
            del self._walks[next(over, next(iter(self._walks)))]
        for kept in (self._secure, self._handshakes):
            if len(kept) > MOST_CONNECTIONS:
                oldest = min(kept)  # connections are numbered as they come
                kept.pop(oldest) if isinstance(kept, dict) else kept.discard(oldest)

    # Requests

    def _request(self, walk: _Walk, event: Event, body: Message) -> Iterator[Finding]:
        exchange = walk.table.named(type(body))
        if exchange is None:
            yield Finding("order", f"{event.name} is no request of {walk.table.name}")
            return
        if walk.exchange is not None:
            yield Finding("order", f"{event.name} before {walk.exchange.name} was answered")
        if walk.over:
            yield Finding("order", f"{event.name} after the session had ended")
        yield from self._in_order(walk, exchange, joined=walk.cursor.at is None)
        waited = None if walk.answered_at is None else event.when - walk.answered_at
        limit = walk.cursor.at.limits.next_request if walk.cursor.at else 60 * S
        if waited is not None and waited > limit:
            yield _late("next request", event.name, waited, limit)
        yield from self._session_id(walk, event, first=exchange.name == walk.table.first)
        yield from self._signature(walk, event, body)
        if exchange.name != getattr(walk.exchange, "name", None):
            walk.chain_since = walk.chain_since if _same(walk, exchange) else event.when
        walk.exchange, walk.request, walk.asked_at = exchange, body, event.when

    def _in_order(self, walk: _Walk, exchange: Exchange, *, joined: bool) -> Iterator[Finding]:
        try:
            walk.cursor.step(exchange.name, walk.agreed)
        except SequenceError as error:
            if not joined:
                yield Finding("order", str(error))
            else:
                yield Finding("order", f"the conversation begins with {exchange.name}")
            walk.cursor.at = exchange

    def _session_id(self, walk: _Walk, event: Event, *, first: bool) -> Iterator[Finding]:
        said = getattr(getattr(event.message, "header", None), "session_id", walk.session)
        if first:
            return
        if walk.session == _NO_SESSION:
            walk.session = said  # joined in the middle
        elif said.rjust(8, b"\0") != walk.session.rjust(8, b"\0"):
            yield Finding("session id", f"{said.hex()} in the session {walk.session.hex()}")

    # Responses

    def _response(self, walk: _Walk, event: Event, body: Message) -> Iterator[Finding]:
        exchange = walk.exchange
        if exchange is None:
            yield Finding("order", f"{event.name} without a request")
            return
        if type(body) is not exchange.response:
            yield Finding("order", f"{event.name} in answer to {exchange.name}")
        took = event.when - walk.asked_at
        if took > exchange.limits.answer:
            yield _late("answer", event.name, took, exchange.limits.answer)
        code = str(getattr(getattr(body, "response_code", ""), "value", ""))
        if code.upper().startswith("FAILED"):
            yield Finding("response code", code)
        if exchange.name == walk.table.first:
            walk.session = getattr(getattr(event.message, "header", None), "session_id", b"")
        else:
            yield from self._session_id(walk, event, first=False)
        yield from self._chain(walk, exchange, event, body)
        yield from self._signature(walk, event, body)
        self._remember(walk, body)
        if type(body) is exchange.response and not code.upper().startswith("FAILED"):
            walk.agreed = exchange.learn(walk.agreed, walk.request, body)
        walk.over = walk.over or exchange.name == "SessionStop"
        walk.exchange, walk.answered_at = None, event.when

    @staticmethod
    def _chain(walk: _Walk, exchange: Exchange, event: Event, body: Message) -> Iterator[Finding]:
        """A row of repeated requests may not go on for ever."""
        processing = getattr(body, "evse_processing", None)
        limit = exchange.limits.chain
        going_on = str(getattr(processing, "value", "")).startswith("Ongoing")
        if limit is not None and going_on and event.when - walk.chain_since > limit:
            yield _late("ongoing", event.name, event.when - walk.chain_since, limit)

    def _closed(self, event: Event) -> Iterator[Finding]:
        walk = self._walks.get(event.connection)
        if walk is None or (event.side is not Side.VEHICLE and event.name == "connection closed"):
            return
        if walk.exchange is not None:
            yield Finding("end", f"closed while {walk.exchange.name} was open")
        elif not walk.over:
            at = walk.cursor.at.name if walk.cursor.at else "the beginning"
            yield Finding("end", f"closed without SessionStop, after {at}")
        walk.over = True

    # Plug & Charge

    @staticmethod
    def _remember(walk: _Walk, body: Message) -> None:
        request = walk.request
        if isinstance(request, iso2.PaymentDetailsReq):
            walk.contract = request.contract_signature_cert_chain.certificate
            walk.proved = False
        if isinstance(body, iso2.PaymentDetailsRes):
            walk.challenge = body.gen_challenge

    @staticmethod
    def _signature(walk: _Walk, event: Event, body: Message) -> Iterator[Finding]:
        """By the contract, where this conversation has shown it."""
        if not isinstance(body, iso2.AuthorizationReq | iso2.MeteringReceiptReq):
            return
        signature = getattr(getattr(event.message, "header", None), "signature", None)
        if not walk.contract or (walk.proved and signature is None and _asks_again(body)):
            return
        if isinstance(body, iso2.AuthorizationReq) and body.gen_challenge != walk.challenge:
            yield Finding("signature", "GenChallenge is not the one that was given")
        walk.proved = walk.proved or isinstance(body, iso2.AuthorizationReq)
        if signature is None:
            yield Finding("signature", f"{event.name} is not signed")
            return
        try:
            key = parse(walk.contract).spki
            verify(SCHEME, signature, signed_elements(body), key, SoftwareVerifier())
        except SignatureFlaw as flaw:
            yield Finding("signature", str(flaw))
        except Malformed as error:
            yield Finding("signature", f"the contract certificate cannot be read: {error}")


def _asks_again(body: Message) -> bool:
    """While the station is Ongoing the vehicle repeats the question without a signature."""
    return isinstance(body, iso2.AuthorizationReq)


def _same(walk: _Walk, exchange: Exchange) -> bool:
    """Whether this request goes on with the row that the last one was in."""
    return walk.request is not None and walk.table.named(type(walk.request)) is exchange


def _late(rule: str, name: str, took: int, limit: int) -> Finding:
    text = f"{name} after {took / MS:.0f} ms, where {limit / MS:.0f} ms are the limit"
    return Finding(rule, text, limit, took)


def _implausible(message: object) -> Iterator[Finding]:
    if not isinstance(message, Message):
        return
    for value in values(message):
        bounds = PLAUSIBLE.get(value.path.rpartition("/")[2])
        if bounds is None or isinstance(value.value, str | bool):
            continue
        if bounds.unit != value.unit:
            yield Finding("value", f"{value.path} in {value.unit or 'no unit'}, not {bounds.unit}")
        elif not isfinite(value.value) or not bounds.low <= value.value <= bounds.high:
            yield Finding(
                "value",
                f"{value.path} {value.text}, where {bounds.low:g} to {bounds.high:g} can be",
            )
