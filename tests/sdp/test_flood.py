"""Any number of valid requests: the work stays bounded and nobody else waits for long."""

import pytest

from bsw.net.ports import Endpoint
from bsw.os.clock import MS, S
from bsw.sdp.messages import Request, Security
from bsw.sdp.server import PER_WINDOW, WINDOW, Offer, SdpServer
from bsw.sdp.turnstile import ADDRESSES, BURST, PEERS, REFILL, WAITING, Allowance, Turns
from tests.net import worlds

GOOD = Request(Security.TLS).octets()
MANY = 20_000


class Answered:
    """A network whose only port notes whom it answers, and when."""

    scope = "eth0"

    def __init__(self, world: worlds.World) -> None:
        self.world = world
        self.times: dict[Endpoint, list[int]] = {}
        self.server = SdpServer(world.scheduler, world.station, Offer(tls=50001))
        self.server.open()
        port = self.server._port
        assert port is not None
        port.send = self.send  # type: ignore[method-assign]  # what goes out is looked at

    def send(self, payload: bytes, to: Endpoint) -> None:
        self.times.setdefault(to, []).append(self.world.scheduler.now)

    def hear(self, peer: Endpoint) -> None:
        self.server._heard(GOOD, peer)

    @property
    def count(self) -> int:
        return sum(len(times) for times in self.times.values())


def peer(number: int, port: int = 40_000) -> Endpoint:
    return Endpoint(f"fe80::{number:x}", port, "eth0")


@pytest.fixture
def answered() -> Answered:
    return Answered(worlds.simulated())


def test_one_peer_is_answered_as_often_as_a_vehicle_may_ask_and_another_at_once(
    answered: Answered,
) -> None:
    for _ in range(MANY):
        answered.hear(peer(1))
    answered.hear(peer(2))
    answered.world.run_for(WINDOW)
    assert len(answered.times[peer(2)]) == 1
    assert 1 <= len(answered.times[peer(1)]) <= BURST
    assert answered.server.limited >= MANY - BURST
    answered.world.run_for(S)
    before = len(answered.times[peer(1)])
    answered.hear(peer(1))
    assert len(answered.times[peer(1)]) == before + 1, "its allowance fills up again"


def test_many_ports_of_one_address_do_not_keep_another_address_waiting(
    answered: Answered,
) -> None:
    start = answered.world.scheduler.now
    for number in range(MANY):
        answered.hear(peer(1, 1024 + number))
    assert answered.count <= PER_WINDOW, "the rest waits or is dropped"
    answered.hear(peer(2))
    answered.world.run_for(S)
    assert answered.times[peer(2)][0] - start <= 2 * WINDOW


def test_many_addresses_are_answered_in_bounded_portions(answered: Answered) -> None:
    for number in range(MANY):
        answered.hear(peer(number))
    assert answered.count <= PER_WINDOW
    answered.world.run_for(S)
    assert answered.count <= PER_WINDOW + ADDRESSES
    answered.hear(peer(99_999))
    answered.world.run_for(WINDOW)
    assert peer(99_999) in answered.times


def test_nothing_waits_behind_a_closed_door(answered: Answered) -> None:
    for number in range(100):
        answered.hear(peer(number))
    before = answered.count
    answered.server.close()
    answered.world.run_for(S)
    assert answered.count == before


def test_the_tables_are_bounded() -> None:
    allowance, turns = Allowance(), Turns()
    for number in range(4 * PEERS):
        assert allowance.admits(peer(number), 0)
        turns.put(GOOD, peer(number % (2 * ADDRESSES), number))
    assert len(allowance._spent) == PEERS
    assert len(turns) <= ADDRESSES * WAITING


def test_a_vehicle_that_asks_as_the_norm_says_is_never_limited() -> None:
    allowance = Allowance()
    assert all(allowance.admits(peer(1), attempt * 250 * MS) for attempt in range(500))
    assert REFILL < 250 * MS


@pytest.mark.parametrize("kind", ["loopback"])
def test_on_real_sockets_a_vehicle_finds_the_station_during_a_flood(kind: str) -> None:
    with worlds.host(kind) as world:
        server = SdpServer(world.scheduler, world.station, Offer(tls=50001), port=0)
        server.open()
        assert server._port is not None
        to = server._port.local
        flooder = world.vehicle.datagram(lambda _datagram, _source: None)
        heard: list[bytes] = []
        vehicle = world.vehicle.datagram(lambda datagram, _source: heard.append(datagram))
        for _ in range(MANY // 10):
            flooder.send(GOOD, to)
        world.run_until(lambda: server.answered + server.limited > BURST)
        for attempt in range(4):  # a datagram may always be lost
            world.scheduler.after(
                attempt * 250 * MS, lambda: vehicle.send(GOOD, to), name="vehicle asks"
            )
        world.run_until(lambda: heard, 20 * S)
        assert server.answered <= BURST * 4
        server.close()


def test_who_came_first_is_served_first_and_whoever_has_more_waits_for_the_others() -> None:
    turns = Turns()
    first, second, third = peer(1), peer(2), peer(3)
    for one in (first, first, second, third, second):
        assert turns.put(GOOD, one)
    order = []
    while (turn := turns.take()) is not None:
        order.append(turn[1])
    assert order == [first, second, third, first, second]
