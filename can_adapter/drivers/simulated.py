"""A CAN-FD bus on the scheduler: arbitration, frame times, error counters, accidents by seed.

The lowest identifier wins, a frame occupies the bus for as long as its bits take, a destroyed
frame is sent again and drives its sender towards bus-off.  Simulated parties and the ECU attach
here exactly as they would to wires; what the frames mean is not known here.
"""

import heapq
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Final

from bsw.os.clock import S
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler
from can_adapter.bus import BusCounters, BusState, CanFrame, FrameReceiver, StateReceiver

QUEUE: Final = 256
"""Frames one port may have waiting for the bus."""

WARNING_AT, PASSIVE_AT, OFF_AT = 96, 128, 256
"""Error counts at which a controller changes its state."""

RECOVERY_BITS: Final = 128 * 11
"""Recessive bits a controller must see before it may come back from bus-off."""


@dataclass(frozen=True, slots=True)
class BusTiming:
    """How long a frame occupies the bus.

    From its bits, with the most stuff bits it could need; or ``fixed`` nanoseconds for all.
    """

    nominal: int = 500_000
    data: int = 2_000_000
    fixed: int | None = None

    def duration(self, frame: CanFrame) -> int:
        if self.fixed is not None:
            return self.fixed
        slow, fast = frame_bits(frame.extended, frame.fd, len(frame.data))
        return slow * S // self.nominal + fast * S // self.data


@lru_cache(maxsize=256)
def frame_bits(extended: bool, fd: bool, length: int) -> tuple[int, int]:  # noqa: FBT001
    """Bits of a frame at the nominal and at the data bit rate, interframe space included."""
    identifier = 32 if extended else 12
    if not fd:
        stuffed = identifier + 7 + 8 * length + 15
        return stuffed + (stuffed - 1) // 4 + 13, 0
    slow = identifier + 5
    fast = 5 + 8 * length
    checksum = 4 + (21 + 6 if length > 16 else 17 + 5)
    return slow + slow // 4 + 13, fast + fast // 4 + checksum


Tap = Callable[[int, str, CanFrame], None]
"""Told of each frame that made it over the bus: when it ended, who sent it, what it was."""

Interference = Callable[[CanFrame, str], CanFrame | None]
"""Changes a frame between the sender of that name and the receivers; ``None`` loses it."""


class SimulatedPort:
    """One controller on the simulated bus.  A ``CanPort``."""

    def __init__(self, bus: "SimulatedBus", name: str) -> None:
        self._bus = bus
        self._name = name
        self._receive: FrameReceiver | None = None
        self._changed: StateReceiver | None = None
        self._wanted: frozenset[int] | None = None
        self._state = BusState.ACTIVE
        self.counters = BusCounters()
        self.transmit_errors = 0
        self.receive_errors = 0
        self.waiting = 0
        self.deaf = False
        self.attached = True

    def __repr__(self) -> str:
        return f"SimulatedPort({self._name!r})"

    @property
    def name(self) -> str:
        return self._name

    @property
    def state(self) -> BusState:
        return self._state

    def listen(self, receive: FrameReceiver | None, changed: StateReceiver | None = None) -> None:
        self._receive = receive
        self._changed = changed

    def accept(self, keys: Collection[int] | None) -> None:
        self._wanted = None if keys is None else frozenset(keys)
        self._bus.forget_routes()

    def wants(self, key: int) -> bool:
        return self._wanted is None or key in self._wanted

    def send(self, frame: CanFrame) -> bool:
        if self._state is BusState.OFF or self.waiting >= QUEUE or not self.attached:
            self.counters.refused += 1
            return False
        self._bus.request(self, frame)
        return True

    def catch_up(self) -> None:
        """Nothing waits here: simulated time stands still while a task runs."""

    def recover(self) -> None:
        if self._state is BusState.OFF:
            self._bus.recover(self)

    def close(self) -> None:
        self._receive = self._changed = None
        self._bus.detach(self)

    def acknowledge(self) -> None:
        """A good frame passed, wanted or not: the error counter falls."""
        if self.receive_errors and not self.deaf and self._state is not BusState.OFF:
            self.receive_errors -= 1
            self.judge()

    def deliver(self, frame: CanFrame) -> None:
        """A frame that is wanted."""
        if self.deaf or self._state is BusState.OFF:
            return
        self.counters.received += 1
        if self._receive is not None:
            self._receive(frame)

    def calm(self) -> None:
        """A frame made it over the bus: the error counter falls."""
        self.transmit_errors -= 1
        self.judge()

    def failed(self, *, as_sender: bool) -> None:
        """A frame was destroyed; the error counters move and may change the state."""
        self.counters.error_frames += 1
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
            self.counters.bus_off += 1
            self._enter(BusState.OFF)
        elif worst >= PASSIVE_AT:
            self._enter(BusState.PASSIVE)
        elif worst >= WARNING_AT:
            self._enter(BusState.WARNING)
        else:
            self._enter(BusState.ACTIVE)

    def restart(self) -> None:
        self.transmit_errors = self.receive_errors = 0
        self.counters.recoveries += 1
        self._enter(BusState.ACTIVE)

    def _enter(self, state: BusState) -> None:
        if state is self._state:
            return
        self._state = state
        if self._changed is not None:
            self._changed(state)


_Transfer = tuple[int, int, SimulatedPort, CanFrame]
"""A frame waiting for the bus or on it: its key, a serial that no other has, sender and frame."""


