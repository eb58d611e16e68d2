"""The station's half of a table: check, answer, wait for the next request.

The engine owns order, timers, session id and the refusals that follow from them; the script owns
what is answered.  It knows neither the protocol's messages nor the power electronics.
"""

from collections.abc import Callable
from typing import Protocol

from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.engine.spans import SpanWatch
from bsw.chrgm.engine.streams import AnsweredAside, Line
from bsw.chrgm.later import Later
from bsw.chrgm.record import Heard, Said, SessionRecord, code_of, refused, same_session
from bsw.chrgm.sequence.model import Cursor, Exchange, Span, Table
from bsw.chrgm.sequence.timing import Timing
from bsw.dlt import Logger
from bsw.os.scheduler import Scheduler
from bsw.v2gtp import SIDE_STREAMS


class ResponderScript(Protocol):
    """What a station answers, one protocol at a time."""

    def answer(self, name: str, heard: Heard) -> Said | Later[Said]:
        """The response of this exchange; a FAILED code in it ends the session."""

    def overdue(self, name: str, heard: Heard) -> Said:
        """What to answer when the real answer is not there in time."""

    def refuse(self, name: str, code: str, heard: Heard) -> Said:
        """The exchange's response with this code and schema-valid values."""

    def conclude(self) -> SessionResult:
        """How the session ended, now that the last exchange was answered."""


class Responder:
    """Walks a table as the one who is asked."""

    def __init__(
        self,
        table: Table,
        script: ResponderScript,
        record: SessionRecord,
        *,
        scheduler: Scheduler,
        timing: Timing,
        log: Logger,
        say: Callable[[bytes, Said], None],
        ended: Callable[[SessionResult], None],
    ) -> None:
        self._script = script
        self._record = record
        self._scheduler = scheduler
        self._timing = timing
        self._log = log
        self._say = say
        self._ended = ended
        self._cursor = Cursor(table)
        self._busy: Exchange | None = None  # asked for, and not answered well yet
        self._chain = ""
        self._chain_since = 0
        self._asked_at = 0
        self._later: Later[Said] | None = None
        self._pending: tuple[Exchange, Heard] | None = None
        self.result: SessionResult | None = None
        self._next_alarm = scheduler.alarm(self._silence, name="next request")
        self._perform_alarm = scheduler.alarm(self._overdue, name="perform")
        self._aside = AnsweredAside(Line(table, record, scheduler, timing, say, self.end), script)
        self._spans = SpanWatch(scheduler, table.spans, timing.station_span, self._span_passed)

    @property
    def place(self) -> str:
        """The exchange that is being answered, else the one that is due; empty before the first."""
        if self._busy is not None:
            return self._busy.name
        if self._cursor.at is None:
            return ""
        return self.due[0] if self.due else self._cursor.at.name

    @property
    def due(self) -> tuple[str, ...]:
        """The exchanges that may come now."""
        return self._cursor.allowed(self._record.agreed)

    @property
    def first(self) -> str:
        """The exchange every session begins with."""
        return self._cursor.table.first

    def begins_with(self, heard: Heard) -> bool:
        """Whether this is the request every session begins with."""
        exchange = self._cursor.table.named(type(heard.body))
        return exchange is not None and exchange.name == self.first

    def start(self, link_up: int) -> None:
        """Wait for the first request.  ``link_up`` is when the set-up time began."""
        self._spans.begin(link_up)

    def received(self, heard: Heard) -> None:
        """Take in what the vehicle sent."""
        if self.result is not None:
            return
        if heard.payload_type in SIDE_STREAMS:
            self._aside.received(heard)
            return
        table = self._cursor.table
        exchange = table.named(type(heard.body))
        if exchange is None:
            self._end(Ending.SEQUENCE_ERROR, detail=f"{type(heard.body).__name__} is no request")
            return
        self._next_alarm.cancel()
        self._busy = exchange
        self._asked_at = self._scheduler.now
        agreed = self._record.agreed
        if self._pending is not None or exchange.name not in self._cursor.allowed(agreed):
            self._refuse(exchange, heard, "FAILED_SequenceError", Ending.SEQUENCE_ERROR)
        elif exchange.name != table.first and not same_session(
            heard.session_id, self._record.session_id
        ):
            self._refuse(exchange, heard, "FAILED_UnknownSession", Ending.UNKNOWN_SESSION)
        else:
            self._cursor.step(exchange.name, agreed)
            self._work(exchange, heard)

    def end(self, result: SessionResult) -> None:
        """End the session here and now; the first ending stands."""
        if self.result is not None:
            return
        self.result = result
        self._next_alarm.cancel()
        self._perform_alarm.cancel()
        self._spans.stop()
        self._aside.stop()
        if self._later is not None:
            self._later.drop()
        self._ended(result)

    def _work(self, exchange: Exchange, heard: Heard) -> None:
        if self._chain != exchange.name:
            self._chain, self._chain_since = exchange.name, self._asked_at
        said = self._script.answer(exchange.name, heard)
        if isinstance(said, Later):
            self._later = said
            self._pending = (exchange, heard)
            self._perform_alarm.rearm(self._timing.of(exchange).perform)
            said.then(lambda ready: self._answer(exchange, heard, ready))
        else:
            self._answer(exchange, heard, said)

    def _answer(self, exchange: Exchange, heard: Heard, said: Said) -> None:
        if self.result is not None:
            return
        self._perform_alarm.cancel()
        self._later = self._pending = None
        code = code_of(said.body)
        if refused(code):
            self._send(exchange, said)
            self._end(Ending.REFUSED, code=code)
            return
        agreed = exchange.learn(self._record.agreed, heard.body, said.body)
        if self._chain_exhausted(exchange) and not agreed.finished:
            self._refuse(exchange, heard, "FAILED", Ending.ONGOING_TIMEOUT)
            return
        self._record.agreed = agreed
        self._send(exchange, said)
        self._busy = None
        self._spans.answered(exchange.name)
        if not self._cursor.allowed(agreed):
            self.end(self._script.conclude())
        else:
            self._next_alarm.rearm(self._timing.of(exchange).next_request)

    def _chain_exhausted(self, exchange: Exchange) -> bool:
        limit = self._timing.of(exchange).chain_perform
        return limit is not None and self._scheduler.now - self._chain_since >= limit

    def _refuse(self, exchange: Exchange, heard: Heard, code: str, ending: Ending) -> None:
        self._send(exchange, self._script.refuse(exchange.name, code, heard))
        self._end(ending, code=code, detail=exchange.name)

    def _send(self, exchange: Exchange, said: Said) -> None:
        self._say(self._record.session_id, said)
        took = self._scheduler.now - self._asked_at
        if took > self._timing.of(exchange).perform:
            self._log.warning("late answer", exchange=exchange.name, took_ns=took)

    def _overdue(self) -> None:
        assert self._pending is not None, "the perform alarm runs only while an answer is pending"
        exchange, heard = self._pending
        if self._later is not None:
            self._later.drop()
        self._answer(exchange, heard, self._script.overdue(exchange.name, heard))

    def _silence(self) -> None:
        self._end(Ending.SEQUENCE_TIMEOUT, timer="next request")

    def _span_passed(self, span: Span) -> None:
        ending = Ending.SPAN_TIMEOUT if span.begin else Ending.SETUP_TIMEOUT
        self._end(ending, timer=span.name)

    def _end(self, ending: Ending, *, code: str = "", timer: str = "", detail: str = "") -> None:
        self.end(SessionResult(ending, self.place, code, timer, detail))
