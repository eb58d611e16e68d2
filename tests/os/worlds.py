"""A scheduler on either clock, for tests that must hold on both."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bsw.os.clock import MS, Clock, VirtualClock
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import FaultHandler, Scheduler
from bsw.os.worker import HostWorker, SimulatedWorker, Worker

CLOCKS = ("virtual", "host")


@dataclass
class World:
    scheduler: Scheduler
    clock: Clock
    virtual: bool

    def run_for(self, duration: int) -> None:
        self.scheduler.run(self.scheduler.now + duration)

    def run_until(self, reached: Callable[[], bool], within: int = 5_000 * MS) -> None:
        """Run until ``reached``; a test that waits in vain fails and does not hang."""
        deadline = self.scheduler.now + within

        def look() -> None:
            if reached():
                self.scheduler.stop()

        looking = self.scheduler.every(MS // 2, look, name="look", offset=0)
        self.scheduler.run(deadline)
        looking.stop()
        assert reached(), "not reached in time"

    def spend(self, duration: int) -> None:
        """Be busy, as a long task is."""
        end = self.clock.now() + duration
        if self.virtual:
            self.clock.wait_until(end)
        while self.clock.now() < end:
            pass


@contextmanager
def world(kind: str, *, bound: int = 4096, on_fault: FaultHandler | None = None) -> Iterator[World]:
    mailbox = Mailbox(bound)
    if kind == "virtual":
        clock = VirtualClock()
        yield World(Scheduler(clock, mailbox=mailbox, on_fault=on_fault), clock, virtual=True)
        return
    host = HostClock(mailbox)
    try:
        yield World(Scheduler(host, mailbox=mailbox, on_fault=on_fault), host, virtual=False)
    finally:
        host.close()


def worker_on(world: World, bound: int = 1024) -> Worker:
    if world.virtual:
        return SimulatedWorker(world.scheduler, lambda _name: MS, bound)
    return HostWorker(world.scheduler, bound=bound)
