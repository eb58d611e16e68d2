"""A serial line as a stream: raw octets over a terminal device, without a connection to make.

What the kernel does not take at once is lost, as on any wire; the protocol above notices.
"""

import os
import termios
import tty
from typing import Final

from bsw.net.ports import Endpoint, StreamEnd, StreamUser
from bsw.os.host import HostClock
from bsw.os.scheduler import Scheduler

CHUNK: Final = 4096


class LineUnusable(OSError):
    """The device is not there, is no terminal, or may not be used by us."""


class SerialStream:
    """A ``Stream``."""

    def __init__(
        self, scheduler: Scheduler, clock: HostClock, device: str, user: StreamUser
    ) -> None:
        try:
            self._fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise LineUnusable(f"{device}: {error.strerror}; is this user in its group?") from None
        try:
            self._make_raw()
        except termios.error as error:
            os.close(self._fd)
            raise LineUnusable(f"{device}: no serial line: {error.args[-1]}") from None
        self.local = self.peer = Endpoint(device, 0)
        self._user: StreamUser | None = user
        self._clock = clock
        self._watch = clock.watch(self._fd, "serial", readable=self._read)
        scheduler.post(self._begun, name="serial")

    def write(self, data: bytes) -> None:
        try:
            os.write(self._fd, data)
        except BlockingIOError:
            pass
        except OSError:
            self._end()

    def close(self) -> None:
        """What was written goes out still."""
        self._user = None
        if self._fd >= 0:
            self._clock.forget(self._watch)
            os.close(self._fd)
            self._fd = -1

    finish = abort = close

    def pause(self) -> None:
        """The protocol is small; nobody asks for it."""

    def resume(self) -> None:
        """Nothing was paused."""

    def _make_raw(self) -> None:
        tty.setraw(self._fd)
        settings = termios.tcgetattr(self._fd)
        settings[4] = settings[5] = termios.B230400
        termios.tcsetattr(self._fd, termios.TCSANOW, settings)
        termios.tcflush(self._fd, termios.TCIOFLUSH)

    def _begun(self) -> None:
        if self._user is not None:
            self._user.connected()

    def _read(self) -> None:
        try:
            data = os.read(self._fd, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._end()
        elif self._user is not None:
            self._user.received(data)

    def _end(self) -> None:
        user = self._user
        self.close()
        if user is not None:
            user.ended(StreamEnd.CLOSED)
