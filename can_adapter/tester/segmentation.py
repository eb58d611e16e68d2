"""ISO-TP segmentation by can-isotp, on our clock.

Importing this brings the library; it is left to whoever opens the door to a tester.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanFrame
from can_adapter.tester.config import DiagnosticsCanConfig
from can_adapter.tester.library import Timer, isotp

LONGEST: Final = 4_095
WAITING: Final = 64
"""Frames of a tester that may wait for one step."""


class Clocked(Timer):
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


class Machine(isotp.TransportLayerLogic):
    """The library's machine, with its three timers on our clock."""

    def __init__(self, now: Callable[[], int], *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - the library's
        self._now = now
        self.waiting: deque[isotp.CanMessage] = deque(maxlen=WAITING)
        super().__init__(self._next, *arguments, **named)
        self.timer_tx_stmin = Clocked(now, 0)
        self.timer_rx_fc = self._limit(self.params.rx_flowcontrol_timeout)
        self.timer_rx_cf = self._limit(self.params.rx_consecutive_frame_timeout)

    def _limit(self, milliseconds: float) -> Clocked:
        return Clocked(self._now, milliseconds / 1000)

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

    def take(self, frame: CanFrame) -> None:
        """A tester's frame, for the next step."""
        self.waiting.append(
            isotp.CanMessage(
                arbitration_id=frame.id,
                data=frame.data,
                extended_id=frame.extended,
                is_fd=frame.fd,
            )
        )


def machine(
    scheduler: Scheduler,
    config: DiagnosticsCanConfig,
    asked: int,
    *,
    send: Callable[[object], None],
    error: Callable[[Exception], None],
) -> Machine:
    """One end that hears what comes with the identifier ``asked``."""
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
    return Machine(lambda: scheduler.now, send, address, error, parameters)
