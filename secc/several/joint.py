"""What the outlets of one process share, and what each has of its own.

Clock, scheduler, worker and the watch over the host are one; log records bear the outlet's name,
and each has a trace.  The process is done when all outlets are, lost when one of them is, and ends
when all have stopped.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bsw.base import Base, EcuProcess
from bsw.det import Det
from bsw.dlt import Dlt, Field, Level
from bsw.os.process import Status, Stop
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Worker
from bsw.trace import Trace
from bsw.troubles import Troubles


class NamedDlt(Dlt):
    """Somebody else's log, each record with the outlet's name."""

    def __init__(self, behind: Dlt, outlet: str) -> None:
        super().__init__(lambda: 0)
        self._behind = behind
        self._outlet = outlet

    def level_of(self, room: str) -> Level:
        return self._behind.level_of(room)

    def report(self, room: str, level: Level, event: str, fields: Mapping[str, Field]) -> None:
        self._behind.report(room, level, event, {"outlet": self._outlet, **fields})


class PartProcess:
    """An ``EcuProcess`` of one outlet."""

    def __init__(self, joint: "Joint", name: str) -> None:
        self._joint = joint
        self.name = name
        self.begin: Callable[[Stop], None] | None = None
        self.last_resort: Callable[[], None] = lambda: None
        self.over = False
        self.outcome: Status | None = None

    @property
    def stopping(self) -> Stop | None:
        return self._joint.process.stopping

    def ends_by(self, begin: Callable[[Stop], None], last_resort: Callable[[], None]) -> None:
        self.begin, self.last_resort = begin, last_resort

    def done(self, status: Status = Status.OK, detail: str = "") -> None:
        if self.outcome is None:
            self.outcome = status
            self._joint.look(detail)

    def lost(self, sentence: str) -> None:
        self._joint.process.lost(f"outlet {self.name}: {sentence}")

    def allow(self, within: int) -> None:
        self._joint.process.allow(within)

    def finished(self) -> None:
        self.over = True
        self._joint.ended()


class Joint:
    """Stands before the process for as many outlets as are added."""

    def __init__(self, process: EcuProcess) -> None:
        self.process = process
        self._parts: list[PartProcess] = []
        process.ends_by(self._begin, self._last_resort)

    def part(self, name: str) -> PartProcess:
        self._parts.append(PartProcess(self, name))
        return self._parts[-1]

    def look(self, detail: str) -> None:
        """All done: the process is, with the worst of what they came to."""
        outcomes = [part.outcome for part in self._parts]
        known = [outcome for outcome in outcomes if outcome is not None]
        if len(known) == len(outcomes):
            self.process.done(max(known), detail)

    def ended(self) -> None:
        if all(part.over for part in self._parts):
            self.process.finished()

    def _begin(self, why: Stop) -> None:
        for part in self._parts:
            if part.begin is None:
                part.over = True  # it was not built yet
            else:
                part.begin(why)
        self.ended()

    def _last_resort(self) -> None:
        for part in self._parts:
            part.last_resort()


@dataclass(frozen=True, slots=True)
class PartBase:
    """A ``Base``: that of the process, but for log, trace and end."""

    scheduler: Scheduler
    dlt: Dlt
    det: Det
    worker: Worker
    trace: Trace
    troubles: Troubles
    process: EcuProcess


def part_base(base: Base, joint: Joint, name: str, trace: Trace) -> PartBase:
    return PartBase(
        base.scheduler,
        NamedDlt(base.dlt, name),
        base.det,
        base.worker,
        trace,
        base.troubles,
        joint.part(name),
    )
