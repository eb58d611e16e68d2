"""Measures matching: plug-in to D-LINK_READY on the simulated line, and the cost of computing it.

Simulated time tells how long the protocol takes with modems that need no time at all, so each
figure is made of our own waits; host time tells what a run costs this processor.
"""

import time
from collections.abc import Callable
from statistics import median
from typing import TypeVar

from bsw.dlt import silent
from bsw.os.clock import MS, US, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sim.cable import SimulatedCable
from bsw.sim.site import Seat, Site
from bsw.slac.config import SlacConfig, Timing, VehiclePolicy
from bsw.slac.frames.frame import Frame, decode, encode
from bsw.slac.frames.mme import AttenCharInd, SlacParmReq
from bsw.slac.links.link import LinkFailure, StationLinkConfig, VehicleLinkConfig
from bsw.slac.links.node import Host
from bsw.slac.links.station_link import StationLink
from bsw.slac.links.vehicle_link import VehicleLink
from bsw.slac.outcome import Linked, Reason
from csm.randomness import SeededRandomness

T = TypeVar("T")

RUNS = 100
CODED = 20_000

QUICK = SlacConfig(
    timing=Timing(tp_ev_batch_msg_interval=20, tp_match_sequence=0, t_conn_init_hlc=0),
    vehicle=VehiclePolicy(evaluate_early=True),
)
PROFILES = {
    "the norm's defaults": SlacConfig.conformance(),
    "field": SlacConfig.field(),
    "as quick as the norm allows": QUICK,
}


class _Listener:
    """Stops the clock when its side is linked, or remembers that it never was."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.at = 0

    def linked(self, _link: Linked) -> None:
        self.at = self._scheduler.now

    def link_lost(self, _reason: Reason) -> None: ...

    def failed(self, failure: LinkFailure) -> None:
        raise RuntimeError(f"the bench does not expect: {failure.reason.value}")


def plug_in(config: SlacConfig, seed: int) -> tuple[int, int]:
    """Nanoseconds from plug-in until vehicle and station are linked."""
    scheduler = Scheduler(VirtualClock())
    chance = SeededRandomness(seed)
    site = Site(scheduler, chance)
    cable = SimulatedCable(scheduler)
    log = silent().logger("bench")

    def host(seat: Seat) -> Host:
        return Host(scheduler, seat.port, chance, log)

    vehicle, station = _Listener(scheduler), _Listener(scheduler)
    VehicleLink(
        host(site.vehicle()), cable.vehicle, VehicleLinkConfig(slac=config), vehicle
    ).start()
    StationLink(
        host(site.station()), cable.station, StationLinkConfig(slac=config), station
    ).start()
    scheduler.run(until=S)
    cable.plug()
    while not (vehicle.at and station.at):
        scheduler.run(until=scheduler.now + MS)
    return vehicle.at - S, station.at - S


def main() -> None:
    print("plug-in to D-LINK_READY, simulated, modems without delay (vehicle / station):")
    for name, config in PROFILES.items():
        runs = [plug_in(config, seed) for seed in range(RUNS)]
        ready = [median(side) / MS for side in zip(*runs, strict=True)]
        print(f"{name:34} median {ready[0]:9.1f} / {ready[1]:.1f} ms ({RUNS})")
    config = SlacConfig.field()
    took = [timed(lambda seed=seed: plug_in(config, seed)) for seed in range(RUNS)]  # type: ignore[misc]
    print(f"{'both roles, line and modems':34} median {median(took) / MS:9.2f} ms of host time")
    for message in (
        SlacParmReq(run_id=bytes(8)),
        AttenCharInd(source_address=bytes(6), run_id=bytes(8), num_sounds=10, groups=bytes(58)),
    ):
        frame = Frame(bytes(6), bytes(6), message)
        octets = encode(frame)
        build = per_call(encode, frame)
        parse = per_call(decode, octets)
        print(f"{frame.name:34} build {build:6.2f} us  parse {parse:6.2f} us")


def per_call(work: Callable[[T], object], what: T) -> float:
    """Microseconds."""
    return timed(lambda: [work(what) for _ in range(CODED)]) / CODED / US


def timed(work: Callable[[], object]) -> int:
    began = time.perf_counter_ns()
    work()
    return time.perf_counter_ns() - began


if __name__ == "__main__":
    main()
