"""A verdict counts for the session that asked, and for no other."""

from dataclasses import replace
from typing import Any

import pytest

from bsw.north.command import CommandError
from bsw.os.clock import S
from secc.api.literals import AuthorizationStatus, CertificateStatus, PaymentOption
from tests.session.visits import OTHER, Visits, authorize, leave, once_more, set_up
from tools.conformance.bench import AC, DC, Setup
from tools.conformance.station.walk import Walk

KINDS = {
    "din": Setup(mode=DC, protocol="din"),
    "iso2 DC": Setup(mode=DC),
    "iso2 AC": Setup(mode=AC),
    "contract": Setup(mode=AC, tls=True, contract=True),
}
BOTH_PROFILES = pytest.mark.parametrize("profile", ["conformance", "field"])
ALL_KINDS = pytest.mark.parametrize("kind", KINDS)


class BackEnd(Visits):
    """Nobody answers but the test, which notes what was asked."""

    def __init__(self, kind: str, profile: str = "field") -> None:
        super().__init__(KINDS[kind], profile, customer=False)
        self.asked: list[Any] = []
        self.lab.charger.subscribe("authorization_request", self.asked.append)

    def waiting(self, evccid: bytes) -> Walk:
        """A vehicle up to its first AuthorizationReq."""
        walk = self.come()
        set_up(walk, evccid)
        assert authorize(walk).startswith("Ongoing")
        return walk

    def named(self, request_id: int) -> None:
        self.lab.charger.authorization_verdict(
            request_id=request_id,
            authorization_status=AuthorizationStatus.ACCEPTED,
            certificate_status=CertificateStatus.ACCEPTED,
        )


@BOTH_PROFILES
@ALL_KINDS
def test_a_late_verdict_is_nobody_elses(kind: str, profile: str) -> None:
    end = BackEnd(kind, profile)
    leave(end.waiting(OTHER))
    walk = end.waiting(OTHER)
    end.verdict()
    assert once_more(walk).startswith("Ongoing"), "it was asked for by the first"
    assert len(end.asked) == 3, "the second asks once more"
    assert end.asked[1] == end.asked[2]
    end.verdict()
    assert once_more(walk) == "Finished"


@ALL_KINDS
def test_a_late_verdict_between_two_sessions_is_nobodys(kind: str) -> None:
    end = BackEnd(kind)
    leave(end.waiting(OTHER))
    end.verdict()
    end.verdict()
    walk = end.waiting(OTHER)
    assert once_more(walk).startswith("Ongoing")


@ALL_KINDS
def test_a_verdict_said_twice_counts_once(kind: str) -> None:
    end = BackEnd(kind)
    walk = end.waiting(OTHER)
    end.verdict()
    end.verdict()
    assert once_more(walk) == "Finished"
    end.verdict("Blocked")
    leave(walk)
    end.verdict()
    assert once_more(end.waiting(OTHER)).startswith("Ongoing")


@ALL_KINDS
def test_a_named_verdict_counts_for_its_session_alone(kind: str) -> None:
    end = BackEnd(kind)
    leave(end.waiting(OTHER))
    walk = end.waiting(OTHER)
    first, second = (one.request_id for one in end.asked)
    assert first != second
    with pytest.raises(
        CommandError, match=f"request_id: no session waits for an answer to {first}"
    ):
        end.named(first)
    with pytest.raises(CommandError, match=f"no session waits for an answer to {first}"):
        end.named(first)
    with pytest.raises(CommandError, match="request_id"):
        end.named(second ^ 1)
    assert once_more(walk).startswith("Ongoing")
    end.named(second)
    assert once_more(walk) == "Finished"
    leave(walk)
    with pytest.raises(CommandError, match="its session ended"):
        end.named(second)


def test_a_question_says_whose_it_is() -> None:
    end = BackEnd("contract")
    end.waiting(OTHER)
    (asked,) = end.asked
    assert asked.payment_option is PaymentOption.CONTRACT
    assert asked.tls
    assert asked.evcc_id == OTHER.hex(":").upper()
    assert asked.id_token.id_token.value.startswith("DE8AA")
    assert asked.id_token.request_id == asked.request_id
    assert end.lab.charger.last("require_auth_pnc") == asked.id_token


def test_a_customer_accepted_in_advance_counts_once_and_for_no_contract() -> None:
    end = BackEnd("iso2 AC")
    end.verdict()
    walk = end.come()
    set_up(walk)
    assert authorize(walk) == "Finished"
    leave(walk)
    end.waiting(OTHER)
    end = BackEnd("contract")
    end.verdict()
    end.waiting(OTHER)


def test_a_customer_accepted_in_advance_who_leaves_takes_the_verdict_along() -> None:
    end = BackEnd("iso2 AC")
    end.verdict()
    end.lab.outlet.forget_vehicle()
    end.waiting(OTHER)


def test_after_five_minutes_nobody_owes_an_answer() -> None:
    end = BackEnd("iso2 AC")
    leave(end.waiting(OTHER))
    end.lab.run(301 * S)
    end.link()
    walk = end.waiting(OTHER)
    end.verdict()
    assert once_more(walk) == "Finished"


@BOTH_PROFILES
def test_what_was_granted_stays_granted_when_a_car_asks_again(profile: str) -> None:
    end = BackEnd("iso2 AC", profile)
    walk = end.waiting(OTHER)
    end.verdict()
    assert once_more(walk) == "Finished"
    end.verdict("Blocked")
    if profile == "field":
        assert once_more(walk) == "Finished"


def test_a_verdict_after_a_renegotiation_changes_nothing_for_the_next() -> None:
    visits = Visits(replace(Setup(mode=AC), renegotiated=True))
    walk = visits.come()
    walk.to("Stop")
    visits.verdict()
    visits.verdict("Blocked")
    walk.do("Stop")
    walk.tester.hang_up()
    visits.lab.run(1 * S)
    visits.silence()
    following = visits.come()
    set_up(following)
    assert authorize(following).startswith("Ongoing")
