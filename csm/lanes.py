"""Where crypto jobs wait: one lane per driver, the most urgent job first, one at a time.

A lane keeps the deadline of each job with an alarm of the scheduler, so a job is over at that very
moment whatever its token is doing.  It does not know what a job computes.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from itertools import count
from typing import Final, Generic, TypeVar

from bsw.os.clock import S
from bsw.os.scheduler import Alarm, Scheduler
from bsw.os.worker import Outcome, Worker, WorkerClosed, WorkerFull
from csm.errors import CsmError, QueueFull, SlowToken

T = TypeVar("T")
Done = Callable[[Outcome[T]], None]
"""Called once, in the scheduler's thread, unless the job was cancelled."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How soon a job starts and how long it may take, waiting included."""

    priority: int = 10
    within: int = 5 * S


URGENT: Final = Terms(priority=0, within=2 * S)
"""What a peer is waiting for: signatures within a session."""
ROUTINE: Final = Terms()
BACKGROUND: Final = Terms(priority=20, within=60 * S)
"""Key generation, housekeeping."""


class JobState(Enum):
    WAITING = auto()
    RUNNING = auto()
    SETTLED = auto()  # its outcome was delivered
    CANCELLED = auto()


class CsmJob(Generic[T]):
    """A handle on a submitted job.  Cancelling twice, or when it is over, does no harm."""

    __slots__ = ("_alarm", "_done", "_work", "name", "state", "terms")

    def __init__(self, name: str, work: Callable[[], T], done: Done[T], terms: Terms) -> None:
        self.name = name
        self.terms = terms
        self.state = JobState.WAITING
        self._work: Callable[[], T] | None = work
        self._done = done
        self._alarm: Alarm | None = None

    def __repr__(self) -> str:
        return f"<job {self.name!r}, {self.state.name.lower()}>"

    @property
    def open(self) -> bool:
        """Somebody still waits for its outcome."""
        return self.state in {JobState.WAITING, JobState.RUNNING}

    def cancel(self) -> None:
        """Do not start it, do not tell me.  A job that runs already runs on, unheard."""
        if self.open:
            self.leave(JobState.CANCELLED)

    def watch(self, alarm: Alarm) -> None:
        self._alarm = alarm

    def take_work(self) -> Callable[[], T]:
        """What to do, handed over once: a finished job holds no key material."""
        assert self._work is not None
        work, self._work = self._work, None
        return work

    def settle(self, outcome: Outcome[T]) -> None:
        if self.open:
            self.leave(JobState.SETTLED)
            self._done(outcome)

    def leave(self, state: JobState) -> None:
        self.state = state
        self._work = None
        if self._alarm is not None:
            self._alarm.cancel()


class Lane:
    """The jobs of one driver: the most urgent first, one at a time.

    ``told`` hears the outcome of each, by the job's name.
    """

    def __init__(
        self,
        name: str,
        scheduler: Scheduler,
        worker: Worker,
        bound: int,
        told: Callable[[str, Outcome[object]], None],
    ) -> None:
        self.name = name
        self._scheduler = scheduler
        self._worker = worker
        self._bound = bound
        self._queue: list[tuple[int, int, CsmJob[object]]] = []
        self._serials = count()
        self._busy = False
        self._told = told

    @property
    def waiting(self) -> int:
        return sum(1 for _, _, job in self._queue if job.open)

    def add(self, job: CsmJob[object]) -> None:
        """Queue a job.  A refusal comes as an outcome too, so there is one way to hear of it."""
        if len(self._queue) >= self._bound:
            self._queue = [entry for entry in self._queue if entry[2].open]
            heapq.heapify(self._queue)
        if len(self._queue) >= self._bound:
            self._refuse(job, QueueFull(f"{self.name}: {self._bound} jobs"))
            return
        job.watch(self._scheduler.after(job.terms.within, lambda: self._late(job), name=job.name))
        heapq.heappush(self._queue, (job.terms.priority, next(self._serials), job))
        self._start_next()

    def close(self) -> None:
        for _, _, job in self._queue:
            job.cancel()
        self._queue.clear()
        self._worker.close()

    def _start_next(self) -> None:
        while self._queue and not self._busy:
            _, _, job = heapq.heappop(self._queue)
            if job.open:
                self._start(job)

    def _start(self, job: CsmJob[object]) -> None:
        try:
            self._worker.submit(
                job.name, job.take_work(), lambda outcome: self._finished(job, outcome)
            )
        except (WorkerFull, WorkerClosed) as error:
            self._refuse(job, QueueFull(str(error)))
            return
        job.state = JobState.RUNNING
        self._busy = True

    def _finished(self, job: CsmJob[object], outcome: Outcome[object]) -> None:
        self._busy = False
        self._start_next()
        self._told(job.name, outcome)
        job.settle(outcome)

    def _late(self, job: CsmJob[object]) -> None:
        waited = job.terms.within / S
        state = "still running" if job.state is JobState.RUNNING else "never started"
        self._fail(job, SlowToken(f"{job.name}, {state} after {waited:g} s"))

    def _refuse(self, job: CsmJob[object], error: CsmError) -> None:
        job.watch(self._scheduler.after(0, lambda: self._fail(job, error), name=job.name))

    def _fail(self, job: CsmJob[object], error: CsmError) -> None:
        outcome: Outcome[object] = Outcome(error=error)
        self._told(job.name, outcome)
        job.settle(outcome)
