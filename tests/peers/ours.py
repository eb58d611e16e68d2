"""One of our roles as a process on a network interface, for runs against foreign stacks.

Prints READY, then one JSON line at the end: how the session ended and what was said.  The other
side of the plug is presumed: the vehicle believes the station's voltage, the station sees a
battery at the voltage it was asked for.
"""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from bsw.chrgm.endings import SessionResult
from bsw.chrgm.sequence.timing import Change, Timing
from bsw.net.tcpip import HostNetwork
from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.os.worker import HostWorker
from evcc.profile import FIELD as VEHICLE_FIELD
from secc.electronics import Ratings
from secc.profile import FIELD as STATION_FIELD
from tests.net.worlds import World
from tests.peers.secure import secured
from tools.rig.network import NetRig, Options
from tools.rig.plug import Today

PATIENT = Timing(everywhere=Change(answer=10 * S, chain=60 * S))
"""The foreign station may have to share its host with other tests."""
LOOP_REQUESTS = {"CurrentDemandReq", "ChargingStatusReq"}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["vehicle", "station"])
    parser.add_argument("--interface", required=True)
    parser.add_argument("--protocol", default="iso2")
    parser.add_argument("--mode", default="DC_extended")
    parser.add_argument("--loops", type=int, default=20, help="of the vehicle")
    parser.add_argument("--pause", type=int, default=100, help="ms between a vehicle's loops")
    parser.add_argument("--pki", type=Path, help="switches TLS and Plug & Charge on")
    parser.add_argument("--install", action="store_true", help="no contract at first")
    parser.add_argument("--battery", type=float, default=380.0, help="volts")
    parser.add_argument("--ignore-limits", action="store_true", help="a peer simulates nonsense")
    parser.add_argument("--trace", type=Path, required=True)
    parser.add_argument("--within", type=float, default=60.0)
    return parser.parse_args()


def options_of(arguments: argparse.Namespace, scheduler: Scheduler, today: Today) -> Options:
    options = Options(
        protocols=(arguments.protocol,),
        served=(arguments.protocol,),
        mode=arguments.mode,
        ratings=Ratings(cable_check=500 * MS, volts_per_second=5_000.0),
        station_profile=replace(STATION_FIELD, demand_pilot_states=False),
        vehicle_profile=replace(
            VEHICLE_FIELD,
            lab_ignore_station_limits=arguments.ignore_limits,
            loop_pause=arguments.pause * MS,
            timing=PATIENT,
        ),
    )
    if arguments.pki is None:
        return options
    worker = HostWorker(scheduler)
    return secured(options, arguments.pki, today, worker, install=arguments.install)


def main() -> int:
    arguments = parse()
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox)
    network = HostNetwork(scheduler, clock, arguments.interface)
    world = World(scheduler, network, network, HostWorker(scheduler))
    today = Today(scheduler, int(time.time()) - scheduler.now // S)
    rig = NetRig(world, options_of(arguments, scheduler, today))
    rig.today = today
    rig.pack.ocv = arguments.battery
    vehicle = arguments.role == "vehicle"
    if vehicle:
        drive(rig, arguments.loops)
    else:
        serve(rig)
    sys.stdout.write("READY\n")
    sys.stdout.flush()
    results = rig.results if vehicle else rig.outlet.results

    def look() -> None:
        if results:
            scheduler.after(200 * MS, scheduler.stop, name="linger")

    scheduler.every(20 * MS, look, name="look")
    scheduler.run(scheduler.now + int(arguments.within * S))
    report(rig, arguments, results)
    return 0 if results and results[0].ending.good else 1


def drive(rig: NetRig, loops: int) -> None:
    """The vehicle: its inlet shows what the station says it delivers."""

    def believe() -> None:
        view = rig.view
        rig.state.inlet_voltage = view.present_voltage or 0.0
        rig.state.battery_voltage = rig.pack.ocv
        rig.state.battery_current = view.present_current
        if sum(name in LOOP_REQUESTS for name in rig.names()) >= loops:
            rig.state.charging_complete = True

    rig.scheduler.every(10 * MS, believe, name="believe")
    rig.pack.tick = lambda *_: None  # type: ignore[method-assign]  # no battery of ours is behind
    rig.drive()


def serve(rig: NetRig) -> None:
    """The station: a battery hangs behind the plug once energy is asked for."""
    rig.pack.voltage = lambda amps: (  # type: ignore[method-assign]  # the battery is the peer's
        rig.electronics.target_voltage or None if amps or rig.electronics.current else None
    )
    rig.charger.dlink_ready(value=True)


def report(rig: NetRig, arguments: argparse.Namespace, results: list[SessionResult]) -> None:
    if arguments.role == "vehicle":
        rig.session._means.trace.end()
        trace = rig.vehicle_trace
    else:
        rig.outlet._means.trace.end()
        trace = rig.station_trace
    arguments.trace.write_text("".join(record.line for record in trace.records))
    figures = {
        "good": bool(results) and results[0].ending.good,
        "reason": str(results[0]) if results else "no end in time",
        "messages": list(dict.fromkeys(rig.names(arguments.role))),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
