"""A station that charges while its power and its line fail, and a back end that counts.

One seed gives one run.  Power fails at any statement to the store, before or after it took effect,
or at any time; what is left is what lies on the disk.  The line is cut before or after an answer;
the back end is slow, silent, refuses or answers nonsense.
"""

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from bsw.dlt import silent
from bsw.net.ports import Endpoint
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Outcome, SimulatedWorker
from bsw.sim.network import SimLink
from csm.randomness import SeededRandomness
from ocpp.backoff import BackOffRules
from ocpp.catalogue import Catalogue
from ocpp.client import Client, ClientRules
from ocpp.connection import ConnectionRules, Gone, Means
from ocpp.happenings import Called, Happening
from ocpp.server import Applicant, Server, Session
from ocpp.station.ledger import Ledger, LedgerRules
from ocpp.station.records import (
    Instant,
    Phase,
    Reading,
    Sample,
    SignedRecord,
    Stop,
    Token,
    Trigger,
    TxEvent,
)
from ocpp.station.store import Store
from ocpp.station.translation import Learned, Translator
from ocpp.station.v2 import V2
from ocpp.station.v16 import V16
from ocpp.versions import Problem, Version, Wrong

EPOCH = 1_900_000_000 * S
CATALOGUES = {version: Catalogue(version) for version in Version}


class PowerCut(BaseException):
    """Nothing that runs may catch it."""


class FailingConnection:
    """A database connection whose power fails at a given statement."""

    def __init__(self, path: Path, cut_at: int, *, after: bool) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._left = cut_at
        self._after = after

    def execute(self, *words: str | tuple[object, ...]) -> sqlite3.Cursor:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise PowerCut
        cursor = self._db.execute(*words)  # type: ignore[arg-type]  # as they come
        if self._left == 0:
            raise PowerCut
        return cursor

    @property
    def in_transaction(self) -> bool:
        return self._db.in_transaction

    def close(self) -> None:
        self._db.close()


@dataclass
class Counting:
    """The back end: what it knows it keeps, whatever happens to connections."""

    random: Random
    faulty: bool = True
    events: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    order: list[tuple[str, int]] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    numbers: int = 0
    repeats: int = 0
    now: Callable[[], int] = lambda: 0
    later: Callable[[int, Callable[[], None]], object] = lambda _delay, _action: None

    def admit(self, applicant: Applicant) -> None:
        return None

    def opened(self, session: Session) -> None:
        """Stations speak first."""

    def gone(self, session: Session, reason: Gone) -> None:
        """What it knew it still knows."""

    def happened(self, session: Session, happening: Happening) -> None:
        if not isinstance(happening, Called):
            return
        fate = self.random.random() if self.faulty else 1.0
        if fate < 0.04:
            session.refuse(happening.id, Problem(Wrong.RPC, "busy"))
        elif fate < 0.08:
            session.abort()
        else:
            self._take(session, happening, fate)

    def _take(self, session: Session, called: Called, fate: float) -> None:
        known = self._known(called)
        answer = self._new(called) if known is None else known
        if fate < 0.12:  # it knows, but the answer never gets there
            session.abort()
        elif fate < 0.15:
            """Silence."""
        elif fate < 0.2:
            self.later(self.random.randrange(60) * S, lambda: self._say(session, called, answer))
        else:
            session.answer(called.id, answer)
            if fate < 0.25:
                session.abort()

    @staticmethod
    def _say(session: Session, called: Called, answer: dict[str, Any]) -> None:
        session.answer(called.id, answer)

    def _known(self, called: Called) -> dict[str, Any] | None:
        message = called.message
        if called.action == "TransactionEvent":
            kept = self.events.get(message.transactionInfo.transactionId, {}).get(message.seqNo)
            if kept is None:
                return None
            self.repeats += 1
            assert kept == plain(called), "the same event, but another content"
            return {}
        if called.id not in self.answers:
            return None
        self.repeats += 1
        assert self.calls[called.id] == (called.action, plain(called))
        return self.answers[called.id]

    def _new(self, called: Called) -> dict[str, Any]:
        message = called.message
        answer: dict[str, Any] = {}
        if called.action == "TransactionEvent":
            name = message.transactionInfo.transactionId
            self.events.setdefault(name, {})[message.seqNo] = plain(called)
            self.order.append((name, message.seqNo))
            return {}
        if called.action == "StartTransaction":
            self.numbers += 1
            answer = {"transactionId": self.numbers, "idTagInfo": {"status": "Accepted"}}
        self.answers[called.id] = answer
        self.calls[called.id] = (called.action, plain(called))
        return answer


