"""The ground floor on virtual time: the same parts, and nothing of the host.

Several ECUs of one world share its scheduler; each has a log, a trace, a worker and an end of its
own.  A fault is raised where it happens, unless the test is about faults.
"""

from collections.abc import Callable

from bsw.base import Start, Steps
from bsw.det import Det, Report
from bsw.dlt import Dlt, Level
from bsw.dlt_sinks import RingSink
from bsw.os.clock import VirtualClock
from bsw.os.process import Cause, Status, Stop
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from bsw.trace import MemoryTrace, Trace
from bsw.troubles import Troubles

KEPT = 10_000
"""Log records in mind."""


class SimulatedProcess:
    """Ends nothing: ``status`` and ``stopping`` keep how the ECU came to its end."""

    def __init__(self, det: Det) -> None:
        self.stopping: Stop | None = None
        self.status: Status | None = None
        self.host_fault = ""
        self._begin_stop: Callable[[Stop], None] = lambda _stop: self.finished()
        self._last_resort: Callable[[], None] = lambda: None
        det.listen(self._broken_promise)

    def stop(self, stop: Stop) -> None:
        """Begin the ordered stop.  The first reason counts."""
        if self.stopping is None:
            self.stopping = stop
            self._begin_stop(stop)

    def ends_by(self, begin: Callable[[Stop], None], last_resort: Callable[[], None]) -> None:
        self._begin_stop, self._last_resort = begin, last_resort

    def fall(self) -> None:
        """The loop has broken: nothing comes to an end in order."""
        self.status = Status.FAULT
        self._last_resort()

    def done(self, status: Status = Status.OK, detail: str = "") -> None:
        self.stop(Stop(Cause.DONE, detail or "the job is over", status))

    def lost(self, sentence: str) -> None:
        if self.stopping is None:
            self.host_fault = sentence
            self.done(Status.FAILED, sentence)

    def allow(self, within: int) -> None:
        """Virtual time stands still while a task runs."""

    def finished(self) -> None:
        if self.status is None and self.stopping is not None:
            self.status = self.stopping.status

    def _broken_promise(self, report: Report) -> None:
        self.stop(Stop(Cause.FAULT, f"{report.where}: {report.what}", Status.FAULT))


class SimulatedBase:
    """A ``Base``.  ``loud``: a development error is raised as well."""

    def __init__(
        self,
        scheduler: Scheduler | None = None,
        *,
        delay: Callable[[str], int] = lambda _job: 0,
        loud: bool = True,
        level: Level = Level.DEBUG,
    ) -> None:
        self.scheduler = scheduler or Scheduler(VirtualClock())
        self.log = RingSink(KEPT)
        self.memory = MemoryTrace()
        self.dlt = Dlt(self.scheduler.clock.now, (self.log,), level=level)
        self.det = Det(self.dlt.logger("det"), loud=loud)
        self.worker = SimulatedWorker(self.scheduler, delay)
        self.trace = Trace(self.scheduler.clock.now, (self.memory,))
        self.troubles = Troubles()
        self.process = SimulatedProcess(self.det)

    def run(self, start: Callable[[], Steps]) -> Start:
        """Begin to start; the world's scheduler does the rest.  ``failure`` says what was wrong."""
        return Start(self, start())
