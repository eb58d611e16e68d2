"""The contactor self test: each contactor alone, in turn, with nothing behind the inlet.

Closing one contactor alone puts no voltage on the inlet; if it does, the other one is welded.  Both
are never closed together.  A table says what is asked in each step and what must come back; a
charge, a plug or the tester ends the test at any moment with open contactors.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

from bsw.dcm.codes import Refusal, Refused
from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler
from can_adapter.signals.values import ContactorFeedback, ContactorRequest
from can_adapter.vehicle.values import Contactors

SAFE_VOLTAGE: Final = 60.0
STEP: Final = 400 * MS
"""For the movement, its feedback, and the voltage to show itself."""
LOOK: Final = 20 * MS


class Verdict(IntEnum):
    NOT_RUN = 0
    RUNNING = 1
    PASSED = 2
    FAILED = 3
    BROKEN_OFF = 4


class Finding(IntEnum):
    NONE = 0
    NO_FEEDBACK = 1  # a contactor's position is not told
    WRONG_POSITION = 2  # a contactor does not follow, or its feedback lies
    LIVE_INLET = 3  # voltage where none may be: the other contactor is welded
    NO_VOLTAGE_VALUE = 4
    INTERRUPTED = 5  # a charge or a plug came in between


@dataclass(frozen=True, slots=True)
class Step:
    """What is asked, and which feedback of the positive and of the negative contactor is right."""

    ask: ContactorRequest
    positive: ContactorFeedback
    negative: ContactorFeedback


_OPEN, _CLOSED = ContactorFeedback.OPEN, ContactorFeedback.CLOSED
STEPS: Final = (
    Step(ContactorRequest.OPEN, _OPEN, _OPEN),
    Step(ContactorRequest.OPEN_NEGATIVE, _CLOSED, _OPEN),
    Step(ContactorRequest.OPEN, _OPEN, _OPEN),
    Step(ContactorRequest.OPEN_POSITIVE, _OPEN, _CLOSED),
    Step(ContactorRequest.OPEN, _OPEN, _OPEN),
)


class ContactorPort(Protocol):
    """The vehicle's contactors as the ECU asks and hears of them."""

    @property
    def contactors(self) -> Contactors: ...
    def ask_contactors(self, request: ContactorRequest) -> None: ...


class ContactorTest:
    """Started by a tester.  ``told`` hears how it ended: a fault's words, or nothing."""

    def __init__(
        self,
        scheduler: Scheduler,
        port: ContactorPort,
        busy: Callable[[], bool],
        told: Callable[[str], None] = lambda _fault: None,
    ) -> None:
        self.verdict = Verdict.NOT_RUN
        self.finding = Finding.NONE
        self._port = port
        self._busy = busy
        self._told = told
        self._step = 0
        self._left = 0
        self._alarm = scheduler.alarm(self._look, name="contactor test")

    def start(self, data: bytes) -> bytes:
        if data:
            raise Refused(Refusal.INCORRECT_LENGTH)
        if self._busy() or self._live():
            raise Refused(Refusal.CONDITIONS_NOT_CORRECT)
        self.verdict, self.finding = Verdict.RUNNING, Finding.NONE
        self._begin(0)
        return self.results()

    def stop(self, data: bytes) -> bytes:
        if data:
            raise Refused(Refusal.INCORRECT_LENGTH)
        if self.verdict is Verdict.RUNNING:
            self._end(Verdict.BROKEN_OFF, Finding.NONE)
        return self.results()

    def results(self) -> bytes:
        """Verdict, the step it came to (from 1, 0 for none), and what was found there."""
        return bytes([self.verdict, 0 if self.verdict is Verdict.NOT_RUN else self._step + 1,
                      self.finding])  # fmt: skip

    def _begin(self, step: int) -> None:
        self._step = step
        self._left = STEP // LOOK
        self._port.ask_contactors(STEPS[step].ask)
        self._alarm.rearm(LOOK)

    def _look(self) -> None:
        """A live inlet ends the test at once; positions are judged when a step is over."""
        self._left -= 1
        if self._busy():
            self._end(Verdict.BROKEN_OFF, Finding.INTERRUPTED)
        elif self._live():
            self._end(Verdict.FAILED, Finding.LIVE_INLET)
        elif self._left:
            self._alarm.rearm(LOOK)
        elif finding := self._judge(STEPS[self._step]):
            self._end(Verdict.FAILED, finding)
        elif self._step + 1 < len(STEPS):
            self._begin(self._step + 1)
        else:
            self._end(Verdict.PASSED, Finding.NONE)

    def _judge(self, step: Step) -> Finding:
        told = self._port.contactors
        if told.contactor_voltage is None:
            return Finding.NO_VOLTAGE_VALUE
        if told.positive_contactor is None or told.negative_contactor is None:
            return Finding.NO_FEEDBACK
        right = (step.positive, step.negative)
        found = (told.positive_contactor, told.negative_contactor)
        return Finding.NONE if found == right else Finding.WRONG_POSITION

    def _live(self) -> bool:
        voltage = self._port.contactors.contactor_voltage
        return voltage is not None and voltage >= SAFE_VOLTAGE

    def _end(self, verdict: Verdict, finding: Finding) -> None:
        self._alarm.cancel()
        self.verdict, self.finding = verdict, finding
        self._port.ask_contactors(ContactorRequest.OPEN)
        if verdict in {Verdict.PASSED, Verdict.FAILED}:
            self._told("" if verdict is Verdict.PASSED else finding.name)
