"""Sessions measured: simulated time against real, turn-around in the loop, time to first energy.

Plain TCP on loopback, both roles in one process on one scheduler, so a turn-around contains
decoding, deciding and encoding of one side and nothing of the other.
"""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bsw.chrgm.protocols import DIN, ISO2
from bsw.net.host.tcpip import HostNetwork
from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from bsw.os.worker import HostWorker, Worker
from bsw.trace import TraceRecord
from evcc.session.profile import CONFORMANCE, VehicleProfile
from secc.power.simulated import Ratings
from tools.bench.world.direct import Rig
from tools.bench.world.network import NetRig, Options
from tools.dev.measure.figures import keep

AT_ONCE = Ratings(
    cable_check=0, volts_per_second=1e6, amps_per_second=1e4, contactor=0, step=1 * MS
)
EAGER = replace(
    CONFORMANCE,
    loop_pause=0,
    ongoing_pause=1 * MS,
    precharge_pause=1 * MS,
    precharge_stable=0,
    ramp_up=1e4,
)
SDP_PORT = 25_090


@dataclass
class Loopback:
    """Both ends on this host."""

    scheduler: Scheduler
    vehicle: HostNetwork
    station: HostNetwork
    worker: Worker

    @classmethod
    def made(cls) -> "Loopback":
        mailbox = Mailbox()
        clock = HostClock(mailbox)
        scheduler = Scheduler(clock, mailbox=mailbox)
        ends = [HostNetwork(scheduler, clock, "lo") for _ in range(2)]
        return cls(scheduler, ends[0], ends[1], HostWorker(scheduler))


def main() -> None:
    simulated_charge()
    loopback_session()


def simulated_charge() -> None:
    """Thirty minutes of DC on the virtual clock, every message through EXI.

    By the protocols that need no TLS: their figures go back to the first revisions.
    """
    for spoken in (DIN, ISO2):
        protocol = spoken.name
        rig = Rig(protocol)
        rig.state.full_soc = 100.0
        rig.pack.capacity = 1e9
        rig.at(1800 * S, lambda rig=rig: setattr(rig.state, "charging_complete", True))  # type: ignore[misc]
        began, worked = time.perf_counter(), time.process_time()
        rig.run()
        took, worked = time.perf_counter() - began, time.process_time() - worked
        simulated = rig.ended_at["vehicle"] / S
        keep(f"{protocol}, sessions alone", simulated / worked, "times real time")
        print(
            f"{protocol}: {simulated:.0f} s of charging, {len(rig.said)} messages, "
            f"{took:.2f} s ({worked:.2f} of processor), {simulated / took:.0f} times real time "
            f"({simulated / worked:.0f} by processor)"
        )


def loopback_session(profile: VehicleProfile = EAGER) -> None:
    place = Loopback.made()
    options = Options(ratings=AT_ONCE, vehicle_profile=profile, sdp_port=SDP_PORT)
    tell(place, options, "CurrentDemand")
    place.worker.close()


def tell(place: Loopback, options: Options, loop: str, of: str = "") -> None:
    """Nine sessions, of which ``loop`` is the exchange that carries the energy."""
    scheduler = place.scheduler
    setups = []
    turns: dict[str, list[int]] = {"vehicle": [], "station": []}
    for _ in range(9):
        rig = NetRig(place, options)
        rig.pack.contactor_delay = 0
        began = scheduler.now
        rig.plug_in()
        rig.full_after(1 * S)
        rig.run(20 * S)
        rig.outlet.close()
        rig.electronics.stop()
        setups.append(first(rig.vehicle_trace.records, f"{loop}Req") - began)
        turns["vehicle"] += turn_arounds(rig.vehicle_trace.records, f"{loop}Req")
        turns["station"] += turn_arounds(rig.station_trace.records, f"{loop}Res")
    median = statistics.median(setups) / MS
    keep(f"{of}set-up", median, "ms")
    print(f"{of}set-up, SDP request to first {loop}Req: median {median:.1f} ms")
    for role, times in turns.items():
        ordered = sorted(times)
        keep(f"{of}turn-around of the {role}", statistics.median(times) / 1000, "us")
        p99 = ordered[len(ordered) * 99 // 100]
        print(
            f"{of}turn-around of the {role} in the loop: median "
            f"{statistics.median(times) / 1000:.0f} us, p99 {p99 / 1000:.0f} us, {len(times)} turns"
        )


def first(records: Sequence[TraceRecord], name: str) -> int:
    return next(one.time for one in records if one.fields.get("name") == name)


def turn_arounds(records: Sequence[TraceRecord], name: str) -> list[int]:
    """From what came in to what went out, for answers of this name."""
    messages = [one for one in records if one.kind == "message"]
    return [
        after.time - before.time
        for before, after in pairwise(messages)
        if after.fields["name"] == name
        and after.fields["way"] == "out"
        and before.fields["way"] == "in"
    ]


if __name__ == "__main__":
    main()
