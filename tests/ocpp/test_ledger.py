"""What the ledger does when the back end, the worker or the disk will not: tries, waits, drops."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bsw.dlt import silent
from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from ocpp.catalogue import Catalogue
from ocpp.folder import Kind
from ocpp.happenings import Answered, BadAnswer, CutOff, Happening, TimedOut, TurnedDown
from ocpp.router import CallsFull, Fields
from ocpp.station.ledger import DEFAULT_LEDGER, Ledger, LedgerRules
from ocpp.station.records import Phase, Reading, Sample, SignedRecord, Token, TxEvent
from ocpp.station.spoken.v2 import V2
from ocpp.station.spoken.v16 import V16
from ocpp.station.store import Store, StoreFull
from ocpp.station.translation import Learned, Standing, Translator
from ocpp.versions import Problem, Version, Wrong
from tests.ocpp.events import event

EPOCH = 1_900_000_000 * S


@dataclass
class Bench:
    """A ledger whose back end is the test."""

    folder: Path
    version: Version = Version.V201
    rules: LedgerRules = DEFAULT_LEDGER
    calls: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    told: list[tuple[str, TxEvent]] = field(default_factory=list)
    verdicts: list[Learned] = field(default_factory=list)
    refuses: int = 0

    def __post_init__(self) -> None:
        self.catalogue = Catalogue(self.version)
        self.scheduler = Scheduler(VirtualClock())
        self.store = Store(self.folder / "store")
        self.store.open()
        self.worker = SimulatedWorker(self.scheduler, bound=8)
        self.ledger = Ledger(
            self.scheduler,
            self.worker,
            self.store,
            caller=self,
            user=self,
            log=silent().logger("ocpp"),
            rules=self.rules,
        )
        self.translator: Translator = V16() if self.version is Version.V16 else V2()

    def call(
        self, action: str, fields: Fields, *, within: int | None = None, name: str = ""
    ) -> str:
        if self.refuses:
            self.refuses -= 1
            raise CallsFull(action, 1)
        self.catalogue.encode(action, Kind.REQUEST, fields)
        self.calls.append((self.scheduler.now // S, action, dict(fields)))
        self.names.append(name)
        return name

    def written(self, event: TxEvent) -> None:
        self.told.append(("written", event))

    def no_room(self, event: TxEvent) -> None:
        self.told.append(("no room", event))

    def gave_up(self, event: TxEvent) -> None:
        self.told.append(("gave up", event))

    def learned(self, event: TxEvent, learned: Learned) -> None:
        self.verdicts.append(learned)

    def record(self, *phases: Phase, token: Token | None = None) -> None:
        for number, phase in enumerate(phases):
            made = event(phase, ns=self.scheduler.now, token=token)
            self.ledger.record(made, f"m{len(self.told)}{number}", b"")

    def online(self) -> None:
        self.ledger.connected()
        self.ledger.open(self.translator, EPOCH)
        self.run(0)

    def run(self, seconds: int) -> None:
        self.scheduler.run(self.scheduler.now + seconds * S)

    def say(self, happening: Happening) -> None:
        assert self.ledger.happened(happening)
        self.run(0)

    def answer(self, fields: dict[str, Any] | None = None) -> None:
        action = self.calls[-1][1]
        message = self.catalogue.make(action, Kind.RESPONSE, fields or {})
        self.say(Answered(self.names[-1], action, message, b"{}"))

    def failures(self) -> dict[str, Happening]:
        name, action = self.names[-1], self.calls[-1][1]
        return {
            "refused": TurnedDown(name, action, Wrong.INTERNAL, "InternalError", ""),
            "silent": TimedOut(name, action),
            "nonsense": BadAnswer(name, action, Problem(Wrong.TYPE, "")),
        }


@pytest.fixture
def bench(folder: Path) -> Iterator[Bench]:
    made = Bench(folder)
    yield made
    made.store.close()


def test_nothing_is_sent_before_it_is_written_and_allowed(bench: Bench) -> None:
    bench.record(Phase.STARTED)
    assert bench.told == []
    bench.run(1)
    assert [what for what, _ in bench.told] == ["written"]
    assert bench.calls == []
    bench.online()
    assert len(bench.calls) == 1


def test_one_event_is_under_way_and_the_next_follows_its_answer(bench: Bench) -> None:
    bench.online()
    bench.record(Phase.STARTED, Phase.UPDATED, Phase.ENDED)
    bench.run(0)
    for seq in range(3):
        assert [fields["seqNo"] for _, _, fields in bench.calls] == list(range(seq + 1))
        bench.answer()
    assert bench.ledger.idle
    assert bench.store.waiting() == 0


@pytest.mark.parametrize("how", ["refused", "silent", "nonsense"])
def test_e13_a_failed_event_is_tried_with_growing_waits_then_dropped(
    bench: Bench, how: str
) -> None:
    bench.online()
    bench.record(Phase.STARTED, Phase.UPDATED)
    bench.run(0)
    for _ in range(3):
        bench.say(bench.failures()[how])
        bench.run(500)
    times = [at for at, _, fields in bench.calls if fields["seqNo"] == 0]
    assert len(times) == 3
    assert [event.phase for what, event in bench.told if what == "gave up"] == [Phase.STARTED]
    assert bench.calls[-1][2]["seqNo"] == 1


def test_e13_the_waits_are_the_interval_times_the_tries_so_far(bench: Bench) -> None:
    bench.online()
    bench.record(Phase.STARTED)
    bench.run(0)
    bench.say(bench.failures()["refused"])
    bench.run(59)
    assert len(bench.calls) == 1
    bench.run(1)
    assert len(bench.calls) == 2
    bench.say(bench.failures()["refused"])
    bench.run(119)
    assert len(bench.calls) == 2
    bench.run(1)
    assert len(bench.calls) == 3
    assert len(set(bench.names)) == 1


def test_a_cut_counts_no_try_and_what_waits_is_delivered_offline(bench: Bench) -> None:
    """E11.FR.07."""
    bench.online()
    bench.record(Phase.STARTED)
    bench.run(0)
    for _ in range(5):
        name, action = bench.names[-1], bench.calls[-1][1]
        bench.say(CutOff(name, action, sent=True))
        bench.ledger.disconnected()
        bench.run(1000)
        bench.online()
    bench.record(Phase.UPDATED)
    bench.run(0)
    assert len(bench.calls) == 6
    assert [fields.get("offline") for _, _, fields in bench.calls] == [None] + [True] * 5
    bench.answer()
    assert bench.calls[-1][2].get("offline") is None
    assert not any(what == "gave up" for what, _ in bench.told)


def test_an_answer_about_something_else_is_not_for_the_ledger(bench: Bench) -> None:
    assert not bench.ledger.happened(TimedOut("other", "Heartbeat"))
    bench.online()
    bench.record(Phase.STARTED)
    bench.run(0)
    assert not bench.ledger.happened(TimedOut("other", "Heartbeat"))


def test_a_full_worker_and_a_full_line_are_only_a_wait(bench: Bench) -> None:
    bench.online()
    bench.refuses = 3
    for _ in range(8):
        bench.worker.submit("other", lambda: None, lambda _outcome: None)
    bench.record(Phase.STARTED)
    bench.run(20)
    assert len(bench.calls) == 1


def test_a_disk_that_fails_for_a_while_loses_nothing(bench: Bench) -> None:
    whole = bench.store._append

    def broken(*_words: object, **_more: object) -> int:
        raise sqlite3.OperationalError("disk I/O error")

    bench.store._append = broken  # type: ignore[method-assign]  # a disk that fails
    bench.online()
    bench.record(Phase.STARTED, Phase.UPDATED)
    bench.run(60)
    assert bench.told == []
    bench.store._append = whole  # type: ignore[method-assign]  # and is well again
    bench.run(5)
    bench.answer()
    assert [fields["seqNo"] for _, _, fields in bench.calls] == [0, 1]


def test_what_a_version_cannot_say_does_not_block_the_rest(folder: Path) -> None:
    bench = Bench(folder, Version.V16)
    bench.online()
    bench.record(Phase.STARTED, token=Token("x" * 30))
    bench.record(Phase.STARTED)
    bench.run(5)
    assert [event.token and event.token.id for what, event in bench.told if what == "gave up"] == [
        "x" * 30
    ]
    bench.store.close()


def test_a_signed_record_too_long_for_the_version_does_not_cost_the_event(folder: Path) -> None:
    bench = Bench(folder, Version.V201)
    bench.online()
    long = event(Phase.STARTED)
    signed = Sample(1.0, signed=SignedRecord("A" * 3000, "OCMF"))
    bench.ledger.record(replace(long, readings=(Reading(long.at, (signed,)),)), "M1", b"{}")
    bench.run(5)
    [(_, _, fields)] = bench.calls
    [sample] = fields["meterValue"][0]["sampledValue"]
    assert sample["value"] == 1.0
    assert "signedMeterValue" not in sample
    bench.answer()
    assert bench.store.waiting() == 0
    bench.store.close()


def test_1_6_names_a_transaction_as_the_back_end_does(folder: Path) -> None:
    bench = Bench(folder, Version.V16)
    bench.record(Phase.STARTED, Phase.UPDATED, Phase.ENDED)
    bench.run(1)
    bench.online()
    assert bench.calls[0][1] == "StartTransaction"
    bench.answer({"transactionId": 815, "idTagInfo": {"status": "Blocked", "parentIdTag": "G"}})
    assert bench.verdicts[0].verdict is not None
    assert (bench.verdicts[0].verdict.standing, bench.verdicts[0].verdict.group) == (
        Standing.BLOCKED,
        "G",
    )
    bench.answer()
    bench.answer()
    assert [action for _, action, _ in bench.calls] == [
        "StartTransaction",
        "MeterValues",
        "StopTransaction",
    ]
    assert [fields["transactionId"] for _, _, fields in bench.calls[1:]] == [815, 815]
    bench.store.close()


def test_1_6_says_minus_one_when_the_start_could_not_be_delivered(folder: Path) -> None:
    bench = Bench(folder, Version.V16, LedgerRules(attempts=1))
    bench.online()
    bench.record(Phase.STARTED, Phase.UPDATED)
    bench.run(0)
    bench.say(bench.failures()["silent"])
    bench.run(5)
    assert bench.calls[-1][2]["transactionId"] == -1
    bench.store.close()


def test_time_is_said_in_utc_with_three_decimals(bench: Bench) -> None:
    bench.run(10)
    bench.record(Phase.STARTED)
    bench.run(90)
    bench.online()
    assert bench.calls[0][2]["timestamp"] == "2030-03-17T17:46:50.000Z"


def test_events_that_no_disk_takes_are_bounded(folder: Path) -> None:
    bench = Bench(folder, rules=LedgerRules(waiting=3))
    bench.record(*[Phase.UPDATED] * 5)
    assert [what for what, _ in bench.told] == ["no room"] * 2
    bench.store.close()


def test_a_transaction_is_told_from_its_start_on_or_not_at_all(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E04.FR.07: there was no room for its start; there is before it ends, or there is not."""
    plain, full = bench.store.append, [True]

    def append(one: TxEvent, message: str, state: bytes, *, offline: bool) -> int:
        if full[0] and one.phase is not Phase.ENDED:  # which has room kept for it
            raise StoreFull
        return plain(one, message, state, offline=offline)

    monkeypatch.setattr(bench.store, "append", append)
    bench.record(Phase.STARTED, Phase.UPDATED)
    bench.run(1)
    bench.record(Phase.ENDED)
    bench.run(1)
    assert [what for what, _ in bench.told] == ["no room"] * 3
    assert bench.store.waiting() == 0
    bench.record(Phase.STARTED, Phase.UPDATED)
    bench.run(1)
    full[0] = False
    bench.record(Phase.UPDATED, Phase.ENDED)
    bench.run(1)
    assert [(what, each.phase) for what, each in bench.told[5:]] == [
        ("written", Phase.STARTED),
        ("written", Phase.UPDATED),
        ("written", Phase.ENDED),
    ]
