"""The vehicle's half of a table: ask, wait, hear, choose what to ask next.

The engine owns order, timers, session id and response codes; the script owns what is said and
what is wanted.  It knows neither the protocol's messages nor the battery.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.engine.spans import SpanWatch
from bsw.chrgm.engine.streams import AskedAside, Line
from bsw.chrgm.later import Later
from bsw.chrgm.record import (
    NO_SESSION,
    Heard,
    Said,
    SessionRecord,
    code_of,
    refused,
    same_session,
    told_with,
)
from bsw.chrgm.sequence.model import Cursor, Exchange, Span, Table
from bsw.chrgm.sequence.timing import Timing
from bsw.os.clock import MS, S
from bsw.os.scheduler import Scheduler
from bsw.v2gtp import SIDE_STREAMS

LOOK_EVERY: Final = 10 * MS
"""How often a condition is looked at while the next request waits for it."""


@dataclass(frozen=True, slots=True)
class Go:
    """What to ask next: after a pause, and as soon as a condition holds.

    ``within`` bounds the wait; the default is the vehicle's own sequence performance time.
    ``aside`` is what to ask in a side stream meanwhile, if it is the time for it.
    """

    to: str
    after: int = 0
    when: Callable[[], bool] | None = None
    within: int = 40 * S
    otherwise: Ending = Ending.CONDITION_TIMEOUT
    aside: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more is asked; the session ends here."""

    result: SessionResult


Next = Go | End


class InitiatorScript(Protocol):
    """What a vehicle says and wants, one protocol at a time."""

    def ask(self, name: str) -> Said | Later[Said]:
        """The request of this exchange."""

    def hear(self, name: str, heard: Heard) -> Next:
        """Take in a response that was not refused; say what comes next."""

    def steer(self, wish: Go, allowed: tuple[str, ...]) -> Next:
        """The last word before a request leaves, asked again while it waits."""


