"""A station that takes its link for granted, and scripted vehicles that come to it one by one."""

from dataclasses import replace

from bsw.chrgm.messages import din, iso2
from bsw.chrgm.record import Said, code_of
from bsw.os.clock import MS, S
from secc.api.literals import AuthorizationStatus, CertificateStatus
from secc.session.profile import CONFORMANCE, FIELD
from tools.conformance.bench import Setup
from tools.conformance.lab import StationLab
from tools.conformance.station.scripted_vehicle import VehicleTester
from tools.conformance.station.walk import Walk
from tools.conformance.station.words import EVCCID

OTHER = bytes.fromhex("0200000000b2")
PROFILES = {"conformance": CONFORMANCE, "field": FIELD}
NOBODY = "Authorization for ever"
"""Nobody answers for the customer."""


class Visits:
    """``customer`` false: nobody answers but the test."""

    def __init__(self, setup: Setup, profile: str = "field", *, customer: bool = True) -> None:
        switches = replace(PROFILES[profile], demand_pilot_states=False)
        slow = setup.slow if customer else NOBODY
        self.setup = replace(setup, profile=switches, slow=slow)
        self.lab = StationLab(self.setup)
        self.link()

    def link(self) -> None:
        self.lab.charger.dlink_ready(value=True)
        self.lab.run(10 * MS)

    def silence(self) -> None:
        """From now on nobody answers for the customer."""
        self.lab.setup = self.setup = replace(self.setup, slow=NOBODY)

    def come(self, setup: Setup | None = None) -> Walk:
        """A vehicle connects and agrees on the protocol."""
        if setup is not None:
            self.lab.setup = replace(setup, profile=self.setup.profile, slow=self.setup.slow)
        tester = VehicleTester(self.lab)
        walk = Walk(self.lab, tester)
        tester.connect()
        tester.agree()
        return walk

    def again(self, session_id: bytes, setup: Setup | None = None) -> Walk:
        """A vehicle that asks for this session."""
        walk = self.come(setup)
        walk.tester.session_id = session_id
        return walk

    def verdict(self, status: str = "Accepted") -> None:
        """Somebody answers for the customer, without saying for whom."""
        self.lab.charger.authorization_response(
            authorization_status=AuthorizationStatus(status),
            certificate_status=CertificateStatus.ACCEPTED,
        )
        self.lab.run(10 * MS)


def ask(walk: Walk, place: str) -> str:
    """One request of this place; the code of its answer, empty when there is none."""
    heard = walk.tester.ask(walk.words.request(place))
    if heard is None:
        return ""
    walk.words.hear(place, heard)
    return code_of(heard.body)


def set_up(walk: Walk, evccid: bytes = EVCCID) -> str:
    """SessionSetup as this vehicle."""
    messages = din if walk.lab.setup.protocol == "din" else iso2
    heard = walk.tester.ask(Said(messages.SessionSetupReq(evccid=evccid)))
    assert heard is not None
    walk.tester.session_id = heard.session_id
    walk.words.hear("SessionSetup", heard)
    return code_of(heard.body)


def authorize(walk: Walk) -> str:
    """From ServiceDiscovery to one AuthorizationReq: ``Finished``, ``Ongoing...`` or a code."""
    places = ["ServiceDiscovery", "PaymentServiceSelection"]
    if walk.lab.setup.contract:
        places.append("PaymentDetails")
    for place in places:
        code = ask(walk, place)
        if not code.startswith("OK"):
            return code
    return once_more(walk)


def once_more(walk: Walk) -> str:
    """One AuthorizationReq."""
    heard = walk.tester.ask(walk.words.request("Authorization"))
    assert heard is not None
    walk.words.hear("Authorization", heard)
    code = code_of(heard.body)
    return code if not code.startswith("OK") else str(heard.body.evse_processing.value)


def leave(walk: Walk) -> None:
    """The vehicle is gone without a word."""
    walk.tester.hang_up()
    walk.lab.run(1 * S)


def pause(walk: Walk) -> str:
    """SessionStop(Pause), and the connection closed."""
    code = ask(walk, "Pause")
    walk.tester.hang_up()
    walk.lab.run(100 * MS)
    return code
