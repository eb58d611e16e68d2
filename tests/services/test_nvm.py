"""What is written survives a restart, a power cut at any moment, and a damaged file."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bsw.dlt import silent
from bsw.nvm.service import Block, Nvm
from bsw.nvm.store import Store, Stored, StoreUnusable
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker

DIAL = Block("dial", 1, {"turns": 0})


class Ecu:
    """A life of the ECU on one file."""

    def __init__(self, path: Path, *blocks: Block) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.faults: list[str] = []
        worker = SimulatedWorker(self.scheduler, lambda _name: 10 * MS)
        self.nvm = Nvm(
            Store(path),
            self.scheduler,
            worker,
            silent().logger("nvm"),
            on_fault=self.faults.append,
        )
        self.nvm.open()
        for block in blocks or (DIAL,):
            self.nvm.register(block)

    def run(self, duration: int = S) -> None:
        self.scheduler.run(self.scheduler.now + duration)


def test_a_block_holds_its_default_until_it_is_written(tmp_path: Path) -> None:
    assert Ecu(tmp_path / "nvm.db").nvm.read("dial") == {"turns": 0}


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    first = Ecu(tmp_path / "nvm.db")
    first.nvm.write("dial", {"turns": 7})
    assert first.nvm.read("dial") == {"turns": 7}
    first.run()
    assert Ecu(tmp_path / "nvm.db").nvm.read("dial") == {"turns": 7}


def test_many_changes_become_few_writes(tmp_path: Path) -> None:
    ecu = Ecu(tmp_path / "nvm.db")
    done: list[int] = []
    for turns in range(100):
        ecu.nvm.write("dial", {"turns": turns}, lambda: done.append(1))
    ecu.run()
    assert len(done) == 100
    assert ecu.nvm._store._serial == 1  # type: ignore[attr-defined]
    assert not ecu.nvm.busy


def test_a_change_during_a_write_is_not_lost(tmp_path: Path) -> None:
    ecu = Ecu(tmp_path / "nvm.db")
    ecu.nvm.write("dial", {"turns": 1})
    ecu.scheduler.after(55 * MS, lambda: ecu.nvm.write("dial", {"turns": 2}), name="late")
    ecu.run()
    assert Ecu(tmp_path / "nvm.db").nvm.read("dial") == {"turns": 2}


def test_an_older_layout_is_migrated(tmp_path: Path) -> None:
    first = Ecu(tmp_path / "nvm.db")
    first.nvm.write("dial", {"turns": 3})
    first.run()
    newer = Block("dial", 2, {"degrees": 0}, lambda _v, old: {"degrees": old["turns"] * 360})
    assert Ecu(tmp_path / "nvm.db", newer).nvm.read("dial") == {"degrees": 1080}


def test_a_newer_layout_is_reported_and_not_guessed(tmp_path: Path) -> None:
    newer = Ecu(tmp_path / "nvm.db", Block("dial", 5, {"x": 1}))
    newer.nvm.write("dial", {"x": 2})
    newer.run()
    older = Ecu(tmp_path / "nvm.db")
    assert older.nvm.read("dial") == {"turns": 0}
    assert older.faults == ["block dial has version 5, not 1"]


def test_one_damaged_copy_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "nvm.db"
    Store(path).load()
    Store(path).write({"dial": Stored(1, b'{"turns":9}')})
    with sqlite3.connect(path) as database:
        database.execute("UPDATE block SET data = x'00' WHERE copy = 0")
    ecu = Ecu(path)
    assert ecu.nvm.read("dial") == {"turns": 9}
    assert ecu.faults == []


def test_two_damaged_copies_are_named(tmp_path: Path) -> None:
    path = tmp_path / "nvm.db"
    Store(path).load()
    Store(path).write({"dial": Stored(1, b'{"turns":9}')})
    with sqlite3.connect(path) as database:
        database.execute("UPDATE block SET data = x'00'")
    ecu = Ecu(path)
    assert ecu.nvm.read("dial") == {"turns": 0}
    assert ecu.faults == ["block dial is damaged in both copies"]


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 100, b"\0" * 4096])
def test_a_damaged_file_is_set_aside_and_the_ecu_starts(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "nvm.db"
    path.write_bytes(content)
    ecu = Ecu(path)
    assert ecu.nvm.read("dial") == {"turns": 0}
    ecu.nvm.write("dial", {"turns": 1})
    ecu.run()
    assert Ecu(path).nvm.read("dial") == {"turns": 1}
    if content.strip(b"\0"):
        assert (tmp_path / "nvm.damaged-0").read_bytes() == content


@pytest.mark.parametrize("cut", range(0, 20_000, 997))
def test_a_file_cut_short_anywhere_never_stops_the_ecu(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "nvm.db"
    first = Ecu(path)
    first.nvm.write("dial", {"turns": 5})
    first.run()
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    octets = path.read_bytes()
    path.write_bytes(octets[: cut % (len(octets) + 1)])
    assert Ecu(path).nvm.read("dial") in ({"turns": 0}, {"turns": 5})


def test_a_place_that_cannot_be_used_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnusable, match=r"nvm\.file"):
        Store(tmp_path / "file" / "nvm.db").load()


PROGRAM = """
import sys
from pathlib import Path
from bsw.nvm.store import Store, Stored
store = Store(Path(sys.argv[1]))
store.load()
turns = 0
while True:
    turns += 1
    content = Stored(1, b'{"turns":%d}' % turns)
    store.write({"dial": content, "twin": content})
    print(turns, flush=True)
"""


@pytest.mark.parametrize("writes", [1, 2, 3, 5, 8, 13, 21])
def test_a_power_cut_between_or_within_writes_keeps_the_last_finished_one(
    tmp_path: Path, writes: int
) -> None:
    path = tmp_path / "nvm.db"
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(path)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        told = 0
        for _ in range(writes):
            told = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        told = max([told, *(int(line) for line in process.stdout if line.strip().isdigit())])
    blocks = Store(path).load().blocks
    kept = [int(blocks[name].data[9:-1]) for name in ("dial", "twin")]
    assert kept[0] == kept[1], "both blocks were written in one go"
    assert kept[0] in {told, told + 1}


def test_contents_are_plain_values(tmp_path: Path) -> None:
    ecu = Ecu(tmp_path / "nvm.db")
    bad: list[Callable[[], Any]] = [
        lambda: ecu.nvm.write("dial", {"turns": float("nan")}),
        lambda: ecu.nvm.write("dial", {"turns": b"octets"}),
    ]
    for write in bad:
        with pytest.raises((ValueError, TypeError)):
            write()
    assert ecu.nvm.read("dial") == {"turns": 0}
