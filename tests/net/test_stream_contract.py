"""What every stream keeps, be it simulated or on the host."""

from collections.abc import Iterator

import pytest

from bsw.net.ports import Endpoint, Stream, StreamEnd, TcpOptions
from bsw.os.clock import MS, S
from tests.net.worlds import KINDS, Recorder, World, connect, where, world


def test_octets_arrive_both_ways_in_order(both: World) -> None:
    pair = connect(both)
    for index in range(100):
        pair.vehicle.the_stream.write(b"%03d," % index)
        pair.station.the_stream.write(b"%03d;" % index)
    both.run_until(lambda: len(pair.vehicle.data) == len(pair.station.data) == 400)
    assert bytes(pair.station.data) == b"".join(b"%03d," % index for index in range(100))
    assert bytes(pair.vehicle.data) == b"".join(b"%03d;" % index for index in range(100))


def test_three_megabytes_arrive_whole(both: World) -> None:
    pair = connect(both)
    block = bytes(range(256)) * 1024
    sent = 0

    def more(_what: str, _value: object) -> None:
        nonlocal sent
        while sent < 12 and sent * len(block) < len(pair.station.data) + len(block):
            pair.vehicle.the_stream.write(block)
            sent += 1

    pair.station.on = more
    more("start", b"")
    both.run_until(lambda: len(pair.station.data) == 12 * len(block))
    assert bytes(pair.station.data) == block * 12


def test_what_is_written_before_the_connection_is_sent_when_it_is_there(both: World) -> None:
    station = Recorder()
    vehicle = Recorder()
    listener = both.station.listen(lambda _stream: station)
    vehicle.stream = both.vehicle.connect(listener.local, vehicle, timeout=S)
    vehicle.stream.write(b"early")
    both.run_until(lambda: station.data == b"early")
    listener.close()


def test_both_ends_agree_on_their_addresses(both: World) -> None:
    pair = connect(both)
    vehicle, station = pair.vehicle.the_stream, pair.station.the_stream
    assert where(vehicle.peer) == where(pair.address) == where(station.local)
    assert where(vehicle.local) == where(station.peer)
    assert vehicle.peer.scope == both.vehicle.scope
    assert station.peer.scope == both.station.scope


def test_all_ports_are_of_the_dynamic_range(both: World) -> None:
    pair = connect(both)
    assert 49152 <= pair.address.port <= 65535
    assert 49152 <= pair.vehicle.the_stream.local.port <= 65535


def test_nobody_listening_is_refused(both: World) -> None:
    listener = both.station.listen(lambda _stream: Recorder())
    nobody = listener.local
    listener.close()
    vehicle = Recorder()
    both.vehicle.connect(nobody, vehicle, timeout=S)
    both.run_until(lambda: vehicle.end)
    assert vehicle.told == ["refused"]


def test_no_way_there_is_unreachable_and_told_later(both: World) -> None:
    vehicle = Recorder()
    both.vehicle.connect(Endpoint("2001:db8::1", 49152), vehicle, timeout=5 * S)
    assert vehicle.told == []
    both.run_until(lambda: vehicle.end)
    assert vehicle.told == ["unreachable"]


def test_finish_ends_one_direction_only(both: World) -> None:
    pair = connect(both)
    pair.vehicle.the_stream.write(b"question")
    pair.vehicle.the_stream.finish()
    both.run_until(lambda: pair.station.end)
    assert (bytes(pair.station.data), pair.station.end) == (b"question", StreamEnd.CLOSED)
    pair.station.the_stream.write(b"answer")
    pair.station.the_stream.close()
    both.run_until(lambda: pair.vehicle.end)
    assert (bytes(pair.vehicle.data), pair.vehicle.end) == (b"answer", StreamEnd.CLOSED)


def test_nothing_is_written_after_finish(both: World) -> None:
    pair = connect(both)
    pair.vehicle.the_stream.finish()
    pair.vehicle.the_stream.write(b"too late")
    both.run_until(lambda: pair.station.end)
    assert pair.station.data == b""


def test_close_delivers_what_is_queued_and_tells_its_user_nothing(both: World) -> None:
    pair = connect(both)
    pair.station.the_stream.pause()
    pair.vehicle.the_stream.write(b"x" * 900_000)
    pair.vehicle.the_stream.close()
    both.run_for(50 * MS)
    pair.station.the_stream.resume()
    both.run_until(lambda: pair.station.end)
    assert len(pair.station.data) == 900_000
    assert pair.station.end is StreamEnd.CLOSED
    assert pair.vehicle.told == ["connected"]


def test_a_closed_stream_hears_nothing_of_what_the_peer_still_says(both: World) -> None:
    pair = connect(both)
    pair.vehicle.the_stream.close()
    pair.station.the_stream.write(b"still talking")
    both.run_for(50 * MS)
    assert pair.vehicle.data == b""
    assert pair.station.told == ["connected", "closed"]


def test_abort_is_a_reset_for_the_peer(both: World) -> None:
    pair = connect(both)
    pair.vehicle.the_stream.abort()
    both.run_until(lambda: pair.station.end)
    assert pair.station.end is StreamEnd.RESET
    assert pair.vehicle.told == ["connected"]


