"""Blocking work, off the scheduler's thread.

A token that signs in thirty milliseconds or a disk that syncs in ten must not hold up the charge
loop.  Such work is a *job*: it runs on a worker, and its outcome comes back as an event.  In
simulated time the outcome arrives after a modelled delay, so a slow token is a test parameter.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bsw.os.scheduler import Scheduler

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

    def close(self) -> None:
        """Finish the job that runs, drop the others."""


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
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    def submit(self, name: str, work: Callable[[], T], done: Callable[[Outcome[T]], None]) -> Job:
        if self._jobs.qsize() >= self._bound:
            raise WorkerFull(name, self._bound)
        job = Job(name)

        def run() -> None:
            outcome = attempt(work)
            self._scheduler.post(lambda: None if job.cancelled else done(outcome), name=name)

        self._jobs.put((job, run))
        return job

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join()

    def _loop(self) -> None:
        closing = False
        while not closing:
            entry = self._jobs.get()
            if entry is None:
                closing = True
            elif not entry[0].cancelled:
                entry[1]()


class SimulatedWorker:
    """Does the work when its modelled delay is over, one job after the other."""

    def __init__(
        self, scheduler: Scheduler, delay: Callable[[str], int] = lambda _name: 0, bound: int = 1024
    ) -> None:
        self._scheduler = scheduler
        self._delay = delay
        self._bound = bound
        self._free_at = 0
        self._waiting = 0

    def submit(self, name: str, work: Callable[[], T], done: Callable[[Outcome[T]], None]) -> Job:
        if self._waiting >= self._bound:
            raise WorkerFull(name, self._bound)
        job = Job(name)
        self._free_at = max(self._free_at, self._scheduler.now) + self._delay(name)
        self._waiting += 1

        def finish() -> None:
            self._waiting -= 1
            if not job.cancelled:
                done(attempt(work))

        self._scheduler.at(self._free_at, finish, name=name)
        return job

    def close(self) -> None:
        """Nothing runs on its own here."""
