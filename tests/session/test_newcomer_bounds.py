"""Who waits for a session is bounded, in number and in time, and is not one yet."""

from collections.abc import Callable

import pytest

from bsw.net.connections_config import ConnectionsConfig
from bsw.net.ports import StreamEnd
from bsw.os.clock import MS, S
from tests.session.stranger import Knocker, Street


def test_those_who_wait_are_bounded_for_one_address_and_the_vehicle_still_gets_in() -> None:
    street = Street()
    street.rig.charger.dlink_ready(value=True)
    crowd = [Knocker(street.elsewhere, street.door()) for _ in range(40)]
    street.world.run_for(500 * MS)
    bounds = ConnectionsConfig()
    alive = [one for one in crowd if one.ended_with is None and one.is_connected]
    assert len(alive) == bounds.waiting_per_peer
    assert {one.ended_with for one in crowd} - {None} == {StreamEnd.RESET}
    assert street.come(2).codes[-1] == "OK_NewSessionEstablished"


def test_those_who_wait_are_bounded_in_total() -> None:
    street = Street()
    street.rig.charger.dlink_ready(value=True)
    bounds = ConnectionsConfig()
    nodes = [street.world.simulated.node(f"n{number}") for number in range(12)]
    crowd = [Knocker(node, street.door()) for node in nodes for _ in range(3)]
    street.world.run_for(500 * MS)
    alive = [one for one in crowd if one.ended_with is None and one.is_connected]
    assert len(alive) == bounds.waiting
    assert street.come(2).codes[-1] == "OK_NewSessionEstablished"


def test_a_flood_of_one_address_is_broken_off_before_it_is_looked_at() -> None:
    street = Street()
    street.rig.charger.dlink_ready(value=True)
    admission = street.outlet._admission
    for _ in range(ConnectionsConfig().per_peer_second + 50):
        Knocker(street.elsewhere, street.door())
    street.world.run_for(100 * MS)
    assert admission.refused > 0
    assert street.come(2).codes[-1] == "OK_NewSessionEstablished", "another address"


def test_the_one_that_has_come_further_stays() -> None:
    street = Street()
    street.rig.charger.dlink_ready(value=True)
    advanced = street.come(1)
    for _ in range(8):
        Knocker(street.world.vehicle, street.door())
        street.world.run_for(1 * S)
    assert advanced.closed_at is None
    advanced.set_up()
    street.world.run_for(100 * MS)
    assert advanced.codes[-1] == "OK_NewSessionEstablished"


@pytest.mark.parametrize("trickle", [False, True])
@pytest.mark.parametrize(
    ("tls", "far", "within"),
    [(False, 0, 20), (True, 0, 10), (False, 1, 60)],
    ids=["no offer", "TLS unfinished", "no SessionSetupReq"],
)
def test_each_state_has_a_deadline_that_octets_do_not_put_off(
    *,
    tls: bool,
    far: int,
    within: int,
    trickle: bool,
) -> None:
    street = Street(tls=tls)
    street.rig.charger.dlink_ready(value=True)
    began = street.rig.scheduler.now
    send: Callable[[bytes], None]
    if far:
        stranger = street.come(far)
        send, gone = stranger.channel.send_raw, lambda: stranger.closed_at is not None
    else:
        knocker = Knocker(street.world.vehicle, street.door(tls=tls))
        send, gone = knocker.stream.write, lambda: knocker.ended_with is not None
    if trickle:  # a good header that belongs here, its payload one octet a second; for TLS a record
        octets = iter(
            (b"\x16\x03\x01\x10\x00" if tls else b"\x01\xfe\x80\x01\x00\x00\x10\x00") * 99
        )
        street.rig.scheduler.every(S, lambda: send(bytes([next(octets)])), name="loris")
    street.world.run_until(gone, (within + 1) * S)
    assert street.rig.scheduler.now - began >= 5 * S


def test_frames_that_are_passed_over_do_not_put_the_deadline_off() -> None:
    street = Street()
    street.rig.charger.dlink_ready(value=True)
    knocker = Knocker(street.world.vehicle, street.door())
    ignored = b"\x01\xfe\xa0\x00\x00\x00\x00\x01x"
    street.rig.scheduler.every(S, lambda: knocker.stream.write(ignored), name="chatter")
    street.world.run_until(lambda: knocker.ended_with is not None, 21 * S)


def test_somebody_who_only_knocks_is_no_session() -> None:
    street = Street(tls=True)
    street.rig.charger.dlink_ready(value=True)
    for tls in (False, True):
        knocker = Knocker(street.elsewhere, street.door(tls=tls))
        street.world.run_for(1 * S)
        knocker.stream.close()
        street.world.run_for(1 * S)
    assert street.outlet.results == []
    assert not street.told("dlink_error")


def test_one_that_fails_while_another_is_on_its_way_does_not_take_the_link_down() -> None:
    street = Street()
    street.rig.charger.dlink_ready(value=True)
    advanced = street.come(1)
    knocker = Knocker(street.elsewhere, street.door())
    street.world.run_for(1 * S)
    knocker.stream.write(b"\x01\xfe\x80\x01\x00\x00\x00\x01\xff")
    street.world.run_for(1 * S)
    assert knocker.ended_with is not None
    assert street.outlet.results == []
    advanced.set_up()
    street.world.run_for(100 * MS)
    assert advanced.codes[-1] == "OK_NewSessionEstablished"
