"""A vehicle and a station on one link, host or simulated, for tests that must hold on both."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from bsw.net.host.tcpip import HostNetwork
from bsw.net.ports import Endpoint, Network, Stream, StreamEnd, TcpOptions
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.os.worker import HostWorker, SimulatedWorker, Worker
from bsw.sim.line import PERFECT, Impairment
from bsw.sim.network import SimLink, SimNetwork
from csm.randomness import SeededRandomness
from tests.net.namespaces import Inside, cable

KINDS = ("simulated", "loopback", pytest.param("cable", marks=pytest.mark.root))
"""Simulated; real sockets on ``::1``; real sockets on link-local addresses of two namespaces."""


def where(endpoint: Endpoint) -> tuple[str, int]:
    """An endpoint as both sides see it: each names its own interface as the scope."""
    return endpoint.address, endpoint.port


@dataclass
class World:
    scheduler: Scheduler
    vehicle: Network
    station: Network
    worker: Worker
    link: SimLink | None = None

    @property
    def simulated(self) -> SimLink:
        assert self.link is not None
        return self.link

    def run_for(self, duration: int) -> None:
        self.scheduler.run(self.scheduler.now + duration)

    def run_until(self, reached: Callable[[], object], within: int = 10 * S) -> None:
        """Run until ``reached``; a test that waits in vain fails and does not hang."""
        deadline = self.scheduler.now + within

        def look() -> None:
            if reached():
                self.scheduler.stop()

        looking = self.scheduler.every(MS // 2, look, name="look", offset=0)
        self.scheduler.run(deadline)
        looking.stop()
        assert reached(), "not reached in time"


def simulated(
    seed: int = 1,
    impairment: Impairment = PERFECT,
    options: TcpOptions | None = None,
    passable: Callable[[SimNetwork, SimNetwork], bool] = lambda _one, _other: True,
) -> World:
    scheduler = Scheduler(VirtualClock())
    link = SimLink(scheduler, SeededRandomness(seed), impairment, passable=passable)
    options = options or TcpOptions()
    return World(
        scheduler,
        link.node("vehicle", options=options),
        link.node("station", options=options),
        SimulatedWorker(scheduler, lambda _name: 5 * MS),
        link,
    )


@contextmanager
def host(kind: str, options: TcpOptions | None = None) -> Iterator[World]:
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox)
    opened: list[HostNetwork] = []

    def network(interface: str) -> HostNetwork:
        made = HostNetwork(scheduler, clock, interface, options=options or TcpOptions())
        opened.append(made)
        return made

    worker = HostWorker(scheduler)
    try:
        if kind == "cable":
            one, other = cable()
            vehicle: Network = Inside(one, lambda: network("v0"))
            station: Network = Inside(other, lambda: network("s0"))
        else:
            vehicle, station = network("lo"), network("lo")
        yield World(scheduler, vehicle, station, worker)
    finally:
        worker.close()
        for made in opened:
            made.close()
        clock.close()


@contextmanager
def world(kind: str, options: TcpOptions | None = None) -> Iterator[World]:
    if kind == "simulated":
        yield simulated(options=options)
    else:
        with host(kind, options) as made:
            yield made


@dataclass
class Recorder:
    """A stream user that remembers.  ``on`` may react to what is told."""

    on: Callable[[str, bytes], None] = lambda _what, _value: None
    data: bytearray = field(default_factory=bytearray)
    told: list[str] = field(default_factory=list)
    end: StreamEnd | None = None
    stream: Stream | None = None

    def connected(self) -> None:
        self.told.append("connected")
        self.on("connected", b"")

    def received(self, data: bytes) -> None:
        self.data += data
        self.on("received", data)

    def ended(self, how: StreamEnd) -> None:
        assert self.end is None, "ended twice"
        self.told.append(how.value)
        self.end = how
        self.on("ended", b"")

    @property
    def is_connected(self) -> bool:
        return "connected" in self.told

    @property
    def the_stream(self) -> Stream:
        assert self.stream is not None
        return self.stream


@dataclass
class Pair:
    """Both ends of one connection."""

    vehicle: Recorder
    station: Recorder
    address: Endpoint
    world: World


def connect(world: World, timeout: int = 5 * S) -> Pair:
    vehicle, station = Recorder(), Recorder()

    def accept(stream: Stream) -> Recorder:
        station.stream = stream
        return station

    listener = world.station.listen(accept)
    vehicle.stream = world.vehicle.connect(listener.local, vehicle, timeout=timeout)
    world.run_until(lambda: vehicle.is_connected and station.is_connected, within=2 * timeout)
    listener.close()
    return Pair(vehicle, station, listener.local, world)
