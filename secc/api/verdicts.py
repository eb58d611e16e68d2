"""Whose question a verdict of the back end answers.

Each session puts its own question, and a verdict counts for the session that asked: not for the
one after it, and not twice.  A back end names the question by its number.  One that does not is
taken at its word as far as that is safe: its verdicts answer the questions in the order in which
they were put, those of sessions that ended meanwhile too, and then the open question is put again.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bsw.dlt import Logger
from bsw.north.command import refused
from bsw.os.clock import Action, S
from secc.api.literals import AuthorizationStatus, CertificateStatus, PaymentOption

COMMAND: Final = "authorization_verdict"
LATE: Final = 300 * S
"""How long the question of a session that ended may still be answered."""

TWICE: Final = 60 * S
"""How long after a session a verdict that nobody asked for is taken for one that came twice."""

MOST: Final = 16


@dataclass(frozen=True, slots=True)
class Verdict:
    status: AuthorizationStatus
    certificate: CertificateStatus

    @property
    def good(self) -> bool:
        return self.status is AuthorizationStatus.ACCEPTED


@dataclass(slots=True, eq=False)
class Question:
    """One session's.  ``put`` asks it; ``settled`` means that the vehicle was told the outcome."""

    number: int
    payment: PaymentOption
    put: Action
    verdict: Verdict | None = None
    settled: bool = False

    @property
    def unanswered(self) -> bool:
        """A verdict may still be on its way; a refused customer tries another card."""
        return not self.settled and (self.verdict is None or not self.verdict.good)


class Verdicts:
    """The questions of one outlet."""

    def __init__(self, now: Callable[[], int], log: Logger) -> None:
        self._now = now
        self._log = log
        self._open: Question | None = None
        self._owed: deque[tuple[int, Question]] = deque(maxlen=MOST)
        self._advance: Verdict | None = None
        self._ended: int | None = None

    def ask(self, question: Question) -> None:
        """A verdict that came in advance is a customer's at the outlet; it is no contract's."""
        if self._open is not None:
            self.withdraw(self._open)
        self._open = question
        if question.payment is PaymentOption.EXTERNAL:
            question.verdict, self._advance = self._advance, None
        question.put()

    def waits(self, number: int) -> bool:
        """The session that put this question still runs."""
        return self._open is not None and self._open.number == number

    def withdraw(self, question: Question | None) -> None:
        """The session is over; ``None`` if it never asked."""
        if question is None or question is not self._open:
            return
        self._open = None
        self._ended = self._now()
        if question.unanswered:
            self._owed.append((self._ended, question))

    def forget_advance(self) -> None:
        """The customer who was accepted in advance has gone."""
        self._advance = None

    def answer(self, verdict: Verdict) -> None:
        """A verdict that does not say what it was asked for."""
        if self._answers_late():
            self._log.warning("verdict counts for nobody", why="it answers a session that ended")
            if self._open is not None and not self._open.settled:
                self._open.put()
        elif self._open is not None:
            self._take(self._open, verdict)
        elif self._ended is not None and self._now() - self._ended < TWICE:
            self._log.warning(
                "verdict counts for nobody", why="nobody asks, and a session has just ended"
            )
        else:
            self._advance = verdict

    def answer_named(self, number: int, verdict: Verdict) -> None:
        if self._open is not None and self._open.number == number:
            self._take(self._open, verdict)
            return
        for owed in tuple(self._owed):
            if owed[1].number == number:
                self._owed.remove(owed)
        remedy = f"no session waits for an answer to {number}; its session ended, or never was"
        raise refused(COMMAND, "request_id", remedy)

    def _take(self, question: Question, verdict: Verdict) -> None:
        if question.settled:
            self._log.warning("verdict counts for nobody", why="the vehicle has its answer already")
        else:
            question.verdict = verdict

    def _answers_late(self) -> bool:
        """Whether the oldest question without an answer is one of a session that ended."""
        while self._owed and self._now() - self._owed[0][0] > LATE:
            self._owed.popleft()
        if not self._owed:
            return False
        self._owed.popleft()
        return True
