"""A simulated world for two ECUs: one cable with its pilot, one power line, a bus for each role.

Who is at the ends of the buses - battery, power module - is not known here.  Same seed, same run.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bsw.cp.pilot import StationPilot, VehiclePilot
from bsw.net.ports import Endpoint
from bsw.os.clock import MS, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Outcome, SimulatedWorker
from bsw.sim.base import SimulatedBase
from bsw.sim.cable import SimulatedCable
from bsw.sim.cable_end import CableEnd
from bsw.sim.line import Impairment
from bsw.sim.network import SimLink, SimNetwork
from bsw.sim.site import Site
from can_adapter.drivers.simulated import SimulatedBus
from csm.randomness import SeededRandomness
from ecu.host import DoorsConfig
from ecu.simulated import SimulatedDoors
from ecu.uplink import UplinkDoor

ATTENUATION: Final = 10
"""dB between two modems on one cable."""

WORK: Final = 5 * MS
"""What a job takes that an ECU gives to its worker."""

FRAMED: Final = 8
"""Octets that V2GTP says before a message."""

NONSENSE: Final = b"\xff"
"""No EXI begins so."""

PLACES: Final = ("vehicle", "vehicle-2")
"""The vehicle's inlets, as they are named at its doors."""


class World:
    """Make it, build ECUs on its bases and doors, ``plug`` the cable in."""

    def __init__(self, seed: int | str = 1, scheduler: Scheduler | None = None) -> None:
        self.scheduler = scheduler or Scheduler(VirtualClock())
        self.chance = chance = SeededRandomness(seed)
        self.vehicle_bus = SimulatedBus(self.scheduler, chance.fork("vehicle bus"))
        self.station_bus = SimulatedBus(self.scheduler, chance.fork("station bus"))
        self.cables = tuple(SimulatedCable(self.scheduler) for _ in PLACES)
        self.site = Site(self.scheduler, chance.fork("line"))
        self._seats = {place: self.site.vehicle(place) for place in PLACES}
        self._box = self.site.station("station")
        self.interfaces: dict[str, SimNetwork] = {}
        """Of the two ECUs on the power line, by their roles."""

        self._wide = SimLink(self.scheduler, chance.fork("wide"))
        self._backend = self._wide.node("back end")
        station = self._wide.node("station")
        self._way = UplinkDoor(
            station,
            self._resolve,
            SimulatedWorker(self.scheduler, lambda _job: WORK),
            SimulatedWorker(self.scheduler, lambda _job: WORK),
            busy=lambda: False,
            close=station.close,
        )
        self.attenuate(ATTENUATION)

    def lag(self, impairment: Impairment) -> None:
        """Messages take their time over the line."""
        self.site.ip.impairment = impairment

    def lose(self, share: float) -> None:
        """So many messages do not arrive, between the hosts and between the modems."""
        for way in (self.site.ip, self.site.line):
            way.impairment = replace(way.impairment, loss=share)

    def spoil(self, role: str, *, wholly: bool = False) -> None:
        """In what ``vehicle`` or ``station`` sends next over TCP, one bit turns over.

        ``wholly``: its frame is whole, and what is in it means nothing.
        """
        chance = self.chance.fork(f"spoiled {role}")

        def mean_nothing(data: bytes) -> bytes:
            return data[:FRAMED] + NONSENSE + chance.octets(len(data))[FRAMED + len(NONSENSE) :]

        def turn(data: bytes) -> bytes:
            place = chance.below(8 * len(data))
            bit = 1 << place % 8
            return data[: place // 8] + bytes([data[place // 8] ^ bit]) + data[place // 8 + 1 :]

        self.site.ip.spoils[self.interfaces[role]] = mean_nothing if wholly else turn

    def reset_modem(self, role: str) -> None:
        """It loses its link and comes back after its time."""
        seat = self._box if role == "station" else self._seats[PLACES[0]]
        seat.modem.reset()

    def attenuate(self, decibel: int) -> None:
        """The way between the vehicle's modem and the station's."""
        self.site.attenuate(self._seats[PLACES[0]], self._box, decibel)

    @property
    def backend(self) -> SimNetwork:
        """Where a back end listens; a station finds it there under any name."""
        return self._backend

    def cut_backend(self) -> None:
        """The way to the back end is away until ``restore_backend``."""
        self._wide.cut()

    def restore_backend(self) -> None:
        self._wide.restore()

    def _resolve(self, _host: str, port: int, done: Callable[[Outcome[Endpoint]], None]) -> None:
        found = Outcome(value=Endpoint(self._backend.address, port))
        self.scheduler.post(lambda: done(found), name="name")

    def base(self, *, loud: bool = True) -> SimulatedBase:
        """For one ECU.  Not ``loud``: a development error stops it, as in the field."""
        return SimulatedBase(self.scheduler, delay=lambda _job: WORK, loud=loud)

    def vehicle_doors(
        self, base: SimulatedBase, config: DoorsConfig, station_at: int = 1
    ) -> SimulatedDoors[VehiclePilot]:
        """``station_at`` is the inlet that the station's cable goes into."""
        order = PLACES if station_at == 1 else PLACES[::-1]
        plugs = {
            place: CableEnd[VehiclePilot](cable.vehicle, self._seats[seat].port)
            for place, cable, seat in zip(order, self.cables, PLACES, strict=True)
        }
        interface, chance = self.site.network(self._seats[PLACES[0]]), self.chance.fork("evcc")
        self.interfaces["vehicle"] = interface
        return SimulatedDoors(base, config, interface, self.vehicle_bus, {**plugs}, chance)

    def station_doors(
        self, base: SimulatedBase, config: DoorsConfig
    ) -> SimulatedDoors[StationPilot]:
        end = CableEnd[StationPilot](self.cables[0].station, self._box.port)
        interface, chance = self.site.network(self._box), self.chance.fork("secc")
        self.interfaces["station"] = interface
        doors = SimulatedDoors(base, config, interface, self.station_bus, {"station": end}, chance)
        doors.way = self._way
        return doors

    def plug(self) -> None:
        self.cables[0].plug()

    def unplug(self) -> None:
        self.cables[0].unplug()
