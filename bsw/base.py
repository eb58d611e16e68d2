"""What every ECU of ours stands on, whatever its time is: scheduler, log, trace, worker, process.

A role is built on a ``Base`` and never asks which one.  The host's is in ``bsw/base_host.py``, the
simulated one, of the same parts on virtual time, in ``bsw/sim/base.py``.  A start in steps, one
per turn of the loop, is the same on both.
"""

from collections.abc import Callable, Generator
from typing import Protocol, TypeVar

from bsw.det import Det
from bsw.dlt import Dlt
from bsw.ecuc.tree import ConfigurationError
from bsw.os.clock import MS, US, Action, S
from bsw.os.process import Status, Stop
from bsw.os.scheduler import LAST, NORMAL, Scheduler
from bsw.os.worker import Worker
from bsw.trace import Trace
from bsw.troubles import Troubles

T = TypeVar("T")

_LOOK_EACH = 5 * MS
_START_WITHIN = 60 * S
"""Slow hardware that compiles all modules anew takes longer than any task of a running ECU may."""

_BREATH = 100 * US
"""Between two steps of a start: long enough for the loop to look at its descriptors."""

_PAUSE = MS
"""Between two steps that have time."""

Steps = Generator[str, None, None]
"""A start in steps.  The loop turns at each ``yield``, which names the step that comes next."""

READY = "ready"
"""Yielded when all rooms have started.  What follows has time and gives way to everything else."""


def at_once() -> Steps:
    """Nothing is to be started."""
    yield from ()


class CannotStart(Exception):
    """Something outside the configuration is not as the ECU needs it, or no longer.

    Names the remedy.
    """


class EcuProcess(Protocol):
    """How the ECU as a whole comes to an end."""

    @property
    def stopping(self) -> Stop | None: ...

    def ends_by(self, begin: Callable[[Stop], None], last_resort: Callable[[], None]) -> None:
        """``begin`` starts the ordered stop and sees to it that ``finished`` is called.

        ``last_resort`` reaches the safe state without the loop, when that has failed.
        """

    def done(self, status: Status = Status.OK, detail: str = "") -> None:
        """The job is over; stop in order."""

    def lost(self, sentence: str) -> None:
        """What the job needs was taken away from outside; stop in order, and say so at the end."""

    def allow(self, within: int) -> None:
        """The task that runs now may take so long, where that is more than the usual."""

    def finished(self) -> None:
        """Everything has stopped."""


class Base(Protocol):
    """The ground floor, on whatever time."""

    @property
    def scheduler(self) -> Scheduler: ...
    @property
    def dlt(self) -> Dlt: ...
    @property
    def det(self) -> Det: ...
    @property
    def worker(self) -> Worker: ...
    @property
    def trace(self) -> Trace: ...
    @property
    def troubles(self) -> Troubles: ...
    @property
    def process(self) -> EcuProcess: ...


def whole(steps: Generator[str, None, T]) -> T:
    """All steps at once, and what they come to."""
    made: list[T] = []

    def kept() -> Steps:
        made.append((yield from steps))

    for _ in kept():
        pass
    return made[0]


def settle(scheduler: Scheduler, busy: Callable[[], bool], then: Action, within: int = S) -> None:
    """Part of an ordered stop: call ``then`` when nothing is ``busy`` any more, or in time."""
    deadline = scheduler.now + within

    def look() -> None:
        if not busy() or scheduler.now >= deadline:
            looking.stop()
            then()

    looking = scheduler.every(_LOOK_EACH, look, name="settle", offset=0)


class Start:
    """Takes a start's steps, one per task.

    A step that raises ``CannotStart`` or ``ConfigurationError`` stops the process in order;
    ``failure`` keeps it.  If the process stops before all steps are done, those that are left are
    not taken.  ``over`` is called when all are done.
    """

    def __init__(self, base: Base, steps: Steps, over: Action = lambda: None) -> None:
        self.failure: CannotStart | ConfigurationError | None = None
        self._base = base
        self._steps = steps
        self._over = over
        self._log = base.dlt.logger("os")
        base.scheduler.at(0, self._begin, name="start")  # before all that is due already

    def close(self) -> None:
        """The generator ends where it stands."""
        self._steps.close()

    def _begin(self) -> None:
        self._log.info("running")
        self._step(ready=False)

    def _step(self, *, ready: bool) -> None:
        process = self._base.process
        if process.stopping is not None:
            return
        if not ready:
            process.allow(_START_WITHIN)
        try:
            coming = next(self._steps)
        except StopIteration:
            self._over()
            self._log.info("prepared" if ready else READY)
        except (CannotStart, ConfigurationError) as error:
            self.failure = error
            process.done(Status.FAILED, "cannot start")
            return
        else:
            self._next(coming, ready=ready)
        process.allow(0)

    def _next(self, coming: str, *, ready: bool) -> None:
        if coming is READY:
            ready = True
            self._log.info(READY)
        else:
            self._log.debug("starting", step=coming)
        self._base.scheduler.after(
            _PAUSE if ready else _BREATH,
            lambda: self._step(ready=ready),
            name=f"start {coming}",
            priority=LAST if ready else NORMAL,
        )
