"""Diagnostics on CAN: ISO-TP (ISO 15765-2) between a tester and whoever answers its requests.

The segmentation is can-isotp's, stepped by our scheduler: each frame and each of its timers lets
it go on, on the same clock as everything else.  What requests mean is not known here.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final, Protocol

import isotp
from isotp.tools import Timer
from pydantic import Field

from bsw.ecuc.part import Part, Wrong
from bsw.os.clock import US
from bsw.os.scheduler import Scheduler
from can_adapter.bus import EXTENDED, CanFrame
from can_adapter.canif import CanIf

LONGEST: Final = 4_095
WAITING: Final = 64
"""Frames of a tester that may wait for one step."""

STANDARD_IDS, EXTENDED_IDS = 0x7FF, 0x1FFF_FFFF
CanId = Annotated[int, Field(ge=0, le=EXTENDED_IDS, examples=["0x7E0"])]


class DiagnosticsCanConfig(Part):
    """The identifiers a tester uses, and how its frames look."""

    request: CanId = 0x7E0
    response: CanId = 0x7E8
    functional: CanId = 0x7DF
    """Asked of all ECUs at once."""

    extended: bool = False
    """The three identifiers have 29 bits."""

    fd: bool = True
    """CAN-FD frames of up to 64 octets; false for classic CAN."""

    padding: Annotated[int, Field(ge=0, le=255)] = 0xCC
    separation: Annotated[int, Field(ge=0, le=127)] = 0
    """Milliseconds a tester waits between two frames of one message (STmin)."""

    block: Annotated[int, Field(ge=0, le=255)] = 8
    """Frames a tester sends before it waits for our flow control; 0 for all."""

    def problems(self) -> Iterable[Wrong]:
        names = ("request", "response", "functional")
        if len({getattr(self, name) for name in names}) < len(names):
            yield Wrong("", "request, response and functional must differ", "response: 0x7E8")
        for name in names:
            if not self.extended and getattr(self, name) > STANDARD_IDS:
                yield Wrong(name, "has more than 11 bits", "extended: true")


Respond = Callable[[bytes | None], None]


class Answers(Protocol):
    """Who answers a tester.  ``respond`` may be called later, and again after a 'pending'."""

    def ask(self, request: bytes, respond: Respond, *, functional: bool) -> None: ...
    def sent(self) -> None:
        """A response has left."""


class _Timer(Timer):
    """The library's timer on our clock."""

    def __init__(self, now: Callable[[], int], timeout: float) -> None:
        super().__init__(timeout)
        self._now = now

    def start(self, timeout: float | None = None) -> None:
        if timeout is not None:
            self.set_timeout(timeout)
        self.start_time = self._now()

    def elapsed_ns(self) -> int:
        return 0 if self.start_time is None else self._now() - self.start_time

    def elapsed(self) -> float:
        return self.elapsed_ns() / 1e9


class _Logic(isotp.TransportLayerLogic):
    """The library's machine, with its three timers on our clock."""

    def __init__(self, now: Callable[[], int], *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - the library's
        self._now = now
        self.waiting: deque[isotp.CanMessage] = deque(maxlen=WAITING)
        super().__init__(self._next, *arguments, **named)
        self.timer_tx_stmin = _Timer(now, 0)
        self.timer_rx_fc = self._limit(self.params.rx_flowcontrol_timeout)
        self.timer_rx_cf = self._limit(self.params.rx_consecutive_frame_timeout)

    def _limit(self, milliseconds: float) -> _Timer:
        return _Timer(self._now, milliseconds / 1000)

    def _start_rx_fc_timer(self) -> None:
        self.timer_rx_fc = self._limit(self.params.rx_flowcontrol_timeout)
        self.timer_rx_fc.start()

    def _start_rx_cf_timer(self) -> None:
        self.timer_rx_cf = self._limit(self.params.rx_consecutive_frame_timeout)
        self.timer_rx_cf.start()

    def _next(self, _timeout: float = 0.0) -> isotp.CanMessage | None:
        return self.waiting.popleft() if self.waiting else None

    def next_due(self) -> int | None:
        """Nanoseconds until a timer of ours ends."""
        timers = (self.timer_tx_stmin, self.timer_rx_fc, self.timer_rx_cf)
        running = [timer.remaining_ns() for timer in timers if not timer.is_stopped()]
        return min(running, default=None)


class IsoTpServer:
    """The ECU's end on one bus: requests in, responses out."""

    def __init__(
        self, scheduler: Scheduler, canif: CanIf, config: DiagnosticsCanConfig, answers: Answers
    ) -> None:
        self.malformed = 0
        self.refused = 0  # asked while an answer was still on its way
        self._canif = canif
        self._config = config
        self._answers = answers
        self._sending = False
        self._physical = self._machine(scheduler, config.request, self._transmit)
        self._functional = self._machine(scheduler, config.functional, lambda _frame: None)
        self._alarm = scheduler.alarm(self._step, name="isotp")
        mark = EXTENDED if config.extended else 0
        canif.route((config.request | mark,), self._heard_physical)
        canif.route((config.functional | mark,), self._heard_functional)

    def close(self) -> None:
        self._alarm.cancel()
        self._canif.unroute(self._heard_physical)
        self._canif.unroute(self._heard_functional)

    def _machine(self, scheduler: Scheduler, asked: int, send: Callable[[Any], None]) -> _Logic:
        config = self._config
        mode = isotp.AddressingMode
        address = isotp.Address(
            mode.Normal_29bits if config.extended else mode.Normal_11bits,
            rxid=asked,
            txid=config.response,
        )
        parameters = {
            "can_fd": config.fd,
            "bitrate_switch": config.fd,
            "tx_data_length": 64 if config.fd else 8,
            "tx_data_min_length": 8,
            "tx_padding": config.padding,
            "stmin": config.separation,
            "blocksize": config.block,
            "max_frame_size": LONGEST,
            "wait_func": lambda _seconds: None,
        }
        return _Logic(lambda: scheduler.now, send, address, self._error, parameters)

    def _heard_physical(self, frame: CanFrame) -> None:
        self._take(self._physical, frame)

    def _heard_functional(self, frame: CanFrame) -> None:
        self._take(self._functional, frame)

    def _take(self, logic: _Logic, frame: CanFrame) -> None:
        logic.waiting.append(
            isotp.CanMessage(
                arbitration_id=frame.id,
                data=frame.data,
                extended_id=frame.extended,
                is_fd=frame.fd,
            )
        )
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
