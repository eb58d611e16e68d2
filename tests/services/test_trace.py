"""The session trace: one digest for all that happened, and no change goes unseen."""

import json
from collections.abc import Callable
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.dlt import Dlt, Logger
from bsw.dlt_sinks import RingSink, json_value
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Job, Outcome, SimulatedWorker
from bsw.redaction import REFUSED, Field
from bsw.trace import START, MemoryTrace, Trace, canonical
from bsw.trace_file import Appender, Room, TraceFile, Turn, verify


class Written:
    """A trace in a file, written by a simulated worker."""

    def __init__(
        self, path: Path, *, bound: int = 8192, disk: int = MS, room: Room | None = None
    ) -> None:
        self.clock = VirtualClock()
        self.scheduler = Scheduler(self.clock)
        self.worker = SimulatedWorker(self.scheduler, lambda _name: disk)
        self.log = RingSink()
        self.path = path
        self.file = TraceFile(
            path,
            self.scheduler,
            self.worker,
            Dlt(lambda: 0, (self.log,)).logger("trace"),
            bound=bound,
            room=room or Room(),
        )
        self.trace = Trace(self.clock.now, (self.file,))

    def session(self, exchanges: int = 20) -> "Written":
        self.trace.begin(role="evcc", seed=7)
        for n in range(exchanges):
            self.trace.add("v2g", name="CurrentDemandReq", number=n, exi=bytes((0x80, n % 256)))
            self.scheduler.run(self.scheduler.now + 25 * MS)
        self.trace.end(outcome="done")
        return self

    def closed(self) -> Path:
        self.worker.close()
        self.file.close()
        return self.path


def test_a_record_has_serial_time_kind_fields_and_digest() -> None:
    clock, memory = VirtualClock(5 * MS), MemoryTrace()
    trace = Trace(clock.now, (memory,))
    trace.add("exi", payload=b"\x80\x98", valid=True)
    assert json.loads(memory.records[0].line) == {
        "serial": 0,
        "time": 5 * MS,
        "kind": "exi",
        "fields": {"payload": {"hex": "8098"}, "valid": True},
        "digest": trace.digest,
    }


def test_the_digest_stands_for_order_time_and_content() -> None:
    def digest(*steps: tuple[int, str, int]) -> str:
        clock = VirtualClock()
        trace = Trace(clock.now)
        for time, kind, value in steps:
            clock.wait_until(time)
            trace.add(kind, value=value)
        return trace.digest

    plain = digest((1, "a", 1), (2, "b", 2))
    assert digest((1, "a", 1), (2, "b", 2)) == plain
    others = [
        digest((1, "b", 2), (2, "a", 1)),
        digest((1, "a", 1), (3, "b", 2)),
        digest((1, "a", 1), (2, "b", 3)),
        digest((1, "a", 1)),
    ]
    assert len({plain, START, *others}) == 6


def test_the_digest_of_a_known_trace_never_changes() -> None:
    trace = Trace(lambda: 1)
    trace.add("known", text="ü", number=-1, share=0.1, octets=b"\x00\xff", nothing=None, yes=True)
    assert trace.digest == "17ae62b48599856a7f37d45847905dde9789d3d0b45bbc5af149373d185b8458"


class Colour(str, Enum):
    RED = "red"


@given(
    st.dictionaries(
        st.text(),
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(),
            st.binary(),
            st.text(),
            st.sampled_from(Colour),
        ),
    ),
    st.text(),
    st.integers(),
)
def test_the_canonical_form_is_json_with_sorted_names_and_no_spaces(
    fields: dict[str, Field], kind: str, number: int
) -> None:
    shown = {name: json_value(value) for name, value in fields.items()}
    whole = {"fields": shown, "kind": kind, "serial": number, "time": number}
    plain = json.dumps(whole, sort_keys=True, separators=(",", ":"), allow_nan=False)
    assert canonical(number, number, kind, fields) == plain


def test_secrets_are_replaced_before_they_are_hashed() -> None:
    memory = MemoryTrace()
    trace = Trace(lambda: 0, (memory,))
    trace.add("login", token_pin="123456", slot=1)
    assert memory.records[0].fields == {"token_pin": REFUSED, "slot": 1}
    assert "123456" not in memory.records[0].line


