"""The ECU as a process of its host: how it comes to an end, whatever happens.

A signal, a fault in a task or the end of the job all lead to the same ordered stop, which the
wiring provides, within a bounded time.  A loop that no longer turns is broken off by the host's
interval timer, unless it is the host that does not let it run; a second signal ends the process at
once, unless it is the same order told twice.  This module does not know what is to be stopped.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, IntEnum
from types import FrameType

from bsw.det import Det, Report
from bsw.dlt import Logger
from bsw.os.clock import MS, S
from bsw.os.config import OsConfig
from bsw.os.scheduler import FIRST, Fault, Scheduler, SchedulerFault
from bsw.os.stall import PIECES, StallJudge, Verdict
from bsw.program.hostfault import REMEDIES, told


class Status(IntEnum):
    """Exit statuses of the two ECUs."""

    OK = 0
    FAILED = 1  # the session did not succeed; the reason was said
    CONFIGURATION = 2
    FAULT = 70  # a development error led to the safe stop
    UNFINISHED = 71  # the ordered stop was not over in time
    FORCED = 72  # a second signal, or a loop that had to be broken off twice
    RESET = 75  # a reset was ordered; the process begins again instead of ending with it
    INTERRUPTED = 130  # a person pressed Ctrl-C; the stop was in order


class Cause(Enum):
    DONE = "done"
    SIGNAL = "signal"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Stop:
    """Why the ECU stops, and the status it is to end with if the stop goes well."""

    cause: Cause
    detail: str
    status: Status


class TaskStuck(RuntimeError):
    """Raised inside a task that has run for too long."""

    def __init__(self, after: int, how: str) -> None:
        super().__init__(f"the task did not come to an end within {after / S:g} s: {how}")


class ForcedStop(BaseException):
    """Leaves the loop from wherever it is.  No ``except Exception`` holds it up."""


_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_SPARE = S // 2
"""The interval timer bites this long after the stop's own deadline, which can say more."""
_TOLD_TWICE = 100 * MS
"""An equal signal so soon after the first is no second thought: ``timeout`` tells its child, and
then the whole group."""


