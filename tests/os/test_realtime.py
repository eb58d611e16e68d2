"""Real-time settings: given where the host allows, said with the remedy where it does not."""

import gc
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

from bsw.os.clock import S, VirtualClock
from bsw.os.realtime import COLLECT_EACH, Collector
from bsw.os.scheduler import Scheduler

ROOT = Path(__file__).parents[2]

ASKS = """
import os
from bsw.dlt import Dlt
from bsw.dlt_sinks import TextSink
from bsw.os.config import OsConfig
from bsw.os.realtime import be_punctual
import resource

config = OsConfig(fifo_priority={priority}, lock_memory={lock})  # while Python's own files are ours
{before}
log = Dlt(lambda: 0, (TextSink(print),)).logger("os")
be_punctual(config, log)
"""

NO_RIGHTS = """
resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
"""


def said(priority: int, *, lock: bool, before: str) -> str:
    code = ASKS.format(priority=priority, lock=lock, before=before)
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


def test_refusals_name_the_remedy() -> None:
    output = said(50, lock=True, before=NO_RIGHTS)
    assert "fifo_refused priority=50 remedy='grant CAP_SYS_NICE" in output
    assert "memory_not_locked" in output
    assert "remedy='grant CAP_IPC_LOCK" in output


def test_nothing_is_asked_by_default() -> None:
    assert said(0, lock=False, before="") == ""


@pytest.mark.root
def test_the_class_is_given_to_who_may_have_it() -> None:
    output = said(10, lock=True, before="")
    assert "fifo" in output
    assert "memory" in output


class Loop:
    """Garbage that only a collector finds."""

    def __init__(self) -> None:
        self.myself = self


def test_the_collector_works_in_its_own_task() -> None:
    scheduler = Scheduler(VirtualClock())
    collector = Collector(scheduler)
    collector.start()
    try:
        assert not gc.isenabled()
        loop = Loop()
        gone = weakref.ref(loop)
        del loop
        assert gone() is not None
        scheduler.run(COLLECT_EACH)
        assert gone() is None
    finally:
        collector.stop()
    assert gc.isenabled()


def test_older_garbage_goes_as_well() -> None:
    scheduler = Scheduler(VirtualClock())
    collector = Collector(scheduler)
    collector.start()
    try:
        loop = Loop()
        gone = weakref.ref(loop)
        scheduler.run(20 * S)  # grows old
        del loop
        scheduler.run(1000 * S)
        assert gone() is None
    finally:
        collector.stop()
