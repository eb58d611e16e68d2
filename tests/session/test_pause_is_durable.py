"""A pause is promised when it is on the disk, and not before."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bsw.chrgm.pause import PauseAge
from bsw.dlt import silent
from bsw.nvm.service import Nvm
from bsw.nvm.store import Store, Stored, StoreUnusable
from bsw.os.clock import HOUR, MS, S
from bsw.os.worker import SimulatedWorker
from secc.session.memory import BLOCK, KeptMemory
from tests.session.visits import Visits, authorize, pause, set_up
from tools.conformance.bench import AC, Setup
from tools.conformance.station.walk import Walk


class Disk(Store):
    """Takes ``takes`` for a write, or refuses it while ``full``."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.full = False

    def write(self, blocks: Mapping[str, Stored]) -> None:
        if self.full:
            raise StoreUnusable(self.path, "database or disk is full")
        super().write(blocks)


class Site:
    """A station with a disk, over restarts."""

    def __init__(self, path: Path, takes: int = 10 * MS) -> None:
        self.path = path
        self.visits = Visits(Setup(mode=AC))
        self.disk = Disk(path)
        scheduler = self.visits.lab.scheduler
        worker = SimulatedWorker(scheduler, lambda _name: takes)
        nvm = Nvm(self.disk, scheduler, worker, silent().logger("nvm"))
        nvm.open()
        age = PauseAge(lambda: scheduler.now, lambda: 0, HOUR)
        self.memory = self.visits.lab.rig.memory = KeptMemory(nvm, age)

    def charged(self) -> Walk:
        """A vehicle that was authorised."""
        walk = self.visits.come()
        walk.to("ChargeParameterDiscovery")
        return walk

    @property
    def kept(self) -> bytes:
        block = Store(self.path).load().blocks.get(BLOCK)
        return b"" if block is None else block.data


@pytest.mark.parametrize("takes", [10 * MS, 800 * MS])
def test_when_the_answer_is_there_a_power_cut_loses_nothing(takes: int, tmp_path: Path) -> None:
    site = Site(tmp_path / "secc.nvm", takes)
    walk = site.charged()
    since = site.visits.lab.now
    assert pause(walk) == "OK"
    assert walk.tester.heard_at - since >= takes
    wanted = walk.tester.session_id
    assert wanted.hex() in site.kept.decode()
    again = Site(site.path)
    again.visits.silence()
    walk = again.visits.again(wanted)
    assert set_up(walk) == "OK_OldSessionJoined"
    assert authorize(walk) == "Finished"


def test_a_disk_that_is_too_slow_promises_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path / "secc.nvm", 5 * S)
    walk = site.charged()
    assert pause(walk) == "FAILED"
    assert site.memory.paused is None
    site.visits.lab.run(30 * S)
    assert walk.tester.session_id.hex() not in site.kept.decode()


def test_a_disk_that_is_full_promises_nothing_and_keeps_the_next_one(tmp_path: Path) -> None:
    site = Site(tmp_path / "secc.nvm")
    walk = site.charged()
    site.disk.full = True
    assert pause(walk) == "FAILED"
    assert site.memory.paused is None
    site.disk.full = False
    site.visits.lab.run(60 * S)
    site.visits.link()
    walk = site.charged()
    assert pause(walk) == "OK"
    assert walk.tester.session_id.hex() in site.kept.decode()


def test_a_disk_that_comes_back_in_time_keeps_the_pause(tmp_path: Path) -> None:
    site = Site(tmp_path / "secc.nvm")
    walk = site.charged()
    site.disk.full = True
    site.visits.lab.scheduler.after(
        300 * MS, lambda: setattr(site.disk, "full", False), name="space"
    )
    assert pause(walk) == "OK"
    assert walk.tester.session_id.hex() in site.kept.decode()


def test_a_vehicle_that_did_not_wait_for_the_answer_has_no_pause(tmp_path: Path) -> None:
    site = Site(tmp_path / "secc.nvm", 800 * MS)
    walk = site.charged()
    assert walk.tester.ask(walk.words.request("Pause"), within=100 * MS) is None
    walk.tester.hang_up()
    site.visits.lab.run(5 * S)
    assert site.memory.paused is None
