"""Whoever connects while a vehicle charges does not stop it; the vehicle itself may come back."""

import pytest

from bsw.chrgm.endings import Ending
from bsw.os.clock import MS, S
from tests.session.stranger import Knocker, Stranger, Street

OTHER = bytes.fromhex("0200000000b2")


@pytest.mark.parametrize("far", [0, 1, 2])
@pytest.mark.parametrize("who", ["the vehicle's address", "another address"])
def test_a_newcomer_does_not_stop_a_charge(far: int, who: str) -> None:
    street = Street()
    session = street.charge()
    network = street.elsewhere if who == "another address" else None
    stranger = street.come(far, network)
    assert stranger.opened_at is not None
    assert street.goes_on(session)
    assert stranger.codes[1:] == ["FAILED"] * (far == 2)
    assert (stranger.closed_at is not None) is (far == 2)


@pytest.mark.parametrize("far", [0, 1, 2])
@pytest.mark.parametrize("tls", [False, True])
def test_nor_a_charge_over_tls(far: int, *, tls: bool) -> None:
    street = Street(tls=True)
    session = street.charge()
    assert session.secure
    street.come(far, tls=tls)
    assert street.goes_on(session)


def test_nor_a_bare_connection_on_either_port() -> None:
    street = Street(tls=True)
    session = street.charge()
    for tls in (False, True):
        knocker = Knocker(street.elsewhere, street.door(tls=tls))
        street.world.run_for(1 * S)
        assert knocker.is_connected
        knocker.stream.abort()
        street.world.run_for(1 * S)
    assert street.goes_on(session)


def test_what_a_newcomer_says_reaches_nobody_while_a_session_runs() -> None:
    street = Street()
    street.charge()
    street.rig.charger.state.debug = True
    before = street.rig.charger.last("ev_info")
    heard: list[object] = []
    street.rig.charger.subscribe("ev_app_protocol", heard.append)
    street.rig.charger.subscribe("evcc_id", heard.append)
    street.rig.charger.subscribe("dlink_error", heard.append)
    street.rig.charger.subscribe("hlc_session_failed", heard.append)
    street.come(2, evccid=OTHER, name="din")
    assert heard == []
    assert street.rig.charger.last("ev_info") == before


def test_a_newcomer_that_names_another_vehicle_is_refused_however_silent_the_old_one_is() -> None:
    street = Street()
    first = street.set_up()
    second = street.come(2, evccid=OTHER)
    assert second.codes[-1] == "FAILED"
    assert street.outlet.session is first


def test_the_vehicle_that_lost_its_connection_is_back_within_its_message_time() -> None:
    street = Street()
    first = street.set_up()
    began = street.rig.scheduler.now
    second = Stranger(street.rig.scheduler, street.world.vehicle, street.door(), 2)
    street.world.run_until(lambda: len(second.answers) == 2, 2 * S)
    assert second.codes[-1] == "OK_NewSessionEstablished"
    assert street.rig.scheduler.now - began < 1500 * MS
    assert first.result is not None
    assert first.result.ending is Ending.CONNECTION_LOST
    assert street.outlet.session is not None
    assert street.outlet.session is not first
    assert not street.told("dlink_error"), "it would take the link from under the vehicle"


def test_the_first_connection_ends_while_the_second_waits() -> None:
    street = Street()
    first = street.set_up()
    second = Stranger(street.rig.scheduler, street.world.vehicle, street.door(), 2)
    street.world.run_for(300 * MS)
    assert len(second.answers) == 1
    street.by_hand.channel.abort()
    street.world.run_for(100 * MS)
    assert second.codes[-1] == "OK_NewSessionEstablished"
    assert first.result is not None


def test_a_less_secure_newcomer_never_takes_over() -> None:
    street = Street(tls=True)
    first = street.set_up(tls=True)
    assert first.secure
    assert street.come(2).codes[-1] == "FAILED"
    assert street.outlet.session is first
    assert street.come(2, tls=True).codes[-1] == "OK_NewSessionEstablished"


def test_a_vehicle_whose_session_ended_sets_up_the_next_at_once() -> None:
    street = Street()
    first = street.set_up()
    street.by_hand.channel.close()
    street.world.run_for(100 * MS)
    assert first.result is not None
    assert street.come(2).codes[-1] == "OK_NewSessionEstablished"


def test_two_who_claim_the_same_place_get_one() -> None:
    street = Street()
    street.set_up()
    both = [
        Stranger(street.rig.scheduler, street.world.vehicle, street.door(), 2) for _ in range(2)
    ]
    street.world.run_for(3 * S)
    assert sorted(one.codes[-1] for one in both) == ["FAILED", "OK_NewSessionEstablished"]


def test_losing_the_link_ends_those_who_wait_as_well() -> None:
    street = Street()
    first = street.set_up()
    second = Stranger(street.rig.scheduler, street.world.vehicle, street.door(), 2)
    street.world.run_for(300 * MS)
    street.rig.charger.dlink_ready(value=False)
    street.world.run_for(1 * S)
    assert first.result is not None
    assert first.result.ending is Ending.LINK_LOST
    assert second.closed_at is not None
    assert street.outlet.session is None
    assert len(street.outlet.results) == 1
