"""The file of transactions: order, room, damage, clocks that come late, and kill -9."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bsw.os.clock import S
from ocpp.station.records import Phase, read, written
from ocpp.station.store import NEVER_STARTED, Row, Store, StoreFull, StoreUnusable
from tests.ocpp.events import event
from tests.tidy.tree import ROOT


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    made = Store(folder / "store")
    assert made.open() == []
    yield made
    made.close()


def append(store: Store, phase: Phase = Phase.UPDATED, transaction: str = "T1") -> int:
    one = event(phase, transaction=transaction, run=store.run)
    return store.append(one, "m", b"state", offline=False)


def rest(store: Store) -> list[Row]:
    rows = []
    while (row := store.head()) is not None:
        rows.append(row)
        store.delivered(row.number)
    return rows


@pytest.mark.parametrize("phase", Phase)
def test_a_record_is_read_as_it_was_written(phase: Phase) -> None:
    one = event(phase)
    assert read(written(one)) == one


def test_each_transaction_counts_its_own_events_and_all_keep_their_order(store: Store) -> None:
    names = ["A", "B", "A", "A", "B"]
    phases = [Phase.STARTED, Phase.STARTED, Phase.UPDATED, Phase.ENDED, Phase.UPDATED]
    seqs = [append(store, phase, name) for name, phase in zip(names, phases, strict=True)]
    assert seqs == [0, 0, 1, 2, 1]
    assert store.waiting() == 5
    assert (store.waiting("A"), store.waiting("B"), store.waiting("C")) == (3, 2, 0)
    assert [row.event.transaction for row in rest(store)] == names


def test_who_is_under_way_is_told_after_a_restart(store: Store) -> None:
    append(store, Phase.STARTED, "A")
    append(store, Phase.STARTED, "B")
    append(store, Phase.ENDED, "A")
    assert (store.is_ongoing("A"), store.is_ongoing("B"), store.is_ongoing("C")) == (
        False,
        True,
        None,
    )
    store.close()
    [found] = store.open()
    assert (found.id, found.state) == ("B", b"state")
    assert store.run == 2
    assert append(store, Phase.ENDED, "B") == 1


def test_a_transaction_is_forgotten_when_all_of_it_is_told(store: Store) -> None:
    append(store, Phase.STARTED)
    append(store, Phase.ENDED)
    assert store.is_ongoing("T1") is False
    rest(store)
    assert store.is_ongoing("T1") is None


def test_what_waits_when_the_line_goes_is_delivered_offline(store: Store) -> None:
    """E11.FR.07."""
    append(store, Phase.STARTED)
    store.went_offline()
    append(store)
    assert [row.offline for row in rest(store)] == [True, False]


def test_the_back_ends_own_id_holds_for_the_rest_of_the_transaction(store: Store) -> None:
    for phase in Phase:
        append(store, phase)
    first = store.head()
    assert first is not None
    assert first.remote_id is None
    store.delivered(first.number, 77)
    assert [row.remote_id for row in rest(store)] == [77, 77]


def test_a_start_that_was_given_up_leaves_the_standards_own_id(store: Store) -> None:
    for phase in Phase:
        append(store, phase)
    first = store.head()
    assert first is not None
    store.failed(first.number)
    again = store.head()
    assert again is not None
    assert again.attempts == 1
    store.dropped(first.number)
    assert [row.remote_id for row in rest(store)] == [NEVER_STARTED] * 2


def test_thinning_leaves_starts_ends_and_the_outer_updates(store: Store) -> None:
    """E04.FR.08, E11.FR.05, E12.FR.05, J02.FR.13."""
    append(store, Phase.STARTED)
    for _ in range(9):
        append(store)
    append(store, Phase.ENDED)
    assert store.thin() == 4
    assert [row.seq for row in rest(store)] == [0, 1, 3, 5, 7, 9, 10]
    assert store.thin() == 0


def test_a_full_store_thins_then_refuses_starts_and_still_takes_ends(folder: Path) -> None:
    store = Store(folder / "store", limit=64 * 4096)
    store.open()
    append(store, Phase.STARTED, "long")
    for _ in range(1000):
        append(store, Phase.UPDATED, "long")
    assert store.waiting() < 1000
    begun = ["long"]

    def begin_until_refused() -> None:
        while True:
            append(store, Phase.STARTED, f"T{len(begun)}")
            begun.append(f"T{len(begun)}")

    with pytest.raises(StoreFull):
        begin_until_refused()
    assert len(begun) > 10
    for name in begun[:20]:
        append(store, Phase.ENDED, name)
    rows = rest(store)
    assert sum(row.event.phase is Phase.STARTED for row in rows) == len(begun)
    assert sum(row.event.phase is Phase.ENDED for row in rows) == 20
    updates = [row.seq for row in rows if row.event.phase is Phase.UPDATED]
    assert updates == sorted(updates)
    assert append(store, Phase.STARTED, "new") == 0
    store.close()


@pytest.mark.root
def test_a_full_disk_thins_with_the_room_kept_for_that(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("may not mount here")
    store = Store(disk / "store")
    try:
        store.open()
        append(store, Phase.STARTED)
        for _ in range(3000):
            append(store)
        append(store, Phase.ENDED)
        rows = rest(store)
        assert rows[0].event.phase is Phase.STARTED
        assert rows[-1].event.phase is Phase.ENDED
        assert 10 < len(rows) < 2900
        assert (disk / "store.ballast").exists()
    finally:
        store.close()
        subprocess.run(["umount", str(disk)], check=True)


def test_on_a_full_disk_what_was_delivered_is_marked_in_the_ballasts_room(folder: Path) -> None:
    class Full(sqlite3.Connection):
        """As a disk that is full while the ballast is there: no commit of a change."""

        def execute(self, text: str, values: object = ()) -> sqlite3.Cursor:
            if text == "COMMIT" and full and ballast.exists():
                raise sqlite3.OperationalError("database or disk is full")
            return super().execute(text, values)  # type: ignore[arg-type]

    def connect(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Full)

    full: list[bool] = []
    ballast = folder / "store.ballast"
    store = Store(folder / "store", connect=connect)
    store.open()
    append(store, Phase.STARTED)
    append(store, Phase.ENDED)
    assert ballast.exists()
    full.append(True)
    store.keep({"a": b"1"})
    assert [row.event.phase for row in rest(store)] == [Phase.STARTED, Phase.ENDED]
    assert ballast.exists(), "kept again"
    store.close()


def test_a_clock_that_comes_late_counts_for_what_came_before(store: Store) -> None:
    one = event(Phase.STARTED, run=1, ns=5 * S)
    store.append(one, "m", b"", offline=True)
    assert store.calendars() == {}
    store.set_calendar(1000 * S)
    assert store.calendars() == {1: 1000 * S}


def test_a_run_that_never_knew_the_time_ended_when_the_next_began(store: Store) -> None:
    store.append(event(Phase.STARTED, run=1, ns=5 * S), "m", b"", offline=True)
    store.append(event(run=1, ns=65 * S), "m", b"", offline=True)
    store.close()
    store.open()
    store.set_calendar(1000 * S)
    assert store.calendars() == {1: 935 * S, 2: 1000 * S}  # 65 s after its start it is 1000 s


def test_a_clock_that_runs_on_over_a_restart_gives_no_time_before_the_last_run(
    folder: Path,
) -> None:
    hour = 3600 * S
    for begins in (5 * hour, 6 * hour):
        store = Store(folder / "store")
        store.open(begins)
        store.append(
            event(Phase.STARTED, transaction=str(begins), ns=begins + S, run=store.run),
            "m",
            b"",
            offline=True,
        )
        if begins == 6 * hour:
            store.set_calendar(1000 * hour)
            assert store.calendars() == {1: 1006 * hour - (5 * hour + S), 2: 1000 * hour}
        store.close()


def test_a_file_of_the_first_format_is_taken_over(folder: Path) -> None:
    path = folder / "store"
    first = Store(path)
    first.open()
    append(first, Phase.STARTED)
    first.close()
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE memory")
        db.execute("ALTER TABLE run DROP COLUMN first_ns")
        db.execute("PRAGMA user_version = 1")
    db.close()
    again = Store(path)
    assert [each.id for each in again.open()] == ["T1"]
    assert again.run == 2
    assert again.waiting() == 1
    again.close()


def test_a_damaged_file_is_set_aside_and_the_station_goes_on(store: Store) -> None:
    append(store, Phase.STARTED)
    store.close()
    octets = bytearray(store.path.read_bytes())
    octets[50:] = b"\xa5" * (len(octets) - 50)
    store.path.write_bytes(octets)
    assert store.open() == []
    assert store.set_aside is not None
    assert store.set_aside.name == "store.damaged-0"
    assert append(store, Phase.STARTED) == 0


def test_a_file_of_a_later_program_is_left_alone(store: Store) -> None:
    store.close()
    with sqlite3.connect(store.path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreUnusable, match="another version"):
        store.open()
    store.close()


def test_a_place_that_cannot_be_written_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreUnusable, match=r"file/store.*ocpp\.store\.file"):
        Store(tmp_path / "file" / "store").open()


WRITER = """
import sys
from pathlib import Path
from ocpp.station.records import Phase
from ocpp.station.store import Store
from tests.ocpp.events import event
store = Store(Path(sys.argv[1]))
for found in store.open():
    store.append(event(Phase.ENDED, transaction=found.id, run=store.run), "m", b"", offline=False)
    print(found.id, flush=True)
