"""Faults of real island processes, told by real ECU processes: by trouble code and by name."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.island.process import IslandProcess, island
from tools.interop.wire import Program, started

FAULTS = (
    # fault, the vehicle's event and code, how it is made and mended
    ("diode_short", "name=PILOT_DIODE code=910400", {"diode": 0}, {"diode": 1}),
    (
        "pilot_short",
        "name=PILOT_SHORT code=910100",
        {"high": 0, "low": 0, "forced": 1},
        {"forced": 0},
    ),
    ("proximity_lost", "name=PLUG_FAULT code=900400", {"ohm": -1}, {"ohm": 220}),
    ("contactor_moved", "name=CONTACTOR_ALONE code=930400", {"welded": 3}, {"welded": 0}),
)


def free(kind: int) -> int:
    with socket.socket(socket.AF_INET6, kind) as probe:
        probe.bind(("::1", 0))
        port: int = probe.getsockname()[1]
        return port


def ecu(folder: Path, role: str, guard: IslandProcess, *more: str) -> Program:
    patient = [f"island.{one}" for one in ("link=1000 ms", "valid=300 ms", "loop=1000 ms")]
    settings = (
        "trace.file=null",
        "nvm.file=null",
        f"network.sdp_port={free(socket.SOCK_DGRAM)}",
        *(f"hardware.{one}" for one in ("driver=island", f"island.port={guard.port}", *patient)),
        *more,
    )
    words = [word for one in settings for word in ("--set", one)]
    return started(folder / f"{role}.out", sys.executable, "-m", f"{role}.cli", "run", *words)


@pytest.fixture
def guards() -> Iterator[tuple[IslandProcess, IslandProcess]]:
    with island() as vehicle, island() as station:
        yield vehicle, station


def plug(guard: IslandProcess, vehicle: bool) -> None:  # noqa: FBT001 - whose
    guard.tell(**({"plugged": 1, "duty": 500} if vehicle else {"load": 2740}), ohm=220)


def unplug(guard: IslandProcess, vehicle: bool) -> None:  # noqa: FBT001 - whose
    guard.tell(**({"plugged": 0} if vehicle else {"load": 0}), ohm=-1)


def test_both_tell_what_their_islands_find(
    guards: tuple[IslandProcess, IslandProcess], tmp_path: Path
) -> None:
    vehicle, station = guards
    evcc = ecu(tmp_path, "evcc", vehicle, "can.bus.interface=none", "api.values=north")
    secc = ecu(tmp_path, "secc", station)
    try:
        for program in (evcc, secc):
            program.wait_for("hardware ready", 90)
        for name, event, cause, cure in FAULTS:
            for guard, program, told in (
                (vehicle, evcc, f"{event} failed=True"),
                (station, secc, f"faults={name}"),
            ):
                mine = guard is vehicle
                plug(guard, mine)
                guard.tell(**cause)
                program.wait_for(told, 60)
                guard.tell(**cure)
                unplug(guard, mine)
                held = "station_fault" if mine and name == "pilot_short" else name  # it sees E
                program.wait_for(f"fault gone fault={held}", 60)
        station.tell(jammed=1)
        plug(station, vehicle=False)
        secc.wait_for("faults=lock_stuck", 60)
    finally:
        evcc.end()
        secc.end()
    for program in (evcc, secc):
        assert "Traceback" not in program.text()
        assert program.status == 0
