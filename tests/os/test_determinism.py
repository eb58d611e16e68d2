"""Same configuration and seed, same run: digests over all that happened, compared twenty times."""

import hashlib
from functools import partial

from bsw.os.clock import MS, US, S, VirtualClock
from bsw.os.scheduler import Alarm, Scheduler
from bsw.os.worker import SimulatedWorker
from csm.randomness import SeededRandomness

PERIODS = (10 * MS, 20 * MS, 50 * MS, 100 * MS, 250 * MS)


class Node:
    """Five cyclic tasks, messages to a peer over a lossy delay, timeouts, and a slow signer."""

    def __init__(self, name: str, scheduler: Scheduler, seed: int, trace: list[str]) -> None:
        self.name = name
        self.peer: Node | None = None
        self._scheduler = scheduler
        self._chance = SeededRandomness(f"{seed}/{name}")
        self._trace = trace
        self._worker = SimulatedWorker(scheduler, lambda _name: 1 * MS + self._chance.below(MS))
        self._timeout: Alarm = scheduler.alarm(lambda: self._note("timeout"), name="timeout")
        for number, period in enumerate(PERIODS):
            scheduler.every(
                period,
                partial(self._cycle, number),
                name=f"{name} {number}",
                priority=number,
            )

    def receive(self, octets: bytes) -> None:
        self._note(octets.hex())
        self._timeout.rearm(60 * MS)

    def _note(self, what: str) -> None:
        self._trace.append(f"{self._scheduler.now} {self.name} {what}")

    def _cycle(self, number: int) -> None:
        self._note(f"task {number}")
        assert self.peer is not None
        if number == 1 and not self._chance.chance(0.2):
            octets = self._chance.octets(4)
            peer = self.peer
            self._scheduler.after(
                self._chance.below(5_000) * US, lambda: peer.receive(octets), name="link"
            )
        if number == 4:
            self._worker.submit("sign", lambda: "signed", lambda o: self._note(o.result()))


def digest_of_a_minute(seed: int) -> tuple[str, int]:
    scheduler = Scheduler(VirtualClock())
    trace: list[str] = []
    vehicle = Node("vehicle", scheduler, seed, trace)
    station = Node("station", scheduler, seed, trace)
    vehicle.peer, station.peer = station, vehicle
    scheduler.run(60 * S)
    return hashlib.sha256("\n".join(trace).encode()).hexdigest(), scheduler.activations


def test_a_minute_of_two_nodes_is_the_same_twenty_times_in_a_row() -> None:
    runs = {digest_of_a_minute(7) for _ in range(20)}
    assert len(runs) == 1
    assert runs.pop()[1] > 20_000


def test_another_seed_is_another_run() -> None:
    assert digest_of_a_minute(1)[0] != digest_of_a_minute(2)[0]


def test_the_digest_is_the_same_on_every_machine_and_python() -> None:
    digest, _ = digest_of_a_minute(7)
    assert digest == "0b9ff08ab02f5308322878e93968149ff357341edf65010933b676d00b696b1c"
