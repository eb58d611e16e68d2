"""A pause survives the station: killed while the car sleeps, it goes on with the same session."""

import json
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bsw.chrgm.agreement import Payment
from bsw.chrgm.coding import dialect
from bsw.chrgm.pause import PauseAge
from bsw.dlt import silent
from bsw.nvm.service import Nvm
from bsw.nvm.store import Store, Stored
from bsw.os.clock import HOUR, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from secc.session.memory import BLOCK, KeptMemory, Paused, Visitor
from secc.session.schedules import Plan, Step
from tests.north.processes import Role, free_port, heard
from tools.api.client import Client

AC = "AC_three_phase_core"


def start_charging(car: Client) -> None:
    car.ask(cmd="set_ac_params", args={"parameters": {"max_voltage": 400, "max_current": 16}})
    car.ask(
        cmd="start_charging",
        args={
            "EnergyTransferMode": AC,
            "SelectedPaymentOption": {},
            "DepartureTime": 0,
            "EAmount": 5,
        },
    )


def until_kept(path: Path) -> None:
    """The disk has it; before that a power cut would lose it."""
    deadline = time.monotonic() + 10
    while BLOCK not in Store(path).load().blocks:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.long
def test_a_station_that_was_killed_joins_the_paused_session(tmp_path: Path) -> None:
    port = free_port()
    outlet = {"network.sdp_port": port, "session.modes": f"[{AC}]"}
    north = {"api.values": "north", "can.bus.interface": "none", "network.sdp_port": port}
    station = Role("secc", tmp_path, outlet)
    station.client().__exit__(None, None, None)  # it is there
    vehicle = Role("evcc", tmp_path, {**north, "session.tries": 20, "session.pause": "200 ms"})
    try:
        with vehicle.client() as car:
            start_charging(car)
            heard(car, "session_state", "ChargingStatus")
            car.ask(watch=["session_result"])
            car.ask(cmd="pause_charging")
            assert heard(car, "session_result")["ending"] == "paused"
            first = car.ask(get="session_result")
            until_kept(tmp_path / "secc.nvm")
            assert station.stop(signal.SIGKILL) == -signal.SIGKILL
            station.door.unlink()
            station = Role("secc", tmp_path, outlet)
            with station.client() as box:
                car.ask(cmd="resume")
                heard(car, "session_state", "ChargingStatus")
                assert box.ask(get="requested_energy_transfer_mode") == AC
            car.ask(cmd="stop_charging")
            result = next(now for _, now in car.watch(["session_result"], 20) if now != first)
            assert result["ending"] == "terminated"
    finally:
        for role in (vehicle, station):
            role.stop()
    assert setup_codes(station) == ["OK_OldSessionJoined"], "the restarted one knew it"


def setup_codes(role: Role) -> list[str]:
    """The response codes of the SessionSetupRes in a trace."""
    records = [json.loads(line) for line in role.trace.read_text().splitlines()]
    setups = [
        bytes.fromhex(one["fields"]["exi"]["hex"])
        for one in records
        if one["kind"] == "message" and one["fields"]["name"] == "SessionSetupRes"
    ]
    return [str(dialect.iso2().decode(0, octets).body.response_code.value) for octets in setups]


class Disk:
    """A station's memory over restarts."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def boot(self, today: int = 0) -> tuple[KeptMemory, Callable[[], None]]:
        scheduler = Scheduler(VirtualClock())
        worker = SimulatedWorker(scheduler)
        nvm = Nvm(Store(self.path), scheduler, worker, silent().logger("nvm"))
        nvm.open()
        age = PauseAge(lambda: scheduler.now, lambda: today, 24 * HOUR)
        return KeptMemory(nvm, age), lambda: scheduler.run(scheduler.now + S)


CAR = Visitor(bytes.fromhex("0200000000a1"), secure=True, protocol="iso2", certificate=b"\x7f")
PAUSED = Paused(
    bytes.fromhex("0102030405060708"),
    CAR,
    Payment.CONTRACT,
    AC,
    Plan(2, (Step(0, 11_000.0), Step(3600, 0.0)), 7200),
    1_700_000_000,
    "DE8AA0012345670",
)


def nothing() -> None:
    """Nobody waits for the disk."""


def test_what_was_kept_is_there_after_a_restart_and_handed_out_once(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "secc.nvm")
    memory, settle = disk.boot()
    memory.keep(PAUSED, nothing)
    settle()
    memory, settle = disk.boot()
    assert memory.take(PAUSED.session_id, CAR) == PAUSED
    settle()
    memory, _ = disk.boot()
    assert memory.take(PAUSED.session_id, CAR) is None


def test_another_session_or_an_empty_plug_ends_the_pause(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "secc.nvm")
    for other in (bytes(7) + b"\1", None):
        memory, settle = disk.boot()
        memory.keep(PAUSED, nothing)
        settle()
        memory, settle = disk.boot()
        if other is None:
            memory.forget()
        else:
            assert memory.take(other, CAR) is None
        settle()
        memory, _ = disk.boot()
        assert memory.paused is None


@pytest.mark.parametrize(("later", "known"), [(23 * 3_600, True), (25 * 3_600, False)])
def test_who_comes_back_too_late_gets_a_new_session(
    later: int, *, known: bool, tmp_path: Path
) -> None:
    disk = Disk(tmp_path / "secc.nvm")
    memory, settle = disk.boot(1_790_000_000)
    memory.keep(PAUSED, nothing)
    settle()
    memory, settle = disk.boot(1_790_000_000 + later)
    assert (memory.take(PAUSED.session_id, CAR) == PAUSED) is known
    settle()
    memory, _ = disk.boot(1_790_000_000)
    assert memory.paused is None


def test_a_pause_without_a_schedule_is_kept_as_well(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "secc.nvm")
    memory, settle = disk.boot()
    bare = Paused(bytes(8), CAR, Payment.EXTERNAL, "DC_core", None, 5)
    memory.keep(bare, nothing)
    settle()
    assert disk.boot()[0].paused == bare


@pytest.mark.parametrize(
    "other",
    [
        replace(CAR, evccid=bytes(6)),
        replace(CAR, secure=False),
        replace(CAR, protocol="iso20"),
        replace(CAR, certificate=b""),
    ],
)
def test_a_visitor_that_differs_ends_the_pause(other: Visitor, tmp_path: Path) -> None:
    disk = Disk(tmp_path / "secc.nvm")
    memory, settle = disk.boot()
    memory.keep(PAUSED, nothing)
    settle()
    memory, _ = disk.boot()
    assert memory.take(PAUSED.session_id, other) is None
    assert memory.take(PAUSED.session_id, CAR) is None


@pytest.mark.parametrize("missing", ["evccid", "secure", "payment", "emaid", "schedule"])
def test_a_record_that_does_not_say_who_paid_how_is_not_gone_on_with(
    missing: str, tmp_path: Path
) -> None:
    disk = Disk(tmp_path / "secc.nvm")
    memory, settle = disk.boot()
    memory.keep(PAUSED, nothing)
    settle()
    stored = Store(disk.path).load().blocks[BLOCK]
    content = {name: one for name, one in json.loads(stored.data).items() if name != missing}
    for version in (1, stored.version):
        store = Store(disk.path)
        store.load()
        store.write({BLOCK: Stored(version, json.dumps(content).encode())})
        assert disk.boot()[0].paused is None
