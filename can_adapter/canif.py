"""The interface to one CAN bus: who gets which frame, and what happens at bus-off.

Several users share a port: signal matrices, diagnostics, network management.  Each asks for its
identifiers here.  Bus-off is left after a back-off that grows, so that a shorted bus is not
hammered and a passing disturbance costs little.  What a frame means is not known here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bsw.os.clock import MS, S
from bsw.os.scheduler import Scheduler
from can_adapter.bus import BusCounters, BusState, CanFrame, CanPort, FrameReceiver
from can_adapter.rings import Ring, RingAccount, RingListener


@dataclass(frozen=True, slots=True)
class Recovery:
    """How bus-off is left.  Times in nanoseconds.

    The first ``quick_attempts`` wait ``quick``, later ones ``slow``; after ``stable`` without
    another bus-off the count starts anew.
    """

    quick: int = 50 * MS
    quick_attempts: int = 5
    slow: int = 1 * S
    stable: int = 2 * S


class BusEvent(Enum):
    OFF = "bus-off"
    RECOVERING = "recovering"
    RECOVERED = "recovered"  # the controller takes part again
    STABLE = "stable"  # and has stayed for ``Recovery.stable``
    PASSIVE = "error passive"


BusObserver = Callable[[BusEvent], None]


class CanIf:
    """One bus and its users."""

    def __init__(
        self, scheduler: Scheduler, port: CanPort, recovery: Recovery | None = None
    ) -> None:
        self._port = port
        self._recovery = recovery or Recovery()
        self._routes: dict[int, tuple[FrameReceiver, ...]] = {}
        self._listeners: dict[FrameReceiver, RingListener] = {}
        self._observers: list[BusObserver] = []
        self._attempts = 0
        self._retry = scheduler.alarm(self._try_again, name=f"{port.name} recovery")
        self._calm = scheduler.alarm(self._calmed, name=f"{port.name} stable")
        self._overhear: FrameReceiver | None = None
        self.transmit: Final = port.send
        """False, and counted, when the bus is off or its queue full."""
        port.listen(self._received, self._state_changed)
        port.repeats_to(self)
        self._filter()

    @property
    def name(self) -> str:
        return self._port.name

    @property
    def state(self) -> BusState:
        return self._port.state

    @property
    def counters(self) -> BusCounters:
        return self._port.counters

    def overhear(self, receiver: FrameReceiver) -> None:
        """It hears every frame first, wanted or not, until ``hear_no_more``."""
        self._overhear = receiver
        self._filter()

    def hear_no_more(self) -> None:
        self._overhear = None
        self._filter()

    def route(
        self, keys: Iterable[int], receiver: FrameReceiver, listener: RingListener | None = None
    ) -> None:
        """Hand frames with these keys (``CanFrame.key``) to ``receiver``, too.

        Without a ``listener`` who can tell what repeats of a frame would say, each one is.
        """
        if listener is not None:
            self._listeners[receiver] = listener
        for key in keys:
            self._routes[key] = (*self._routes.get(key, ()), receiver)
        self._filter()

    def unroute(self, receiver: FrameReceiver) -> None:
        self._listeners.pop(receiver, None)
        for key, users in tuple(self._routes.items()):
            left = tuple(user for user in users if user != receiver)
            if left:
                self._routes[key] = left
            else:
                del self._routes[key]
        self._filter()

    def catch_up(self) -> None:
        """Take what has arrived already before anybody judges that something is missing."""
        self._port.catch_up()

    def stands(self, ring: Ring) -> Sequence[RingAccount] | None:
        """Whether all who heard a frame of it agree that its repeats say nothing."""
        if self._overhear is not None:
            return None
        accounts: list[RingAccount] = []
        for user in self._routes.get(ring.key, ()):
            listener = self._listeners.get(user)
            more = listener.stands(ring) if listener is not None else None
            if more is None:
                return None
            accounts += more
        return accounts

    def observe(self, observer: BusObserver) -> None:
        self._observers.append(observer)

    def close(self) -> None:
        self._retry.cancel()
        self._calm.cancel()
        self._port.close()

    def _filter(self) -> None:
        self._port.accept(None if self._overhear is not None else tuple(self._routes))

    def _received(self, frame: CanFrame) -> None:
        if self._overhear is not None:
            self._overhear(frame)
        for user in self._routes.get(frame.key, ()):
            user(frame)

    def _state_changed(self, state: BusState) -> None:
        if state is BusState.OFF:
            self._calm.cancel()
            self._tell(BusEvent.OFF)
            self._schedule_retry()
        elif self._retry.armed or (self._attempts and not self._calm.armed):
            self._retry.cancel()
            self._calm.rearm(self._recovery.stable)
            self._tell(BusEvent.RECOVERED)
        elif state is BusState.PASSIVE:
            self._tell(BusEvent.PASSIVE)

    def _schedule_retry(self) -> None:
        quick = self._attempts < self._recovery.quick_attempts
        self._retry.rearm(self._recovery.quick if quick else self._recovery.slow)

    def _try_again(self) -> None:
        self._attempts += 1
        self._tell(BusEvent.RECOVERING)
        self._schedule_retry()  # should this attempt lead nowhere
        self._port.recover()

    def _calmed(self) -> None:
        self._attempts = 0
        self._tell(BusEvent.STABLE)

    def _tell(self, event: BusEvent) -> None:
        for observer in self._observers:
            observer(event)