number = 0
while True:
    name = f"{store.run}-{number}"
    number += 1
    for phase in (Phase.STARTED, Phase.UPDATED, Phase.UPDATED, Phase.ENDED):
        store.append(event(phase, transaction=name, run=store.run), "m", b"", offline=False)
        print(name, flush=True)
"""


def test_kill_9_loses_nothing_that_was_said_to_be_written(tmp_path: Path) -> None:
    """Real processes on a real disk, killed after a different number of writes each."""
    path = tmp_path / "store"
    said = 0
    for lines in (1, 2, 7, 30, 3):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)],
            stdout=subprocess.PIPE,
            env=environment,
            cwd=ROOT,
        )
        watchdog = threading.Timer(120, process.kill)
        watchdog.start()
        assert process.stdout is not None
        for _ in range(lines):
            assert process.stdout.readline(), "the writer ended by itself"
        process.send_signal(signal.SIGKILL)
        said += lines + len(process.stdout.readlines())
        process.wait()
        process.stdout.close()
        watchdog.cancel()
    store = Store(path)
    open_ones = store.open()
    assert len(open_ones) <= 1
    rows = rest(store)
    assert said <= len(rows) <= said + 5  # each may have died between writing and saying so
    for name in {row.event.transaction for row in rows}:
        seqs = [row.seq for row in rows if row.event.transaction == name]
        assert seqs == list(range(len(seqs)))
    store.close()
