"""What only real sockets can show."""

import errno
import resource
import socket
import struct
from collections.abc import Iterator

import pytest

from bsw.net.host.network import AddressEntry, InterfaceUnusable, choose, find_interface
from bsw.net.host.tcpip import HostNetwork
from bsw.net.ports import Endpoint, Stream, StreamEnd, TcpOptions
from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from tests.net.worlds import Recorder, World, world


@pytest.fixture
def station(on_host: World) -> Iterator[tuple[World, Endpoint, list[Recorder]]]:
    met: list[Recorder] = []

    def accept(stream: Stream) -> Recorder:
        met.append(Recorder(stream=stream))
        return met[-1]

    listener = on_host.station.listen(accept)
    yield on_host, listener.local, met
    listener.close()


def test_a_foreign_client_in_single_octets(
    station: tuple[World, Endpoint, list[Recorder]],
) -> None:
    here, address, met = station
    with socket.create_connection((address.address, address.port)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in b"drip drip":
            client.send(bytes([octet]))
            here.run_for(1 * MS)
        here.run_until(lambda: met and met[0].data == b"drip drip")
    here.run_until(lambda: met[0].end)
    assert met[0].end is StreamEnd.CLOSED
    met[0].the_stream.close()


def test_a_foreign_client_that_resets(station: tuple[World, Endpoint, list[Recorder]]) -> None:
    here, address, met = station
    client = socket.create_connection((address.address, address.port))
    here.run_until(lambda: met)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    here.run_until(lambda: met[0].end)
    assert met[0].end is StreamEnd.RESET


def test_unread_octets_do_not_cost_the_peer_our_answer(
    station: tuple[World, Endpoint, list[Recorder]],
) -> None:
    """A plain close with octets unread would send a reset, which destroys what is under way."""
    here, address, met = station
    with socket.create_connection((address.address, address.port)) as client:
        here.run_until(lambda: met)
        met[0].the_stream.pause()
        client.sendall(b"unread" * 1000)
        met[0].the_stream.write(b"answer")
        met[0].the_stream.close()
        here.run_for(20 * MS)
        assert client.recv(100) == b"answer"
        assert client.recv(100) == b""


def test_nagle_is_off_and_keep_alive_on(station: tuple[World, Endpoint, list[Recorder]]) -> None:
    here, address, met = station
    client = Recorder()
    stream = here.vehicle.connect(address, client, timeout=S)
    here.run_until(lambda: client.is_connected and met)
    for end in (stream, met[0].the_stream):
        sock: socket.socket = end._socket  # type: ignore[attr-defined]
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 5
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000


def test_a_given_port_can_be_listened_on_again_at_once(on_host: World) -> None:
    free = on_host.station.listen(lambda _stream: Recorder())
    port = free.local.port
    free.close()
    for _ in range(3):
        station, vehicle = Recorder(), Recorder()
        listener = on_host.station.listen(lambda _stream, user=station: user, port=port)  # type: ignore[misc]
        vehicle.stream = on_host.vehicle.connect(listener.local, vehicle, timeout=S)
        on_host.run_until(lambda: vehicle.is_connected)  # noqa: B023 - used at once
        vehicle.stream.close()
        listener.close()


def test_a_taken_port_says_so(on_host: World) -> None:
    listener = on_host.station.listen(lambda _stream: Recorder())
    with pytest.raises(OSError, match="in use") as caught:
        on_host.station.listen(lambda _stream: Recorder(), port=listener.local.port)
    assert caught.value.errno == errno.EADDRINUSE
    listener.close()


def test_the_kernels_ports_are_used_when_the_dynamic_range_is_off() -> None:
    with world("loopback", TcpOptions(dynamic_ports=False)) as here:
        listener = here.station.listen(lambda _stream: Recorder())
        assert listener.local.port > 0
        listener.close()


def test_running_out_of_descriptors_pauses_accepting_and_goes_on_later(
    station: tuple[World, Endpoint, list[Recorder]],
) -> None:
    here, address, met = station
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    client = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    client.connect((address.address, address.port))
    resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno() + 1, hard))
    try:
        before = here.scheduler.activations
        here.run_for(200 * MS)
        assert not met
        assert here.scheduler.activations - before < 50, "the loop spins"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    here.run_until(lambda: met)
    client.close()


def test_a_half_closed_and_forgotten_connection_does_not_spin(
    station: tuple[World, Endpoint, list[Recorder]],
) -> None:
    here, address, met = station
    with socket.create_connection((address.address, address.port)):
        here.run_until(lambda: met)
    here.run_until(lambda: met[0].end)
    before = here.scheduler.activations
    here.run_for(200 * MS)
    assert here.scheduler.activations - before < 10
    met[0].the_stream.close()


def test_closing_the_network_leaves_nothing_open(on_host: World) -> None:
    network = on_host.vehicle
    assert isinstance(network, HostNetwork)
    network.listen(lambda _stream: Recorder())
    network.datagram(lambda _data, _source: None)
    network.connect(Endpoint("::1", 9), Recorder(), timeout=S)
    assert network.busy
    network.close()
    assert not network.busy


def test_there_is_no_way_to_ipv4(on_host: World) -> None:
    with socket.socket(socket.AF_INET) as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        vehicle = Recorder()
        port = server.getsockname()[1]
        on_host.vehicle.connect(Endpoint("::ffff:127.0.0.1", port), vehicle, timeout=S)
        on_host.run_until(lambda: vehicle.end)
        assert vehicle.end is StreamEnd.UNREACHABLE


def test_an_unknown_interface_is_named_with_the_known_ones() -> None:
    with pytest.raises(InterfaceUnusable, match=r"no interface 'plc7'.*\blo\b"):
        find_interface("plc7")


def test_an_address_the_interface_lacks_says_how_to_get_one() -> None:
    with pytest.raises(InterfaceUnusable, match="ip link set lo up"):
        find_interface("lo", "fe80::1")


def test_an_address_still_being_checked_is_not_used() -> None:
    tentative = AddressEntry("plc0", "fe80::1", link_local=True, usable=False)
    with pytest.raises(InterfaceUnusable, match="checked for duplicates"):
        choose("plc0", 7, [tentative])
    ready = AddressEntry("plc0", "fe80::2", link_local=True, usable=True)
    assert choose("plc0", 7, [tentative, ready]).address == "fe80::2"


def test_loopback_is_known_as_colon_colon_one(on_host: World) -> None:
    assert on_host.vehicle.link_local() == "::1"
    assert on_host.vehicle.scope == ""


def test_the_clock_watches_nothing_once_all_is_closed(on_host: World) -> None:
    clock = on_host.scheduler.clock
    assert isinstance(clock, HostClock)
    listener = on_host.station.listen(lambda _stream: Recorder())
    vehicle = Recorder()
    stream = on_host.vehicle.connect(listener.local, vehicle, timeout=S)
    on_host.run_until(lambda: vehicle.is_connected)
    stream.abort()
    listener.close()
    on_host.run_for(20 * MS)
    assert not clock._watches
