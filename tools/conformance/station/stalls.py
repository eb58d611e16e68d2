"""Who comes to the TLS port and shakes no hands: nobody waits for him for ever.

How soon a station gives him up is left to it, within a minute and what it takes to close.
"""

from functools import partial
from typing import Final

from bsw.os.clock import S
from tools.conformance import judge
from tools.conformance.bench import Deviation, NotReached, Setup
from tools.conformance.broken import STALLS
from tools.conformance.lab import opened
from tools.conformance.station.cases import Case
from tools.conformance.station.malformed import served_again
from tools.conformance.station.scripted_vehicle import VehicleTester
from tools.conformance.station.walk import Walk

SECURE: Final = Setup(tls=True)
LONGER: Final = 25 * S


def stalled(octets: bytes, setup: Setup) -> None:
    lab = opened(setup)
    tester = VehicleTester(lab)
    try:
        tester.plug_in()
        found = tester.find()
    except Deviation as deviation:
        raise NotReached(f"before TLS: {deviation}") from deviation
    judge.came_to(tester.knock(found), "the connection was refused")
    tester.send_raw(octets)
    most = lab.limits.sequence + LONGER
    closed = tester.silent_until_closed(most)
    judge.require(closed is not None, f"open for {most // S} s without a handshake")
    served_again(Walk(lab, tester))


def cases() -> list[Case]:
    return [
        Case(
            f"NEG-SECC-TLS-{name}",
            f"TLS; {title} where a handshake is due -> closed, the next is served",
            partial(stalled, octets),
            SECURE,
            ("TLS", "stalled"),
        )
        for name, (title, octets) in STALLS.items()
    ]
