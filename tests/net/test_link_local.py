"""What needs a real link with link-local addresses: scopes, a pulled cable, a silent neighbour."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from bsw.net.host.tcpip import HostNetwork
from bsw.net.ports import Endpoint, StreamEnd, TcpOptions
from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from bsw.sdp.client import ALL_NODES
from bsw.sdp.server import Offer, SdpServer
from tests.net.namespaces import Inside, cable, inside, ip, wait_for_address
from tests.net.worlds import Recorder, World, connect, world

pytestmark = pytest.mark.root


@pytest.fixture
def wired() -> Iterator[World]:
    with world("cable", TcpOptions(idle=1 * S, gone_after=2 * S)) as made:
        yield made


@pytest.fixture
def at_end(wired: World) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def pulled() -> Iterator[None]:
    """Puts the cable back afterwards, and waits for its address."""
    yield
    _, station = cable()
    ip("-n", station, "link", "set", "s0", "up")
    wait_for_address(station, "s0")


def test_addresses_carry_the_scope_of_the_side_that_speaks_of_them(wired: World) -> None:
    pair = connect(wired)
    assert pair.vehicle.the_stream.local.address.startswith("fe80::")
    assert str(pair.vehicle.the_stream.peer).endswith(f"%v0]:{pair.address.port}")
    assert pair.station.the_stream.peer.scope == "s0"


def test_a_pulled_cable_is_found_by_keep_alive(wired: World, pulled: None) -> None:
    pair = connect(wired)
    _, station = cable()
    ip("-n", station, "link", "set", "s0", "down")
    wired.run_until(lambda: pair.vehicle.end, within=10 * S)
    assert pair.vehicle.end in {StreamEnd.TIMEOUT, StreamEnd.UNREACHABLE}


def test_an_address_nobody_answers_for_is_given_up_at_our_timeout(wired: World) -> None:
    """Since Linux 6.7 a failed neighbour search no longer ends a connection attempt."""
    vehicle = Recorder()
    started = wired.scheduler.now
    wired.vehicle.connect(Endpoint("fe80::beef", 50000, "v0"), vehicle, timeout=300 * MS)
    wired.run_until(lambda: vehicle.end)
    assert vehicle.end is StreamEnd.TIMEOUT
    assert wired.scheduler.now - started < 2 * S


def test_requests_to_all_nodes_do_not_leave_the_link(wired: World) -> None:
    _, station = cable()
    with inside(station), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as hearer:
        hearer.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
        hearer.bind(("::", 15118))
        hearer.settimeout(5)
        port = wired.vehicle.datagram(lambda _data, _source: None)
        port.send(b"hops?", Endpoint(ALL_NODES, 15118, "v0"))
        _, ((_, _, hops),), _, _ = hearer.recvmsg(100, 100)
        port.close()
    assert int.from_bytes(hops, "little") == 1


def test_a_server_hears_its_own_interface_only(wired: World, at_end: ExitStack) -> None:
    """Two charging points on one controller: each answers on its own line."""
    vehicle, station = cable()
    add_cable(vehicle, station, "v1", "s1")
    try:
        other_vehicle = ready(vehicle, "v1", wired, at_end)
        other_station = ready(station, "s1", wired, at_end)
        servers = [
            SdpServer(wired.scheduler, network, Offer(tls=port))
            for network, port in ((wired.station, 50000), (other_station, 51111))
        ]
        for server in servers:
            server.open()
        heard: list[bytes] = []
        port = other_vehicle.datagram(lambda data, _source: heard.append(data))
        port.send(bytes.fromhex("01fe9000000000020000"), Endpoint(ALL_NODES, 15118, "v1"))
        wired.run_until(lambda: heard)
        wired.run_for(20 * MS)
        assert [data[-4:-2] for data in heard] == [(51111).to_bytes(2, "big")]
        port.close()
        for server in servers:
            server.close()
    finally:
        ip("-n", vehicle, "link", "del", "v1")


def ready(namespace: str, interface: str, wired: World, at_end: ExitStack) -> Inside:
    """The network as soon as its address is there."""
    clock = wired.scheduler.clock
    assert isinstance(clock, HostClock)
    wait_for_address(namespace, interface)
    made: list[HostNetwork] = []

    def make() -> HostNetwork:
        made.append(HostNetwork(wired.scheduler, clock, interface))
        return made[-1]

    network = Inside(namespace, make)
    at_end.callback(made[0].close)
    return network


def add_cable(vehicle: str, station: str, one: str, other: str) -> None:
    ip("link", "add", one, "netns", vehicle, "type", "veth", "peer", other, "netns", station)
    for name, end in ((vehicle, one), (station, other)):
        ip("netns", "exec", name, "sysctl", "-qw", f"net.ipv6.conf.{end}.accept_dad=0")
        ip("-n", name, "link", "set", end, "up")
    wait_for_address(vehicle, one)
    wait_for_address(station, other)


def test_an_adapter_that_was_pulled_and_put_back_is_used_as_it_is_then(
    wired: World, at_end: ExitStack
) -> None:
    vehicle, station = cable()
    add_cable(vehicle, station, "v2", "s2")
    usb = ready(vehicle, "v2", wired, at_end)
    ip("-n", vehicle, "link", "del", "v2")
    gone = Recorder()
    usb.connect(Endpoint("fe80::1", 50000, "v2"), gone, timeout=1 * S)
    assert gone.told == []
    wired.run_until(lambda: gone.end)
    assert gone.end is StreamEnd.UNREACHABLE
    add_cable(vehicle, station, "v2", "s2")
    try:
        other = ready(station, "s2", wired, at_end)
        met = Recorder()
        listener = other.listen(lambda _stream: met)
        back = Recorder()
        usb.connect(listener.local, back, timeout=5 * S)
        wired.run_until(lambda: back.is_connected and met.is_connected)
        listener.close()
    finally:
        ip("-n", vehicle, "link", "del", "v2")
