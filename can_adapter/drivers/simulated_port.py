"""One controller on the simulated bus: its queue, its filter, its error counters and state.

When a frame has the bus, and what becomes of it there, is decided by the bus.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

from can_adapter.bus import BusCounters, BusState, CanFrame, FrameReceiver, StateReceiver
from can_adapter.rings import Ring, RingAccount, RingListener

if TYPE_CHECKING:
    from can_adapter.drivers.simulated import SimulatedBus

QUEUE: Final = 256
"""Frames one port may have waiting for the bus."""

WARNING_AT, PASSIVE_AT, OFF_AT = 96, 128, 256
"""Error counts at which a controller changes its state."""


class SimulatedPort:
    """A ``CanPort``."""

    def __init__(self, bus: "SimulatedBus", name: str) -> None:
        self._bus = bus
        self._name = name
        self._receive: FrameReceiver | None = None
        self._changed: StateReceiver | None = None
        self._listener: RingListener | None = None
        self._wanted: frozenset[int] | None = None
        self._state = BusState.ACTIVE
        self._counters = BusCounters()
        self._deaf = False
        self.transmit_errors = 0
        self.receive_errors = 0
        self.waiting = 0
        self.attached = True

    def __repr__(self) -> str:
        return f"SimulatedPort({self._name!r})"

    @property
    def name(self) -> str:
        return self._name

    @property
    def state(self) -> BusState:
        return self._state

    @property
    def counters(self) -> BusCounters:
        self._bus.catch_up()
        return self._counters

    @property
    def deaf(self) -> bool:
        """It hears nothing, and does not count errors down."""
        return self._deaf

    @deaf.setter
    def deaf(self, deaf: bool) -> None:
        self._bus.play_all()
        self._deaf = deaf

    def listen(self, receive: FrameReceiver | None, changed: StateReceiver | None = None) -> None:
        self._bus.play_all()
        self._receive = receive
        self._changed = changed

    def accept(self, keys: Collection[int] | None) -> None:
        self._wanted = None if keys is None else frozenset(keys)
        self._bus.forget_routes()

    def repeats_to(self, listener: RingListener) -> None:
        self._bus.play_all()
        self._listener = listener

    def wants(self, key: int) -> bool:
        return self._wanted is None or key in self._wanted

    def send(self, frame: CanFrame) -> bool:
        if self._state is BusState.OFF or self.waiting >= QUEUE or not self.attached:
            self._counters.refused += 1
            return False
        self._bus.request(self, frame)
        return True

    def catch_up(self) -> None:
        """Frames that were not played for want of news have arrived all the same."""
        self._bus.catch_up()

    def recover(self) -> None:
        if self._state is BusState.OFF:
            self._bus.recover(self)

    def close(self) -> None:
        self._bus.detach(self)
        self._receive = self._changed = self._listener = None

    # What the bus says

    @property
    def well(self) -> bool:
        """It sends, and counts no errors down."""
        return self.attached and not self.transmit_errors

    def sent(self, times: int = 1) -> None:
        self._counters.sent += times

    def refused(self, times: int) -> None:
        self._counters.refused += times

    def stands(self, ring: Ring) -> Sequence[RingAccount] | None:
        """Whether repeats of what it just heard say nothing to whoever is behind it."""
        if self._deaf or self._state is BusState.OFF:
            return None
        if self._receive is None:
            return (self,)
        accounts = self._listener.stands(ring) if self._listener is not None else None
        return None if accounts is None else (self, *accounts)

    def repeated(self, times: int, last: int) -> None:
        """Frames passed that nobody behind it wanted to hear."""
        del last
        self._counters.received += times

    def acknowledge(self) -> None:
        """A good frame passed, wanted or not: the error counter falls."""
        if self.receive_errors and not self._deaf and self._state is not BusState.OFF:
            self.receive_errors -= 1
            self.judge()

    def deliver(self, frame: CanFrame) -> None:
        """A frame that is wanted."""
        if self._deaf or self._state is BusState.OFF:
            return
        self._counters.received += 1
        if self._receive is not None:
            self._receive(frame)

    def calm(self) -> None:
        """A frame made it over the bus: the error counter falls."""
        self.transmit_errors -= 1
        self.judge()

    def failed(self, *, as_sender: bool) -> None:
        """A frame was destroyed; the error counters move and may change the state."""
        self._counters.error_frames += 1
        if as_sender:
            self.transmit_errors += 8
        else:
            self.receive_errors = min(self.receive_errors + 1, PASSIVE_AT)
        self.judge()

    def judge(self) -> None:
        if self._state is BusState.OFF:
            return
        worst = max(self.transmit_errors, self.receive_errors)
        if self.transmit_errors >= OFF_AT:
            self._counters.bus_off += 1
            self._enter(BusState.OFF)
        elif worst >= PASSIVE_AT:
            self._enter(BusState.PASSIVE)
        elif worst >= WARNING_AT:
            self._enter(BusState.WARNING)
        else:
            self._enter(BusState.ACTIVE)

    def restart(self) -> None:
        self.transmit_errors = self.receive_errors = 0
        self._counters.recoveries += 1
        self._enter(BusState.ACTIVE)

    def _enter(self, state: BusState) -> None:
        if state is self._state:
            return
        self._state = state
        if self._changed is not None:
            self._changed(state)
