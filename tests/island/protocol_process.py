"""A protocol process as small as can be: greets the island, closes, and keeps the heart beating.

Run as a program with the island's port; the tests kill it, stop it, or have it spin for ever.
"""

import signal
import sys
from dataclasses import replace

from bsw.dlt import silent
from bsw.island.link import IslandLink
from bsw.island.messages import Edge, Fault, Status
from bsw.net.host.tcpip import HostNetwork
from bsw.net.ports import Endpoint
from bsw.os.clock import S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from csm.randomness import HostRandomness
from tests.island.bench import CONFIG

HOST_CONFIG = replace(CONFIG, loop=1000)
"""A process of the host may be late; what that means for the contactors is measured."""


class Charge:
    """Lock, then C, then the contactors."""

    def __init__(self) -> None:
        mailbox = Mailbox()
        self.clock = HostClock(mailbox)
        self.scheduler = Scheduler(self.clock, mailbox=mailbox)
        self.link = IslandLink(
            self.scheduler, HOST_CONFIG, self, HostRandomness(), silent().logger("island")
        )
        self._lost: Fault | None = None

    def run(self, port: int) -> None:
        network = HostNetwork(self.scheduler, self.clock, "lo")
        to = Endpoint("::1", port)
        self.link.attach(network.connect(to, self.link, timeout=5 * S))
        self.scheduler.run()

    def ready(self) -> None:
        self.link.want(drive=2, duty=500, lock=2)

    def status(self, status: Status) -> None:
        if self._lost is not None:
            self.link.clear(self._lost.code, self._lost.occurrence)
        ready = status.lock == 2 and status.pilot == 3 and not status.active | status.latched
        self.link.want(permit=3 if ready else 0)

    def fault(self, fault: Fault) -> None:
        if fault.name == "host_lost":
            self._lost = fault if fault.latched else None

    def edge(self, edge: Edge) -> None:
        """The state in STATUS is enough here."""

    def outcome(self, outcome: int) -> None:
        """Nothing is tried out here."""

    def lost(self, why: str) -> None:
        sys.exit(why)


def spin(_number: int, _frame: object) -> None:
    """All of a processor, and nothing of it for the heartbeat."""
    while True:
        pass


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, spin)
    Charge().run(int(sys.argv[1]))