def plain(called: Called) -> dict[str, Any]:
    """As JSON, without the flag that may change while an event waits."""
    fields: dict[str, Any] = json.loads(called.payload)
    fields.pop("offline", None)
    return fields


class Life:
    """One run of the station's program, from power-on to the next cut."""

    def __init__(self, storm: "Storm", path: Path, connect: Callable[[Path], Any]) -> None:
        self.storm = storm
        self.random = storm.random
        self.scheduler = Scheduler(VirtualClock())
        self.born = storm.elapsed
        chance = SeededRandomness(f"{storm.seed}/{storm.lives}")
        self.chance = chance
        link = SimLink(self.scheduler, chance.fork("link"))
        self.link = link
        worker = SimulatedWorker(self.scheduler, lambda _name: 3 * MS)
        storm.backend.later = self._later
        rules = ConnectionRules(ping_every=20 * S, pong_within=10 * S)
        log = silent().logger("ocpp")
        known = {storm.version: CATALOGUES[storm.version]}
        means = Means(self.scheduler, chance.fork("b"), known, log, rules=rules)
        listener = Server(means, storm.backend).listen(link.node("backend"))

        def resolve(_host: str, _port: int, done: Callable[[Outcome[Endpoint]], None]) -> None:
            self.scheduler.post(lambda: done(Outcome(value=listener.local)), name="resolved")

        means = Means(self.scheduler, chance.fork("s"), known, log, rules=rules)
        self.client = Client(
            means,
            link.node("station"),
            resolve,
            ClientRules("ws://h", "CS", back_off=BackOffRules(2 * S, 1 * S, 3)),
            self,
        )
        self.store = Store(path, connect=connect)
        self.ledger = Ledger(
            self.scheduler,
            worker,
            self.store,
            caller=self.client,
            user=self,
            log=log,
            rules=LedgerRules(attempts=10_000, interval=1 * S, answer_within=10 * S),
        )
        self.transaction = ""
        self.energy = 0.0

    def begin(self) -> None:
        for found in self.store.open():
            self.transaction = found.id
            self.energy = float(found.state)
            self._event(Phase.ENDED, Trigger.ABNORMAL, Stop.POWER_LOSS)
        self.client.open()
        self._plan()

    def _later(self, delay: int, action: Callable[[], None]) -> object:
        return self.scheduler.after(delay, action, name="later")

    def _plan(self) -> None:
        """The next thing that happens."""
        if self.storm.charging:
            self.scheduler.after(self.random.randrange(1, 40) * S, self._next, name="next")

    def _next(self) -> None:
        if self.random.random() < 0.1:
            self._cut_line()
        elif not self.transaction:
            self.transaction = str(self.storm.new_number())
            self._event(Phase.STARTED, Trigger.AUTHORIZED, token=Token("04E1"))
        elif self.random.random() < 0.2:
            self._event(Phase.ENDED, Trigger.STOPPED, Stop.LOCAL)
        else:
            self._event(Phase.UPDATED, Trigger.METER_PERIODIC)
        self._plan()

    def _cut_line(self) -> None:
        self.link.cut()
        self.scheduler.after(self.random.randrange(1, 90) * S, self.link.restore, name="restore")

    def _event(
        self, phase: Phase, trigger: Trigger, stop: Stop | None = None, token: Token | None = None
    ) -> None:
        self.energy += 12.5
        at = Instant(self.store.run, self.scheduler.now)
        signed = SignedRecord(f"b2N0ZXRz{self.storm.new_number():06}", "OCMF")
        event = TxEvent(
            transaction=self.transaction,
            phase=phase,
            trigger=trigger,
            at=at,
            evse=1,
            connector=1,
            token=token,
            stop=stop,
            meter_wh=self.energy,
            readings=(Reading(at, (Sample(self.energy, signed=signed),)),),
        )
        message = str(self.storm.new_number())
        self.ledger.record(event, message, str(self.energy).encode())
        if phase is Phase.ENDED:
            self.transaction = ""

    def opened(self, version: Version) -> None:
        translator: Translator = V16() if version is Version.V16 else V2()
        self.ledger.connected()
        self.ledger.open(translator, EPOCH + self.born)

    def happened(self, happening: Happening) -> None:
        self.ledger.happened(happening)

    def lost(self, reason: Gone) -> None:
        self.ledger.disconnected()

    def written(self, event: TxEvent) -> None:
        self.storm.written.append(event)

    def no_room(self, event: TxEvent) -> None:
        raise AssertionError("there is room")

    def learned(self, event: TxEvent, learned: Learned) -> None:
        """The back end's own book is what counts here."""

    def gave_up(self, event: TxEvent) -> None:
        raise AssertionError("given up")


