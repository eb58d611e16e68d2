"""A thread that reads a bus which has no descriptor to wait on.

It is the only thread of this room.  What it reads goes into a bounded queue, and one event in the
scheduler's mailbox stands for many frames.  What the frames mean is not known here.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from bsw.os.clock import Action
from bsw.os.mailbox import MailboxFull
from bsw.os.scheduler import Scheduler

if TYPE_CHECKING:
    import can

READER_QUEUE: Final = 4096
READER_WAIT_S: Final = 0.1

Drain = Callable[["deque[can.Message]"], None]
Failed = Callable[[Exception], None]


class Reader:
    """Reads a bus without a descriptor in a thread of its own."""

    def __init__(
        self,
        bus: "can.BusABC",
        scheduler: Scheduler,
        drain: Drain,
        failed: Failed,
        name: str,
    ) -> None:
        self.dropped = 0
        self._bus = bus
        self._scheduler = scheduler
        self._drain = drain
        self._failed = failed
        self._name = name
        self.frames: deque[can.Message] = deque()
        self._posted = False
        self._closing = False
        self._pause = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=f"{name} reader", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing = True
        self._pause.set()
        self._thread.join(timeout=10 * READER_WAIT_S)

    def _loop(self) -> None:
        while not self._closing:
            try:
                message = self._bus.recv(READER_WAIT_S)
            except Exception as error:  # noqa: BLE001 - reported to the port, in its thread
                self._report(error)
                return
            if message is not None:
                self._put(message)

    def _put(self, message: "can.Message") -> None:
        if len(self.frames) >= READER_QUEUE:
            self.dropped += 1
            return
        self.frames.append(message)
        if not self._posted:
            self._post()

    def _post(self) -> None:
        self._posted = True
        try:
            self._scheduler.post(self._deliver, name=self._name)
        except MailboxFull:
            self._posted = False  # the next frame tries again

    def _deliver(self) -> None:
        self._posted = False
        if self._closing:
            return
        self._drain(self.frames)
        if self.frames and not self._posted:
            self._post()

    def _report(self, error: Exception) -> None:
        def tell() -> None:
            if not self._closing:
                self._failed(error)

        while not self._closing and not self._told(tell):
            self._pause.wait(READER_WAIT_S)

    def _told(self, tell: Action) -> bool:
        try:
            self._scheduler.post(tell, name=self._name)
        except MailboxFull:
            return False
        return True
