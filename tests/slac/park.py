"""A car park in simulated time: our vehicle on one of several stations of ours, and trouble."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bsw.dlt import silent
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sim.cable import SimulatedCable
from bsw.sim.line import Impairment
from bsw.sim.modem import Quirks
from bsw.sim.site import Seat, Site
from bsw.slac.config import SlacConfig
from bsw.slac.links.link import StationLinkConfig, VehicleLinkConfig
from bsw.slac.links.node import Host
from bsw.slac.links.station_link import StationLink
from bsw.slac.links.vehicle_link import VehicleLink
from csm.randomness import SeededRandomness
from tests.slac.rig import Session


@dataclass(frozen=True)
class Scenario:
    """Everything that makes a run; printed when one fails."""

    seed: int
    attenuations: tuple[int, ...] = (10,)
    """dB from the vehicle to each station; it hangs on the first."""
    impairment: Impairment = field(default_factory=Impairment)
    join_delay: int = 0
    noise: int = 0
    slac: SlacConfig = field(default_factory=SlacConfig.field)
    energy: str = "dc"


class Outlet:
    """One station with its cable and its session."""

    def __init__(self, park: "Park", number: int, attenuation: int) -> None:
        self.seat = park.site.station(f"station {number}", park.quirks)
        park.site.attenuate(park.seat, self.seat, attenuation)
        self.cable = SimulatedCable(park.scheduler)
        self.session = Session(park.scheduler)
        config = StationLinkConfig(slac=park.scenario.slac)
        self.link = StationLink(park.host(self.seat), self.cable.station, config, self.session)
        self.link.start()


class Park:
    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.scheduler = Scheduler(VirtualClock())
        self.chance = SeededRandomness(scenario.seed)
        self.site = Site(self.scheduler, self.chance.fork("line"), scenario.impairment)
        self.quirks = Quirks(join_delay=scenario.join_delay, noise=scenario.noise)
        self.seat = self.site.vehicle("vehicle", self.quirks)
        self.outlets = [
            Outlet(self, number, attenuation)
            for number, attenuation in enumerate(scenario.attenuations)
        ]
        self.own = self.outlets[0]
        self.session = Session(self.scheduler)
        config = VehicleLinkConfig.model_validate(
            {"slac": scenario.slac, "energy": scenario.energy}
        )
        self.link = VehicleLink(self.host(self.seat), self.own.cable.vehicle, config, self.session)
        self.link.start()
        self.plugged_at = 0
        self.scheduler.run(until=S)

    @property
    def now(self) -> int:
        return self.scheduler.now

    def host(self, seat: Seat) -> Host:
        log = silent().logger(seat.name)
        return Host(self.scheduler, seat.port, self.chance.fork(seat.name), log)

    def plug(self) -> None:
        """The neighbours have somebody plugged in already, so they listen as well."""
        for outlet in self.outlets[1:]:
            outlet.cable.plug()
        self.own.cable.plug()
        self.plugged_at = self.now

    def run(self, duration: int) -> None:
        self.scheduler.run(until=self.now + duration)

    def run_until(self, done: Callable[[], bool], within: int, step: int = 20 * MS) -> bool:
        end = self.now + within
        while not done() and self.now < end:
            self.scheduler.run(until=min(self.now + step, end))
        return done()

    def decided(self) -> bool:
        """The vehicle has come to a verdict about this plug-in."""
        return bool(self.session.links or self.session.failures)
