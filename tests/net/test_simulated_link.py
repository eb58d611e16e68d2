"""What only the simulated link can show: losses, cuts, vanished and restarted peers, by seed."""

import pytest

from bsw.net.ports import Endpoint, StreamEnd
from bsw.os.clock import MS, S
from bsw.sim.line import Impairment
from tests.net.worlds import Pair, Recorder, World, connect, simulated

ROUGH = Impairment(latency=3 * MS, jitter=20 * MS, loss=0.3, duplication=0.2)


def talk(pair: Pair, count: int = 200) -> None:
    for index in range(count):
        pair.vehicle.the_stream.write(b"%04d" % index)


@pytest.mark.parametrize("seed", range(20))
def test_a_rough_line_delays_a_stream_but_never_garbles_it(seed: int) -> None:
    world = simulated(seed, ROUGH)
    pair = connect(world, timeout=60 * S)
    talk(pair)
    world.run_until(lambda: len(pair.station.data) == 800, within=120 * S)
    assert bytes(pair.station.data) == b"".join(b"%04d" % index for index in range(200))


def run(seed: int) -> list[tuple[int, int]]:
    world = simulated(seed, ROUGH)
    pair = connect(world, timeout=60 * S)
    seen: list[tuple[int, int]] = []
    pair.station.on = lambda _what, data: seen.append((world.scheduler.now, len(data)))
    talk(pair)
    world.run_for(60 * S)
    return seen


def test_the_same_seed_gives_the_same_run() -> None:
    assert run(7) == run(7) != run(8)


def test_latency_is_what_the_impairment_says() -> None:
    world = simulated(impairment=Impairment(latency=4 * MS))
    vehicle = Recorder()
    at: list[int] = []
    vehicle.on = lambda _what, _value: at.append(world.scheduler.now)
    listener = world.station.listen(lambda _stream: Recorder())
    world.vehicle.connect(listener.local, vehicle, timeout=S)
    world.run_for(S)
    assert at == [8 * MS]  # there and back


def test_a_cut_is_found_by_probes_when_nobody_speaks() -> None:
    world = simulated()
    pair = connect(world)
    world.simulated.cut()
    world.run_until(lambda: pair.vehicle.end and pair.station.end, within=15 * S)
    assert (pair.vehicle.end, pair.station.end) == (StreamEnd.TIMEOUT, StreamEnd.TIMEOUT)
    assert 9 * S <= world.scheduler.now <= 11 * S


def test_a_cut_is_found_by_the_missing_acknowledgement_when_one_speaks() -> None:
    world = simulated()
    pair = connect(world)
    world.run_for(1 * S)
    world.simulated.cut()
    pair.vehicle.the_stream.write(b"hello?")
    world.run_until(lambda: pair.vehicle.end, within=15 * S)
    assert pair.vehicle.end is StreamEnd.TIMEOUT


def test_a_short_cut_only_delays() -> None:
    world = simulated(impairment=Impairment(latency=5 * MS))
    pair = connect(world)
    pair.vehicle.the_stream.write(b"on its way, ")
    world.run_for(2 * MS)
    world.simulated.cut()
    pair.vehicle.the_stream.write(b"sent during the cut, ")
    world.run_for(3 * S)
    assert pair.station.data == b""
    world.simulated.restore()
    pair.vehicle.the_stream.write(b"sent after it")
    world.run_until(lambda: pair.station.data.endswith(b"after it"))
    assert pair.station.data == b"on its way, sent during the cut, sent after it"


def test_a_vanished_peer_is_a_timeout_and_its_own_user_hears_nothing() -> None:
    world = simulated()
    pair = connect(world)
    station = world.simulated.find(world.station.link_local())
    assert station is not None
    station.vanish()
    world.run_until(lambda: pair.vehicle.end, within=15 * S)
    assert pair.vehicle.end is StreamEnd.TIMEOUT
    assert pair.station.told == ["connected"]


def test_a_restarted_peer_answers_with_a_reset() -> None:
    """The half-open connection: one side has forgotten what the other still believes in."""
    world = simulated()
    pair = connect(world)
    station = world.simulated.find(world.station.link_local())
    assert station is not None
    station.vanish()
    world.run_for(1 * S)
    station.restart()
    pair.vehicle.the_stream.write(b"next message")
    world.run_until(lambda: pair.vehicle.end, within=S)
    assert pair.vehicle.end is StreamEnd.RESET


def test_connecting_over_a_cut_link_times_out_as_asked() -> None:
    world = simulated()
    listener = world.station.listen(lambda _stream: Recorder())
    world.simulated.cut()
    vehicle = Recorder()
    world.vehicle.connect(listener.local, vehicle, timeout=4 * S)
    world.run_until(lambda: vehicle.end, within=5 * S)
    assert vehicle.end is StreamEnd.TIMEOUT
    assert 4 * S <= world.scheduler.now < 4 * S + 2 * MS


def test_an_address_nobody_has_is_unreachable() -> None:
    world = simulated()
    vehicle = Recorder()
    world.vehicle.connect(Endpoint("fe80::dead", 50000, "sim0"), vehicle, timeout=10 * S)
    world.run_until(lambda: vehicle.end)
    assert vehicle.end is StreamEnd.UNREACHABLE


def test_an_interface_that_is_down_says_so_at_once() -> None:
    world = simulated()
    vehicle = Recorder()
    node = world.simulated.find(world.vehicle.link_local())
    assert node is not None
    node.down()
    world.vehicle.connect(Endpoint("fe80::2", 50000, "sim0"), vehicle, timeout=10 * S)
    world.run_until(lambda: vehicle.end, within=10 * MS)
    assert vehicle.end is StreamEnd.UNREACHABLE


def test_datagrams_are_lost_doubled_and_late_as_often_as_asked() -> None:
    world = simulated(impairment=Impairment(latency=MS, loss=0.25, duplication=0.25))
    heard: list[bytes] = []
    port = world.station.datagram(lambda data, _source: heard.append(data))
    sender = world.vehicle.datagram(lambda _data, _source: None)
    for index in range(1000):
        sender.send(index.to_bytes(2, "big"), port.local)
    world.run_for(10 * MS)
    assert 700 < len(set(heard)) < 800
    assert 130 < len(heard) - len(set(heard)) < 240


def test_the_keys_of_a_power_line_can_decide_who_hears_whom() -> None:
    same_key = False
    world = simulated(passable=lambda _one, _other: same_key)
    heard: list[bytes] = []
    port = world.station.datagram(lambda data, _source: heard.append(data))
    sender = world.vehicle.datagram(lambda _data, _source: None)
    sender.send(b"before the match", port.local)
    world.run_for(MS)
    same_key = True
    sender.send(b"after it", port.local)
    world.run_for(MS)
    assert heard == [b"after it"]


def test_a_flood_is_bounded_and_counted() -> None:
    world = simulated(impairment=Impairment(latency=MS))
    heard: list[bytes] = []
    port = world.station.datagram(lambda data, _source: heard.append(data))
    sender = world.vehicle.datagram(lambda _data, _source: None)
    for _ in range(5000):
        sender.send(b"flood", port.local)
    world.run_for(2 * MS)
    assert len(heard) == 4096
    assert world.simulated.overflowed == 904


def test_two_nodes_cannot_share_an_address() -> None:
    world: World = simulated()
    with pytest.raises(ValueError, match="fe80::1 is taken by 'vehicle'"):
        world.simulated.node("double", "fe80::1")
