"""Stations with a bad certificate: a vehicle breaks TLS off and says nothing of V2G."""

from functools import partial
from typing import Final

from bsw.chrgm.endings import Ending
from bsw.os.clock import S
from keym.x509.edition import Edition
from keym.x509.profile import Use
from tools.conformance.judge import came_to, require
from tools.conformance.station.cases import Case
from tools.conformance.vehicle import judge
from tools.conformance.vehicle.bench import VehicleSetup
from tools.conformance.vehicle.lab import opened
from tools.conformance.vehicle.scripted_station import StationTester
from tools.pki.broken.faults import FAULTS, Fault
from tools.pki.broken.variants import variant

SECURE: Final = VehicleSetup(tls=True)
CONTROL: Final = "NEG-EVCC-CERT-none"
NOT_HELD: Final = {"rsa", "p384"}
"""Keys that the tester's own store does not take, so nothing could be signed with them."""
BY_PROFILE: Final = "a chain that breaks the certificate profile of ISO 15118 alone"
BY_PATH: Final = "a chain that no path validation takes"


def refused(fault: Fault, setup: VehicleSetup) -> None:
    tester = StationTester(opened(setup))
    crypto = tester.lab.crypto
    assert crypto is not None
    bad = variant(crypto.pki, Use.SECC, fault)
    tester.tls = partial(crypto.station_that_shows, bad.chain, bad.leaf, bad.staple)
    tester.open()
    tester.plug_in()
    judge.ends(tester, Ending.TLS_FAILED, within=20 * S)
    came_to(tester.connections, "the vehicle did not connect")
    require(not tester.asked, "a V2G message")


def taken(setup: VehicleSetup) -> None:
    """The good chain, with nothing else changed: otherwise a refusal of the others says nothing."""
    tester = judge.begin(setup)
    tester.plug_in()
    tester.await_request("SessionSetup", 20 * S)


def kind_of(fault: Fault) -> str:
    """A device that leaves its chains to a library fails all of the first kind, for one reason."""
    return BY_PROFILE if fault.profile_alone else BY_PATH


def faults() -> list[Fault]:
    return [
        one
        for one in FAULTS
        if Use.SECC in one.uses and Edition.ISO2 in one.editions and one.name not in NOT_HELD
    ]


def cases() -> list[Case]:
    good = "station's certificate: nothing is wrong -> the vehicle goes on"
    return [
        Case(CONTROL, good, taken, SECURE, ("certificate", "good")),
        *_bad(),
    ]


def _bad() -> list[Case]:
    return [
        Case(
            f"NEG-EVCC-CERT-{fault.name}",
            f"station's certificate: {fault.title} -> TLS breaks off",
            partial(refused, fault),
            SECURE,
            ("certificate", fault.name),
            control=CONTROL,
            kind=kind_of(fault),
        )
        for fault in faults()
    ]
