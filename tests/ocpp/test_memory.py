"""What the station remembers: on the disk before anybody is told, whatever the disk does."""

from pathlib import Path

import pytest

from bsw.dlt import silent
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from ocpp.station.memory import MOST_TRIES, Memory
from ocpp.station.store import Store


class Bench:
    def __init__(self, folder: Path) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.store = Store(folder / "store")
        self.store.open()
        worker = SimulatedWorker(self.scheduler, lambda _name: 5 * MS)
        self.memory = Memory(self.scheduler, worker, self.store, silent().logger("ocpp"))
        self.told: list[str] = []

    def tell(self, what: str) -> None:
        self.memory.settled(lambda: self.told.append(what))

    def run(self, ms: float) -> None:
        self.scheduler.run(self.scheduler.now + round(ms * MS))


def test_who_waits_is_told_after_the_disk_has_it(folder: Path) -> None:
    bench = Bench(folder)
    bench.tell("at once")
    bench.memory.write("a", [1])
    bench.tell("first")
    bench.run(3)
    bench.memory.write("b", {"c": 2})
    bench.tell("second")
    assert bench.told == ["at once"]
    bench.run(20)
    assert bench.told == ["at once", "first", "second"]
    assert bench.memory.idle
    bench.store.close()
    again = Store(folder / "store")
    again.open()
    assert again.memory == {"a": b"[1]", "b": b'{"c":2}'}
    again.close()


def test_the_same_value_is_no_change_and_what_is_forgotten_is_gone(folder: Path) -> None:
    bench = Bench(folder)
    bench.memory.write("a", 1)
    bench.run(10)
    bench.memory.write("a", 1)
    assert bench.memory.idle
    bench.memory.forget("a")
    bench.run(10)
    assert bench.memory.read("a", int, 7) == 7
    bench.store.close()


def test_what_can_no_longer_be_understood_is_as_good_as_nothing(folder: Path) -> None:
    bench = Bench(folder)
    bench.memory.write("a", "text")
    assert bench.memory.read("a", int, 3) == 3
    assert bench.memory.read("a", str, "") == "text"
    bench.store.close()


def test_a_disk_that_will_not_write_does_not_hold_up_the_line_for_ever(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(folder)

    def broken(changes: object) -> None:
        raise OSError(f"no: {changes}")

    monkeypatch.setattr(bench.store, "keep", broken)
    bench.memory.write("a", 1)
    bench.tell("in the end")
    bench.run((MOST_TRIES - 1) * 1000 - 100)
    assert bench.told == []
    bench.run(2 * S // MS)
    assert bench.told == ["in the end"]
    monkeypatch.undo()
    bench.run(3000)
    assert bench.memory.idle
    bench.store.close()
