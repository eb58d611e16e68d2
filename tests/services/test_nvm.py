"""What is written survives a restart, a power cut at any moment, and a damaged file."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bsw.dlt import silent
from bsw.nvm.service import Block, Nvm
from bsw.nvm.store import Store, Stored, StoreUnusable
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from bsw.troubles import Trouble, Troubles

DIAL = Block("dial", 1, {"turns": 0})


class Ecu:
    """A life of the ECU on one file."""

    def __init__(self, path: Path, *blocks: Block) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.troubles = Troubles()
        self.faults: list[str] = []

        def heard(_trouble: Trouble, why: str | None) -> None:
            if why is not None:
                self.faults.append(why)

        self.troubles.listen(heard)
        worker = SimulatedWorker(self.scheduler, lambda _name: 10 * MS)
        self.nvm = Nvm(
            Store(path),
            self.scheduler,
            worker,
            silent().logger("nvm"),
            troubles=self.troubles,
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


class Sick(Store):
    """A disk that refuses ``times`` writes."""

    def __init__(self, path: Path, times: int) -> None:
        super().__init__(path)
        self.times = times
        self.tries = 0

    def write(self, blocks: Mapping[str, Stored]) -> None:
        self.tries += 1
        if self.tries <= self.times:
            raise StoreUnusable(self.path, "database or disk is full")
        super().write(blocks)


def sick(path: Path, times: int) -> tuple[Ecu, Sick]:
    ecu, store = Ecu(path), Sick(path, times)
    store.load()
    ecu.nvm._store = store
    return ecu, store


def test_a_write_that_failed_is_repeated_until_it_is_there(tmp_path: Path) -> None:
    ecu, store = sick(tmp_path / "nvm.db", 5)
    done: list[int] = []
    ecu.nvm.write("dial", {"turns": 3}, lambda: done.append(ecu.scheduler.now))
    ecu.run(1 * S)
    assert done == []
    assert Ecu(tmp_path / "nvm.db").nvm.read("dial") == {"turns": 0}
    ecu.run(60 * S)
    assert store.tries == 6
    assert len(done) == 1
    assert len(ecu.faults) == 5, "a trouble code for each"
    assert "disk is full" in ecu.faults[0]
    assert Ecu(tmp_path / "nvm.db").nvm.read("dial") == {"turns": 3}


def test_the_newest_content_is_written_by_the_next_try(tmp_path: Path) -> None:
    ecu, _ = sick(tmp_path / "nvm.db", 2)
    done: list[str] = []
    ecu.nvm.write("dial", {"turns": 1}, lambda: done.append("first"))
    ecu.run(100 * MS)
    ecu.nvm.write("dial", {"turns": 2}, lambda: done.append("second"))
    ecu.run(10 * S)
    assert done == ["first", "second"]
    assert Ecu(tmp_path / "nvm.db").nvm.read("dial") == {"turns": 2}


def test_tries_come_less_and_less_often_and_never_stop(tmp_path: Path) -> None:
    ecu, store = sick(tmp_path / "nvm.db", 10**6)
    ecu.nvm.write("dial", {"turns": 1})
    busy = [ecu.nvm.busy]
    ecu.run(60 * S)
    first = store.tries
    assert 5 <= first <= 15
    assert [*busy, ecu.nvm.busy] == [True, False], "an ordered stop does not wait for such a disk"
    ecu.run(600 * S)
    assert 19 <= store.tries - first <= 21, "every 30 s"


HOLDER = """
import sys
from pathlib import Path
from bsw.nvm.store import Store
store = Store(Path(sys.argv[1]))
store.claim()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Path]:
    """A file that another process uses."""
    path = tmp_path / "ecu.nvm"
    Store(path).load()
    Store(path).write({"dial": Stored(1, b'{"turns":9}')})
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield path
        assert process.stdin is not None
        process.stdin.close()


def test_a_second_process_is_told_what_to_do(held: Path) -> None:
    before = held.read_bytes()
    with pytest.raises(StoreUnusable, match=r"another process uses it; stop that one.*nvm\.file"):
        Ecu(held)
    assert held.read_bytes() == before


@pytest.mark.parametrize("role", ["secc", "evcc"])
def test_a_second_ecu_on_one_file_is_status_1(role: str, held: Path) -> None:
    settings = [f"nvm.file={held}", "trace.file=null", "network.sdp_port=0"]
    if role == "evcc":
        settings.append("can.bus.interface=none")
    words = [word for setting in settings for word in ("--set", setting)]
    ended = subprocess.run(
        [sys.executable, "-m", f"{role}.cli", "run", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    assert f"nvm.file: non-volatile memory {held}: another process uses it" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_is_held_is_free_when_its_process_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "ecu.nvm"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    assert Ecu(path).nvm.read("dial") == {"turns": 0}


def test_a_file_that_is_locked_is_not_taken_for_a_damaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "nvm.db"
    Store(path).load()
    Store(path).write({"dial": Stored(1, b'{"turns":9}')})
    before = path.read_bytes()
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda where, **_: connect(where, timeout=0.01))
    with closing(connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnusable, match="locked"):
            Store(path).load()
    assert path.read_bytes() == before
    assert list(tmp_path.glob("*.damaged-*")) == []


@pytest.mark.parametrize("before", [None, 0o644, 0o666])
def test_the_file_is_for_its_owner_alone(before: int | None, tmp_path: Path) -> None:
    path = tmp_path / "nvm.db"
    if before is not None:
        Store(path).load()
        path.chmod(before)
    old = os.umask(0)
    try:
        ecu = Ecu(path)
        ecu.nvm.write("dial", {"turns": 1})
        with closing(sqlite3.connect(path)) as other:
            other.execute("SELECT count(*) FROM block").fetchone()  # keeps the log in its file
            ecu.run()
            modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
    finally:
        os.umask(old)
    assert set(modes) == {"nvm.db", "nvm.db-wal", "nvm.db-shm", "nvm.db.lock"}
    assert set(modes.values()) == {0o600}
