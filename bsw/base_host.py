"""The ground floor on host time: clock, scheduler, log, trace, worker and process, put together.

A role's wiring opens it, builds the role on it and runs it.  It knows no room above itself.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

from bsw.base import CannotStart, Start, Steps, at_once
from bsw.base_config import BaseConfig, LogConfig
from bsw.det import Det
from bsw.dlt import Dlt, Level
from bsw.dlt_sinks import JsonSink, RateLimit, TextSink
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.output import LineWriter
from bsw.os.process import Process, Status
from bsw.os.realtime import Collector, be_punctual
from bsw.os.scheduler import Scheduler
from bsw.os.worker import HostWorker, Worker
from bsw.trace import Trace
from bsw.trace_file import Room, TraceFile
from bsw.troubles import Troubles

_STDERR = 2


@dataclass(slots=True)
class HostBase:
    """The ground floor on host time."""

    clock: HostClock
    scheduler: Scheduler
    dlt: Dlt
    det: Det
    worker: Worker
    trace: Trace
    troubles: Troubles
    process: Process
    alone: bool
    _collector: Collector
    _limit: RateLimit
    _output: LineWriter
    _files: list[TraceFile]

    def another_trace(self, config: BaseConfig) -> Trace:
        """Of somebody else in the same process; it ends with ours."""
        file = _trace_file(config, self.scheduler, self.worker, self.dlt, self.troubles)
        if file is not None:
            self._files.append(file)
        return Trace(self.clock.now, () if file is None else (file,))

    def run(self, start: Callable[[], Steps] = at_once) -> Status:
        """Run until stopped, then close in order.

        ``start`` is what the scheduler runs first: it imports, wires and starts the rooms, step by
        step, while signals are heard, time goes on and the process can already be watched.  If it
        raises ``CannotStart`` or ``ConfigurationError``, the process stops in order and the
        exception comes out here.
        """
        started = Start(self, start(), self._collector.start if self.alone else lambda: None)
        status = self.process.run()
        started.close()
        self._collector.stop()
        self.trace.end(status=int(status))
        if self.worker.close():
            for file in self._files:
                file.close()
        self._limit.flush(self.clock.now())
        self._output.close()
        self.clock.close()
        if started.failure is not None:
            raise started.failure
        if self.process.host_fault:
            raise CannotStart(self.process.host_fault)
        return status


def open_base(config: BaseConfig, *, alone: bool = True) -> HostBase:
    """Not ``alone``: within somebody else's program, whose signals, timers, scheduling class and
    garbage collection stay as they are.
    """
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox, lenient=True)
    output = LineWriter(_STDERR)
    limit = _sink(config.log, output.write, clock.now())
    dlt = Dlt(clock.now, (limit,), level=_level(config.log.level), levels=_levels(config.log))
    det = Det(dlt.logger("det"))
    worker = HostWorker(scheduler)
    troubles = Troubles()
    file = _trace_file(config, scheduler, worker, dlt, troubles)
    if alone:
        be_punctual(config.os, dlt.logger("os"))
    return HostBase(
        clock,
        scheduler,
        dlt,
        det,
        worker,
        Trace(clock.now, (file,) if file is not None else ()),
        troubles,
        Process(scheduler, config.os, det, dlt.logger("os"), alone=alone),
        alone,
        Collector(scheduler),
        limit,
        output,
        [] if file is None else [file],
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
    config: BaseConfig, scheduler: Scheduler, worker: Worker, dlt: Dlt, troubles: Troubles
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
            troubles=troubles,
        )
    except OSError as error:
        raise CannotStart(
            f"trace.file: {config.trace.file} cannot be written: {error.strerror}; "
            "set trace.file to a place this user may write, or to null"
        ) from None
