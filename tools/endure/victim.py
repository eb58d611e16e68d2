"""A station in a process of its own, made to be killed: real disk, real sockets, fast outlets.

Each event that its store has called written goes, by one system call, into a journal that the
killer reads afterwards: what stands there must reach the back end.
"""

import os
from pathlib import Path
from random import Random
from typing import Final

from bsw.dlt import silent
from bsw.net.host.uplink import Uplink
from bsw.net.ports import Endpoint
from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.os.worker import HostWorker, Outcome
from csm.randomness import HostRandomness
from ocpp.backoff import BackOffRules
from ocpp.client import Client, ClientRules
from ocpp.connection import Gone, Means
from ocpp.happenings import Happening
from ocpp.station.ledger import LedgerRules
from ocpp.station.outlets.points import Point, TxRules
from ocpp.station.ports import Ports
from ocpp.station.presence.boot import BootRules
from ocpp.station.records import TxEvent, written
from ocpp.station.rules import StationRules
from ocpp.station.runtime import Runtime
from ocpp.station.station import Station
from ocpp.station.translation import Identity
from ocpp.versions import Version
from tools.endure.outlets import Happenings, SignedOutlets
from tools.endure.power import WatchedStore
from tools.endure.storm import EVSES, catalogue

EACH: Final = 2 * MS
RULES: Final = StationRules(
    Identity("Pilotwire", "Victim"),
    EVSES,
    unknown_offline=True,
    tx=TxRules(
        start=frozenset({Point.CONNECTED}), stop=frozenset({Point.CONNECTED}), updated_every=3 * MS
    ),
    boot=BootRules(patience=20 * MS),
    ledger=LedgerRules(attempts=10_000, interval=5 * MS, answer_within=1 * S),
)


class Victim:
    """Runs until it is killed, or, where nothing ``charges``, until everything is told."""

    def __init__(self, folder: Path, port: int, version: Version, *, charges: bool) -> None:
        mailbox = Mailbox()
        clock = HostClock(mailbox)
        self._scheduler = Scheduler(clock, mailbox=mailbox)
        self._charges = charges
        self._journals = {
            name: os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            for name in ("given", "written")
        }
        self._store = WatchedStore(folder / "store")
        self._store.watch(lambda event: self._note("given", event), self._wrote)
        chance = HostRandomness()
        log = silent().logger("ocpp")

        def resolve(_host: str, _port: int, done: object) -> None:
            endpoint = Endpoint("::1", port)
            self._scheduler.post(lambda: done(Outcome(value=endpoint)), name="resolved")  # type: ignore[operator]

        self._client = Client(
            Means(self._scheduler, chance, {version: catalogue(version)}, log),
            Uplink(self._scheduler, clock),
            resolve,
            ClientRules("ws://h", "CS", back_off=BackOffRules(5 * MS, 5 * MS, 1)),
            self,
        )
        interrupted = self._store.open(self._scheduler.now)
        self._random = Random(os.getpid())  # noqa: S311 - what happens, not keys
        worker = HostWorker(self._scheduler, "store")
        runtime = Runtime(self._scheduler, worker, self._store, chance, log)
        charger = SignedOutlets(lambda: f"R{chance.octets(6).hex()}")
        self._station = Station(runtime, Ports(self._client, charger), RULES)
        self._happenings = Happenings(self._station, self._random)
        self._station.begin(interrupted)

    def run(self) -> None:
        self._client.open()
        self._scheduler.every(EACH, self._step, name="step")
        self._scheduler.run()
        os._exit(0)

    def _step(self) -> None:
        if self._charges:
            self._happenings.next(self._random.choice(EVSES))
        elif self._station.told_everything and not self._store.waiting():
            self._scheduler.stop()

    def _note(self, name: str, event: TxEvent) -> None:
        os.write(self._journals[name], written(event) + b"\n")

    def _wrote(self, event: TxEvent) -> None:
        self._note("written", event)

    def opened(self, version: Version) -> None:
        self._station.opened(version)

    def happened(self, happening: Happening) -> None:
        self._station.happened(happening)

    def lost(self, reason: Gone) -> None:
        self._station.lost(reason)


def live(folder: Path, port: int, version: Version, *, charges: bool) -> None:
    """The whole life of such a process."""
    Victim(folder, port, version, charges=charges).run()
