"""The north side is told what failed, not what went well before it."""

from dataclasses import replace

import pytest

from bsw.os.clock import S
from secc.api.literals import HlcSessionFailedReason
from tests.session.visits import Visits, ask, leave, set_up
from tools.conformance.bench import AC, DC, Setup

Reason = HlcSessionFailedReason
SETUPS = {
    "din": Setup(mode=DC, protocol="din"),
    "dc": Setup(mode=DC),
    "ac": Setup(mode=AC),
    "contract": Setup(mode=AC, tls=True, contract=True),
}
GOOD = (
    ("ServiceDiscovery", Reason.UNEXPECTED_END),
    ("PaymentServiceSelection", Reason.UNEXPECTED_END),
    ("Authorization", Reason.AUTHORIZATION),
    ("ChargeParameterDiscovery", Reason.PARAMETERS),
    ("Start", Reason.TRANSFER_SETUP),
    ("Loop", Reason.INTERRUPTED),
)
DIRECT = (("CableCheck", Reason.TRANSFER_SETUP), ("PreCharge", Reason.TRANSFER_SETUP))
CASES = [
    (name, place, reason)
    for name in SETUPS
    for place, reason in (
        *GOOD,
        *(DIRECT if name in {"din", "dc"} else ()),
        *((("PaymentDetails", Reason.AUTHORIZATION),) if name == "contract" else ()),
    )
]
WAYS = ["silent", "gone", "out of sequence", "another session"]


def failed(visits: Visits) -> HlcSessionFailedReason | None:
    last: HlcSessionFailedReason | None = visits.lab.charger.last("hlc_session_failed")
    return last


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("name", "place", "reason"), CASES)
def test_the_exchange_that_failed_is_blamed(
    name: str, place: str, reason: HlcSessionFailedReason, way: str
) -> None:
    visits = Visits(SETUPS[name], "conformance")
    walk = visits.come()
    walk.to(place)
    if way == "silent":
        visits.lab.run(70 * S)
    elif way == "gone":
        leave(walk)
    elif way == "another session":
        walk.tester.session_id = b"\x77" * 8
        assert ask(walk, place) == "FAILED_UnknownSession"
    else:
        assert set_up(walk) == "FAILED_SequenceError"
        reason = Reason.UNEXPECTED_END
    assert failed(visits) is reason


def test_a_refusal_blames_the_exchange_that_was_refused() -> None:
    visits = Visits(replace(SETUPS["dc"], mode=DC))
    walk = visits.come()
    walk.to("CableCheck")
    visits.lab.charger.cable_check_finished(status=False)
    assert ask(walk, "CableCheck") == "FAILED"
    assert failed(visits) is Reason.TRANSFER_SETUP
