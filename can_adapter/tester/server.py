"""Diagnostics on CAN: ISO-TP (ISO 15765-2) between a tester and whoever answers its requests.

The segmentation is can-isotp's, stepped by our scheduler: each frame and each of its timers lets
it go on, on the same clock as everything else.  What requests mean is not known here.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from bsw.os.clock import US
from bsw.os.scheduler import Scheduler
from can_adapter.bus import EXTENDED, CanFrame
from can_adapter.canif import CanIf
from can_adapter.tester.config import DiagnosticsCanConfig

if TYPE_CHECKING:
    from can_adapter.tester.segmentation import Machine

Respond = Callable[[bytes | None], None]


class Answers(Protocol):
    """Who answers a tester.  ``respond`` may be called later, and again after a 'pending'."""

    def ask(self, request: bytes, respond: Respond, *, functional: bool) -> None: ...
    def sent(self) -> None:
        """A response has left."""


class IsoTpServer:
    """The ECU's end on one bus: requests in, responses out."""

    def __init__(
        self, scheduler: Scheduler, canif: CanIf, config: DiagnosticsCanConfig, answers: Answers
    ) -> None:
        from can_adapter.tester.segmentation import machine  # noqa: PLC0415 - only with a tester's door

        self.malformed = 0
        self.refused = 0  # asked while an answer was still on its way
        self._canif = canif
        self._config = config
        self._answers = answers
        self._sending = False
        self._physical = machine(
            scheduler, config, config.request, send=self._transmit, error=self._error
        )
        self._functional = machine(
            scheduler, config, config.functional, send=lambda _frame: None, error=self._error
        )
        self._alarm = scheduler.alarm(self._step, name="isotp")
        mark = EXTENDED if config.extended else 0
        canif.route((config.request | mark,), self._heard_physical)
        canif.route((config.functional | mark,), self._heard_functional)

    def close(self) -> None:
        self._alarm.cancel()
        self._canif.unroute(self._heard_physical)
        self._canif.unroute(self._heard_functional)

    def _heard_physical(self, frame: CanFrame) -> None:
        self._take(self._physical, frame)

    def _heard_functional(self, frame: CanFrame) -> None:
        self._take(self._functional, frame)

    def _take(self, logic: "Machine", frame: CanFrame) -> None:
        logic.take(frame)
        self._step()

    def _step(self) -> None:
        for logic, functional in ((self._physical, False), (self._functional, True)):
            logic.process()
            while (request := logic.recv()) is not None:
                self._ask(bytes(request), functional=functional)
        self._physical.process()
        if self._sending and not self._physical.transmitting():
            self._sending = False
            self._answers.sent()
        self._arm()

    def _ask(self, request: bytes, *, functional: bool) -> None:
        if self._sending:
            self.refused += 1
            return
        self._answers.ask(request, self._respond, functional=functional)

    def _respond(self, response: bytes | None) -> None:
        if response is None:
            self._answers.sent()
            return
        self._physical.send(response)
        self._sending = True
        self._alarm.rearm(0)

    def _transmit(self, message: Any) -> None:  # noqa: ANN401 - the library's
        fd = self._config.fd
        self._canif.transmit(
            CanFrame(message.arbitration_id, bytes(message.data), self._config.extended, fd)
        )

    def _error(self, _error: Exception) -> None:
        """A tester's frames do not fit together, or it stopped answering: both end here."""
        self.malformed += 1

    def _arm(self) -> None:
        due = self._physical.next_due()
        other = self._functional.next_due()
        waits = [wait for wait in (due, other) if wait is not None]
        if waits:
            self._alarm.rearm(min(waits) + US)
        else:
            self._alarm.cancel()
