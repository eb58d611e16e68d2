"""A real station whose trace cannot grow any more: it says so, and the charge goes on."""

import resource
from collections.abc import Callable
from pathlib import Path

from tests.north.processes import Role
from tests.session.charge import charging

ROOM = 48 * 1024
"""Octets of a file; the trace of a start alone is shorter, that of some loops is longer."""


def with_little_room(start: Callable[[], Role]) -> Role:
    """As on a full disk, and without the rights that it takes to make one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        return start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_under_the_trace_is_told_and_ends_no_charge(tmp_path: Path) -> None:
    quiet = {"nvm.file": "null", "log.level": "warning"}  # the trace alone grows
    with charging(tmp_path, station=quiet, started=with_little_room) as charge:
        with charge.station.client() as box:
            full = lambda: box.ask(get="host_troubles")["troubles"] == ["TRACE_NOT_WRITTEN"]  # noqa: E731
            charge.until(full, within=60)
        charge.go_on(20)
        assert charge.station.trace.stat().st_size <= ROOM
        charge.driver.stop()
        charge.until(lambda: charge.driver.result is not None)
        assert charge.driver.result is not None
        assert charge.driver.result["ending"] == "terminated"
        assert charge.station.stop() == 0
    assert "Traceback" not in charge.station.said()
