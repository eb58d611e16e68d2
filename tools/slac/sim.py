"""``v2g slac sim``: a vehicle and some stations on the simulated line, in simulated time.

Needs no rights and no hardware.  Every run is repeatable by its seed, so what somebody saw can be
sent as a command line.
"""

import argparse
from collections import Counter

from bsw.dlt import Dlt, Logger, silent
from bsw.net.record.capture import Capture
from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sim.cable import SimulatedCable
from bsw.sim.line import Impairment
from bsw.sim.modem import Quirks
from bsw.sim.site import Seat, Site
from bsw.slac.config import SlacConfig
from bsw.slac.links.link import LinkFailure, StationLinkConfig, VehicleLinkConfig
from bsw.slac.links.node import Host
from bsw.slac.links.station_link import StationLink
from bsw.slac.links.vehicle_link import VehicleLink
from bsw.slac.outcome import Linked, Reason
from csm.randomness import SeededRandomness
from tools.slac.console import logs, verdict
from tools.slac.settings import add_settings, settings

PLUG_IN = S
FARTHER = 15
"""Each further station is so many dB farther away."""


def add_sim_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stations", type=int, default=1, help="the vehicle hangs on the first")
    parser.add_argument("--attenuation", type=int, default=10, help="dB to the own station")
    parser.add_argument("--latency", type=float, default=1.0, help="ms")
    parser.add_argument("--jitter", type=float, default=0.0, help="ms, at most")
    parser.add_argument("--loss", type=float, default=0.0, help="0.0 to 1.0")
    parser.add_argument("--duplication", type=float, default=0.0, help="0.0 to 1.0")
    parser.add_argument("--join-delay", type=float, default=0.0, help="ms a modem needs to join")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=1, help="as many seeds, counted together")
    parser.add_argument("--timeout", type=float, default=120.0, help="simulated seconds per run")
    parser.add_argument("--capture", metavar="FILE", help="write what passes as pcapng")
    parser.add_argument("--verbose", "-v", action="count", default=0, help="-v events, -vv frames")
    add_settings(parser)


class Listener:
    """A session that only takes note."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.link: Linked | None = None
        self.reason: Reason | None = None
        self.at = 0

    def linked(self, link: Linked) -> None:
        self.link, self.at = link, self._scheduler.now
        self._scheduler.stop()

    def link_lost(self, reason: Reason) -> None:
        self.link, self.reason = None, reason

    def failed(self, failure: LinkFailure) -> None:
        self.reason, self.at = failure.reason, self._scheduler.now
        self._scheduler.stop()


class Bystander:
    """The session of a station that nobody may reach, or must."""

    def linked(self, link: Linked) -> None: ...
    def link_lost(self, reason: Reason) -> None: ...
    def failed(self, failure: LinkFailure) -> None: ...


class Park:
    """One vehicle on one of several stations; all stations have a vehicle plugged in."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        config: SlacConfig,
        seed: int,
        capture: Capture | None = None,
    ) -> None:
        self.scheduler = Scheduler(VirtualClock())
        chance = SeededRandomness(seed)
        dlt = logs(self.scheduler, arguments.verbose) if arguments.runs == 1 else silent()
        impairment = Impairment(
            latency=int(arguments.latency * MS),
            jitter=int(arguments.jitter * MS),
            loss=arguments.loss,
            duplication=arguments.duplication,
        )
        self._site = Site(self.scheduler, chance.fork("line"), impairment)
        self._quirks = Quirks(join_delay=int(arguments.join_delay * MS))
        self._chance = chance
        self._config = config
        self.listener = Listener(self.scheduler)
        self._vehicle = self._site.vehicle("ev", self._quirks)
        self.cable = SimulatedCable(self.scheduler)
        self.seats = [self._add(number, dlt, arguments) for number in range(arguments.stations)]
        VehicleLink(
            self._host(self._vehicle, dlt.logger("ev")),
            self.cable.vehicle,
            VehicleLinkConfig(slac=config),
            self.listener,
        ).start()
        if capture is not None:
            self._site.line.tap(capture.frame)

    def run(self, limit: int) -> str:
        """Plug in, run to the verdict, say what it was."""
        self.scheduler.after(PLUG_IN, self.cable.plug, name="plug in")
        self.scheduler.run(until=limit)
        link, reason = self.listener.link, self.listener.reason
        if link is not None:
            own = link.peer == self.seats[0].port.mac
            return "own station" if own else "WRONG STATION"
        return reason.name if reason is not None else "NO VERDICT"

    def _add(self, number: int, dlt: Dlt, arguments: argparse.Namespace) -> Seat:
        name = f"se{number + 1}"
        seat = self._site.station(name, self._quirks)
        decibel = arguments.attenuation + number * FARTHER
        self._site.attenuate(self._vehicle, seat, decibel)
        cable = self.cable if number == 0 else SimulatedCable(self.scheduler)
        host = self._host(seat, dlt.logger(name))
        config = StationLinkConfig(slac=self._config)
        StationLink(host, cable.station, config, Bystander()).start()
        if number:
            cable.plug()
        return seat

    def _host(self, seat: Seat, log: Logger) -> Host:
        return Host(self.scheduler, seat.port, self._chance.fork(seat.name), log)


def run_sim(arguments: argparse.Namespace) -> int:
    config = settings(arguments)
    outcomes: Counter[str] = Counter()
    times: list[int] = []
    capture = None if arguments.capture is None else Capture.to(arguments.capture)
    for seed in range(arguments.seed, arguments.seed + arguments.runs):
        park = Park(arguments, config, seed, capture)
        outcome = park.run(int(arguments.timeout * S))
        outcomes[outcome] += 1
        if park.listener.link is not None:
            times.append(park.listener.at - PLUG_IN)
    if capture is not None:
        capture.complete()
    for outcome, count in outcomes.most_common():
        verdict(outcome, runs=count)
    if times:
        ordered = sorted(times)
        verdict(
            "plug-in to link, ms", median=ordered[len(ordered) // 2] / MS, most=ordered[-1] / MS
        )
    return 0 if set(outcomes) <= {"own station"} else 1
