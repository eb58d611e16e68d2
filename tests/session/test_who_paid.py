"""A paused session goes on only for the one who paid for it, in the way he paid."""

from dataclasses import replace

import pytest

from bsw.chrgm.agreement import Payment
from bsw.chrgm.endings import Ending
from bsw.os.clock import MS
from secc.api.literals import EnergyTransferMode, PaymentOption
from secc.session.memory import Visitor
from tests.session.visits import OTHER, Visits, ask, authorize, leave, once_more, pause, set_up
from tools.conformance.bench import AC, DC, Setup
from tools.conformance.station.walk import Walk
from tools.conformance.station.words import EVCCID

NEW, OLD = "OK_NewSessionEstablished", "OK_OldSessionJoined"
WAITING = "Ongoing_WaitingForCustomerInteraction"
BOTH_PROFILES = pytest.mark.parametrize("profile", ["conformance", "field"])
MODES = pytest.mark.parametrize("mode", [DC, AC])
PAID = Setup(mode=AC, tls=True, contract=True)


def paused(visits: Visits, setup: Setup | None = None) -> bytes:
    """A vehicle came, was authorised, and paused; the id of its session."""
    walk = visits.come(setup)
    set_up(walk)
    assert authorize(walk) in {WAITING, "Ongoing"}
    visits.lab.run(100 * MS)
    assert once_more(walk) == "Finished"
    assert pause(walk) == "OK"
    return walk.tester.session_id


@BOTH_PROFILES
@MODES
@pytest.mark.parametrize("place", ["ServiceDiscovery", "PaymentServiceSelection", "Authorization"])
def test_a_pause_before_authorization_is_refused_and_pays_nothing(
    place: str, mode: str, profile: str
) -> None:
    visits = Visits(Setup(mode=mode), profile, customer=False)
    walk = visits.come()
    walk.to(place)
    if place == "Authorization":
        assert once_more(walk) == WAITING
    assert pause(walk) == "FAILED"
    again = visits.again(walk.tester.session_id)
    assert set_up(again) == NEW
    assert authorize(again) == WAITING


@BOTH_PROFILES
def test_after_a_refused_customer_there_is_nothing_to_go_on_with(profile: str) -> None:
    visits = Visits(Setup(mode=AC), profile, customer=False)
    walk = visits.come()
    walk.to("Authorization")
    once_more(walk)
    visits.verdict("Blocked")
    assert once_more(walk) == WAITING
    assert pause(walk) == "FAILED"
    assert visits.lab.rig.memory.paused is None


@BOTH_PROFILES
@MODES
def test_who_paid_goes_on_without_paying_again(mode: str, profile: str) -> None:
    visits = Visits(Setup(mode=mode), profile)
    wanted = paused(visits)
    visits.silence()
    again = visits.again(wanted)
    assert set_up(again) == OLD
    assert again.tester.session_id == wanted
    assert authorize(again) == "Finished"
    kept = visits.again(wanted)
    assert set_up(kept) == NEW, "once only"


@BOTH_PROFILES
@pytest.mark.parametrize("what", ["id", "evccid", "unplugged", "another came between"])
def test_who_did_not_pay_gets_a_new_session(what: str, profile: str) -> None:
    visits = Visits(Setup(mode=AC), profile)
    wanted = paused(visits)
    visits.silence()
    evccid = EVCCID
    if what == "id":
        wanted = bytes(8)[:-1] + b"\x01"
    elif what == "evccid":
        evccid = OTHER
    elif what == "unplugged":
        visits.lab.outlet.forget_vehicle()
    else:
        between = visits.come()
        set_up(between, OTHER)
        leave(between)
    again = visits.again(wanted)
    assert set_up(again, evccid) == NEW
    assert again.tester.session_id != wanted
    assert authorize(again) == WAITING


@BOTH_PROFILES
def test_one_wrong_guess_ends_the_pause(profile: str) -> None:
    visits = Visits(Setup(mode=AC), profile)
    wanted = paused(visits)
    guess = visits.again(b"\x11" * 8)
    assert set_up(guess, OTHER) == NEW
    leave(guess)
    assert set_up(visits.again(wanted)) == NEW


@BOTH_PROFILES
def test_what_a_contract_over_tls_paid_is_not_gone_on_with_over_plain_tcp(profile: str) -> None:
    visits = Visits(replace(PAID, station_tls=True), profile)
    wanted = paused(visits)
    visits.silence()
    again = visits.again(wanted, Setup(mode=AC))
    assert set_up(again) == NEW
    assert authorize(again) == WAITING


