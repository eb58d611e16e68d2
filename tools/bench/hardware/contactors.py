"""The two contactors between inlet and battery, with their delays and their defects.

They close one after the other and report what their auxiliary contacts say, which in a defect
is not what the main contacts do.  Whether closing is wise is decided elsewhere.
"""

from dataclasses import dataclass, field
from functools import partial

from bsw.os.clock import MS
from bsw.os.scheduler import Alarm, Scheduler
from can_adapter.signals.values import ContactorFeedback, ContactorRequest, ContactorState


@dataclass(slots=True)
class Defects:
    stuck_open: bool = False
    welded: bool = False
    lying_feedback: bool = False  # says the opposite


@dataclass(slots=True)
class Contactor:
    closed: bool = False
    defects: Defects = field(default_factory=Defects)

    def switch(self, *, closed: bool) -> None:
        if closed and self.defects.stuck_open:
            return
        if not closed and self.defects.welded:
            return
        self.closed = closed

    @property
    def feedback(self) -> ContactorFeedback:
        says_closed = self.closed != self.defects.lying_feedback
        return ContactorFeedback.CLOSED if says_closed else ContactorFeedback.OPEN


class Contactors:
    """Negative first, positive 60 ms later; opening takes 20 ms."""

    CLOSE_FIRST, CLOSE_SECOND, OPEN, TOO_LONG = 30 * MS, 90 * MS, 20 * MS, 300 * MS

    def __init__(self, scheduler: Scheduler) -> None:
        self.positive = Contactor()
        self.negative = Contactor()
        self.operations = 0
        self.request = ContactorRequest.OPEN
        self._scheduler = scheduler
        self._changed_at = scheduler.now
        self._alarms: list[Alarm] = []

    def demand(self, request: ContactorRequest) -> None:
        """Start moving towards what is wanted, if that is new."""
        if request is self.request:
            return
        self.request = request
        self.operations += 1
        self._changed_at = self._scheduler.now
        for alarm in self._alarms:
            alarm.cancel()
        self._alarms = []
        positive = request in {ContactorRequest.CLOSE, ContactorRequest.OPEN_NEGATIVE}
        negative = request in {ContactorRequest.CLOSE, ContactorRequest.OPEN_POSITIVE}
        self._later(self.negative, closed=negative, delay=self.CLOSE_FIRST)
        self._later(self.positive, closed=positive, delay=self.CLOSE_SECOND)

    @property
    def closed(self) -> bool:
        """Whether current can flow."""
        return self.positive.closed and self.negative.closed

    @property
    def state(self) -> ContactorState:
        """What the battery management reports, from the feedback contacts."""
        on = ContactorFeedback.CLOSED
        feedback = (self.positive.feedback is on, self.negative.feedback is on)
        late = self._scheduler.now - self._changed_at > self.TOO_LONG
        if self.request is ContactorRequest.CLOSE:
            if all(feedback):
                return ContactorState.CLOSED
            return ContactorState.FAULT if late else ContactorState.CLOSING
        if not any(feedback):
            return ContactorState.OPEN
        if self.request is ContactorRequest.OPEN and late:
            return ContactorState.WELDED
        return ContactorState.OPENING

    def _later(self, contactor: Contactor, *, closed: bool, delay: int) -> None:
        if contactor.closed == closed:
            return
        wait = delay if closed else self.OPEN
        action = partial(contactor.switch, closed=closed)
        self._alarms.append(self._scheduler.after(wait, action, name="contactor"))
