"""One seed's run on the virtual clock: a station that charges while power and line fail.

Power fails at any statement to the store, before or after it took effect, or at any time; what is
left is what lies on the disk.  The line is cut before or after an answer; the back end is slow,
silent or refuses; the clock is set by the back end only; with some seeds the disk is small.
"""

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

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
from ocpp.happenings import Happening
from ocpp.server import Server
from ocpp.station.ledger import LedgerRules
from ocpp.station.outlets.points import Point, TxRules
from ocpp.station.ports import Ports
from ocpp.station.presence.boot import BootRules
from ocpp.station.records import TxEvent
from ocpp.station.rules import StationRules
from ocpp.station.runtime import Runtime
from ocpp.station.station import Station
from ocpp.station.translation import Identity
from ocpp.versions import Version
from tools.endure.account import check_2, check_16
from tools.endure.counting import Counting
from tools.endure.outlets import Happenings, SignedOutlets
from tools.endure.power import PowerCut, WatchedStore, failing

EPOCH: Final = 1_900_000_000 * S
EVSES: Final = (1, 2)
PATIENT: Final = LedgerRules(attempts=10_000, interval=1 * S, answer_within=10 * S)
SMALL: Final = 64 * 4096
STARTS: Final = (
    {Point.CONNECTED},
    {Point.AUTHORIZED},
    {Point.POWER_PATH},
    {Point.ENERGY},
    {Point.CONNECTED, Point.AUTHORIZED},
)
STOPS: Final = (
    {Point.CONNECTED},
    {Point.AUTHORIZED},
    {Point.POWER_PATH},
    {Point.ENERGY, Point.CONNECTED},
    {Point.CONNECTED, Point.AUTHORIZED},
)


@cache
def catalogue(version: Version) -> Catalogue:
    return Catalogue(version)


class Life:
    """One run of the station's program, from power-on to the next cut."""

    def __init__(self, storm: "Storm", folder: Path, cut_at: int, *, after: bool) -> None:
        self._storm = storm
        self._random = storm.random
        self.scheduler = Scheduler(VirtualClock())
        self._chance = SeededRandomness(f"{storm.seed}/{storm.lives}")
        self._link = SimLink(self.scheduler, self._chance.fork("link"))
        limit = SMALL if storm.full else 64 << 20
        self.store = WatchedStore(
            folder / "store", limit=limit, connect=failing(cut_at, after=after)
        )
        self.store.watch(storm.given.append, storm.written.append)
        born = EPOCH + storm.elapsed
        storm.backend.now = lambda: born + self.scheduler.now
        storm.backend.later = lambda delay, action: self.scheduler.after(
            delay, action, name="later"
        )
        self._make_client()

    def _make_client(self) -> None:
        storm, scheduler = self._storm, self.scheduler
        rules = ConnectionRules(ping_every=20 * S, pong_within=10 * S)
        known, log = {storm.version: catalogue(storm.version)}, silent().logger("ocpp")
        there = Means(scheduler, self._chance.fork("backend"), known, log, rules=rules)
        listener = Server(there, storm.backend).listen(self._link.node("backend"))

        def resolve(_host: str, _port: int, done: Callable[[Outcome[Endpoint]], None]) -> None:
            scheduler.post(lambda: done(Outcome(value=listener.local)), name="resolved")

        self._client = Client(
            Means(scheduler, self._chance.fork("station"), known, log, rules=rules),
            self._link.node("station"),
            resolve,
            ClientRules("ws://h", "CS", back_off=BackOffRules(2 * S, 1 * S, 3)),
            self,
        )

    def begin(self) -> None:
        interrupted = self.store.open()
        storm = self._storm
        runtime = Runtime(
            self.scheduler,
            SimulatedWorker(self.scheduler, lambda _name: 3 * MS),
            self.store,
            self._chance.fork("ids"),
            silent().logger("ocpp"),
        )
        charger = SignedOutlets(storm.new_mark, pad=2400 if storm.full else 0)
        self.station = Station(runtime, Ports(self._client, charger), storm.rules)
        self.happenings = Happenings(self.station, self._random)
        self.station.begin(interrupted)
        self._client.open()
        if storm.charging:
            self._plan()

    def _plan(self) -> None:
        self.scheduler.after(self._random.randrange(1, 30) * S, self._next, name="next")

    def _next(self) -> None:
        if self._random.random() < 0.1:
            self._link.cut()
            away = self._random.randrange(1, 90) * S
            self.scheduler.after(away, self._link.restore, name="restore")
        else:
            self.happenings.next(self._random.choice(EVSES))
        self._plan()

    def opened(self, version: Version) -> None:
        self.station.opened(version)

    def happened(self, happening: Happening) -> None:
        self.station.happened(happening)

    def lost(self, reason: Gone) -> None:
        self.station.lost(reason)


class Storm:
    """A seed's whole run."""

    def __init__(self, seed: int, version: Version, folder: Path) -> None:
        self.seed = f"{version.value}/{seed}"
        self.random = Random(self.seed)  # noqa: S311 - faults, not keys
        self.version = version
        self.full = seed % 10 == 9 and version is not Version.V16
        self.elapsed = self.lives = 0
        self.given: list[TxEvent] = []
        self.written: list[TxEvent] = []
        self.charging = True
        self.backend = Counting(self.random, lambda: EPOCH, lambda _delay, _action: None)
        self.rules = self._rules()
        self._folder = folder
        self._marks = 0

    def _rules(self) -> StationRules:
        random = self.random
        every = 2 if self.full else random.choice([0, 20, 60])
        tx = TxRules(
            start=frozenset(random.choice(STARTS)),
            stop=frozenset(random.choice(STOPS)),
            stop_on_disconnect=random.random() < 0.7,
            updated_every=every * S,
        )
        identity = Identity("Pilotwire", "Endure")
        boot = BootRules(patience=5 * S)
        offline = random.random() < 0.7
        return StationRules(
            identity, EVSES, unknown_offline=offline, tx=tx, boot=boot, ledger=PATIENT
        )

    def new_mark(self) -> str:
        self._marks += 1
        return f"R{self._marks}"

    def run(self) -> None:
        """Some lives with faults, then one without until everything is told."""
        for _ in range(self.random.randint(1, 6)):
            self._live(self.random.choice([0, self.random.randint(1, 400)]))
        self.charging = self.backend.faulty = False
        life = self._start(0)
        life.begin()
        for evse in EVSES:
            life.happenings.end(evse)
        for _ in range(200):
            life.scheduler.run(life.scheduler.now + 60 * S)
            if life.station.told_everything and not life.store.waiting():
                break
        assert not life.store.waiting(), "not everything was told"
        life.store.close()

    def check(self) -> None:
        if self.version is Version.V16:
            check_16(self.backend, self.given, self.written)
        else:
            check_2(self.backend, self.given, self.written, full=self.full)

    def _start(self, cut_at: int) -> Life:
        self.lives += 1
        after = self.random.random() < 0.5
        return Life(self, self._folder / f"{self.lives - 1}", cut_at, after=after)

    def _live(self, cut_at: int) -> None:
        life = self._start(cut_at)
        try:
            life.begin()
            life.scheduler.run(self.random.randrange(30, 900) * S)
        except PowerCut:
            """At a statement; else it was at any other time."""
        self.elapsed += life.scheduler.now + 5 * S
        here, there = (self._folder / str(number) for number in (self.lives - 1, self.lives))
        there.mkdir(parents=True)
        for path in here.glob("store*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, there / path.name)
        life.store.close()
        shutil.rmtree(here, ignore_errors=True)
