"""The simulated power line: who hears whom."""

import pytest

from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.sim.line import IN_FLIGHT, Impairment, Line, LinePort, Passage, flat
from csm.randomness import SeededRandomness

MANAGEMENT = bytes.fromhex("88e1")
IPV6 = bytes.fromhex("86dd")
BROADCAST = b"\xff" * 6


def macs() -> list[bytes]:
    return [bytes([2, 0, 0, 0, 0, number]) for number in range(4)]


class Bench:
    def __init__(self, impairment: Impairment | None = None, seed: int = 1, count: int = 3) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.line = Line(self.scheduler, SeededRandomness(seed), impairment or Impairment())
        self.ports = [self.line.attach(f"p{n}", mac) for n, mac in enumerate(macs()[:count])]
        self.heard: dict[LinePort, list[tuple[int, bytes]]] = {port: [] for port in self.ports}
        for port in self.ports:
            port.listen(lambda frame, port=port: self.note(port, frame))  # type: ignore[misc]

    def note(self, port: LinePort, frame: bytes) -> None:
        self.heard[port].append((self.scheduler.now, frame))

    def counts(self) -> list[int]:
        return [len(self.heard[port]) for port in self.ports]

    def run(self, duration: int = S) -> None:
        self.scheduler.run(until=self.scheduler.now + duration)


def frame(to: bytes, kind: bytes = MANAGEMENT, content: bytes = b"x" * 46) -> bytes:
    return to + macs()[0] + kind + content


def test_a_broadcast_reaches_everybody_but_its_sender() -> None:
    bench = Bench()
    bench.ports[0].send(frame(BROADCAST))
    bench.run()
    assert bench.counts() == [0, 1, 1]


def test_a_frame_for_one_is_taken_by_that_one() -> None:
    bench = Bench()
    bench.ports[0].send(frame(macs()[2]))
    bench.run()
    assert bench.counts() == [0, 0, 1]


def test_ip_passes_only_between_holders_of_the_same_key() -> None:
    bench = Bench()
    bench.ports[0].key = bench.ports[1].key = b"shared"
    bench.ports[2].key = b"other"
    bench.ports[0].send(frame(BROADCAST, IPV6))
    bench.run()
    assert bench.counts() == [0, 1, 0]
    assert bench.ports[0].linked() == (bench.ports[1],)
    assert bench.ports[2].linked() == ()


@pytest.mark.parametrize("probability", [0.1, 0.3, 0.9])
def test_about_as_many_frames_are_lost_as_told(probability: float) -> None:
    bench = Bench(Impairment(loss=probability))
    for _ in range(2000):
        bench.ports[0].send(frame(macs()[1]))
        bench.run(MS)
    assert bench.counts()[1] == pytest.approx(2000 * (1 - probability), abs=100)


def test_duplicates_arrive_twice() -> None:
    bench = Bench(Impairment(duplication=1.0))
    bench.ports[0].send(frame(macs()[1]))
    bench.run()
    assert bench.counts()[1] == 2


def test_delay_lies_between_latency_and_latency_plus_jitter() -> None:
    bench = Bench(Impairment(latency=5 * MS, jitter=3 * MS))
    delays = set()
    for _ in range(200):
        sent = bench.scheduler.now
        bench.ports[0].send(frame(macs()[1]))
        bench.run(20 * MS)
        delays.add(bench.heard[bench.ports[1]][-1][0] - sent)
    assert 5 * MS <= min(delays) < max(delays) <= 8 * MS


def test_the_same_seed_gives_the_same_accidents() -> None:
    def story(seed: int) -> list[tuple[int, bytes]]:
        impairment = Impairment(latency=MS, jitter=9 * MS, loss=0.3, duplication=0.2)
        bench = Bench(impairment, seed)
        for number in range(100):
            bench.ports[0].send(frame(BROADCAST, content=bytes([number])))
        bench.run()
        return bench.heard[bench.ports[1]]

    assert story(5) == story(5)
    assert story(5) != story(6)


def test_a_cut_line_carries_nothing_and_loses_what_is_under_way() -> None:
    bench = Bench(Impairment(latency=10 * MS))
    bench.ports[0].send(frame(BROADCAST))
    bench.run(5 * MS)
    bench.line.cut()
    bench.ports[0].send(frame(BROADCAST))
    bench.run()
    assert bench.counts() == [0, 0, 0]
    bench.line.restore()
    bench.ports[0].send(frame(BROADCAST))
    bench.run()
    assert bench.counts() == [0, 1, 1]


def test_an_unplugged_port_neither_hears_nor_is_heard() -> None:
    bench = Bench()
    bench.ports[1].unplug()
    bench.ports[0].send(frame(BROADCAST))
    bench.ports[1].send(BROADCAST + macs()[1] + MANAGEMENT)
    bench.run()
    assert bench.counts() == [0, 0, 1]
    bench.ports[1].plug()
    bench.ports[0].send(frame(BROADCAST))
    bench.run()
    assert bench.counts() == [0, 1, 2]


def test_what_is_too_weak_is_not_heard() -> None:
    bench = Bench()
    bench.line.attenuate(bench.ports[0], bench.ports[1], flat(100))
    bench.line.attenuate(bench.ports[0], bench.ports[2], flat(99))
    bench.ports[0].send(frame(BROADCAST))
    bench.run()
    assert bench.counts() == [0, 0, 1]


def test_one_pair_may_have_a_worse_path_than_the_others() -> None:
    bench = Bench()
    bench.line.impair(bench.ports[0], bench.ports[1], Impairment(loss=1.0))
    bench.ports[0].send(frame(BROADCAST))
    bench.run()
    assert bench.counts() == [0, 0, 1]


def test_interference_may_replace_delay_or_swallow_a_frame() -> None:
    bench = Bench()

    def interference(passage: Passage) -> list[tuple[int, bytes]]:
        if passage.receiver is bench.ports[1]:
            return []
        return [(0, passage.frame), (50 * MS, b"\xff" * 6 + bytes(8) + b"forged")]

    bench.line.interference = interference
    bench.ports[0].send(frame(BROADCAST))
    bench.run()
    assert bench.counts() == [0, 0, 2]
    at, forged = bench.heard[bench.ports[2]][1]
    assert (at, forged[-6:]) == (50 * MS, b"forged")


def test_a_flood_is_bounded_and_counted() -> None:
    bench = Bench(Impairment(latency=S), count=2)
    for _ in range(IN_FLIGHT + 100):
        bench.ports[0].send(frame(BROADCAST))
    bench.run(2 * S)
    assert bench.line.overflowed == 100
    assert bench.counts() == [0, IN_FLIGHT]


def test_a_tap_sees_each_frame_once() -> None:
    bench = Bench()
    seen: list[tuple[int, bytes]] = []
    bench.line.tap(lambda now, octets: seen.append((now, octets)))
    bench.ports[0].send(frame(BROADCAST))
    bench.run()
    assert seen == [(0, frame(BROADCAST))]


def test_a_closed_port_is_gone() -> None:
    bench = Bench()
    bench.ports[1].close()
    bench.ports[0].send(frame(BROADCAST))
    bench.ports[1].send(frame(BROADCAST))
    bench.run()
    assert bench.counts() == [0, 0, 1]


def test_an_address_has_six_octets() -> None:
    with pytest.raises(ValueError, match="6 octets, not 5"):
        Bench().line.attach("short", b"12345")
