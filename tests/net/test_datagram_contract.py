"""What every datagram port keeps, be it simulated or on the host."""

from bsw.net.ports import Endpoint
from bsw.os.clock import MS
from tests.net.worlds import World, where

GROUP = "ff02::1"


def test_an_answer_goes_back_to_who_asked(both: World) -> None:
    answers: list[tuple[bytes, tuple[str, int]]] = []
    station = both.station.datagram(lambda data, source: station.send(data[::-1], source))
    vehicle = both.vehicle.datagram(lambda data, source: answers.append((data, where(source))))
    vehicle.send(b"abc", station.local)
    both.run_until(lambda: answers)
    assert answers == [(b"cba", where(station.local))]
    station.close()
    vehicle.close()


def test_a_group_is_heard_by_its_members(both: World) -> None:
    """On loopback, which has no multicast, the group is the host itself."""
    heard: list[tuple[str, int]] = []
    station = both.station.datagram(
        lambda _data, source: heard.append(where(source)), groups=(GROUP,)
    )
    vehicle = both.vehicle.datagram(lambda _data, _source: None)
    vehicle.send(b"who is there?", Endpoint(GROUP, station.local.port, both.vehicle.scope))
    both.run_until(lambda: heard)
    assert heard == [where(vehicle.local)]
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


GOOD = (b"\x01\xfe\x90\x00", b"\x01\xfe\x90\x02")


def test_what_is_wanted_is_heard_though_the_queue_was_flooded_first(both: World) -> None:
    """The station does not even run while 20,000 datagrams come in."""
    heard: list[bytes] = []
    station = both.station.datagram(
        lambda data, _source: heard.append(data), groups=(GROUP,), wanted=GOOD
    )
    vehicle = both.vehicle.datagram(lambda _data, _source: None)
    group = Endpoint(GROUP, station.local.port, both.vehicle.scope)
    for _ in range(5_000):
        for junk in (b"junk", b"\x01\xfe\x90\x01", b"", b"\x01\xfe\x90"):
            vehicle.send(junk, group)
    vehicle.send(b"\x01\xfe\x90\x02 good", group)
    vehicle.send(b"\x01\xfe\x90\x00 good", group)
    both.run_until(lambda: sum(data.endswith(b"good") for data in heard) == 2)
    station.close()
    vehicle.close()


def test_what_is_not_wanted_is_heard_too_where_the_group_is_a_group(both: World) -> None:
    """On loopback, without multicast, it is not: then nobody could tell it from a flood."""
    heard: list[bytes] = []
    station = both.station.datagram(
        lambda data, _source: heard.append(data), groups=(GROUP,), wanted=GOOD
    )
    vehicle = both.vehicle.datagram(lambda _data, _source: None)
    group = Endpoint(GROUP, station.local.port, both.vehicle.scope)
    vehicle.send(b"\x01\xff\x90\x00 wrong", group)
    vehicle.send(b"\x01\xfe\x90\x00 good", group)
    both.run_until(lambda: heard)
    both.run_for(20 * MS)
    loopback = both.station.link_local() == "::1"
    assert len(heard) == (1 if loopback else 2)
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