def test_a_written_trace_is_intact(tmp_path: Path) -> None:
    written = Written(tmp_path / "deep" / "evcc.trace.jsonl").session()
    verdict = verify(written.closed())
    assert verdict.intact
    assert verdict.records == 22
    assert verdict.digest == written.trace.digest
    assert str(verdict) == f"intact, 22 records, digest {written.trace.digest}"


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = Written(tmp_path / "t.jsonl").session().closed()
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_scheduler_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    written = Written(tmp_path / "t.jsonl", disk=3 * S).session(40)
    assert written.path.read_text() == ""  # a second of session, the disk still busy
    written.scheduler.run(10 * S)
    assert written.path.read_text().count("\n") == 42
    assert verify(written.closed()).intact


LINES = st.integers(0, 21)


@given(data=st.data())
def test_any_changed_octet_is_found_and_the_first_broken_record_named(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = Written(tmp_path_factory.mktemp("trace") / "t.jsonl").session().closed()
    lines = path.read_bytes().splitlines(keepends=True)
    number = data.draw(LINES)
    position = data.draw(st.integers(0, len(lines[number]) - 1))
    changed = bytearray(lines[number])
    changed[position] ^= data.draw(st.integers(1, 127))
    lines[number] = bytes(changed)
    path.write_bytes(b"".join(lines))
    verdict = verify(path)
    assert not verdict.intact
    assert verdict.broken is not None
    assert verdict.broken.line in {number + 1, number + 2}
    assert verdict.records == number


@given(removed=LINES)
def test_a_removed_record_is_found(removed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = Written(tmp_path_factory.mktemp("trace") / "t.jsonl").session().closed()
    lines = path.read_text().splitlines(keepends=True)
    del lines[removed]
    path.write_text("".join(lines))
    verdict = verify(path)
    assert not verdict.intact
    if removed == 21:
        assert str(verdict) == "cut off after 21 records"
    else:
        assert str(verdict) == (
            f"broken at line {removed + 1}: record {removed} is missing, {removed + 1} stands here"
        )


def test_a_rewritten_record_with_its_own_digest_breaks_the_chain_at_the_next(
    tmp_path: Path,
) -> None:
    path = Written(tmp_path / "t.jsonl").session().closed()
    lines = path.read_text().splitlines(keepends=True)
    memory = MemoryTrace()
    forger = Trace(lambda: 0, (memory,))
    forger.digest = json.loads(lines[4])["digest"]
    forger.count = 5
    forger.add("v2g", name="CurrentDemandReq", number=999)
    lines[5] = memory.records[0].line
    path.write_text("".join(lines))
    assert str(verify(path)) == "broken at line 7: record 6 was changed, or one before it"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "cut off after 0 records"),
        ("hello\n", "broken at line 1: not a record"),
        ("[1]\n", "broken at line 1: not a record"),
        ("{}\n", "broken at line 1: not a record"),
        ("null\n", "broken at line 1: not a record"),
        ('{"serial":0', "broken at line 1: cut off within record 0"),
    ],
)
def test_what_is_no_trace_is_said_to_be_none(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(content)
    assert str(verify(path)) == said


def test_a_disk_too_slow_leaves_a_gap_that_is_told(tmp_path: Path) -> None:
    written = Written(tmp_path / "t.jsonl", bound=10, disk=S)
    written.session(200)
    verdict = verify(written.closed())
    assert verdict.broken is None
    assert verdict.missing > 0
    assert verdict.records + verdict.missing == 202
    assert not verdict.intact
    assert "were lost" in str(verdict)
    assert verdict.digest == written.trace.digest


def test_a_disk_that_is_full_for_a_while_loses_nothing_and_is_reported_once(
    tmp_path: Path,
) -> None:
    written = Written(tmp_path / "t.jsonl")
    written.file._appender = FullDisk(written.path, failures=3)
    written.session(60)
    assert [r.event for r in written.log.records()] == ["trace_not_written"]
    assert verify(written.closed()).intact


class FullDisk(Appender):
    """The disk is full for the first batches."""

    def __init__(self, path: Path, failures: int) -> None:
        super().__init__(path)
        self._failures = failures

    def append(self, octets: bytes, turn: Turn | None = None) -> None:
        if self._failures:
            self._failures -= 1
            raise OSError(28, "No space left on device")
        super().append(octets, turn)


T = TypeVar("T")


class LostOutcome(SimulatedWorker):
    """Does the work, but the ECU stops before the outcome is delivered."""

    def submit(self, name: str, work: Callable[[], T], done: Callable[[Outcome[T]], None]) -> Job:
        del done
        work()
        return Job(name)


def test_a_batch_whose_outcome_nobody_heard_is_not_written_twice(tmp_path: Path) -> None:
    scheduler = Scheduler(VirtualClock())
    log: Logger = Dlt(lambda: 0).logger("trace")
    file = TraceFile(tmp_path / "t.jsonl", scheduler, LostOutcome(scheduler), log)
    trace = Trace(lambda: scheduler.now, (file,))
    trace.begin()
    scheduler.run(S)
    trace.end()
    file.close()
    assert verify(file.path).intact


def test_the_trace_of_an_earlier_start_is_kept(tmp_path: Path) -> None:
    """Above all that of a crash, which nobody has closed."""
    path = tmp_path / "t.jsonl"
    crashed = Written(path)
    crashed.trace.begin(start=1)
    crashed.scheduler.run(S)
    for start in range(2, 8):
        written = Written(path, room=Room(keep=4))
        written.trace.begin(start=start)
        written.trace.end()
        written.closed()
    kept = sorted(file.name for file in tmp_path.iterdir())
    assert kept == ["t.jsonl", "t.jsonl.1", "t.jsonl.2", "t.jsonl.3", "t.jsonl.4"]
    starts = [json.loads(_first(tmp_path / name))["fields"]["start"] for name in kept]
    assert starts == [7, 6, 5, 4, 3]


def _first(path: Path) -> str:
    return path.read_text(encoding="ascii").splitlines()[0]


def test_a_full_file_is_followed_by_another_and_the_chain_goes_on(tmp_path: Path) -> None:
    written = Written(tmp_path / "t.jsonl", room=Room(size=4_000, keep=99))
    written.session(400)
    path = written.closed()
    files = [path, *(path.with_name(f"t.jsonl.{number}") for number in range(1, 99))]
    files = [file for file in files if file.exists()][::-1]
    assert len(files) > 5
    assert all(file.stat().st_size < 8_000 for file in files)
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    verdicts = [verify(file) for file in files]
    assert all(verdict.intact for verdict in verdicts), [str(verdict) for verdict in verdicts]
    assert [verdict.continued for verdict in verdicts] == [True] * (len(files) - 1) + [False]
    assert sum(verdict.records for verdict in verdicts) == written.trace.count
    for before, after in pairwise(verdicts):
        assert after.first == before.first + before.records
    assert verdicts[-1].digest == written.trace.digest
    lines = files[2].read_text(encoding="ascii").splitlines(keepends=True)
    files[2].write_text("".join(lines[:-2] + lines[-1:]), encoding="ascii")
    assert "what is said to go on" in str(verify(files[2]))


def test_what_is_kept_of_a_long_trace_is_bounded(tmp_path: Path) -> None:
    written = Written(tmp_path / "t.jsonl", room=Room(size=4_000, keep=2))
    written.session(600)
    written.closed()
    assert len(list(tmp_path.iterdir())) == 3
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 3 * 8_000


class BrokenTurn(Appender):
    """The first attempts at a new file find no room for it."""

    failures = 3

    def _opened(self) -> int:
        if getattr(self, "batches", 0) and self.failures:
            self.failures -= 1
            raise OSError(28, "No space left on device")
        return super()._opened()


def test_a_turn_that_fails_is_made_again_and_loses_nothing(tmp_path: Path) -> None:
    room = Room(size=4_000, keep=99)
    written = Written(tmp_path / "t.jsonl", room=room)
    written.file._appender = BrokenTurn(written.path, room)
    written.session(200)
    written.closed()
    verdicts = [verify(file) for file in tmp_path.iterdir()]
    assert all(verdict.intact for verdict in verdicts), [str(verdict) for verdict in verdicts]
    assert sum(verdict.records for verdict in verdicts) == written.trace.count


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept", encoding="ascii")
    (tmp_path / "t.jsonl").symlink_to(precious)
    with pytest.raises(OSError, match="symbolic link"):
        Written(tmp_path / "t.jsonl")
    assert precious.read_text(encoding="ascii") == "kept"


def test_a_link_in_place_of_an_earlier_file_is_replaced_itself(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept", encoding="ascii")
    path = tmp_path / "t.jsonl"
    Written(path).session(1).closed()
    (tmp_path / "t.jsonl.1").symlink_to(precious)
    Written(path, room=Room(keep=1)).session(1).closed()
    assert not (tmp_path / "t.jsonl.1").is_symlink()
    assert precious.read_text(encoding="ascii") == "kept"


FIELDS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(max_size=64)
)


@given(
    records=st.lists(
        st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), FIELDS, max_size=3),
        max_size=6,
    )
)
def test_whatever_was_added_verifies(
    records: list[dict[str, Field]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    written = Written(tmp_path_factory.mktemp("trace") / "t.jsonl")
    written.trace.begin()
    for fields in records:
        written.trace.add("any", **fields)
    written.trace.end()
    assert verify(written.closed()).intact