@BOTH_PROFILES
def test_what_was_paid_on_plain_tcp_is_not_gone_on_with_over_tls(profile: str) -> None:
    visits = Visits(Setup(mode=AC, station_tls=True), profile)
    wanted = paused(visits)
    visits.silence()
    again = visits.again(wanted, Setup(mode=AC, tls=True))
    assert set_up(again) == NEW
    assert authorize(again) == WAITING


@BOTH_PROFILES
def test_a_contract_signs_again_after_the_pause_and_nothing_else_is_offered(profile: str) -> None:
    visits = Visits(PAID, profile)
    wanted = paused(visits)
    again = visits.again(wanted)
    assert set_up(again) == OLD
    ask(again, "ServiceDiscovery")
    offered = again.iso2.heard["ServiceDiscovery"].payment_option_list.payment_option
    assert [one.value for one in offered] == ["Contract"]
    visits.lab.setup = replace(visits.lab.setup, contract=False)
    other = Walk(visits.lab, again.tester)
    other.iso2.heard = again.iso2.heard
    assert ask(other, "PaymentServiceSelection") == "FAILED_PaymentSelectionInvalid"


@BOTH_PROFILES
def test_another_contract_does_not_pay_on(profile: str) -> None:
    visits = Visits(PAID, profile)
    wanted = paused(visits)
    memory = visits.lab.rig.memory
    assert memory.paused is not None
    assert memory.paused.payment is Payment.CONTRACT
    memory.paused = replace(memory.paused, emaid="DE8AA9999999990")
    again = visits.again(wanted)
    assert set_up(again) == OLD
    assert authorize(again) == "FAILED"


@pytest.mark.parametrize("gone", ["payment", "mode"])
def test_what_the_outlet_no_longer_offers_is_not_gone_on_with(gone: str) -> None:
    visits = Visits(PAID)
    walk = visits.come()
    walk.whole("Pause")
    wanted = walk.tester.session_id
    charger = visits.lab.charger
    if gone == "payment":
        charger.session_setup(
            payment_options=[PaymentOption.EXTERNAL],
            supported_certificate_service=False,
            central_contract_validation_allowed=False,
        )
    else:
        charger.update_energy_transfer_modes(
            supported_energy_transfer_modes=[EnergyTransferMode.DC_EXTENDED]
        )
    visits.link()
    visits.lab.setup = replace(visits.lab.setup, contract=False)
    assert set_up(visits.again(wanted)) == NEW


@BOTH_PROFILES
def test_a_session_of_din_ends_the_pause(profile: str) -> None:
    visits = Visits(Setup(mode=DC), profile)
    wanted = paused(visits)
    visits.silence()
    between = visits.again(wanted, Setup(mode=DC, protocol="din"))
    assert ask(between, "SessionSetup") == NEW
    assert set_up(visits.again(wanted, Setup(mode=DC))) == NEW


@pytest.mark.parametrize("place", ["PreCharge", "Start", "Loop"])
def test_no_pause_while_the_output_is_under_voltage_and_energy_ends_with_the_session(
    place: str,
) -> None:
    visits = Visits(Setup(mode=DC))
    walk = visits.come()
    walk.to(place)
    walk.do(place)
    opened: list[object] = []
    visits.lab.charger.subscribe("dc_open_contactor", opened.append)
    assert pause(walk) in {"FAILED", "FAILED_SequenceError"}
    assert visits.lab.rig.memory.paused is None
    assert opened
    assert visits.lab.outlet.results[-1].ending is not Ending.PAUSED


def test_what_is_kept_says_who_paid_how() -> None:
    visits = Visits(PAID)
    paused(visits)
    kept = visits.lab.rig.memory.paused
    assert kept is not None
    assert kept.visitor == Visitor(EVCCID, secure=True, protocol="iso2")
    assert kept.payment is Payment.CONTRACT
    assert kept.emaid.startswith("DE8AA")


@BOTH_PROFILES
def test_a_session_that_sleeps_again_at_once_keeps_mode_and_schedule(profile: str) -> None:
    visits = Visits(Setup(mode=AC, entries=24), profile)
    walk = visits.come()
    walk.whole("Pause")
    memory = visits.lab.rig.memory
    first = memory.paused
    assert first is not None
    assert first.schedule is not None
    visits.link()
    again = visits.again(first.session_id)
    assert set_up(again) == OLD
    assert authorize(again) == "Finished"
    assert memory.paused is None
    assert pause(again) == "OK"
    assert memory.paused == first
