"""One thread through which every PKCS#11 call of the process goes, and the patience for each.

The binding promises its modules single-threaded use and lets other Python threads run meanwhile,
so two callers at once would crash the process.  A call that outlasts its limit is given up: its
caller hears ``SlowToken``, and so does everybody who comes while it still hangs, at once.
"""

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

from bsw.os.worker import Outcome, attempt
from csm.errors import Misconfigured, SlowToken

T = TypeVar("T")


class _Call(Generic[T]):
    """Work on its way through the gate.  ``given_up`` is read and written under the gate's lock."""

    __slots__ = ("arrived", "given_up", "outcome", "work")

    def __init__(self, work: Callable[[], T]) -> None:
        self.work: Callable[[], T] | None = work
        self.outcome: Outcome[T] | None = None
        self.given_up = False
        self.arrived = threading.Lock()
        self.arrived.acquire()

    def run(self) -> None:
        assert self.work is not None
        self.outcome = attempt(self.work)
        self.work = None


class Gate:
    """``call`` from any thread; the work always runs in the gate's own."""

    def __init__(self, name: str = "pkcs11") -> None:
        self._name = name
        self._calls: SimpleQueue[_Call[object]] = SimpleQueue()
        self._lock = threading.Lock()
        self._running: _Call[object] | None = None
        self._thread: threading.Thread | None = None
        self._process = 0

    def call(self, work: Callable[[], T], *, limit_ms: int, place: str) -> T:
        """What ``work`` returns or raises, or ``SlowToken`` after ``limit_ms``."""
        if threading.current_thread() is self._thread:
            return work()
        self._start()
        call = _Call(work)
        with self._lock:
            if self._running is not None and self._running.given_up:
                raise SlowToken(f"{place}: an earlier call still hangs")
        self._calls.put(call)  # type: ignore[arg-type]  # the gate never looks at the value
        if not call.arrived.acquire(timeout=limit_ms / 1000):
            with self._lock:
                if call.outcome is None:
                    call.given_up = True
                    raise SlowToken(f"{place}: no answer within {limit_ms} ms")
        assert call.outcome is not None
        return call.outcome.result()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._process = os.getpid()
                self._thread = threading.Thread(target=self._loop, name=self._name, daemon=True)
                self._thread.start()
            elif self._process != os.getpid():
                raise Misconfigured(
                    "the token was opened before this process was forked",
                    "start processes first and use the token in one of them",
                )

    def _loop(self) -> None:
        while True:
            call = self._calls.get()
            with self._lock:
                if call.given_up:
                    continue
                self._running = call
            call.run()
            with self._lock:
                self._running = None
            call.arrived.release()
            del call  # an outcome is its caller's alone


GATE = Gate()
"""The process's one: python-pkcs11 modules share it."""
