"""Vehicles and stations with their modems on one simulated line: a car park in memory.

Puts ``Line``, ``SimulatedModem`` and ports together and hands out addresses.  IP networks come
with it: they pass what the modems' keys let pass.  Who sits on the ports is not known here.
"""

from dataclasses import dataclass, replace

from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler
from bsw.sim.line import PERFECT, Impairment, Line, LinePort, Profile, flat
from bsw.sim.modem import HostPort, Quirks, SimulatedModem
from bsw.sim.network import SimLink, SimNetwork


@dataclass(frozen=True, slots=True)
class Seat:
    """A place for one host: its Ethernet port, the modem behind it, the modem's line port."""

    name: str
    port: HostPort
    modem: SimulatedModem
    line: LinePort


class Site:
    def __init__(
        self, scheduler: Scheduler, randomness: Randomness, impairment: Impairment = PERFECT
    ) -> None:
        self.line = Line(scheduler, randomness, impairment)
        self.ip = SimLink(scheduler, randomness, impairment, name="plc", passable=self._passable)
        self._owners: dict[SimNetwork, Seat] = {}
        self._scheduler = scheduler
        self._randomness = randomness
        self._seats = 0

    def vehicle(self, name: str = "vehicle", quirks: Quirks | None = None) -> Seat:
        quirks = quirks if quirks is not None else Quirks()
        return self._seat(name, 0xEE, replace(quirks, reports_sounds=False))

    def station(self, name: str = "station", quirks: Quirks | None = None) -> Seat:
        return self._seat(name, 0x5E, quirks if quirks is not None else Quirks())

    def attenuate(self, one: Seat, other: Seat, attenuation: Profile | int) -> None:
        profile = flat(attenuation) if isinstance(attenuation, int) else attenuation
        self.line.attenuate(one.line, other.line, profile)

    def network(self, seat: Seat) -> SimNetwork:
        """The seat's IPv6 interface; it reaches the seats whose modems are in the same network."""
        network = self.ip.node(seat.name)
        self._owners[network] = seat
        return network

    def _passable(self, one: SimNetwork, other: SimNetwork) -> bool:
        here, there = self._owners[one], self._owners[other]
        return here.modem.alive and there.modem.alive and here.line.reaches(there.line)

    def _seat(self, name: str, kind: int, quirks: Quirks) -> Seat:
        self._seats += 1
        number = self._seats.to_bytes(1, "big")
        port = self.line.attach(name, bytes.fromhex("02b05200") + bytes([kind]) + number)
        modem = SimulatedModem(self._scheduler, port, self._randomness, quirks)
        host = modem.host_port(bytes.fromhex("02000000") + bytes([kind]) + number)
        return Seat(name, host, modem, port)
