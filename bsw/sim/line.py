"""The simulated power line: who hears whose frames, how weakly, how late, and whether at all.

Any number of ports share one line, as the modems in a row of charging stations do.  HomePlug
management frames reach everybody in range, which is why a vehicle hears the neighbour's
station too.  Everything else passes only between ports that hold the same network key, as on a
real line.  The line runs on the scheduler and draws its accidents from a seed.  It does not
know SLAC: keys are set and attenuation is reported by the modems (``bsw.slac.links.modem``).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bsw.net.ports import FrameReceiver
from bsw.net.record.tap import Tap
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler

HOMEPLUG = 0x88E1
"""The EtherType of HomePlug management messages."""

GROUPS = 58
"""Carrier groups of a HomePlug Green PHY attenuation profile."""

IN_FLIGHT = 4096
"""Frames under way at once; what a flood adds to that is lost, and counted."""

Profile = tuple[int, ...]
"""Attenuation in dB, one value per carrier group."""


def flat(decibel: int) -> Profile:
    """The same attenuation in all carrier groups."""
    return (decibel,) * GROUPS


NEAR = flat(10)
"""What a modem sees of its partner at the other end of a charging cable."""


@dataclass(frozen=True, slots=True)
class Impairment:
    """What a path does to what travels on it.  Times in nanoseconds, chances from 0.0 to 1.0."""

    latency: int = 0
    jitter: int = 0
    loss: float = 0.0
    duplication: float = 0.0

    def arrivals(self, randomness: Randomness) -> tuple[int, ...]:
        """The delay of each copy that arrives: none if lost, two if duplicated."""
        if randomness.chance(self.loss):
            return ()
        copies = 2 if randomness.chance(self.duplication) else 1
        return tuple(self.delay(randomness) for _ in range(copies))

    def delay(self, randomness: Randomness) -> int:
        return self.latency + (randomness.below(self.jitter + 1) if self.jitter else 0)


PERFECT = Impairment()


@dataclass(frozen=True, slots=True)
class Passage:
    """One frame on its way from one port to another."""

    frame: bytes
    sender: "LinePort"
    receiver: "LinePort"


Hearing = Callable[[Passage], None]
Interference = Callable[[Passage], Iterable[tuple[int, bytes]]]
"""Replaces a passage by any number of (extra delay, frame); for forged, late and lost frames."""


def untouched(passage: Passage) -> Iterable[tuple[int, bytes]]:
    """The interference that is none."""
    return ((0, passage.frame),)


class LinePort:
    """One device's connection to the line.  An ``EthernetPort``, and a little more for modems."""

    def __init__(self, line: "Line", name: str, mac: bytes) -> None:
        self.name = name
        self.key: bytes = b""
        self.plugged = True
        self._line = line
        self._mac = mac
        self._hear: Hearing | None = None

    def __repr__(self) -> str:
        return f"LinePort({self.name!r})"

    @property
    def mac(self) -> bytes:
        return self._mac

    def listen(self, receive: FrameReceiver | None) -> None:
        """Hand over what a network card would: frames for this address, or for a group."""
        if receive is None:
            self._hear = None
            return

        def filtered(passage: Passage) -> None:
            destination = passage.frame[:6]
            if destination == self._mac or destination[0] & 1:
                receive(passage.frame)

        self._hear = filtered

    def overhear(self, hear: Hearing | None) -> None:
        """Hand over every frame in range, with its sender: what a modem's receiver gets."""
        self._hear = hear

    def send(self, frame: bytes) -> None:
        self._line.carry(self, frame)

    def close(self) -> None:
        self._hear = None
        self._line.detach(self)

    def unplug(self) -> None:
        """Cut this port off, whatever is under way to it included; ``plug`` ends that."""
        self.plugged = False

    def plug(self) -> None:
        self.plugged = True

    def attenuation_from(self, other: "LinePort") -> Profile:
        return self._line.attenuation(self, other)

    def linked(self) -> tuple["LinePort", ...]:
        """The other ports in range that hold the same network key: who hears our IP frames."""
        return self._line.members(self)

    def reaches(self, other: "LinePort") -> bool:
        """Whether it is one of those that are ``linked``."""
        return other.key == self.key and self._line.joins(self, other)

    def deliver(self, passage: Passage) -> None:
        if self._hear is not None and self.plugged:
            self._hear(passage)