class SimulatedBus:
    """The wires.  Chances are from 0.0 to 1.0 and may be changed at any time.

    ``loss``: a receiver misses a frame; ``errors``: a frame is destroyed for all and sent again;
    ``shorted``: every frame is destroyed.
    """

    def __init__(
        self, scheduler: Scheduler, randomness: Randomness, timing: BusTiming | None = None
    ) -> None:
        self.loss = 0.0
        self.errors = 0.0
        self.shorted = False
        self.interference: Interference | None = None
        self.busy_time = 0
        self.unacknowledged = 0
        self._timing = timing or BusTiming()
        self._durations: dict[tuple[bool, bool, int], int] = {}
        self._scheduler = scheduler
        self._now = scheduler.clock.now
        self._randomness = randomness
        self._ports: list[SimulatedPort] = []
        self._routes: dict[int, tuple[SimulatedPort, ...]] = {}
        self._disturbed = False  # some port still counts down errors
        self._waiting: list[_Transfer] = []
        self._current: _Transfer | None = None
        self._began = 0
        self._finish_alarm = scheduler.alarm(self._finish, name="can")
        self._serials = count()
        self._taps: list[Tap] = []

    def attach(self, name: str) -> SimulatedPort:
        port = SimulatedPort(self, name)
        self._ports.append(port)
        self.forget_routes()
        return port

    def detach(self, port: SimulatedPort) -> None:
        if port.attached:
            port.attached = False
            self._ports.remove(port)
            self.forget_routes()
            self._forget(port)

    def forget_routes(self) -> None:
        """Somebody came, went or wants other frames."""
        self._routes.clear()

    def tap(self, tap: Tap) -> None:
        """Have each frame that passed reported, as a bus analyser would."""
        self._taps.append(tap)

    def load(self, since: int = 0) -> float:
        """The share of time the bus was occupied since ``since``, 0.0 to 1.0."""
        span = self._scheduler.now - since
        return self.busy_time / span if span > 0 else 0.0

    def request(self, port: SimulatedPort, frame: CanFrame) -> None:
        """Queue for arbitration.  Who asks at the instant a frame starts still takes part."""
        transfer = (frame.key, next(self._serials), port, frame)
        port.waiting += 1
        current, now = self._current, self._now()
        if current is None:
            self._begin(transfer, now)
        elif self._began == now and transfer < current:
            heapq.heappush(self._waiting, current)
            self._begin(transfer, now)
        else:
            heapq.heappush(self._waiting, transfer)

    def recover(self, port: SimulatedPort) -> None:
        delay = RECOVERY_BITS * S // self._timing.nominal

        def restart() -> None:
            if port.state is BusState.OFF and port.attached:
                port.restart()

        self._scheduler.after(delay, restart, name="can recovery")

    def _begin(self, transfer: _Transfer, now: int) -> None:
        self._current = transfer
        self._began = now
        frame = transfer[3]
        shape = frame.extended, frame.fd, len(frame.data)
        duration = self._durations.get(shape)
        if duration is None:
            duration = self._durations[shape] = self._timing.duration(frame)
        self._scheduler.arm(self._finish_alarm, now + duration)

    def _finish(self) -> None:
        transfer, self._current = self._current, None
        assert transfer is not None  # the alarm is armed with a transfer only
        now = self._now()
        self.busy_time += now - self._began
        if self.shorted or (self.errors > 0 and self._randomness.chance(self.errors)):
            self._punish(transfer)
        else:
            transfer[2].waiting -= 1
            self._deliver(transfer, now)
        if self._waiting:
            self._go_on(now)

    def _go_on(self, now: int) -> None:
        if self._current is None and self._waiting:
            self._begin(heapq.heappop(self._waiting), now)

    def _punish(self, transfer: _Transfer) -> None:
        """Count the error at all ports; the sender tries again unless it is off now."""
        sender = transfer[2]
        heapq.heappush(self._waiting, transfer)
        self._disturbed = True
        for port in tuple(self._ports):
            port.failed(as_sender=port is sender)
        if sender.state is BusState.OFF:
            self._forget(sender)

    def _deliver(self, transfer: _Transfer, now: int) -> None:
        _, _, sender, frame = transfer
        if len(self._ports) < 2:
            self.unacknowledged += 1
            return
        sender.counters.sent += 1
        if sender.transmit_errors:
            sender.calm()
        if self.interference is not None:
            changed = self.interference(frame, sender.name)
            if changed is None:
                return
            frame = changed
        for tap in self._taps:
            tap(now, sender.name, frame)
        if self.loss > 0 or self._disturbed:
            self._deliver_by_chance(sender, frame)
            return
        key = frame.key
        route = self._routes.get(key)
        if route is None:
            route = self._routes[key] = tuple(port for port in self._ports if port.wants(key))
        for port in route:
            if port is not sender:
                port.deliver(frame)

    def _deliver_by_chance(self, sender: SimulatedPort, frame: CanFrame) -> None:
        """Each port may miss it or has errors to count down."""
        for port in [port for port in self._ports if port is not sender]:
            if not (self.loss > 0 and self._randomness.chance(self.loss)):
                port.acknowledge()
                if port.wants(frame.key):
                    port.deliver(frame)
        self._disturbed = any(port.receive_errors for port in self._ports)

    def _forget(self, port: SimulatedPort) -> None:
        port.counters.refused += port.waiting
        self._waiting = [waiting for waiting in self._waiting if waiting[2] is not port]
        heapq.heapify(self._waiting)
        port.waiting = 0
        if self._current is not None and self._current[2] is port:
            self._current = None
            self._finish_alarm.cancel()
            self._go_on(self._now())
