"""The back end of an endurance run: faulty on the line, exact in its books.

What it knows it keeps, whatever happens to connections and to the station.  The same event told
twice must be the same to the letter.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from bsw.os.clock import S
from ocpp.connection import Gone
from ocpp.happenings import Called, Happening
from ocpp.server import Applicant, Session
from ocpp.station.translation import timestamp
from ocpp.versions import Problem, Version, Wrong

Json = dict[str, Any]
BOOKED: Final = {"TransactionEvent", "StartTransaction", "MeterValues", "StopTransaction"}
ACCEPTED: Final = {"status": "Accepted"}


@dataclass
class Counting:
    """``now`` is nanoseconds since 1970."""

    random: Random
    now: Callable[[], int]
    later: Callable[[int, Callable[[], None]], object]
    faulty: bool = True
    events: dict[str, dict[int, Json]] = field(default_factory=dict)
    order: list[tuple[str, int]] = field(default_factory=list)
    calls: dict[str, tuple[str, Json]] = field(default_factory=dict)
    repeats: int = 0
    _answers: dict[str, Json] = field(default_factory=dict)
    _numbers: int = 0

    def admit(self, applicant: Applicant) -> None:
        """Everybody may come."""

    def opened(self, session: Session) -> None:
        """Stations speak first."""

    def gone(self, session: Session, reason: Gone) -> None:
        """What it knew it still knows."""

    def happened(self, session: Session, happening: Happening) -> None:
        if not isinstance(happening, Called):
            return
        fate = self.random.random() if self.faulty else 1.0
        if fate < 0.04:
            session.refuse(happening.id, Problem(Wrong.RPC, "busy"))
        elif fate < 0.08:
            session.abort()
        else:
            self._take(session, happening, fate)

    def _take(self, session: Session, called: Called, fate: float) -> None:
        booked = self._booked(called) if called.action in BOOKED else None

        def say() -> None:
            """What tells the time tells it when it is said."""
            answer = self._other(session, called) if booked is None else booked
            session.answer(called.id, answer)

        if fate < 0.12:  # it knows, but the answer never gets there
            session.abort()
        elif fate < 0.15:
            """Silence."""
        elif fate < 0.2:
            self.later(self.random.randrange(60) * S, say)
        else:
            say()
            if fate < 0.25:
                session.abort()

    def _other(self, session: Session, called: Called) -> Json:
        match called.action:
            case "BootNotification":
                pending = self.faulty and self.random.random() < 0.1
                status = "Pending" if pending else "Accepted"
                return {"status": status, "currentTime": timestamp(self.now()), "interval": 30}
            case "Heartbeat":
                return {"currentTime": timestamp(self.now())}
            case "Authorize":
                old = session.version is Version.V16
                return {"idTagInfo" if old else "idTokenInfo": ACCEPTED}
            case _:
                return {}

    def _booked(self, called: Called) -> Json:
        if called.action == "TransactionEvent":
            return self._event(called)
        if called.id in self._answers:
            self.repeats += 1
            assert self.calls[called.id] == (called.action, plain(called)), "another content"
            return self._answers[called.id]
        answer: Json = {}
        if called.action == "StartTransaction":
            self._numbers += 1
            answer = {"transactionId": self._numbers, "idTagInfo": ACCEPTED}
        self._answers[called.id] = answer
        self.calls[called.id] = (called.action, plain(called))
        return answer

    def _event(self, called: Called) -> Json:
        message = called.message
        book = self.events.setdefault(message.transactionInfo.transactionId, {})
        fields = plain(called)
        if message.seqNo in book:
            self.repeats += 1
            assert book[message.seqNo] == fields, "the same event, but another content"
        else:
            book[message.seqNo] = fields
            self.order.append((message.transactionInfo.transactionId, message.seqNo))
        return {"idTokenInfo": ACCEPTED} if "idToken" in fields else {}


def plain(called: Called) -> Json:
    """As JSON, without the flag that may change while an event waits."""
    fields: Json = json.loads(called.payload)
    fields.pop("offline", None)
    return fields
