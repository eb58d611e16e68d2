"""Buses to test on: the simulated one, and python-can's, behind one face."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import getpid

from bsw.os.clock import MS, S, VirtualClock
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanPort
from can_adapter.canif import CanIf
from can_adapter.config import CanConfig
from can_adapter.drivers.multicast import MulticastPort
from can_adapter.drivers.python_can import PythonCanPort
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.drivers.timing import BusTiming
from can_adapter.matrix.configured import load_matrix
from can_adapter.signals.binding import bind
from can_adapter.signals.transmit import Outbound
from can_adapter.vehicle.bus import VEHICLE_VALUES, VehicleBus, open_vehicle_bus
from can_adapter.vehicle.config import VehicleCanConfig
from csm.randomness import SeededRandomness

DRIVERS = ("simulated", "virtual", "udp_multicast", "multicast")


@dataclass
class World:
    """A scheduler with two ports of the same bus."""

    scheduler: Scheduler
    one: CanPort
    other: CanPort
    third: CanPort

    def run_until(self, reached: Callable[[], bool], within: int = 5 * S) -> None:
        deadline = self.scheduler.now + within
        while not reached() and self.scheduler.now < deadline:
            self.scheduler.run(self.scheduler.now + MS)
        assert reached(), "not reached in time"

    def run_for(self, duration: int) -> None:
        self.scheduler.run(self.scheduler.now + duration)


@contextmanager
def world(driver: str) -> Iterator[World]:
    if driver == "simulated":
        scheduler = Scheduler(VirtualClock())
        bus = SimulatedBus(scheduler, SeededRandomness(1))
        yield World(scheduler, bus.attach("one"), bus.attach("other"), bus.attach("third"))
        return
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox)
    ports = [_host_port(scheduler, clock, driver, name) for name in ("one", "other", "third")]
    try:
        yield World(scheduler, *ports)
    finally:
        for port in ports:
            port.close()
        clock.close()


def _host_port(scheduler: Scheduler, clock: HostClock, driver: str, name: str) -> CanPort:
    if driver == "virtual":
        channel, options = f"world-{id(scheduler)}", {}
    else:
        channel, options = "239.74.163.77", {"port": 20_000 + getpid() % 20_000, "hop_limit": 0}
    if driver == "multicast":
        return MulticastPort(clock, channel, options, name=name)
    return PythonCanPort(scheduler, clock, driver, channel, options, name=name)


def sender(scheduler: Scheduler, port: CanPort, config: CanConfig, name: str) -> Outbound[object]:
    """A node of the vehicle that sends its messages as the matrix says."""
    matrix = load_matrix(config)[0]
    bindings = bind(config, matrix, VEHICLE_VALUES, "receive")[0]
    ours = {spec.name: spec for spec in matrix.sent_by(name)}
    return Outbound(scheduler, CanIf(scheduler, port), bindings, ours)


class VehicleWorld:
    """The vehicle bus of the ECU, and the vehicle's nodes as bare senders, in simulated time."""

    def __init__(self, config: CanConfig | None = None, *, seed: int = 1) -> None:
        self.config = config or VehicleCanConfig()
        self.scheduler = Scheduler(VirtualClock())
        self.bus = SimulatedBus(self.scheduler, SeededRandomness(seed), BusTiming(fixed=100_000))
        self.ecu: VehicleBus = open_vehicle_bus(
            self.scheduler, self.bus.attach("EVCC"), self.config
        )
        self.matrix = load_matrix(self.config)[0]

    def node(self, name: str) -> Outbound[object]:
        """A node of the vehicle that sends its messages as the matrix says."""
        return self.sender(name, self.bus.attach(name))

    def sender(self, name: str, port: CanPort) -> Outbound[object]:
        return sender(self.scheduler, port, self.config, name)

    def run_for(self, duration: int) -> None:
        self.scheduler.run(self.scheduler.now + duration)
