"""What happened, written before it is told, and told until the back end knows.

Events go to the store in the order in which they happen, one job after the other; from there they
go to the back end in the same order, one at a time, whatever happens to the program or the line in
between.  Owns tries, waits and giving up.  Knows no version: a translator speaks for it.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol, TypeVar

from bsw.dlt import Logger
from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Outcome, Worker, WorkerFull
from ocpp.catalogue import Refused
from ocpp.happenings import Answered, BadAnswer, CutOff, Ended, Happening, TimedOut, TurnedDown
from ocpp.router import CallsFull, Fields
from ocpp.station.records import Phase, TxEvent, bare
from ocpp.station.store import Row, Store, StoreFull
from ocpp.station.translation import Learned, Request, Translator, timed

T = TypeVar("T")

AGAIN: Final = 1 * S
"""After the disk or the worker refused: how long before the next try."""


class Caller(Protocol):
    """The line to the back end, as far as this block needs it."""

    def call(
        self, action: str, fields: Fields, *, within: int | None = None, name: str = ""
    ) -> str: ...


class LedgerUser(Protocol):
    """Who wants to know."""

    def written(self, event: TxEvent) -> None:
        """It will reach the back end, whatever comes."""

    def no_room(self, event: TxEvent) -> None:
        """There is no room for it and nothing that may be dropped: it was not written."""

    def learned(self, event: TxEvent, learned: Learned) -> None:
        """The back end knows, and this is what it said."""

    def gave_up(self, event: TxEvent) -> None:
        """The back end could not be made to take it."""


@dataclass(frozen=True, slots=True)
class LedgerRules:
    """MessageAttempts, MessageAttemptInterval (TransactionEvent) and MessageTimeout.

    ``waiting`` events may wait for a disk that does not write.
    """

    attempts: int = 3
    interval: int = 60 * S
    answer_within: int = 30 * S
    waiting: int = 1024


DEFAULT_LEDGER: Final = LedgerRules()


@dataclass(frozen=True, slots=True)
class _Unwritten:
    event: TxEvent
    message: str
    state: bytes
    offline: bool


@dataclass(frozen=True, slots=True)
class _Head:
    row: Row | None
    calendars: dict[int, int]


class Ledger:
    """One station's events, from happening to delivery."""

    def __init__(
        self,
        scheduler: Scheduler,
        worker: Worker,
        store: Store,
        *,
        caller: Caller,
        user: LedgerUser,
        log: Logger,
        rules: LedgerRules = DEFAULT_LEDGER,
    ) -> None:
        self._scheduler = scheduler
        self._worker = worker
        self._store = store
        self._caller = caller
        self._user = user
        self._log = log
        self._rules = rules
        self._unwritten: deque[_Unwritten] = deque()
        self._unstarted: dict[str, _Unwritten] = {}
        self._writing = False
        self._rewrite = scheduler.alarm(self._write_next, name="ocpp.write")
        self._online = False
        self._calendar_ns: int | None = None
        self._translator: Translator | None = None
        self._looking = False
        self._sent: tuple[str, str, Row] | None = None
        self._resend = scheduler.alarm(self._send_next, name="ocpp.resend")

    @property
    def idle(self) -> bool:
        """Nothing waits to be written and nothing is on its way."""
        return not (self._unwritten or self._writing or self._looking or self._sent)

    def record(self, event: TxEvent, message: str, state: bytes) -> None:
        """Keep what has happened; ``state`` is what its transaction is now.

        ``message`` is an id that was never used.
        """
        if len(self._unwritten) >= self._rules.waiting:
            self._user.no_room(event)
            return
        self._unwritten.append(_Unwritten(event, message, state, not self._online))
        self._write_next()

    def retune(self, rules: LedgerRules) -> None:
        """Other tries and waits from now on."""
        self._rules = rules

    def count(self, transaction: str | None, then: Callable[[int], None]) -> None:
        """How many events wait, of one transaction or of all."""
        unwritten = sum(transaction in {None, each.event.transaction} for each in self._unwritten)

        def done(outcome: Outcome[int]) -> None:
            then(unwritten + (outcome.result() if outcome.error is None else 0))

        self._submit("ocpp.count", lambda: self._store.waiting(transaction), done)

    def connected(self) -> None:
        """What happens from now on happens online."""
        self._online = True

    def open(self, translator: Translator, calendar_ns: int) -> None:
        """The back end takes events; the calendar is known: what to add to this run's instants."""
        self._translator = translator
        self._calendar_ns = calendar_ns
        self._resend.cancel()
        self._send_next()

    def disconnected(self) -> None:
        """What waits will be delivered offline."""
        self._translator = None
        self._sent = None
        self._resend.cancel()
        if self._online:
            self._online = False
            self._job("offline", self._store.went_offline)

    def happened(self, happening: Happening) -> bool:
        """True: it was about a call of this block."""
        if self._sent is None or not isinstance(happening, Ended):
            return False
        name, action, row = self._sent
        if happening.id != name:
            return False
        self._sent = None
        match happening:
            case Answered(message=message):
                assert self._translator is not None
                self._delivered(row, self._translator.learned(action, message))
            case TurnedDown() | TimedOut() | BadAnswer():
                self._log.warning("not-delivered", action=action, how=type(happening).__name__)
                self._failed(row)
            case CutOff():
                """It waits for the next connection; no attempt is counted."""
        return True

    def _write_next(self) -> None:
        if self._writing or not self._unwritten:
            return
        one = self._unwritten[0]
        start = self._unstarted.get(one.event.transaction)
        each = [one] if start is None else [start, one]
        written: list[_Unwritten] = []
        self._writing = True

        def work() -> None:
            """A start for which there was no room comes before whatever follows it."""
            for event in each:
                self._store.append(event.event, event.message, event.state, offline=event.offline)
                written.append(event)

        self._submit("ocpp.append", work, partial(self._wrote, written))

    def _wrote(self, written: list[_Unwritten], outcome: Outcome[None]) -> None:
        self._writing = False
        for one in written:
            self._unstarted.pop(one.event.transaction, None)
            self._user.written(one.event)
        if outcome.error is None:
            self._unwritten.popleft()
        elif isinstance(outcome.error, StoreFull):
            self._found_no_room(self._unwritten.popleft())
        else:
            self._log.error("not-written", why=str(outcome.error))
            self._rewrite.rearm(AGAIN)
            return
        self._write_next()
        self._send_next()

    def _found_no_room(self, one: _Unwritten) -> None:
        """A transaction is told from its start on, or not at all."""
        if one.event.phase is Phase.STARTED:
            self._unstarted[one.event.transaction] = one
        elif one.event.phase is Phase.ENDED:
            self._unstarted.pop(one.event.transaction, None)
        self._user.no_room(one.event)

    def _send_next(self) -> None:
        if self._translator is None or self._looking or self._sent or self._resend.armed:
            return
        self._looking = True

        calendar_ns = self._calendar_ns

        def look() -> _Head:
            if calendar_ns is not None:
                self._store.set_calendar(calendar_ns)
            return _Head(self._store.head(), self._store.calendars())

        self._submit("ocpp.head", look, self._found)

    def _found(self, outcome: Outcome[_Head]) -> None:
        self._looking = False
        if outcome.error is not None:
            self._log.error("not-read", why=str(outcome.error))
            self._resend.rearm(AGAIN)
            return
        head = outcome.result()
        self._calendar_ns = None  # written
        if head.row is not None and self._translator is not None:
            self._send(head.row, head.calendars, self._translator)

    def _send(self, row: Row, calendars: dict[int, int], translator: Translator) -> None:
        request = translator.event(row, timed(calendars))
        if request is None:  # nothing to say in this version
            self._change("said", lambda: self._store.delivered(row.number))
            return
        try:
            name = self._say(request, row)
        except Refused as refused:
            self._cannot_be_said(row, calendars, translator, refused)
            return
        except CallsFull:
            self._resend.rearm(AGAIN)
            return
        self._sent = (name, request[0], row)

    def _say(self, request: Request, row: Row) -> str:
        action, fields = request
        return self._caller.call(action, fields, within=self._rules.answer_within, name=row.message)

    def _cannot_be_said(
        self, row: Row, calendars: dict[int, int], translator: Translator, why: Refused
    ) -> None:
        """A signed record may be too long for this version: better told bare than not at all.

        What cannot be told even so would block the rest.
        """
        self._log.error("cannot-be-said", phase=row.event.phase.value, why=str(why))
        plain = bare(row.event)
        if plain == row.event:
            self._give_up(row)
        else:
            self._send(replace(row, event=plain), calendars, translator)

    def _delivered(self, row: Row, learned: Learned) -> None:
        self._change("delivered", lambda: self._store.delivered(row.number, learned.remote_id))
        self._user.learned(row.event, learned)

    def _failed(self, row: Row) -> None:
        tries = row.attempts + 1
        if tries >= self._rules.attempts:
            self._give_up(row)
            return
        self._resend.rearm(tries * self._rules.interval)
        self._job("failed", lambda: self._store.failed(row.number))

    def _give_up(self, row: Row) -> None:
        self._change("dropped", lambda: self._store.dropped(row.number))
        self._user.gave_up(row.event)

    def _change(self, name: str, work: Callable[[], None]) -> None:
        """Take the head away and go on with the next; if the disk refuses, it is sent again."""
        self._looking = True

        def done(outcome: Outcome[None]) -> None:
            self._looking = False
            if outcome.error is None:
                self._send_next()
            else:
                self._log.error("not-written", what=name, why=str(outcome.error))
                self._resend.rearm(AGAIN)

        self._submit(f"ocpp.{name}", work, done)

    def _job(self, name: str, work: Callable[[], None]) -> None:
        def done(outcome: Outcome[None]) -> None:
            if outcome.error is not None:
                self._log.error("not-written", what=name, why=str(outcome.error))

        self._submit(f"ocpp.{name}", work, done)

    def _submit(self, name: str, work: Callable[[], T], done: Callable[[Outcome[T]], None]) -> None:
        try:
            self._worker.submit(name, work, done)
        except WorkerFull as full:
            done(Outcome(error=full))
