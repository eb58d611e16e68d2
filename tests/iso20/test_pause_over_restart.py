"""A pause of ISO 15118-20 is found again by both ECUs after a restart, as it was."""

from pathlib import Path

from bsw.chrgm.endings import Ending
from bsw.chrgm.pause import PauseAge
from bsw.dlt import silent
from bsw.nvm.service import Nvm
from bsw.nvm.store import Store
from bsw.os.clock import HOUR, MS, S
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from evcc.session import memory as vehicle_memory
from evcc.vehicle import Intent
from secc.session import memory as station_memory
from tools.bench.world.direct import Rig


def nvm(path: Path, scheduler: Scheduler) -> Nvm:
    worker = SimulatedWorker(scheduler, lambda _name: 10 * MS)
    made = Nvm(Store(path), scheduler, worker, silent().logger("nvm"))
    made.open()
    return made


def started(folder: Path, leaf: bytes = b"car") -> Rig:
    """Both ECUs, with what lies on their disks."""
    rig = Rig("iso20-dc", mode="DC_BPT", secure=True)
    age = PauseAge(lambda: rig.scheduler.now, lambda: 0, HOUR)
    rig.car.memory = vehicle_memory.KeptMemory(nvm(folder / "evcc.nvm", rig.scheduler), age)
    rig.station.memory = station_memory.KeptMemory(nvm(folder / "secc.nvm", rig.scheduler), age)
    rig.station.vehicle_leaf, rig.car.station_leaf = leaf, b"station"
    return rig


def paused(folder: Path) -> Rig:
    rig = started(folder)
    rig.at(20 * S, lambda: setattr(rig.state, "intent", Intent.PAUSE))
    rig.run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.PAUSED
    return rig


def test_the_session_goes_on_with_the_same_service_and_parameters(tmp_path: Path) -> None:
    first = paused(tmp_path)
    second = started(tmp_path)
    second.customer_after = None
    second.at(30 * S, lambda: setattr(second.state, "charging_complete", True))
    second.run()
    assert second.ending("vehicle") is second.ending("station") is Ending.TERMINATED
    assert second.station.record.session_id == first.station.record.session_id
    assert "AuthorizationReq" not in second.names("vehicle")
    kinds = {type(body.cl_req_control_mode) for body in second.loops()}
    assert kinds == {type(body.cl_req_control_mode) for body in first.loops()}


def test_after_a_restart_a_stolen_id_is_still_worth_nothing(tmp_path: Path) -> None:
    paused(tmp_path)
    thief = started(tmp_path, leaf=b"another car")
    thief.customer_after = None
    thief.run(90 * S)
    assert thief.bodies("SessionSetupRes")[0].response_code.value == "OK_NewSessionEstablished"
    assert thief.electronics.energy == 0.0
