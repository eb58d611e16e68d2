"""What every ECU of ours stands on, put together: clock, scheduler, log, trace, worker, process.

A role's wiring opens it, builds its rooms on it and hands over how to stop them.  It knows no
room above itself.  The simulated form has the same parts on virtual time, for tests.
"""

import os
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from bsw.base_config import BaseConfig, LogConfig
from bsw.det import Det
from bsw.dlt import Dlt, Level
from bsw.dlt_sinks import JsonSink, RateLimit, RingSink, TextSink
from bsw.ecuc.tree import ConfigurationError
from bsw.os.clock import MS, US, Action, S, VirtualClock
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.output import LineWriter
from bsw.os.process import Process, Status
from bsw.os.realtime import Collector, be_punctual
from bsw.os.scheduler import LAST, NORMAL, Scheduler
from bsw.os.worker import HostWorker, SimulatedWorker, Worker
from bsw.trace import MemoryTrace, Trace
from bsw.trace_file import Room, TraceFile

_STDERR = 2
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


@dataclass(slots=True)
class Base:
    """The ground floor on host time."""

    clock: HostClock
    scheduler: Scheduler
    dlt: Dlt
    det: Det
    worker: Worker
    trace: Trace
    process: Process
    _collector: Collector
    _limit: RateLimit
    _output: LineWriter
    _file: TraceFile | None
    _cannot_start: CannotStart | ConfigurationError | None = None

    def settle(self, busy: Callable[[], bool], then: Action, within: int = S) -> None:
        """Part of an ordered stop: call ``then`` when nothing is ``busy`` any more, or in time."""
        deadline = self.scheduler.now + within

        def look() -> None:
            if not busy() or self.scheduler.now >= deadline:
                looking.stop()
                then()

        looking = self.scheduler.every(_LOOK_EACH, look, name="settle", offset=0)

    def run(self, start: Callable[[], Steps] = at_once) -> Status:
        """Run until stopped, then close in order.

        ``start`` is what the scheduler runs first: it imports, wires and starts the rooms, step by
        step, while signals are heard, time goes on and the process can already be watched.  If it
        raises ``CannotStart`` or ``ConfigurationError``, the process stops in order and the
        exception comes out here.  If the process stops before all steps are done, those that are
        left are not taken; the generator is closed where it stands.
        """
        steps = start()
        self.scheduler.at(0, lambda: self._begin(steps), name="start")
        status = self.process.run()
        steps.close()
        self._collector.stop()
        self.trace.end(status=int(status))
        if self.worker.close() and self._file is not None:
            self._file.close()
        self._limit.flush(self.clock.now())
        self._output.close()
        self.clock.close()
        if self._cannot_start is not None:
            raise self._cannot_start
        if self.process.host_fault:
            raise CannotStart(self.process.host_fault)
        return status

    def _begin(self, steps: Steps) -> None:
        self.dlt.logger("os").info("running")
        self._step(steps, ready=False)

    def _step(self, steps: Steps, *, ready: bool) -> None:
        if self.process.stopping is not None:
            return
        log = self.dlt.logger("os")
        if not ready:
            self.process.allow(_START_WITHIN)
        try:
            coming = next(steps)
        except StopIteration:
            self._collector.start()
            log.info("prepared" if ready else READY)
        except (CannotStart, ConfigurationError) as error:
            self._cannot_start = error
            self.process.done(Status.FAILED, "cannot start")
            return
        else:
            self._next(steps, coming, ready=ready)
        self.process.allow(0)

    def _next(self, steps: Steps, coming: str, *, ready: bool) -> None:
        log = self.dlt.logger("os")
        if coming is READY:
            ready = True
            log.info(READY)
        else:
            log.debug("starting", step=coming)
        self.scheduler.after(
            _PAUSE if ready else _BREATH,
            lambda: self._step(steps, ready=ready),
            name=f"start {coming}",
            priority=LAST if ready else NORMAL,
        )


def open_base(config: BaseConfig) -> Base:
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox, lenient=True)
    output = LineWriter(_STDERR)
    limit = _sink(config.log, output.write, clock.now())
    dlt = Dlt(clock.now, (limit,), level=_level(config.log.level), levels=_levels(config.log))
    det = Det(dlt.logger("det"))
    worker = HostWorker(scheduler)
    file = _trace_file(config, scheduler, worker, dlt)
    be_punctual(config.os, dlt.logger("os"))
    return Base(
        clock,
        scheduler,
        dlt,
        det,
        worker,
        Trace(clock.now, (file,) if file is not None else ()),
        Process(scheduler, config.os, det, dlt.logger("os")),
        Collector(scheduler),
        limit,
        output,
        file,
    )


def _sink(config: LogConfig, write: Callable[[str], object], start: int) -> RateLimit:
    if config.form == "json":
        return RateLimit(JsonSink(write), burst=config.burst)
    colour = os.isatty(_STDERR) and "NO_COLOR" not in os.environ
    return RateLimit(TextSink(write, start=start, colour=colour), burst=config.burst)


def _level(name: str) -> Level:
    return Level[name.upper()]


def _levels(config: LogConfig) -> dict[str, Level]:
    return {room: _level(name) for room, name in config.levels.items()}


def _trace_file(
    config: BaseConfig, scheduler: Scheduler, worker: Worker, dlt: Dlt
) -> TraceFile | None:
    if config.trace.file is None:
        return None
    try:
        trace = config.trace
        return TraceFile(
            config.trace.file,
            scheduler,
            worker,
            dlt.logger("trace"),
            room=Room(trace.size, trace.keep),
        )
    except OSError as error:
        raise CannotStart(
            f"trace.file: {config.trace.file} cannot be written: {error.strerror}; "
            "set trace.file to a place this user may write, or to null"
        ) from None


@dataclass(slots=True)
class SimulatedBase:
    """The same parts on virtual time; a fault is raised where it happens."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    log: RingSink = field(default_factory=lambda: RingSink(10_000))
    memory: MemoryTrace = field(default_factory=MemoryTrace)
    scheduler: Scheduler = field(init=False)
    dlt: Dlt = field(init=False)
    det: Det = field(init=False)
    worker: Worker = field(init=False)
    trace: Trace = field(init=False)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.clock)
        self.dlt = Dlt(self.clock.now, (self.log,), level=Level.DEBUG)
        self.det = Det(self.dlt.logger("det"), loud=True)
        self.worker = SimulatedWorker(self.scheduler)
        self.trace = Trace(self.clock.now, (self.memory,))
