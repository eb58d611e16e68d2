"""What makes the one thread punctual: its scheduling class, locked memory, a quiet collector.

Each is asked for by configuration, and a host that refuses is told about with the remedy; the
ECU then runs without.
"""

import ctypes
import errno
import gc
import os

from bsw.dlt import Logger
from bsw.os.clock import MS
from bsw.os.config import OsConfig
from bsw.os.scheduler import LAST, Scheduler, Task

_MCL_CURRENT = 1
_MCL_FUTURE = 2

COLLECT_EACH = 200 * MS
_MIDDLE_EACH = 25
_OLD_EACH = 1500


def be_punctual(config: OsConfig, log: Logger) -> None:
    """Ask the host for what the configuration wants."""
    if config.lock_memory:
        _lock_memory(log)
    if config.fifo_priority:
        _fifo(config.fifo_priority, log)


def _fifo(priority: int, log: Logger) -> None:
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except PermissionError:
        log.warning(
            "fifo_refused",
            priority=priority,
            remedy="grant CAP_SYS_NICE or LimitRTPRIO, or set os.fifo_priority: 0",
        )
    else:
        log.info("fifo", priority=priority)


def _lock_memory(log: Logger) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(_MCL_CURRENT | _MCL_FUTURE) == 0:
        log.info("memory_locked")
        return
    reason = errno.errorcode.get(ctypes.get_errno(), "unknown")
    log.warning(
        "memory_not_locked",
        reason=reason,
        remedy="grant CAP_IPC_LOCK or raise LimitMEMLOCK, or set os.lock_memory: false",
    )


class Collector:
    """Takes garbage collection out of the tasks' way.

    What exists after start-up is frozen and never walked again.  The automatic collector, which
    strikes in the middle of any task, is off; young objects are collected in a task of the
    lowest priority, older ones more seldom.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._turn = 0
        self._task: Task | None = None

    def start(self) -> None:
        """Call it when everything is wired and imported.

        No collection before the freeze: it would cost more start-up time than it finds garbage.
        """
        gc.freeze()
        gc.disable()
        self._task = self._scheduler.every(
            COLLECT_EACH, self._collect, name="collector", priority=LAST, slack=COLLECT_EACH // 2
        )

    def stop(self) -> None:
        if self._task is not None:
            self._task.stop()
            gc.enable()
            gc.unfreeze()

    def _collect(self) -> None:
        self._turn += 1
        if self._turn % _OLD_EACH == 0:
            gc.collect(2)
        elif self._turn % _MIDDLE_EACH == 0:
            gc.collect(1)
        else:
            gc.collect(0)