class Storm:
    """A seed's whole run."""

    def __init__(self, seed: int, version: Version, folder: Path) -> None:
        self.seed = f"{version.value}/{seed}"
        self.random = Random(self.seed)
        self.version = version
        self.folder = folder
        self.backend = Counting(self.random)
        self.written: list[TxEvent] = []
        self.elapsed = 0
        self.lives = 0
        self.charging = True
        self._numbers = 0

    def new_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def run(self) -> None:
        """Some lives with faults, then one without until everything is told."""
        for _ in range(self.random.randint(1, 6)):
            self._live(self.random.choice([0, self.random.randint(1, 250)]))
        self.charging = self.backend.faulty = False
        life = self._start(0)
        life.begin()
        for _ in range(100):
            life.scheduler.run(life.scheduler.now + 60 * S)
            if life.ledger.idle and not life.store.waiting():
                break
        assert not life.store.waiting(), "not everything was told"
        life.store.close()

    def _start(self, cut_at: int) -> Life:
        self.lives += 1
        after = self.random.random() < 0.5
        return Life(
            self,
            self.folder / f"{self.lives - 1}" / "store",
            lambda path: FailingConnection(path, cut_at, after=after),
        )

    def _live(self, cut_at: int) -> None:
        life = self._start(cut_at)
        try:
            life.begin()
            life.scheduler.run(self.random.randrange(30, 900) * S)
        except PowerCut:
            """At a statement; else it was at any other time."""
        self.elapsed += life.scheduler.now + 5 * S
        here, there = (self.folder / str(number) for number in (self.lives - 1, self.lives))
        there.mkdir(parents=True)
        for path in here.glob("store*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, there / path.name)
        life.store.close()

    def check(self) -> None:
        if self.version is Version.V16:
            self._check_16()
        else:
            self._check_2()

    def _check_2(self) -> None:
        """Every event once, in order, without a gap, its signed record octet for octet."""
        told = self.backend.events
        assert len(self.backend.order) == sum(map(len, told.values()))
        for event in self.written:
            [data] = signed_in(event)
            found = [
                each
                for each in told[event.transaction].values()
                if each["meterValue"][0]["sampledValue"][0]["signedMeterValue"]["signedMeterData"]
                == data
            ]
            assert len(found) == 1
            assert found[0]["eventType"] == event.phase.value
        times = []
        for name, events in told.items():
            assert sorted(events) == list(range(len(events)))
            phases = [events[seq]["eventType"] for seq in range(len(events))]
            assert phases == ["Started", *["Updated"] * (len(phases) - 2), "Ended"]
            assert [seq for other, seq in self.backend.order if other == name] == sorted(events)
        times = [told[name][seq]["timestamp"] for name, seq in self.backend.order]
        assert times == sorted(times)

    def _check_16(self) -> None:
        calls = list(self.backend.calls.values())
        starts = [fields for action, fields in calls if action == "StartTransaction"]
        stops = [fields for action, fields in calls if action == "StopTransaction"]
        assert [stop["transactionId"] for stop in stops] == list(range(1, len(starts) + 1))
        texts = json.dumps(calls)
        for event in self.written:
            [data] = signed_in(event)
            assert texts.count(data) == (event.phase is not Phase.STARTED)
        times = [
            fields["timestamp"] if "timestamp" in fields else fields["meterValue"][0]["timestamp"]
            for _action, fields in calls
        ]
        assert times == sorted(times)


def signed_in(event: TxEvent) -> list[str]:
    return [
        sample.signed.data
        for reading in event.readings
        for sample in reading.samples
        if sample.signed is not None
    ]
