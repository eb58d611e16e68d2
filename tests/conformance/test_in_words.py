"""A station that does not come to a session: what the tester says of it, and what it does not."""

import pytest

from bsw.chrgm.messages.sap import ResponseCode, SupportedAppProtocolRes
from bsw.sdp.messages import Response, Security
from tools.conformance.bench import Deviation, NotReached, Setup
from tools.conformance.catalogue import everything
from tools.conformance.lab import StationLab
from tools.conformance.station import malformed
from tools.conformance.station.cases import reached
from tools.conformance.station.scripted_vehicle import VehicleTester, judged_offer


@pytest.mark.parametrize(
    ("answer", "closed", "words"),
    [
        (None, True, "iso2 was not agreed: the connection was closed"),
        (None, False, "iso2 was not agreed: no answer within 6 s"),
        (
            SupportedAppProtocolRes(response_code=ResponseCode.FAILED_NO_NEGOTIATION),
            False,
            "iso2 was not agreed: Failed_NoNegotiation",
        ),
    ],
)
def test_an_offer_that_is_not_taken(
    answer: SupportedAppProtocolRes | None, *, closed: bool, words: str
) -> None:
    with pytest.raises(Deviation, match=words):
        judged_offer("iso2", answer, closed=closed)


def test_a_station_of_tls_alone_is_not_accused() -> None:
    lab = StationLab(Setup())
    tester = VehicleTester(lab)
    found = Response(lab.network.link_local(), 1, Security.TLS)
    with pytest.raises(Deviation, match="TLS alone is offered"):
        tester.reach(found)


def test_a_wrong_answer_to_discovery_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    octets = Response("fe80::1", 0, Security.NONE).octets()
    monkeypatch.setattr(VehicleTester, "datagram", lambda *_args: octets)
    with pytest.raises(NotReached, match="answered wrongly: no port one can connect to"):
        reached("SessionSetup", Setup())


def test_who_answers_no_first_request_is_not_accused_of_what_broke_before() -> None:
    """The control fails, and the cases of this place say nothing then."""
    bound = [one for one in everything() if one.about == ("SessionSetup", "broken")]
    assert {one.control for one in bound if "SECC" in one.id} == {
        malformed.CONTROL,
        "NEG-SECC20-MSG-DC-SessionSetup-none",
    }
    assert {malformed.CONTROL} < {one.id for one in everything()}
    malformed.good(Setup())
