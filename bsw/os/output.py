"""Lines to a terminal, a pipe or a file, without ever waiting for the reader.

A parent that does not read must not stop a charging session.  What the descriptor does not take
now is kept up to a bound; beyond it whole lines are lost, counted, and the count is written as
soon as there is room again.
"""

import os
import select


class LineWriter:
    """Writes whole lines.  Text only; what they mean is the sinks' affair."""

    CHUNK = select.PIPE_BUF  # a pipe that is writable takes this much without blocking

    def __init__(self, fd: int, bound: int = 256 * 1024) -> None:
        self._fd = fd
        self._bound = bound
        self._pending = bytearray()
        self._poll = select.poll()
        self._poll.register(fd, select.POLLOUT)
        self._gone = False
        self._lost_now = 0
        self.lost = 0

    def write(self, line: str) -> None:
        self._drain()
        octets = line.encode("utf-8", "backslashreplace")
        if self._gone or len(self._pending) + len(octets) > self._bound:
            self.lost += 1
            self._lost_now += 1
            return
        if self._lost_now:
            self._pending += f"... {self._lost_now} lines lost, nobody read them\n".encode()
            self._lost_now = 0
        self._pending += octets
        self._drain()

    def close(self, attempts: int = 100) -> None:
        """Give a slow reader a last moment (10 ms each attempt), then let go."""
        while self._pending and not self._gone and attempts > 0:
            self._poll.poll(10)
            self._drain()
            attempts -= 1

    def _drain(self) -> None:
        while self._pending and not self._gone and self._writable():
            try:
                written = os.write(self._fd, self._pending[: self.CHUNK])
            except BlockingIOError:
                return
            except OSError:  # the reader is gone, and with it anyone to tell
                self._gone = True
                self._pending.clear()
                return
            del self._pending[:written]

    def _writable(self) -> bool:
        ready = self._poll.poll(0)
        return bool(ready) and bool(ready[0][1] & (select.POLLOUT | select.POLLERR))
