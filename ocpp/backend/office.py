"""A small back end: lets stations in, answers what policy can answer, and books every event once.

What a station tells twice is answered as the first time and booked once: a 2.x event is known by
station, transaction and sequence number, a 1.6 message by its id.  Faults can be ordered, so that
a station can be tried with them.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any, Final, Protocol

import msgspec

from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from ocpp.backend.contracts import ContractOffice, NoPapers, Papers, install
from ocpp.backend.schedules import ScheduleOffice
from ocpp.catalogue import Refused
from ocpp.connection import Gone
from ocpp.happenings import (
    Answered,
    BadAnswer,
    Called,
    CutOff,
    Declined,
    Happening,
    Heard,
    TimedOut,
    TurnedDown,
)
from ocpp.server import Applicant, Rejection, Session
from ocpp.versions import Problem, Version, Wrong

Fields = Mapping[str, Any]
BOOKED_16: Final = frozenset({"StartTransaction", "StopTransaction", "MeterValues"})
TAKEN_NOTE_OF: Final = frozenset(
    {
        "StatusNotification",
        "MeterValues",
        "NotifyReport",
        "NotifyEvent",
        "SecurityEventNotification",
        "NotifyChargingLimit",
        "ClearedChargingLimit",
        "FirmwareStatusNotification",
        "LogStatusNotification",
        "ClosePeriodicEventStream",
        "NotifyDERAlarm",
        "NotifyDERStartStop",
        "NotifyPriorityCharging",
        "ReportChargingProfiles",
        "ReportDERControl",
    }
)
"""Calls whose answer has nothing to say."""
REMEMBERED: Final = 10_000
"""1.6 messages whose answers are kept in mind, per station."""
REPLACED: Final = 1000


class Fault(Enum):
    """What can be ordered for the next call of an action."""

    CUT = "cut"  # the answer is never sent, the line goes
    SILENT = "silent"  # no answer
    ERROR = "error"  # CALLERROR InternalError
    SLOW = "slow"  # the answer comes after a while
    LATE_CUT = "late-cut"  # the line goes right after the answer


class Listener(Protocol):
    """Who hears what stations say and do."""

    def told(self, station: str, what: str, action: str, fields: object) -> None: ...


@dataclass(frozen=True, slots=True)
class OfficeRules:
    """Passwords by identity; without an entry any station of any name may come.

    ``refused`` are tokens and how they stand (``Blocked``, ``Expired`` ...), all others are good.
    ``schedules`` are sent to vehicles that say what they need (2.x), ``roots``, by their type and
    in PEM, to each station that was taken in.  ``transfers`` are the transfers of energy that
    drivers are allowed (2.1), none named: nothing is said of them.
    """

    interval: int = 300
    boot: str = "Accepted"
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    refused: Mapping[str, str] = field(default_factory=dict)
    slow: int = 10 * S
    schedules: tuple[Fields, ...] = ()
    roots: tuple[tuple[str, str], ...] = ()
    transfers: tuple[str, ...] = ()


@dataclass(slots=True)
class _Books:
    """What is known of one station."""

    session: Session | None = None
    events: dict[tuple[str, int], Fields] = field(default_factory=dict)
    answers: dict[str, Fields] = field(default_factory=dict)
    repeats: int = 0
    schedules: ScheduleOffice = field(default_factory=lambda: ScheduleOffice(()))


class Office:
    """The user of an ``ocpp.server.Server``."""

    def __init__(
        self,
        scheduler: Scheduler,
        listener: Listener,
        *,
        now: Callable[[], str],
        rules: OfficeRules | None = None,
        papers: Papers | None = None,
    ) -> None:
        """``now`` is the time on the wire; ``papers`` makes contracts and certificates."""
        self._scheduler = scheduler
        self._listener = listener
        self._now = now
        self._rules = rules or OfficeRules()
        given, allowed = self._rules.schedules, self._rules.transfers
        self._books: dict[str, _Books] = defaultdict(
            lambda: _Books(schedules=ScheduleOffice(given, allowed))
        )
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._transactions = 0
        self._contracts = ContractOffice(papers or NoPapers(), self._standing)

    @property
    def stations(self) -> tuple[str, ...]:
        """Who is connected."""
        return tuple(name for name, books in self._books.items() if books.session is not None)

    def version(self, station: str) -> Version:
        session = self._books[station].session
        assert session is not None, "not connected"
        return session.version

    def events(self, station: str) -> int:
        """How many events of it are booked."""
        return len(self._books[station].events)

    def repeats(self, station: str) -> int:
        """How often it told something twice."""
        return self._books[station].repeats

    def order(self, action: str, fault: Fault) -> None:
        """For the next call of ``action``, whoever makes it; several are taken in order."""
        self._faults[action].append(fault)

    def call(self, station: str, action: str, fields: Fields) -> str:
        """One call by hand; raises ``Refused`` if it breaks the schema.  The id of the call."""
        session = self._books[station].session if station in self._books else None
        if session is None:
            raise Refused(Problem(Wrong.GENERIC, f"{station} is not connected"))
        return session.call(action, fields)

    def admit(self, applicant: Applicant) -> Rejection | None:
        """From the server."""
        wanted = self._rules.passwords.get(applicant.identity)
        if wanted is not None and (applicant.user, applicant.password) != (
            applicant.identity,
            wanted,
        ):
            self._listener.told(applicant.identity, "rejected", "", {"why": "password"})
            return Rejection(401, "unknown user or password")
        return None

    def opened(self, session: Session) -> None:
        """From the server: the newer connection of a station counts."""
        books = self._books[session.identity]
        if books.session is not None:
            books.session.close(REPLACED, "replaced by a newer connection")
        books.session = session
        self._listener.told(session.identity, "connected", session.version.value, {})

    def gone(self, session: Session, reason: Gone) -> None:
        """From the server."""
        books = self._books[session.identity]
        if books.session is session:
            books.session = None
            self._listener.told(session.identity, "gone", "", {"why": str(reason)})

    def happened(self, session: Session, happening: Happening) -> None:
        """From the server."""
        station = session.identity
        match happening:
            case Called():
                fields = msgspec.json.decode(happening.payload)
                self._listener.told(station, "call", happening.action, fields)
                self._serve(session, happening, fields)
            case Heard(_, action, _, payload):
                self._listener.told(station, "send", action, msgspec.json.decode(payload))
            case Answered(_, action, _, payload):
                self._listener.told(station, "answer", action, msgspec.json.decode(payload))
            case TurnedDown(_, action, _, code, text):
                self._listener.told(station, "refused", action, {"code": code, "text": text})
            case TimedOut(_, action) | CutOff(_, action):
                self._listener.told(station, "unanswered", action, {})
            case BadAnswer(_, action, problem) | Declined(_, action, problem):
                self._listener.told(station, "wrong", action, {"why": str(problem)})
            case _:
                self._listener.told(station, "stray", type(happening).__name__, {})

    def _serve(self, session: Session, called: Called, fields: Fields) -> None:
        faults = self._faults[called.action]
        fault = faults.popleft() if faults else None
        if fault is Fault.ERROR:
            session.refuse(called.id, Problem(Wrong.INTERNAL, "as ordered"))
            return
        answer = self._answer(session, called, fields)
        match fault:
            case Fault.CUT:
                session.abort()
            case Fault.SILENT:
                """As ordered."""
            case Fault.SLOW:
                self._scheduler.after(
                    self._rules.slow,
                    lambda: self._say(session, called, answer),
                    name="ocpp.slow",
                )
            case _:
                self._say(session, called, answer)
                if fault is Fault.LATE_CUT:
                    session.abort()

    @staticmethod
    def _say(session: Session, called: Called, answer: Fields | None) -> None:
        """What has to be filled and is not known here is not supported."""
        problem = Problem(Wrong.NOT_SUPPORTED, f"no {called.action} at this back end")
        if answer is None:
            session.refuse(called.id, problem)
        else:
            session.answer(called.id, answer)

    def _answer(self, session: Session, called: Called, fields: Fields) -> Fields | None:
        """``None`` if nothing can be said to it here."""
        books = self._books[session.identity]
        if called.action == "TransactionEvent":
            return self._event(books, fields)
        if called.action in BOOKED_16 and session.version is Version.V16:
            return self._message(books, called, fields)
        known: dict[str, Callable[[], Fields]] = {
            "BootNotification": lambda: self._booted(session),
            "Heartbeat": lambda: {"currentTime": self._now()},
            "NotifyEVChargingSchedule": lambda: {"status": "Accepted"},
            "OpenPeriodicEventStream": lambda: {"status": "Accepted"},
            "PullDynamicScheduleUpdate": lambda: {"status": "Rejected"},
        }
        if session.version is Version.V16:
            known["Authorize"] = lambda: {"idTagInfo": {"status": self._standing(fields["idTag"])}}
        if called.action in known:
            return known[called.action]()
        if called.action in TAKEN_NOTE_OF:
            return {}
        call = partial(self._call_back, session)
        if called.action == "NotifyEVChargingNeeds":
            return books.schedules.answer(fields, call)
        answer = self._contracts.answer(session.version, called.action, fields, call)
        newest = called.action == "Authorize" and session.version is Version.V21
        if answer is not None and newest and self._rules.transfers:
            answer = {**answer, "allowedEnergyTransfer": list(self._rules.transfers)}
        return answer

    def _call_back(self, session: Session, action: str, fields: Fields) -> None:
        """What follows from an answer, once that is out."""

        def call() -> None:
            if session.is_open:
                session.call(action, fields)

        self._scheduler.post(call, name="ocpp.back")

    def _booted(self, session: Session) -> Fields:
        rules = self._rules
        for kind, root in rules.roots if rules.boot == "Accepted" else ():
            self._call_back(session, *install(session.version, kind, root))
        return {"currentTime": self._now(), "interval": rules.interval, "status": rules.boot}

    def _event(self, books: _Books, fields: Fields) -> Fields:
        key = fields["transactionInfo"]["transactionId"], fields["seqNo"]
        if key in books.events:
            books.repeats += 1
        books.events.setdefault(key, fields)
        books.schedules.heard(fields)
        token = fields.get("idToken")
        return (
            {} if token is None else {"idTokenInfo": {"status": self._standing(token["idToken"])}}
        )

    def _message(self, books: _Books, called: Called, fields: Fields) -> Fields:
        known = books.answers.get(called.id)
        if known is not None:
            books.repeats += 1
            return known
        answer: dict[str, Any] = {}
        if called.action == "StartTransaction":
            self._transactions += 1
            info = {"status": self._standing(fields["idTag"])}
            answer = {"transactionId": self._transactions, "idTagInfo": info}
        books.answers[called.id] = answer
        books.events[called.id, 0] = fields
        while len(books.answers) > REMEMBERED:
            books.answers.pop(next(iter(books.answers)))
        return answer

    def _standing(self, token: str) -> str:
        return self._rules.refused.get(token, "Accepted")
