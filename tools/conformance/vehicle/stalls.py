"""Stations that take a connection for TLS and shake no hands: a vehicle ends, in time and safe."""

from functools import partial
from typing import Final

from bsw.chrgm.endings import Ending
from bsw.os.clock import S
from bsw.sdp.messages import Response, Security
from tools.conformance.broken import STALLS
from tools.conformance.judge import came_to, require
from tools.conformance.station.cases import Case
from tools.conformance.vehicle import judge
from tools.conformance.vehicle.bench import VehicleSetup
from tools.conformance.vehicle.lab import opened
from tools.conformance.vehicle.scripted_station import StationTester

SECURE: Final = VehicleSetup(tls=True)
SETUP: Final = 20 * S


def stalled(octets: bytes, setup: VehicleSetup) -> None:
    tester = StationTester(opened(setup))
    tester.tls, tester.greeting = None, octets

    def on_tls(response: Response) -> list[bytes]:
        return [Response(response.address, response.port, Security.TLS).octets()]

    tester.discovery = on_tls
    tester.open()
    tester.plug_in()
    judge.ends(tester, Ending.TLS_FAILED, Ending.SETUP_TIMEOUT, within=SETUP)
    came_to(tester.connections, "the vehicle did not connect")
    require(not tester.asked, "a V2G message")


def cases() -> list[Case]:
    return [
        Case(
            f"NEG-EVCC-TLS-{name}",
            f"TLS; {title} where a handshake is due -> over in time, safe",
            partial(stalled, octets),
            SECURE,
            ("TLS", "stalled"),
        )
        for name, (title, octets) in STALLS.items()
    ]
