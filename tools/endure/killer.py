"""Kills real station processes with signal 9, again and again, and then holds the books together.

The back end runs here, on real sockets, and cuts lines itself.  Processes come from a fork server,
so that most of the time goes into being killed and not into starting.  A process is killed once it
has written some events, however long that takes a busy machine, and only the death of one that had
a transaction open counts.
"""

import multiprocessing
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Final

from bsw.dlt import silent
from bsw.net.host.uplink import Uplink
from bsw.os.clock import MS, US, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from csm.randomness import HostRandomness
from ocpp.connection import Means
from ocpp.server import Server
from ocpp.station.records import TxEvent
from ocpp.versions import Version
from tools.endure.account import check_2, check_16
from tools.endure.counting import Counting
from tools.endure.journal import Journal
from tools.endure.storm import catalogue
from tools.endure.victim import live

LOOK_EACH: Final = 5 * MS
LAST_WITHIN: Final = 600
MOST_EVENTS: Final = 40
"""So many are written at most before a process is killed."""


class NeverDone(AssertionError):
    """A process wrote nothing, or the last one could not tell everything."""


class Killer:
    """``kills`` deaths of one station, one after the other, then one life to the end."""

    def __init__(self, seed: int, version: Version, folder: Path, kills: int) -> None:
        self._random = Random(f"{version.value}/{seed}")  # noqa: S311 - when to kill
        self._version = version
        self._folder = folder
        self._left = kills
        mailbox = Mailbox()
        clock = HostClock(mailbox)
        self._scheduler = Scheduler(clock, mailbox=mailbox)
        ahead = time.time_ns() - self._scheduler.now  # the wall clock is what stations are told
        self.backend = Counting(self._random, lambda: ahead + self._scheduler.now, self._later)
        log = silent().logger("ocpp")
        means = Means(self._scheduler, HostRandomness(), {version: catalogue(version)}, log)
        uplink = Uplink(self._scheduler, clock)
        server = Server(means, self.backend)
        self._port = uplink.listen(server.accept, address="::1").local.port
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(["tools.endure.victim"])
        self._process: BaseProcess | None = None
        self._written = Journal(folder / "written")
        self._patience = self._scheduler.alarm(self._give_up, name="give up")
        self._until = self.deaths = 0
        self._server, self._uplink, self._clock = server, uplink, clock

    def run(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._next()
        self._scheduler.run()
        self._server.close("done")
        self._uplink.close()
        self._clock.close()

    def check(self) -> None:
        given, written = Journal(self._folder / "given").all(), self._written.all()
        if self._version is Version.V16:
            check_16(self.backend, given, written)
        else:
            check_2(self.backend, given, written, full=False)

    @property
    def written(self) -> list[TxEvent]:
        """By all processes."""
        return self._written.all()

    def _later(self, delay: int, action: object) -> object:
        del delay  # nobody waits a minute for a killed station
        return self._scheduler.after(50 * MS, action, name="later")  # type: ignore[arg-type]

    def _next(self) -> None:
        charges = self._left > 0
        self.backend.faulty = charges
        self._process = self._processes.Process(
            target=live,
            args=(self._folder, self._port, self._version),
            kwargs={"charges": charges},
        )
        self._process.start()
        self._until = self._written.count + self._random.randint(1, MOST_EVENTS)
        look = self._look_at_victim if charges else self._look_at_last
        self._looking = self._scheduler.every(LOOK_EACH, look, name="look")
        self._patience.rearm(LAST_WITHIN * S)

    def _look_at_victim(self) -> None:
        """The moment of its death lies anywhere between two of its steps: chance adds to a look."""
        self._written.look()
        if self._written.count < self._until or not self._written.open:
            return
        self._looking.stop()
        self._scheduler.after(self._random.randrange(5_000) * US, self._kill, name="kill")

    def _kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.join()
        self._written.look()
        self.deaths += 1
        if self._written.open:
            self._left -= 1
        self._next()

    def _look_at_last(self) -> None:
        assert self._process is not None
        if not self._process.is_alive():
            self._scheduler.stop()

    def _give_up(self) -> None:
        assert self._process is not None
        self._process.kill()
        raise NeverDone(f"a process did not do its part within {LAST_WITHIN} s")