def test_what_was_said_before_a_reset_is_heard(both: World) -> None:
    pair = connect(both)
    pair.vehicle.the_stream.write(b"last words")
    both.run_for(20 * MS)
    pair.vehicle.the_stream.abort()
    both.run_until(lambda: pair.station.end)
    assert (bytes(pair.station.data), pair.station.end) == (b"last words", StreamEnd.RESET)


def test_writing_to_a_reset_connection_ends_it_once(both: World) -> None:
    pair = connect(both)
    pair.vehicle.the_stream.abort()
    for _ in range(5):
        pair.station.the_stream.write(b"hello?")
    both.run_until(lambda: pair.station.end)
    both.run_for(50 * MS)
    assert pair.station.told == ["connected", "reset"]


def test_a_peer_that_does_not_read_overflows_the_bounded_queue(both: World) -> None:
    pair = connect(both)
    pair.station.the_stream.pause()
    for _ in range(3_000):
        pair.vehicle.the_stream.write(b"x" * 10_000)
        if pair.vehicle.end:
            break
    assert pair.vehicle.end is None, "told from inside write"
    both.run_until(lambda: pair.vehicle.end)
    assert pair.vehicle.end is StreamEnd.OVERFLOW


def test_a_paused_peer_gets_everything_after_resume(both: World) -> None:
    pair = connect(both)
    pair.station.the_stream.pause()
    pair.vehicle.the_stream.write(b"y" * 500_000)
    both.run_for(30 * MS)
    assert pair.station.data == b""
    pair.station.the_stream.resume()
    both.run_until(lambda: len(pair.station.data) == 500_000)


@pytest.mark.parametrize("when", ["connected", "received", "ended"])
@pytest.mark.parametrize("how", ["close", "abort"])
def test_a_user_may_end_the_stream_in_any_callback(both: World, when: str, how: str) -> None:
    vehicle, station = Recorder(), Recorder()

    def react(what: str, _value: object) -> None:
        if what == when:
            getattr(vehicle.the_stream, how)()

    vehicle.on = react

    def accept(stream: Stream) -> Recorder:
        station.stream = stream
        stream.write(b"hello")
        stream.finish()
        return station

    listener = both.station.listen(accept)
    vehicle.stream = both.vehicle.connect(listener.local, vehicle, timeout=S)
    both.run_until(lambda: station.end)
    assert vehicle.told.count("closed") == (1 if when == "ended" else 0)
    listener.close()


def test_a_station_may_close_what_it_accepts(both: World) -> None:
    """One vehicle is served; the second one is sent away."""

    def accept(stream: Stream) -> Recorder:
        stream.close()
        return turned_away

    turned_away, vehicle = Recorder(), Recorder()
    listener = both.station.listen(accept)
    vehicle.stream = both.vehicle.connect(listener.local, vehicle, timeout=S)
    both.run_until(lambda: vehicle.end)
    assert vehicle.end is StreamEnd.CLOSED
    assert turned_away.told == []
    listener.close()


def test_closing_a_listener_leaves_its_connections(both: World) -> None:
    pair = connect(both)  # closes its listener
    late = Recorder()
    both.vehicle.connect(pair.address, late, timeout=S)
    pair.vehicle.the_stream.write(b"still here")
    both.run_until(lambda: late.end and pair.station.data)
    assert late.end is StreamEnd.REFUSED
    assert pair.station.data == b"still here"


def test_fifty_connections_at_once(both: World) -> None:
    station: list[Recorder] = []

    def accept(stream: Stream) -> Recorder:
        station.append(Recorder(stream=stream))
        return station[-1]

    listener = both.station.listen(accept)
    vehicles = []
    for index in range(50):
        vehicle = Recorder()
        vehicle.stream = both.vehicle.connect(listener.local, vehicle, timeout=5 * S)
        vehicle.stream.write(bytes([index]))
        vehicles.append(vehicle)
    both.run_until(lambda: sum(len(one.data) for one in station) == 50)
    assert sorted(one.data[0] for one in station) == list(range(50))
    listener.close()


def test_a_lingering_stream_gives_up_after_its_time(both: World) -> None:
    pair = connect(both)
    pair.vehicle.the_stream.close()
    both.run_until(lambda: pair.station.end)
    started = both.scheduler.now
    both.run_for(20 * MS)
    assert pair.station.told == ["connected", "closed"]
    assert both.scheduler.now - started < S


@pytest.fixture(params=KINDS)
def hasty(request: pytest.FixtureRequest) -> Iterator[World]:
    with world(request.param, TcpOptions(linger=100 * MS)) as made:
        yield made


def test_a_peer_that_never_closes_does_not_hold_us(hasty: World) -> None:
    pair = connect(hasty)
    pair.vehicle.the_stream.close()
    hasty.run_for(300 * MS)
    for _ in range(3):
        pair.station.the_stream.write(b"are you there?")
        hasty.run_for(50 * MS)
    assert pair.station.told == ["connected", "closed"]  # the rest is nobody's business