class Line:
    """The medium.  ``reach`` is the mean attenuation in dB at which nothing is heard any more."""

    def __init__(
        self,
        scheduler: Scheduler,
        randomness: Randomness,
        impairment: Impairment = PERFECT,
        *,
        attenuation: Profile = NEAR,
        reach: int = 100,
    ) -> None:
        self.impairment = impairment
        self.interference: Interference = untouched
        self.whole = True
        self.overflowed = 0
        self._scheduler = scheduler
        self._randomness = randomness
        self._default = attenuation
        self._reach = reach
        self._ports: list[LinePort] = []
        self._attenuation: dict[frozenset[LinePort], Profile] = {}
        self._impairments: dict[frozenset[LinePort], Impairment] = {}
        self._taps: list[Tap] = []
        self._in_flight = 0

    def attach(self, name: str, mac: bytes) -> LinePort:
        if len(mac) != 6:
            raise ValueError(f"port {name!r}: a MAC address has 6 octets, not {len(mac)}")
        port = LinePort(self, name, mac)
        self._ports.append(port)
        return port

    def detach(self, port: LinePort) -> None:
        if port in self._ports:
            self._ports.remove(port)

    def tap(self, tap: Tap) -> None:
        """Have each frame that is put on the line reported, as a capture would."""
        self._taps.append(tap)

    def cut(self) -> None:
        """Nothing passes any more, what is under way included."""
        self.whole = False

    def restore(self) -> None:
        self.whole = True

    def attenuate(self, one: LinePort, other: LinePort, profile: Profile) -> None:
        self._attenuation[frozenset((one, other))] = profile

    def attenuation(self, one: LinePort, other: LinePort) -> Profile:
        return self._attenuation.get(frozenset((one, other)), self._default)

    def impair(self, one: LinePort, other: LinePort, impairment: Impairment) -> None:
        """Give one pair of ports a path of its own instead of the line's."""
        self._impairments[frozenset((one, other))] = impairment

    def in_range(self, one: LinePort, other: LinePort) -> bool:
        if not (self.whole and one.plugged and other.plugged):
            return False
        profile = self.attenuation(one, other)
        return sum(profile) < self._reach * len(profile)

    def joins(self, one: LinePort, other: LinePort) -> bool:
        """Two ports of this line, in range of each other."""
        return one is not other and other in self._ports and self.in_range(one, other)

    def members(self, port: LinePort) -> tuple[LinePort, ...]:
        return tuple(
            other
            for other in self._ports
            if other is not port and other.key == port.key and self.in_range(port, other)
        )

    def carry(self, sender: LinePort, frame: bytes) -> None:
        """Put a frame on the line; it leaves the port now and arrives when the path lets it."""
        if sender not in self._ports:
            return
        for tap in self._taps:
            tap(self._scheduler.now, frame)
        management = int.from_bytes(frame[12:14], "big") == HOMEPLUG
        for receiver in tuple(self._ports):
            if receiver is sender or not self.in_range(sender, receiver):
                continue
            if management or receiver.key == sender.key:
                self._launch(Passage(frame, sender, receiver))

    def _launch(self, passage: Passage) -> None:
        pair = frozenset((passage.sender, passage.receiver))
        impairment = self._impairments.get(pair, self.impairment)
        for extra, frame in self.interference(passage):
            for delay in impairment.arrivals(self._randomness):
                arriving = Passage(frame, passage.sender, passage.receiver)
                self._fly(arriving, extra + delay)

    def _fly(self, passage: Passage, delay: int) -> None:
        if self._in_flight >= IN_FLIGHT:
            self.overflowed += 1
            return
        self._in_flight += 1

        def arrive() -> None:
            self._in_flight -= 1
            if self.in_range(passage.sender, passage.receiver):
                passage.receiver.deliver(passage)

        self._scheduler.after(delay, arrive, name="line")
