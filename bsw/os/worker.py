"""Blocking work, off the scheduler's thread.

A token that signs in thirty milliseconds or a disk that syncs in ten must not hold up the charge
loop.  Such work is a *job*: it runs on a worker, and its outcome comes back as an event.  In
simulated time the outcome arrives after a modelled delay, so a slow token is a test parameter.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bsw.os.clock import Action, S
from bsw.os.scheduler import Alarm, Scheduler

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What became of a job: a value, or the exception it ended in."""

    value: T | None = None
    error: Exception | None = None

    def result(self) -> T:
        """The value, or the job's exception raised here."""
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # a job of type T ended without error


class WorkerFull(RuntimeError):
    """More jobs are waiting than the worker takes; the newest was refused."""

    def __init__(self, name: str, bound: int) -> None:
        super().__init__(f"job {name!r} refused: {bound} jobs are waiting already")


class WorkerClosed(RuntimeError):
    """The worker was closed; the ECU is stopping."""

    def __init__(self, name: str) -> None:
        super().__init__(f"job {name!r} refused: the worker is closed")


class Job:
    """A handle on submitted work.  Cancelling means: do not start it, do not tell me."""

    __slots__ = ("cancelled", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Worker(Protocol):
    """Runs jobs one after the other and reports in the scheduler's thread."""

    def submit(
        self, name: str, work: Callable[[], T], done: Callable[[Outcome[T]], None]
    ) -> Job: ...

    def close(self, within: int = 2 * S) -> bool:
        """Let the job that runs finish, drop the others.  False: it did not finish in time."""


def attempt(work: Callable[[], T]) -> Outcome[T]:
    try:
        return Outcome(value=work())
    except Exception as error:  # noqa: BLE001 - travels to the one who asked
        return Outcome(error=error)


class HostWorker:
    """One thread, one job at a time, in the order of submission."""

    def __init__(self, scheduler: Scheduler, name: str = "worker", bound: int = 1024) -> None:
        self._scheduler = scheduler
        self._jobs: queue.Queue[tuple[Job, Callable[[], None]] | None] = queue.Queue()
        self._bound = bound
        self._closing = False
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    def submit(self, name: str, work: Callable[[], T], done: Callable[[Outcome[T]], None]) -> Job:
        if self._closing:
            raise WorkerClosed(name)
        if self._jobs.qsize() >= self._bound:
            raise WorkerFull(name, self._bound)
        job = Job(name)

        def run() -> None:
            outcome = attempt(work)
            deliver = _delivery(job, outcome, done)
            self._scheduler.post(deliver, name=name, owed=True)

        self._jobs.put((job, run))
        return job

    def close(self, within: int = 2 * S) -> bool:
        self._closing = True
        self._jobs.put(None)
        self._thread.join(within / S)
        return not self._thread.is_alive()

    def _loop(self) -> None:
        while (entry := self._jobs.get()) is not None and not self._closing:
            job, run = entry
            if not job.cancelled:
                run()


class SimulatedWorker:
    """Does the work when its modelled delay is over, one job after the other."""

    def __init__(
        self, scheduler: Scheduler, delay: Callable[[str], int] = lambda _name: 0, bound: int = 1024
    ) -> None:
        self._scheduler = scheduler
        self._delay = delay
        self._bound = bound
        self._queue: deque[tuple[Job, int, Callable[[], Action]]] = deque()
        self._running: Alarm | None = None
        self._closed = False

    def submit(self, name: str, work: Callable[[], T], done: Callable[[Outcome[T]], None]) -> Job:
        if self._closed:
            raise WorkerClosed(name)
        if len(self._queue) >= self._bound:
            raise WorkerFull(name, self._bound)
        job = Job(name)

        def run() -> Action:
            return _delivery(job, attempt(work), done)

        self._queue.append((job, self._delay(name), run))
        if self._running is None:
            self._start_next()
        return job

    def close(self, within: int = 0) -> bool:
        del within
        self._closed = True
        self._queue.clear()
        if self._running is not None:
            self._running.cancel()
        return True

    def _start_next(self) -> None:
        while self._queue and self._queue[0][0].cancelled:
            self._queue.popleft()
        if not self._queue:
            return
        job, delay, run = self._queue.popleft()

        def finish() -> None:
            self._running = None
            deliver = run()
            self._start_next()
            deliver()

        self._running = self._scheduler.after(delay, finish, name=job.name)


def _delivery(job: Job, outcome: Outcome[T], done: Callable[[Outcome[T]], None]) -> Action:
    return lambda: None if job.cancelled else done(outcome)
