"""No bus at all: for stations without a power module on CAN, and for benches that need none.

Nothing is ever heard, so every value is absent; nothing that is sent arrives anywhere.
"""

from collections.abc import Collection

from can_adapter.bus import BusCounters, BusState, CanFrame, FrameReceiver, StateReceiver
from can_adapter.rings import RingListener


class NoBus:
    """A ``CanPort`` without a controller."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = BusState.ACTIVE
        self.counters = BusCounters()

    def listen(self, receive: FrameReceiver | None, changed: StateReceiver | None = None) -> None:
        """Nobody will ever speak."""

    def accept(self, keys: Collection[int] | None) -> None:
        """There is nothing to choose from."""

    def repeats_to(self, listener: RingListener) -> None:
        """Each frame is played."""

    def send(self, _frame: CanFrame) -> bool:
        self.counters.sent += 1
        return True

    def catch_up(self) -> None:
        """Nothing can have arrived."""

    def recover(self) -> None:
        """It is never off."""

    def close(self) -> None:
        """Nothing is open."""
