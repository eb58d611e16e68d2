"""Our station with a provisioning service behind it, as a process on a network interface.

``secc run`` has nobody to make contracts, so this one stands on the test rig: the same outlet,
sessions, TLS and desk, and the rig's service.  Prints READY; ends after one session.
"""

import argparse
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from bsw.net.host.tcpip import HostNetwork
from bsw.net.ports import Network
from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.os.worker import HostWorker
from secc.power.simulated import Ratings
from secc.session.profile import FIELD
from tools.bench.world.network import NetRig, Options
from tools.bench.world.plug import Today
from tools.interop.secure import secured


@dataclass(frozen=True)
class OnHost:
    """Both ends of the rig on this host; nobody uses the vehicle's."""

    scheduler: Scheduler
    vehicle: Network
    station: Network
    worker: HostWorker


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--interface", required=True)
    parser.add_argument("--pki", type=Path, required=True)
    parser.add_argument("--trace", type=Path, required=True)
    parser.add_argument("--within", type=float, default=60.0)
    return parser.parse_args()


def main() -> int:
    arguments = parse()
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    scheduler = Scheduler(clock, mailbox=mailbox)
    network = HostNetwork(scheduler, clock, arguments.interface)
    world = OnHost(scheduler, network, network, HostWorker(scheduler))
    today = Today(scheduler, int(time.time()) - scheduler.now // S)
    profile = replace(FIELD, demand_pilot_states=False)  # no pilot on this cable
    plain = Options(ratings=Ratings(), station_profile=profile)
    rig = NetRig(world, secured(plain, arguments.pki, today, world.worker, install=True))
    rig.today = today
    serve(rig)
    sys.stdout.write("READY\n")
    sys.stdout.flush()
    results = rig.outlet.results

    def look() -> None:
        if results:
            scheduler.after(200 * MS, scheduler.stop, name="linger")

    scheduler.every(20 * MS, look, name="look")
    scheduler.run(scheduler.now + int(arguments.within * S))
    rig.station_writer.end()
    arguments.trace.write_text("".join(record.line for record in rig.station_trace.records))
    sys.stdout.write(f"{results[0] if results else 'no end in time'}\n")
    return 0 if results and results[0].ending.good else 1


def serve(rig: NetRig) -> None:
    """A battery hangs behind the plug once energy is asked for."""
    rig.pack.voltage = lambda amps: (  # type: ignore[method-assign]  # the battery is the peer's
        rig.electronics.target_voltage or None if amps or rig.electronics.current else None
    )
    rig.charger.dlink_ready(value=True)


if __name__ == "__main__":
    raise SystemExit(main())
