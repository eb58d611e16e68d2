"""A CAN-FD bus on the scheduler: frame times, filters, error counters, accidents by seed.

A frame occupies the bus for as long as its bits take, a destroyed one is sent again and drives its
sender towards bus-off.  Simulated parties and the ECU attach here exactly as they would to wires;
what the frames mean is not known here.  Frames that say nothing new to anybody
(``can_adapter/rings.py``) have their time like others and are not played.
"""

from collections.abc import Callable, Sequence
from typing import Final

from bsw.os.clock import S
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler
from can_adapter.bus import BusState, CanFrame
from can_adapter.drivers.arbitration import Arbitration
from can_adapter.drivers.simulated_port import SimulatedPort
from can_adapter.drivers.standing import Standing
from can_adapter.drivers.timing import BusTiming
from can_adapter.rings import Ring, RingAccount

RECOVERY_BITS: Final = 128 * 11
"""Recessive bits a controller must see before it may come back from bus-off."""

Tap = Callable[[int, str, CanFrame], None]
"""Told of each frame that made it over the bus: when it ended, who sent it, what it was."""

Interference = Callable[[CanFrame, str], CanFrame | None]
"""Changes a frame between the sender of that name and the receivers; ``None`` loses it."""


class SimulatedBus:
    """The wires.  Chances are from 0.0 to 1.0 and may be changed at any time.

    ``loss``: a receiver misses a frame; ``errors``: a frame is destroyed for all and sent again;
    ``shorted``: every frame is destroyed.
    """

    def __init__(
        self, scheduler: Scheduler, randomness: Randomness, timing: BusTiming | None = None
    ) -> None:
        self._loss = 0.0
        self._errors = 0.0
        self._shorted = False
        self._interference: Interference | None = None
        self.unacknowledged = 0
        self._timing = timing or BusTiming()
        self._durations: dict[tuple[bool, bool, int], int] = {}
        self._scheduler = scheduler
        self._randomness = randomness
        self._ports: list[SimulatedPort] = []
        self._routes: dict[int, tuple[SimulatedPort, ...]] = {}
        self._disturbed = False  # some port still counts down errors
        self._turns = Arbitration(scheduler, self.duration, self)
        self._standing: dict[int, Standing] = {}
        self._restless: dict[int, Ring | None] = {}
        self._taps: list[Tap] = []
        self.catch_up: Final = self._turns.catch_up
        self.queue: Final = self._turns.queue

    # What happens to frames

    @property
    def loss(self) -> float:
        return self._loss

    @loss.setter
    def loss(self, chance: float) -> None:
        self.play_all()
        self._loss = chance

    @property
    def errors(self) -> float:
        return self._errors

    @errors.setter
    def errors(self, chance: float) -> None:
        self.play_all()
        self._errors = chance

    @property
    def shorted(self) -> bool:
        return self._shorted

    @shorted.setter
    def shorted(self, shorted: bool) -> None:
        self.play_all()
        self._shorted = shorted

    @property
    def interference(self) -> Interference | None:
        return self._interference

    @interference.setter
    def interference(self, interference: Interference | None) -> None:
        self.play_all()
        self._interference = interference

    def tap(self, tap: Tap) -> None:
        """Have each frame that passed reported, as a bus analyser would."""
        self.play_all()
        self._taps.append(tap)

    # Who is there

    def attach(self, name: str) -> SimulatedPort:
        port = SimulatedPort(self, name)
        self._ports.append(port)
        self.forget_routes()
        return port

    def detach(self, port: SimulatedPort) -> None:
        if port.attached:
            self.forget_routes()
            port.attached = False
            self._ports.remove(port)
            self._turns.forget(port)

    def forget_routes(self) -> None:
        """Somebody came, went or wants other frames."""
        self.play_all()
        self._routes.clear()

    def recover(self, port: SimulatedPort) -> None:
        delay = RECOVERY_BITS * S // self._timing.nominal

        def restart() -> None:
            if port.state is BusState.OFF and port.attached:
                port.restart()

        self._scheduler.after(delay, restart, name="can recovery")

    # How long it is busy

    @property
    def busy_time(self) -> int:
        return self._turns.busy_time

    def load(self, since: int = 0) -> float:
        """The share of time the bus was occupied since ``since``, 0.0 to 1.0."""
        span = self._scheduler.now - since
        return self.busy_time / span if span > 0 else 0.0

    def duration(self, frame: CanFrame) -> int:
        shape = frame.extended, frame.fd, len(frame.data)
        duration = self._durations.get(shape)
        if duration is None:
            duration = self._durations[shape] = self._timing.duration(frame)
        return duration

    # Frames on their way

    def request(self, port: SimulatedPort, frame: CanFrame) -> None:
        """Queue for arbitration."""
        self.queue(frame.key, port, frame)

    def destroyed(self) -> bool:
        return self._shorted or (self._errors > 0 and self._randomness.chance(self._errors))

    def punish(self, sender: SimulatedPort) -> None:
        """Count the error at all ports; the sender tries again unless it is off now."""
        self._disturbed = True
        for port in tuple(self._ports):
            port.failed(as_sender=port is sender)
        if sender.state is BusState.OFF:
            self._turns.forget(sender)

    def deliver(self, sender: SimulatedPort, frame: CanFrame, now: int) -> None:
        if len(self._ports) < 2:
            self.unacknowledged += 1
            return
        if frame.key in self._standing:  # another frame than the next one of its ring
            self._standing[frame.key].end()
        sender.sent()
        if sender.transmit_errors:
            sender.calm()
        if self._interference is not None:
            changed = self._interference(frame, sender.name)
            if changed is None:
                return
            frame = changed
        for tap in self._taps:
            tap(now, sender.name, frame)
        if self._loss > 0 or self._disturbed:
            self._deliver_by_chance(sender, frame)
        else:
            self._deliver_to_all(sender, frame)

    def _deliver_to_all(self, sender: SimulatedPort, frame: CanFrame) -> None:
        route = self._routes.get(frame.key)
        if route is None:
            wanting = tuple(port for port in self._ports if port.wants(frame.key))
            route = self._routes[frame.key] = wanting
        for port in route:
            if port is not sender:
                port.deliver(frame)
        if frame.ring is not None:
            self._take_over(frame, frame.ring, sender, route)

    def _deliver_by_chance(self, sender: SimulatedPort, frame: CanFrame) -> None:
        """Each port may miss it or has errors to count down."""
        for port in [port for port in self._ports if port is not sender]:
            if not (self._loss > 0 and self._randomness.chance(self._loss)):
                port.acknowledge()
                if port.wants(frame.key):
                    port.deliver(frame)
        self._disturbed = any(port.receive_errors for port in self._ports)

    # Frames that are not played

    def _take_over(
        self, frame: CanFrame, ring: Ring, sender: SimulatedPort, route: Sequence[SimulatedPort]
    ) -> None:
        """If repeats of the frame that was just delivered say nothing to anybody.

        What was another one each time of late must come twice before anybody is asked.
        """
        if self._taps or self._interference or self._errors or self._shorted or self._loss:
            return
        key = ring.key
        if key in self._restless and self._restless[key] is not ring:
            self._restless[key] = ring
            return
        accounts: list[RingAccount] = []
        for port in route:
            more = port.stands(ring) if port is not sender else ()
            if more is None:
                return
            accounts += more
        if sender.well and not ring.barred:
            self._restless.pop(key, None)
            standing = Standing(self, sender, ring, accounts, self.duration(frame))
            ring.carrier = self._standing[key] = standing

    def play(self, standing: Standing) -> None:
        """Its frames are played from now on."""
        del self._standing[standing.key]
        if not standing.fruitful:
            self._restless[standing.key] = None
        self._turns.play(standing)

    def play_all(self) -> None:
        for standing in tuple(self._standing.values()):
            standing.end()
