"""Vehicle and station find each other, over simulated and over real datagrams."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from bsw.net.ports import Endpoint, Network
from bsw.os.clock import MS, S
from bsw.sdp.client import SdpClient, station_endpoint
from bsw.sdp.messages import (
    Coupling,
    Diagnosis,
    Request,
    Response,
    Security,
    WirelessRequest,
    parse,
)
from bsw.sdp.search import Found, Missing, NotFound, SearchRules
from bsw.sdp.server import SETUP_TIME, Offer, Position, SdpServer
from bsw.sim.line import Impairment
from bsw.v2gtp import pack
from tests.net.worlds import KINDS, World, simulated, world

TLS, NONE = Security.TLS, Security.NONE
GOOD = Request(TLS).octets()


@dataclass
class Both:
    """A station that answers and a vehicle that asks."""

    world: World
    port: int
    results: list[Found | NotFound] = field(default_factory=list)
    networks: list[Network] = field(default_factory=list)

    def server(self, offer: Offer | None = None) -> SdpServer:
        return SdpServer(
            self.world.scheduler,
            self.world.station,
            offer or Offer(tls=50001, plain=50002),
            port=self.port,
        )

    def client(self, rules: SearchRules | None = None) -> SdpClient:
        def found(result: Found, network: Network) -> None:
            self.results.append(result)
            self.networks.append(network)

        return SdpClient(
            self.world.scheduler,
            [self.world.vehicle],
            found,
            self.results.append,
            rules=rules or SearchRules(),
            port=self.port,
        )

    def search(self, rules: SearchRules | None = None, within: int = 25 * S) -> Found | NotFound:
        client = self.client(rules)
        client.start()
        self.world.run_until(lambda: self.results, within)
        assert not client.searching
        return self.results[-1]


def free_port() -> int:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        probe.bind(("::1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture(params=KINDS)
def both(request: pytest.FixtureRequest) -> Iterator[Both]:
    with world(request.param) as made:
        yield Both(made, free_port() if request.param == "loopback" else 15118)


@pytest.fixture
def on_host() -> Iterator[Both]:
    with world("loopback") as made:
        yield Both(made, free_port())


@pytest.mark.parametrize(
    ("offer", "asked", "security", "port"),
    [
        (Offer(tls=50001, plain=50002), TLS, TLS, 50001),
        (Offer(tls=50001, plain=50002), NONE, NONE, 50002),
        (Offer(plain=50002), TLS, NONE, 50002),
        (Offer(plain=50002), NONE, NONE, 50002),
        (Offer(tls=50001), TLS, TLS, 50001),
        (Offer(tls=50001), NONE, TLS, 50001),
        (Offer(tls=50003, plain=50003), NONE, NONE, 50003),
    ],
)
def test_the_answer_says_what_the_station_has(
    both: Both, offer: Offer, asked: Security, security: Security, port: int
) -> None:
    server = both.server(offer)
    server.open()
    heard: list[bytes] = []
    vehicle = both.world.vehicle.datagram(lambda data, _source: heard.append(data))
    group = Endpoint("ff02::1", both.port, both.world.vehicle.scope)
    vehicle.send(Request(asked).octets(), group)
    both.world.run_until(lambda: heard)
    assert parse(heard[0]) == Response(both.world.station.link_local(), port, security)
    server.close()
    vehicle.close()


def test_the_vehicle_finds_the_station_and_where_to_connect(both: Both) -> None:
    server = both.server()
    server.open()
    found = both.search()
    assert isinstance(found, Found)
    assert (found.security, found.port, found.requests) == (TLS, 50001, 1)
    endpoint = station_endpoint(found, both.networks[0])
    assert endpoint == Endpoint(both.world.station.link_local(), 50001, both.world.vehicle.scope)
    server.close()


@pytest.mark.parametrize(
    "datagram",
    [
        pytest.param(b"\x01\xfe\x70\x00" + GOOD[4:], id="TC_SECC_CMN_VTB_V2GTPSDP_003"),
        pytest.param(b"\x01\xff" + GOOD[2:], id="TC_SECC_CMN_VTB_V2GTPSDP_005"),
        pytest.param(b"\x02" + GOOD[1:], id="wrong version"),
        pytest.param(GOOD[:-1], id="too short for its length"),
        pytest.param(GOOD + b"\x00", id="too long for its length"),
        pytest.param(pack(0x9000, b"\x00\x00\x00"), id="three octets of payload"),
        pytest.param(pack(0x9000, b"\x20\x00"), id="reserved security"),
        pytest.param(pack(0x9000, b"\x00\x10"), id="UDP"),
        pytest.param(b"", id="empty"),
        pytest.param(Response("fe80::1", 1, TLS).octets(), id="a response"),
        pytest.param(WirelessRequest(TLS).octets(), id="a wireless request to a wired station"),
    ],
)
def test_what_is_no_good_request_gets_no_answer(both: Both, datagram: bytes) -> None:
    server = both.server()
    server.open()
    heard: list[bytes] = []
    vehicle = both.world.vehicle.datagram(lambda data, _source: heard.append(data))
    group = Endpoint("ff02::1", both.port, both.world.vehicle.scope)
    vehicle.send(datagram, group)
    vehicle.send(GOOD, group)
    both.world.run_until(lambda: heard)
    both.world.run_for(30 * MS)
    assert len(heard) == 1
    assert server.answered == 1
    if both.world.station.link_local() != "::1":  # see the contract of datagram ports
        assert server.ignored == 1
    server.close()
    vehicle.close()


def test_each_request_gets_one_answer(both: Both) -> None:
    server = both.server()
    server.open()
    server.open()  # opening twice opens once
    heard: list[bytes] = []
    vehicle = both.world.vehicle.datagram(lambda data, _source: heard.append(data))
    for _ in range(20):
        vehicle.send(GOOD, Endpoint("ff02::1", both.port, both.world.vehicle.scope))
    both.world.run_until(lambda: len(heard) >= 20)
    both.world.run_for(30 * MS)
    assert len(heard) == 20
    server.close()
    vehicle.close()


def test_a_station_is_silent_until_it_has_something_to_offer(both: Both) -> None:
    """The vehicle does not give up while the station is not ready yet."""
    server = SdpServer(both.world.scheduler, both.world.station, port=both.port)
    server.open()
    both.world.scheduler.after(600 * MS, lambda: offer(server), name="ready")
    found = both.search()
    assert isinstance(found, Found)
    assert found.requests == 4
    server.close()


def offer(server: SdpServer) -> None:
    server.offer = Offer(tls=50001)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(NONE, id="TC_SECC_CMN_VTB_SDP_004"),
        pytest.param(TLS, id="TC_SECC_CMN_VTB_SDP_006"),
    ],
)
def test_a_strict_station_is_silent_after_the_setup_time(asked: Security) -> None:
    both = Both(simulated(), 15118)
    server = both.server()
    server.open(SETUP_TIME)
    states = []
    for wait in (18 * S - MS, 2 * MS):
        both.world.run_for(wait)
        states.append(server.is_open)
    assert states == [True, False]
    result = both.search(SearchRules(ask=asked))
    assert isinstance(result, NotFound)
    assert result.reason is Missing.SILENCE


def test_a_tolerant_station_answers_for_as_long_as_it_is_open() -> None:
    both = Both(simulated(), 15118)
    server = both.server()
    server.open(SETUP_TIME)
    server.open()  # changed its mind
    both.world.run_for(3600 * S)
    assert isinstance(both.search(), Found)


def test_a_lossy_line_costs_requests_but_not_the_station() -> None:
    both = Both(simulated(3, Impairment(latency=2 * MS, loss=0.5)), 15118)
    server = both.server()
    server.open()
    found = both.search()
    assert isinstance(found, Found)
    assert found.requests > 1


def test_a_search_without_a_network_to_carry_it_ends_in_silence() -> None:
    both = Both(simulated(), 15118)
    both.world.simulated.cut()
    result = both.search()
    assert result == NotFound(Missing.SILENCE, 50)


def test_a_cancelled_search_says_nothing_and_closes_its_port(both: Both) -> None:
    client = both.client()
    client.start()
    client.start()  # begins anew
    client.cancel()
    both.world.run_for(300 * MS)
    assert both.results == []
    assert not client.searching


def test_the_vehicle_asks_on_every_network_and_names_the_one_that_answered() -> None:
    first, second = simulated(), simulated()
    both = Both(second, 15118)
    far = second.simulated
    near = type(far)(far.scheduler, far.randomness, name="other0")
    lonely = near.node("vehicle")
    server = both.server()
    server.open()
    networks: list[Network] = []
    client = SdpClient(
        second.scheduler,
        [lonely, second.vehicle],
        lambda _found, network: networks.append(network),
        both.results.append,
    )
    client.start()
    second.run_until(lambda: networks)
    assert networks == [second.vehicle]
    assert first is not second


def test_a_wireless_station_says_ongoing_until_it_knows_where_the_vehicle_stands() -> None:
    both = Both(simulated(), 15118)
    asked: list[WirelessRequest] = []

    def locate(request: WirelessRequest, _source: Endpoint) -> Position:
        asked.append(request)
        if len(asked) < 4:
            return Position(Diagnosis.ONGOING)
        return Position(Diagnosis.FINISHED_WITH_EVSEID, Coupling.DOME, "DE*ABC*E7")

    server = SdpServer(both.world.scheduler, both.world.station, Offer(tls=50001), locate=locate)
    server.open()
    client = both.client()
    client.start(wireless=WirelessRequest(TLS, evid="DE12345", evseid_size=36))
    both.world.run_until(lambda: both.results)
    found = both.results[0]
    assert isinstance(found, Found)
    assert (found.evseid, found.requests) == ("DE*ABC*E7", 4)
    assert {request.evid for request in asked} == {"DE12345"}


def test_two_stations_can_share_a_host(on_host: Both) -> None:
    """SO_REUSEADDR: both are there; on loopback, without multicast, one of them hears."""
    first, second = on_host.server(), on_host.server()
    first.open()
    second.open()
    assert isinstance(on_host.search(), Found)
    first.close()
    second.close()


FLOODER = """
import random, socket, sys
port, good = int(sys.argv[1]), bytes.fromhex(sys.argv[2])
draw = random.Random(1)
print("begun", flush=True)
out = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for index in range(50_000):
    junk = bytearray(good if index % 2 else draw.randbytes(draw.randrange(40)))
    if index % 2:
        junk[draw.randrange(10)] ^= 1 << draw.choice((0, 1, 2, 3, 5, 6, 7))
    try:
        out.sendto(bytes(junk), ("::1", port))
    except OSError:
        pass