class Initiator:
    """Walks a table as the one who asks."""

    def __init__(
        self,
        table: Table,
        script: InitiatorScript,
        record: SessionRecord,
        *,
        scheduler: Scheduler,
        timing: Timing,
        say: Callable[[bytes, Said], None],
        ended: Callable[[SessionResult], None],
    ) -> None:
        self._script = script
        self._record = record
        self._scheduler = scheduler
        self._timing = timing
        self._say = say
        self._ended = ended
        self._cursor = Cursor(table)
        self._wish = Go(table.first)
        self._wish_until = 0
        self._open: Exchange | None = None  # asked, not answered
        self._request: object = None
        self._later: Later[Said] | None = None
        self._chain = ""
        self.result: SessionResult | None = None
        self._answer_alarm = scheduler.alarm(self._no_answer, name="answer")
        self._chain_alarm = scheduler.alarm(self._chain_passed, name="chain")
        self._ask_alarm = scheduler.alarm(self._consider, name="ask")
        self._aside = AskedAside(Line(table, record, scheduler, timing, say, self.end), script)
        self._spans = SpanWatch(scheduler, table.spans, timing.vehicle_span, self._span_passed)

    @property
    def place(self) -> str:
        """The exchange asked last, empty before the first."""
        return self._cursor.at.name if self._cursor.at is not None else ""

    def start(self, link_up: int) -> None:
        """Ask the first request.  ``link_up`` is when the set-up time began."""
        self._spans.begin(link_up)
        self._pursue(Go(self._cursor.table.first))

    def received(self, heard: Heard) -> None:
        """Take in what the station sent."""
        if self.result is not None:
            return
        if heard.payload_type in SIDE_STREAMS:
            self._aside.received(heard)
            return
        exchange = self._open
        name = type(heard.body).__name__
        if exchange is None:
            self._end(Ending.SEQUENCE_ERROR, detail=f"{name} without a request")
            return
        code = code_of(heard.body) if hasattr(heard.body, "response_code") else ""
        if refused(code):
            self._end(Ending.REFUSED, code=code, detail=told_with(heard.body))
        elif not isinstance(heard.body, exchange.response):
            self._end(Ending.SEQUENCE_ERROR, detail=f"answered with {name}")
        elif not self._session_fits(exchange, heard):
            self._end(Ending.UNKNOWN_SESSION, detail=f"answered in {heard.session_id.hex()}")
        else:
            self._answered(exchange, heard)

    def ask_aside(self, name: str) -> bool:
        """Ask in a side stream, if it is the time for it and nothing is open there."""
        return self.result is None and self._aside.ask(name)

    def end(self, result: SessionResult) -> None:
        """End the session here and now; the first ending stands."""
        if self.result is not None:
            return
        self.result = result
        self._open = None
        for alarm in (self._answer_alarm, self._chain_alarm, self._ask_alarm):
            alarm.cancel()
        self._spans.stop()
        self._aside.stop()
        if self._later is not None:
            self._later.drop()
        self._ended(result)

    def _answered(self, exchange: Exchange, heard: Heard) -> None:
        self._answer_alarm.cancel()
        request, self._open = self._request, None
        self._record.agreed = exchange.learn(self._record.agreed, request, heard.body)
        self._spans.answered(exchange.name)
        wish = self._script.hear(exchange.name, heard)
        if isinstance(wish, Go) and wish.aside:
            self.ask_aside(wish.aside)
        self._pursue(wish)
        if self.result is None:
            self._aside.go_on()

    def _session_fits(self, exchange: Exchange, heard: Heard) -> bool:
        if exchange.name != self._cursor.table.first:
            return same_session(heard.session_id, self._record.session_id)
        if same_session(heard.session_id, NO_SESSION):
            return False
        self._record.session_id = heard.session_id
        return True

    def _pursue(self, wish: Next) -> None:
        if self.result is not None:
            return
        if isinstance(wish, End):
            self.end(wish.result)
            return
        self._wish = wish
        if wish.to != self._chain:
            self._chain_alarm.cancel()
        self._wish_until = self._scheduler.now + wish.after + wish.within
        if wish.after:
            self._ask_alarm.rearm(wish.after)
        else:
            self._consider()

    def _consider(self) -> None:
        allowed = self._cursor.allowed(self._record.agreed)
        wish = self._script.steer(self._wish, allowed)
        if wish is not self._wish:
            self._pursue(wish)
        elif wish.when is None or wish.when():
            self._ask(wish.to)
        elif self._scheduler.now >= self._wish_until:
            self._end(wish.otherwise, detail=f"before {wish.to}")
        else:
            self._ask_alarm.rearm(LOOK_EVERY)

    def _ask(self, name: str) -> None:
        exchange = self._cursor.step(name, self._record.agreed)
        if self._chain != name:
            self._begin_chain(exchange)
        said = self._script.ask(name)
        if isinstance(said, Later):
            self._later = said
            self._answer_alarm.rearm(self._wish.within)
            said.then(lambda ready: self._send(exchange, ready))
        else:
            self._send(exchange, said)

    def _send(self, exchange: Exchange, said: Said) -> None:
        if self.result is not None:
            return
        self._later = None
        self._open = exchange
        self._request = said.body
        self._answer_alarm.rearm(self._timing.of(exchange).answer)
        first = exchange.name == self._cursor.table.first
        own = (self._record.resumed or NO_SESSION) if first else self._record.session_id
        self._say(own, said)

    def _begin_chain(self, exchange: Exchange) -> None:
        self._chain = exchange.name
        limit = self._timing.of(exchange).chain
        if limit is None:
            self._chain_alarm.cancel()
        else:
            self._chain_alarm.rearm(limit)

    def _no_answer(self) -> None:
        if self._later is not None:
            self._end(Ending.KEY_FAULT, timer="own job", detail="the request was not ready in time")
        else:
            self._end(Ending.ANSWER_TIMEOUT, timer="answer")

    def _chain_passed(self) -> None:
        self._end(Ending.ONGOING_TIMEOUT, timer="chain")

    def _span_passed(self, span: Span) -> None:
        ending = Ending.SPAN_TIMEOUT if span.begin else Ending.SETUP_TIMEOUT
        self._end(ending, timer=span.name)

    def _end(self, ending: Ending, *, code: str = "", timer: str = "", detail: str = "") -> None:
        self.end(SessionResult(ending, self.place, code, timer, detail))
