"""Measures a whole OCPP station that tells each second: processor time, and what it holds.

The back end that answers runs in the same process and is counted with it, so the station alone
takes less than is said here.
"""

import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from bsw.os.clock import S

OUTLETS: Final = 32
SECONDS: Final = 60
_MEMORY: Final = "from tools.endure.measure import held; held()"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        share, told = charging(Path(folder), OUTLETS, SECONDS)
    print(
        f"{100 * share:9.2f} % of a core: {OUTLETS} outlets that tell each second, and the back end"
        f" ({told / SECONDS:.0f} events/s)"
    )
    held_by = subprocess.run(
        [sys.executable, "-c", _MEMORY], check=True, capture_output=True, text=True
    )
    print(f"{float(held_by.stdout):9.1f} MiB more with a station of one outlet, and the back end")


def charging(folder: Path, outlets: int, seconds: int) -> tuple[float, int]:
    """The share of a core while all outlets charge, and how many events were told."""
    from ocpp.station.outlets.points import Point, TxRules  # noqa: PLC0415 - not before ``held``
    from ocpp.versions import Version  # noqa: PLC0415
    from tools.endure.outlets import CARDS  # noqa: PLC0415
    from tools.endure.storm import Life, Storm  # noqa: PLC0415

    storm = Storm(0, Version.V21, folder)
    storm.charging = storm.backend.faulty = False
    tx = TxRules(start=frozenset({Point.CONNECTED}), updated_every=S)
    storm.rules = replace(storm.rules, evses=tuple(range(1, outlets + 1)), tx=tx)
    life = Life(storm, folder, 0, after=False)
    life.begin()
    life.scheduler.run(10 * S)
    for evse in storm.rules.evses:
        life.station.plugged(evse)
        life.station.presented(evse, CARDS[0])
        life.scheduler.run(life.scheduler.now + S)
        life.station.charging(evse)
    life.scheduler.run(life.scheduler.now + 5 * S)
    before, told = time.process_time(), len(storm.backend.order)
    life.scheduler.run(life.scheduler.now + seconds * S)
    took = time.process_time() - before
    count = len(storm.backend.order) - told
    life.store.close()
    return took / seconds, count


def held() -> None:
    """In a process of its own: what a station adds to an ECU's base."""
    from bsw.os.scheduler import Scheduler  # noqa: F401, PLC0415 - what an ECU has anyway
    from bsw.sim.network import SimLink  # noqa: F401, PLC0415

    before = _resident()
    with tempfile.TemporaryDirectory() as folder:
        charging(Path(folder), 1, 10)
        print((_resident() - before) / 1024)


def _resident() -> int:
    """KiB of this process in memory now."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise LookupError("VmRSS")
