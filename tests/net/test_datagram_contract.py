"""What every datagram port keeps, be it simulated or on the host."""

from bsw.net.ports import Endpoint
from bsw.os.clock import MS
from tests.net.worlds import World

GROUP = "ff02::1"


def test_an_answer_goes_back_to_who_asked(both: World) -> None:
    answers: list[tuple[bytes, Endpoint]] = []
    station = both.station.datagram(lambda data, source: station.send(data[::-1], source))
    vehicle = both.vehicle.datagram(lambda data, source: answers.append((data, source)))
    vehicle.send(b"abc", station.local)
    both.run_until(lambda: answers)
    assert answers == [(b"cba", station.local)]
    station.close()
    vehicle.close()


def test_a_group_is_heard_by_its_members(both: World) -> None:
    """On loopback, which has no multicast, the group is the host itself."""
    heard: list[Endpoint] = []
    station = both.station.datagram(lambda _data, source: heard.append(source), groups=(GROUP,))
    vehicle = both.vehicle.datagram(lambda _data, _source: None)
    vehicle.send(b"who is there?", Endpoint(GROUP, station.local.port, both.vehicle.scope))
    both.run_until(lambda: heard)
    assert heard == [vehicle.local]
    station.close()
    vehicle.close()


def test_a_closed_port_neither_sends_nor_hears(both: World) -> None:
    heard: list[bytes] = []
    station = both.station.datagram(lambda data, _source: heard.append(data))
    vehicle = both.vehicle.datagram(lambda _data, _source: None)
    address = station.local
    station.close()
    station.close()
    vehicle.send(b"nobody", address)
    vehicle.send(b"nobody", address)
    both.run_for(20 * MS)
    vehicle.close()
    vehicle.send(b"closed", address)
    assert heard == []


def test_a_shielded_port_still_hears_what_begins_as_asked(both: World) -> None:
    heard: list[bytes] = []
    station = both.station.datagram(lambda data, _source: heard.append(data))
    vehicle = both.vehicle.datagram(lambda _data, _source: None)
    station.shield(b"\x01\xfe\x90")
    for data in (b"junk", b"\x01\xfe\x80\x01", b"", b"\x01\xfe", b"\x01\xfe\x90\x00good"):
        vehicle.send(data, station.local)
    both.run_until(lambda: heard)
    both.run_for(10 * MS)
    assert heard == [b"\x01\xfe\x90\x00good"]
    station.close()
    vehicle.close()


def test_a_shield_is_lowered_after_two_seconds(both: World) -> None:
    heard: list[bytes] = []
    station = both.station.datagram(lambda data, _source: heard.append(data))
    vehicle = both.vehicle.datagram(lambda _data, _source: None)
    station.shield(b"\x01")
    both.run_for(2_050 * MS)
    vehicle.send(b"anything", station.local)
    both.run_until(lambda: heard)
    station.close()
    vehicle.close()


def test_a_port_may_be_closed_by_what_it_hears(both: World) -> None:
    heard: list[bytes] = []

    def once(data: bytes, _source: Endpoint) -> None:
        heard.append(data)
        station.close()

    station = both.station.datagram(once)
    vehicle = both.vehicle.datagram(lambda _data, _source: None)
    for _ in range(5):
        vehicle.send(b"x", station.local)
    both.run_for(20 * MS)
    assert heard == [b"x"]
    vehicle.close()


def test_free_ports_are_of_the_dynamic_range(both: World) -> None:
    port = both.vehicle.datagram(lambda _data, _source: None)
    assert 49152 <= port.local.port <= 65535
    port.close()
