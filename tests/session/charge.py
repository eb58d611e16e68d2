"""A charge of two real processes on loopback, with the test in the place of driver and hardware.

The station listens on known ports, so that a test can do it harm meanwhile.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.north.processes import WAIT, Role, free_port
from tools.bench.run.bench import keys
from tools.fuzz.driver import NO_WEAR
from tools.fuzz.plan import free_ports
from tools.fuzz.soak import LOOPS, SECURE, SoakDriver, Source

AC = "AC_three_phase_core"
DC = "DC_extended"


@dataclass
class Charge:
    """It charges; ``until`` goes on with it."""

    station: Role
    vehicle: Role
    driver: SoakDriver
    source: Source
    ports: tuple[int, int]  # plain, TLS

    @property
    def loops(self) -> int:
        return sum(self.vehicle.messages().count(f"{name}Req") for name in LOOPS)

    def until(self, reached: Callable[[], bool], within: float = WAIT) -> None:
        """Play driver and source until something holds."""
        deadline = time.monotonic() + within
        while not reached():
            assert self.station.process.poll() is None, self.station.said()
            assert self.vehicle.process.poll() is None, self.vehicle.said()
            assert time.monotonic() < deadline, self.station.said() + self.vehicle.said()
            select.select([self.driver.fileno(), self.source.fileno()], [], [], 0.05)
            self.attend()

    def attend(self) -> None:
        """What the two have to do at once: a vehicle does not wait long for its measurements."""
        self.source.attend()
        self.driver.attend()

    def go_on(self, loops: int, within: float = WAIT) -> None:
        """So many turns of the charge loop more."""
        wanted = self.loops + loops
        self.until(lambda: self.loops >= wanted, within)

    def begin(self, mode: str) -> None:
        self.driver.state = ""
        self.driver.begin(mode)
        self.driver.authorised = True
        self.until(lambda: self.driver.state in LOOPS, 2 * WAIT)

    @property
    def session_setups(self) -> int:
        return self.station.messages().count("SessionSetupReq")


@contextmanager
def charging(
    folder: Path,
    mode: str = AC,
    *,
    tls: bool = False,
    station: Mapping[str, object] | None = None,
    started: Callable[[Callable[[], Role]], Role] = lambda start: start(),
    under: Sequence[str] = (),
) -> Iterator[Charge]:
    """``started`` or ``under`` may put the start of the station into surroundings of its own."""
    sdp = free_port()
    plain, secure = free_ports(2)
    common = {"network.sdp_port": sdp, "network.interface": "lo"}
    if tls:
        keys(folder)
    box = common | {
        "network.plain_port": plain,
        "network.tls_port": secure,
        "session.modes": f"[{mode}]",
        "customer.accept": "false",
        "hardware.power": "north",
        **_secure("secc", folder, tls=tls),
        **(station or {}),
    }
    car = common | {
        "api.values": "north",
        "can.bus.interface": "none",
        **NO_WEAR,
        **_secure("evcc", folder, tls=tls),
    }
    outlet = started(lambda: Role("secc", folder, box, under=under))
    vehicle = Role("evcc", folder, car)
    try:
        with vehicle.client() as driver, outlet.client() as source:
            player = SoakDriver(driver)
            player.offer("ISO15118D2")
            made = Charge(outlet, vehicle, player, Source(source, player), (plain, secure))
            made.begin(mode)
            yield made
    finally:
        for role in (outlet, vehicle):
            if role.process.poll() is None:
                role.process.send_signal(signal.SIGCONT)
                role.stop(signal.SIGKILL)


def _secure(role: str, folder: Path, *, tls: bool) -> dict[str, object]:
    if not tls:
        return {}
    own = folder / role
    return {
        "keym.folder": own / "certificates",
        "csm.software.folder": own / "keys",
        **SECURE[role],
    }


def stop_and_go(pids: list[int], seconds: float) -> None:
    """As a host does that does not let them run."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
