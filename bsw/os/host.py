"""The machine's clock, and the outside it waits on: epoll, a timerfd, sockets, other threads.

An epoll timeout is rounded to whole milliseconds and wakes half a millisecond late; a timerfd
in the same epoll set is exact, and twice as dear: where some milliseconds do not matter it rests.
Ready descriptors become events in the scheduler's mailbox, so
their actions run like all others, one at a time and guarded.
"""

import ctypes
import os
import select
import struct
import threading
import time
from dataclasses import dataclass

from bsw.os.clock import MS, US, Action, S
from bsw.os.mailbox import Event, Mailbox, MailboxFull

_TFD_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC
_TFD_ABSTIME = 1
CLOSED = -1
EXPIRED = -1

LOOKS_PER_REST = 32
REST = 50 * US
"""A loop that is always late takes a rest now and then.

A look without waiting frees the interpreter too briefly for another thread to take it, so that
a worker could starve for as long as the overload lasts.
"""


_ITIMERSPEC = struct.Struct("@4l")
"""Seconds and nanoseconds of the interval, then of the value."""

TIMEOUT_LATE = MS // 2
"""By so much a timeout of epoll may come late on a host that has time."""


class TimerDescriptor:
    """A timerfd.  Python has its own from 3.13 on; below that the C library is asked.

    It is armed at nearly each waking up, so the call goes without conversions.
    """

    def __init__(self) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self.fd: int = library.timerfd_create(time.CLOCK_MONOTONIC, _TFD_FLAGS)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create failed")
        self._settime = library.timerfd_settime
        self._settime.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
        self._spec = ctypes.create_string_buffer(_ITIMERSPEC.size)
        self._at = ctypes.addressof(self._spec)
        self._armed_for: int | None = None

    def arm(self, when: int | None) -> None:
        """Become readable at ``when``; ``None`` disarms."""
        if when == self._armed_for:
            return
        seconds, nanoseconds = divmod(max(when, 1), S) if when is not None else (0, 0)
        _ITIMERSPEC.pack_into(self._spec, 0, 0, 0, seconds, nanoseconds)
        self._settime(self.fd, _TFD_ABSTIME, self._at, None)
        self._armed_for = when

    def expired(self) -> None:
        """It has told so and does not say it again: it is armed anew for the same time, too."""
        self._armed_for = EXPIRED

    def close(self) -> None:
        os.close(self.fd)


@dataclass(slots=True, eq=False)
class Watch:
    """What to call when a descriptor can be read or written."""

    fd: int
    name: str
    readable: Action | None
    writable: Action | None
    mask: int = 0  # what epoll was asked for; 0: nothing, and epoll does not know the descriptor
    read_queued: bool = False
    write_queued: bool = False

    @property
    def wanted(self) -> int:
        return (select.EPOLLIN if self.readable else 0) | (select.EPOLLOUT if self.writable else 0)


_READ_MASK = select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR | select.EPOLLPRI
_WRITE_MASK = select.EPOLLOUT | select.EPOLLHUP | select.EPOLLERR


class HostClock:
    """Real time and real descriptors."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._epoll = select.epoll()
        self._timer = TimerDescriptor()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._closing = threading.RLock()  # a signal may wake while its thread is waking
        self._watches: dict[int, Watch] = {}
        self._looks = 0
        self._epoll.register(self._timer.fd, select.EPOLLIN | select.EPOLLET)
        self._epoll.register(self._wake, select.EPOLLIN)

    def now(self) -> int:
        return time.monotonic_ns()

    def cpu(self) -> int:
        return time.thread_time_ns()

    def wake(self) -> None:
        """Also by a job that ends after us: its descriptor may be somebody else's by then."""
        with self._closing:
            if self._wake != CLOSED:
                os.eventfd_write(self._wake, 1)

    def wait_until(self, when: int | None) -> None:
        self._take(self._wait(when))

    def wait_within(self, earliest: int, latest: int) -> None:
        now = self.now()
        pause = (latest - TIMEOUT_LATE - now) // MS
        if pause <= 0 or now + pause * MS < earliest:
            self.wait_until(latest)
            return
        self._looks = 0
        self._take(self._epoll.poll((pause - 0.5) / 1000))  # epoll rounds up to whole ones

    def _take(self, ready: list[tuple[int, int]]) -> None:
        for fd, mask in ready:
            if fd == self._timer.fd:
                self._timer.expired()
            elif fd == self._wake:
                os.eventfd_read(self._wake)
            else:
                self._deliver(fd, mask)

    def _wait(self, when: int | None) -> list[tuple[int, int]]:
        now = self.now()
        if when is not None and when <= now:
            self._looks += 1
            if self._looks < LOOKS_PER_REST:
                return self._epoll.poll(0)
            when = now + REST
        self._looks = 0
        self._timer.arm(when)
        return self._epoll.poll()

    def watch(
        self, fd: int, name: str, *, readable: Action | None = None, writable: Action | None = None
    ) -> Watch:
        """Call the actions when ``fd`` is ready; level-triggered, in the scheduler's thread."""
        watch = Watch(fd, name, readable, writable)
        if fd in self._watches:
            raise ValueError(f"descriptor {fd} is watched already, by {self._watches[fd].name!r}")
        self._watches[fd] = watch
        self._register(watch)
        return watch

    def change(
        self, watch: Watch, *, readable: Action | None = None, writable: Action | None = None
    ) -> None:
        """Replace both actions; without any the descriptor rests until the next change."""
        if self._watches.get(watch.fd) is watch:
            watch.readable, watch.writable = readable, writable
            self._register(watch)

    def forget(self, watch: Watch) -> None:
        """Stop watching.  Call it before the descriptor is closed; twice does no harm."""
        if self._watches.get(watch.fd) is watch:
            watch.readable = watch.writable = None
            self._register(watch)
            del self._watches[watch.fd]

    def _register(self, watch: Watch) -> None:
        """Tell epoll.  It reports a hang-up even to who asked for nothing, hence the removal."""
        before, watch.mask = watch.mask, watch.wanted
        if not before and watch.mask:
            self._epoll.register(watch.fd, watch.mask)
        elif before and not watch.mask:
            self._epoll.unregister(watch.fd)
        elif before != watch.mask:
            self._epoll.modify(watch.fd, watch.mask)

    def close(self) -> None:
        self._epoll.close()
        self._timer.close()
        with self._closing:
            os.close(self._wake)
            self._wake = CLOSED

    def _deliver(self, fd: int, mask: int) -> None:
        """Queue what is ready, each action once: until it has run it is not queued again."""
        watch = self._watches.get(fd)
        if watch is None:
            return
        try:
            if mask & _READ_MASK and watch.readable is not None and not watch.read_queued:
                self._mailbox.put(Event(watch.name, lambda: self._read(watch)))
                watch.read_queued = True
            if mask & _WRITE_MASK and watch.writable is not None and not watch.write_queued:
                self._mailbox.put(Event(watch.name, lambda: self._write(watch)))
                watch.write_queued = True
        except MailboxFull:
            pass  # counted there; the descriptor stays ready and is offered again

    @staticmethod
    def _read(watch: Watch) -> None:
        watch.read_queued = False
        if watch.readable is not None:
            watch.readable()

    @staticmethod
    def _write(watch: Watch) -> None:
        watch.write_queued = False
        if watch.writable is not None:
            watch.writable()
