"""A ring that the simulated bus has taken over: its frames take part in arbitration unplayed.

Each has its turn on the bus and its time, and is counted when it has passed; who has agreed to the
ring is told how many there were when anybody asks.  Which frames stand is not decided here.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from can_adapter.bus import CanFrame
from can_adapter.drivers.simulated_port import QUEUE, SimulatedPort
from can_adapter.rings import Ring, RingAccount

if TYPE_CHECKING:
    from can_adapter.drivers.simulated import SimulatedBus


class Standing:
    """A ``Carrier``."""

    __slots__ = (
        "_accounts",
        "_bus",
        "_last",
        "_port",
        "_queue",
        "_ring",
        "_times",
        "duration",
        "fruitful",
        "key",
    )

    def __init__(
        self,
        bus: "SimulatedBus",
        sender: SimulatedPort,
        ring: Ring,
        accounts: Sequence[RingAccount],
        duration: int,
    ) -> None:
        self._bus = bus
        self._queue = bus.queue
        self._port = sender
        self._ring = ring
        self._accounts = accounts
        self._times = self._last = 0
        self.fruitful = False
        """It had a repeat."""
        self.key = ring.key
        self.duration = duration

    def repeat(self, counter: int) -> bool:
        port = self._port
        if port.waiting >= QUEUE:
            self.end()
            return False
        self.fruitful = True
        self._queue(self.key, port, None, self, counter)
        return True

    def end(self) -> None:
        if self._ring.carrier is self:
            self._ring.carrier = None
            self._bus.play(self)

    def frame(self, counter: int) -> CanFrame:
        return self._ring.frame(counter)

    def passed(self, when: int) -> bool:
        """One more; tell whether it is the first since they were counted."""
        self._last = when
        self._times += 1
        return self._times == 1

    def tell(self) -> None:
        """Sender and receivers are where they would be if each had been played."""
        times, self._times = self._times, 0
        self._port.sent(times)
        for account in self._accounts:
            account.repeated(times, self._last)
