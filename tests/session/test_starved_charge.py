"""Real ECUs on a host that starves or stops them: charging goes on, and nobody is called stuck."""

import os
import signal
import socket
import threading
import time
from pathlib import Path
from types import TracebackType

import pytest

from tests.session.charge import Charge, charging, stop_and_go

SHARE = 0.03
"""Of a core: breaking off the flood costs four hundredths, so that a tenth would not bite."""
TICK = 0.005
FLOOD = 20
"""Connections each 20 ms: five times as many as the station lets in."""


class Throttle:
    """Holds a process to a share of a core, by the CPU time it uses, as a quota does.

    What it does not use is lost: it may save up for a tenth of a second at most.
    """

    def __init__(self, pid: int, share: float) -> None:
        self._pid = pid
        self._share = share
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._hold, daemon=True)
        self.stops = 0

    @property
    def used(self) -> float:
        return time.clock_gettime((~self._pid << 3) | 2)  # Linux: the CPU clock of a process

    def _hold(self) -> None:
        used, at, credit, runs = self.used, time.monotonic(), 0.0, True
        while not self._over.wait(TICK):
            before, used = used, self.used
            passed, at = time.monotonic() - at, time.monotonic()
            credit = min(credit + self._share * passed, self._share / 10) - (used - before)
            if (credit >= 0.0) is not runs:
                runs = not runs
                os.kill(self._pid, signal.SIGCONT if runs else signal.SIGSTOP)
                self.stops += not runs

    def __enter__(self) -> "Throttle":  # noqa: PYI034 - nobody derives from it
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        os.kill(self._pid, signal.SIGCONT)


class Flood:
    """Comes in waves; each connection is closed by the next wave but one."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._come, daemon=True)
        self.come = 0

    def _come(self) -> None:
        waves: list[list[socket.socket]] = []
        while not self._over.wait(0.02):
            waves.append([self._knock() for _ in range(FLOOD)])
            self.come += FLOOD
            for one in waves.pop(0) if len(waves) > 2 else ():
                one.close()
        for one in (one for wave in waves for one in wave):
            one.close()

    def _knock(self) -> socket.socket:
        made = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        made.setblocking(False)
        made.connect_ex(("::1", self._port))
        return made

    def __enter__(self) -> "Flood":  # noqa: PYI034 - nobody derives from it
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()


def calm(charge: Charge) -> None:
    """Neither said that it was stuck, or that somebody gave no sign of life."""
    for role in (charge.station, charge.vehicle):
        said = role.said()
        for word in ("stuck", '"watchdog"', "Traceback", "development_error"):
            assert word not in said, said


def test_a_charge_survives_a_flood_at_less_than_a_tenth_of_a_core(
    tmp_path: Path,
) -> None:
    with charging(tmp_path, station={"os.stuck_after": "2 s"}) as charge:
        pid = charge.station.process.pid
        with Flood(charge.ports[0]) as flood, Throttle(pid, SHARE) as host:
            used, began, wanted = host.used, time.monotonic(), charge.loops + 20
            over = lambda: charge.loops >= wanted and time.monotonic() > began + 5  # noqa: E731
            charge.until(over, within=120)
            assert host.used - used < 2 * SHARE * (time.monotonic() - began)
            assert host.stops > 10
        assert flood.come > 1_000
        assert charge.session_setups == 1, "the same session all the time"
        assert charge.driver.result is None
        calm(charge)
        charge.driver.stop()
        charge.until(lambda: charge.driver.result is not None)
        assert charge.station.stop() == 0


@pytest.mark.long
def test_a_stop_of_seven_seconds_of_both_is_the_hosts_affair_and_charging_goes_on(
    tmp_path: Path,
) -> None:
    with charging(tmp_path) as charge:
        stop_and_go([charge.station.process.pid, charge.vehicle.process.pid], 7.0)
        charge.go_on(10, within=60)
        for role in (charge.station, charge.vehicle):
            assert "host_stalled" in role.said(), "told apart by CPU time"
        calm(charge)
        charge.driver.stop()
        charge.until(lambda: charge.driver.result is not None)
        assert charge.station.stop() == charge.vehicle.stop() == 0
