"""One of our roles as a process on a network interface, for runs against foreign stacks.

Prints one JSON line at the end: how the session ended and what was said.  The other side of the
plug is presumed: the vehicle believes the station's voltage, the station sees a battery at the
voltage it was asked for.
"""

import argparse
import json
import resource
import sys
import time
from dataclasses import replace
from typing import Any

from bsw.chrgm.endings import SessionResult
from bsw.net.tcpip import HostNetwork
from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.os.worker import HostWorker
from evcc.profile import FIELD as VEHICLE_FIELD
from secc.api.literals import PaymentOption
from secc.electronics import Ratings
from secc.profile import FIELD as STATION_FIELD
from tests.net.worlds import World
from tools.rig.network import NetRig, Options


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["vehicle", "station"])
    parser.add_argument("--interface", required=True)
    parser.add_argument("--protocols", default="iso2")
    parser.add_argument("--mode", default="DC_extended")
    parser.add_argument("--seconds", type=float, default=5.0, help="charge for so long")
    parser.add_argument("--pki", help="folder of certificates; switches TLS on")
    parser.add_argument("--pnc", action="store_true")
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--battery", type=float, default=380.0, help="volts")
    parser.add_argument("--ignore-limits", action="store_true", help="a peer simulates nonsense")
    parser.add_argument("--within", type=float, default=60.0)
    return parser.parse_args()


def main() -> int:
    arguments = parse()
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox)
    network = HostNetwork(scheduler, clock, arguments.interface)
    world = World(scheduler, network, network, HostWorker(scheduler))
    vehicle = arguments.role == "vehicle"
    options = Options(
        protocols=tuple(arguments.protocols.split(",")),
        served=tuple(arguments.protocols.split(",")),
        mode=arguments.mode,
        ratings=Ratings(cable_check=500 * MS, volts_per_second=5_000.0),
        payment=(PaymentOption.EXTERNAL,),
        station_profile=replace(STATION_FIELD, demand_pilot_states=False),
        vehicle_profile=replace(VEHICLE_FIELD, lab_ignore_station_limits=arguments.ignore_limits),
    )
    if arguments.pki:
        from tests.peers.secure import secured  # noqa: PLC0415 - plain runs need no PKI

        options = secured(options, arguments, scheduler)
    rig = NetRig(world, options)
    rig.pack.ocv = arguments.battery
    began = time.monotonic()
    if vehicle:
        drive(rig, arguments.seconds)
    else:
        serve(rig)
    deadline = scheduler.now + int(arguments.within * S)
    results = rig.results if vehicle else rig.outlet.results

    def look() -> None:
        if results:
            scheduler.after(200 * MS, scheduler.stop, name="linger")

    scheduler.every(20 * MS, look, name="look")
    scheduler.run(deadline)
    report(rig, arguments.role, results, time.monotonic() - began)
    return 0 if results and results[0].ending.good else 1


def drive(rig: NetRig, seconds: float) -> None:
    """The vehicle: its inlet shows what the station says it delivers."""

    def believe() -> None:
        view = rig.view
        rig.state.inlet_voltage = view.present_voltage or 0.0
        rig.state.battery_voltage = rig.pack.ocv
        rig.state.battery_current = view.present_current

    rig.scheduler.every(10 * MS, believe, name="believe")
    rig.pack.tick = lambda *_: None  # type: ignore[method-assign]
    rig.drive()

    def charging() -> None:
        if "CurrentDemandReq" in rig.names() or "ChargingStatusReq" in rig.names():
            rig.full_after(int(seconds * S))
            watch.stop()

    watch = rig.scheduler.every(50 * MS, charging, name="charging")


def serve(rig: NetRig) -> None:
    """The station: a battery hangs behind the plug once energy is asked for."""
    rig.pack.voltage = lambda amps: (  # type: ignore[method-assign]
        rig.electronics.target_voltage or None if amps or rig.electronics.current else None
    )
    rig.charger.dlink_ready(value=True)
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def report(rig: NetRig, role: str, results: list[SessionResult], took: float) -> None:
    trace = rig.vehicle_trace if role == "vehicle" else rig.station_trace
    messages = [record for record in trace.records if record.kind == "message"]
    figures: dict[str, Any] = {
        "result": str(results[0]) if results else "none",
        "good": bool(results) and results[0].ending.good,
        "messages": names(rig, role),
        "count": len(messages),
        "seconds": round(took, 2),
        "cpu": round(time.process_time(), 2),
        "rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def names(rig: NetRig, role: str) -> list[str]:
    """Runs of equal messages as one, with their count."""
    shown: list[str] = []
    last, count = "", 0
    for name in [*rig.names(role), ""]:
        if name == last:
            count += 1
            continue
        if last:
            shown.append(f"{last} x{count}" if count > 1 else last)
        last, count = name, 1
    return shown


if __name__ == "__main__":
    raise SystemExit(main())