class Process:
    """Runs the scheduler until the ECU has stopped.

    An ECU that is not ``alone`` is part of somebody else's program: it leaves signals and the
    interval timer to that, and may run in any thread.
    """

    def __init__(
        self, scheduler: Scheduler, config: OsConfig, det: Det, log: Logger, *, alone: bool = True
    ) -> None:
        self._scheduler = scheduler
        self._config = config
        self._alone = alone
        self._log = log
        self._first_signal: tuple[int, int] | None = None
        self._bites = 0
        self._spared = False
        self._bite_at = 0
        self._judge = StallJudge(config.stuck_after)
        self._status: Status | None = None
        self._deadline = scheduler.alarm(self._too_late, name="stop deadline", priority=FIRST)
        self.stopping: Stop | None = None
        self._begin_stop: Callable[[Stop], None] = lambda _stop: self.finished()
        self._last_resort: Callable[[], None] = lambda: None
        self._det = det
        self.host_fault = ""
        """What of the host's led to the stop, in a sentence with its remedy."""
        scheduler.report_to(self._task_failed)
        det.listen(self._broken_promise)

    def stop(self, stop: Stop) -> None:
        """Begin the ordered stop.  The first reason counts."""
        if self.stopping is not None:
            return
        self.stopping = stop
        self._log.info("stopping", cause=stop.cause.value, detail=stop.detail)
        self._deadline.rearm(self._config.stop_within)
        self._bite_after(self._config.stop_within + _SPARE)
        self._begin_stop(stop)

    def ends_by(self, begin: Callable[[Stop], None], last_resort: Callable[[], None]) -> None:
        """``begin`` starts the ordered stop and sees to it that ``finished`` is called.

        ``last_resort`` reaches the safe state without the loop, when that has failed.
        """
        self._begin_stop = begin
        self._last_resort = last_resort

    def done(self, status: Status = Status.OK, detail: str = "") -> None:
        """The job is over; stop in order."""
        self.stop(Stop(Cause.DONE, detail or "the job is over", status))

    def allow(self, within: int) -> None:
        """The task that runs now may take so long, where that is more than the usual."""
        limit = self._config.stuck_after
        if limit and self._alone and self.stopping is None:
            self._judge.limit = max(limit, within)
            self._turned()

    def finished(self) -> None:
        """Everything has stopped: leave the loop."""
        if self._status is None and self.stopping is not None:
            self._status = self.stopping.status
        self._deadline.cancel()
        self._scheduler.stop()

    def run(self) -> Status:
        """Run the ECU; the status to exit with comes back."""
        with self._signals_taken():
            try:
                self._beat()
                self._scheduler.run()
            except ForcedStop as forced:
                self._end_badly(Status.FORCED, str(forced))
            except (SchedulerFault, TaskStuck) as error:
                self._end_badly(Status.FAULT, str(error))
        return self._status if self._status is not None else Status.OK

    def _end_badly(self, status: Status, reason: str) -> None:
        self._log.error("stop_not_in_order", reason=reason)
        self._status = status
        try:
            self._last_resort()
        except (Exception, ForcedStop) as error:  # noqa: BLE001 - nothing is left to try
            self._log.error("last_resort_failed", error=f"{type(error).__name__}: {error}")

    def _task_failed(self, fault: Fault) -> None:
        """A full disk or an interface that is gone is the host's; all else is our own mistake."""
        error = fault.error
        if not isinstance(error, OSError) or error.errno not in REMEDIES:
            self._det.fault(fault.where, error)
            return
        self.lost(f"{fault.where}: {told(error)}")

    def lost(self, sentence: str) -> None:
        """The host has taken away what the job needs; stop in order, and say so at the end."""
        self._log.error("host_fault", what=sentence)
        if self.stopping is None:  # what stops anyway needs nothing any more
            self.host_fault = sentence
            self.done(Status.FAILED, sentence)

    def _broken_promise(self, report: Report) -> None:
        self.stop(Stop(Cause.FAULT, f"{report.where}: {report.what}", Status.FAULT))

    def _too_late(self) -> None:
        within = self._config.stop_within / S
        self._end_badly(Status.UNFINISHED, f"the stop was not over within {within:g} s")
        self._scheduler.stop()

    def _beat(self) -> None:
        """Put off the interval timer, from a task: as long as tasks run, it never bites."""
        limit = self._config.stuck_after
        if not limit or not self._alone:
            return

        def beat() -> None:
            if self.stopping is None:
                self._bites = 0
                self._judge.limit = limit
                self._turned()

        self._turned()  # what is due before the first beat may be stuck as well
        self._scheduler.every(limit // PIECES, beat, name="beat", offset=0, priority=FIRST)

    def _turned(self) -> None:
        """The loop turns.  The timer looks after two beats were missed, and then at each."""
        clock, judge = self._scheduler.clock, self._judge
        stalled = judge.beat(clock.now(), clock.cpu())
        if stalled:
            self._log.warning(
                "host_stalled", got=stalled, remedy="the host is overloaded or stops us"
            )
        signal.setitimer(signal.ITIMER_REAL, 2 * judge.piece / S, judge.piece / S)

    def _bite_after(self, delay: int) -> None:
        self._bite_at = self._scheduler.now + delay
        if not self._alone:
            return
        signal.setitimer(signal.ITIMER_REAL, delay / S, 1.0)

    def _bite(self, _number: int, _frame: FrameType | None) -> None:
        clock, judge = self._scheduler.clock, self._judge
        now, cpu = clock.now(), clock.cpu()
        if self.stopping is not None:
            self._bite_the_stop(now)
            return
        verdict = judge.look(now, cpu)
        if verdict in {Verdict.TURNS, Verdict.STARVED}:
            return
        self._bites += 1
        if self._bites > 1:
            raise ForcedStop("the loop did not turn any more")
        raise TaskStuck(judge.limit, f"it {verdict.value}, {judge.account(now, cpu)}")

    def _bite_the_stop(self, now: int) -> None:
        """A timer that comes late was held up with us: the stop gets its time once more."""
        if now - self._bite_at > S and not self._spared:
            self._spared = True
            self._deadline.rearm(self._config.stop_within)
            self._bite_after(self._config.stop_within + _SPARE)
            return
        raise ForcedStop("the loop did not turn any more")

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        now = self._scheduler.clock.now()
        name = signal.Signals(number).name
        if self._first_signal is not None:
            first, at = self._first_signal
            if number == first and now - at < _TOLD_TWICE:
                return
            raise ForcedStop(f"a second signal, {name}")
        self._first_signal = number, now
        status = Status.INTERRUPTED if number == signal.SIGINT else Status.OK
        stop = Stop(Cause.SIGNAL, name, status)
        self._scheduler.post(lambda: self.stop(stop), name="signal", owed=True)

    @contextmanager
    def _signals_taken(self) -> Iterator[None]:
        """Signals are ours for as long as the loop runs.  Only the main thread may do this."""
        if not self._alone:
            yield
            return
        before = {number: signal.signal(number, self._signalled) for number in _SIGNALS}
        before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._bite)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            for number, handler in before.items():
                signal.signal(number, handler)