"""


def flood(port: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", FLOODER, str(port), GOOD.hex()]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


ONCE = SearchRules(attempts=1, interval=2 * S)


def test_a_good_request_is_answered_amid_fifty_thousand_junk_datagrams(on_host: Both) -> None:
    server = on_host.server()
    server.open()
    with flood(on_host.port) as flooder:
        assert flooder.stdout is not None
        flooder.stdout.readline()  # it has begun
        answers = 0
        while flooder.poll() is None:
            assert isinstance(on_host.search(ONCE), Found)
            on_host.results.clear()
            answers += 1
        flooder.stdout.close()
    assert answers > 1
    assert isinstance(on_host.search(ONCE), Found)
    server.close()


def test_a_good_request_behind_fifty_thousand_junk_datagrams_is_answered(both: Both) -> None:
    """All of it is sent before the station gets to run."""
    server = both.server()
    server.open()
    port = both.world.vehicle.datagram(lambda _data, _source: None)
    group = Endpoint("ff02::1", both.port, both.world.vehicle.scope)
    wrong = [GOOD[:at] + bytes([GOOD[at] ^ 0x20]) + GOOD[at + 1 :] for at in range(10)]
    for _ in range(5_000):
        for junk in wrong:
            port.send(junk, group)
    assert isinstance(both.search(ONCE), Found)
    port.close()
    server.close()
