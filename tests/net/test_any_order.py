"""Whatever both sides do in whatever order: no octet garbled, one end each, nothing left over."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bsw.net.ports import TcpOptions
from bsw.os.clock import MS, S
from bsw.sim.line import Impairment
from tests.net.worlds import Pair, Recorder, World, connect, host, simulated

UNLUCKY = 600 * S
"""A lost SYN waits one second, then two, then four: bad luck is longer than one minute."""

OPTIONS = TcpOptions(linger=50 * MS, idle=1 * S, gone_after=2 * S, queue=200_000)

sides = st.sampled_from(["vehicle", "station"])
streams = st.sampled_from(
    ["write", "write", "write", "pause", "resume", "finish", "close", "abort"]
)
steps = st.lists(st.tuples(sides, streams, st.integers(1, 100_000)), max_size=14)
links = st.sampled_from(["cut", "restore", "wait"])
rough = st.lists(
    st.one_of(
        st.tuples(sides, streams, st.integers(1, 100_000)),
        st.tuples(st.just("link"), links, st.integers(1, 3_000)),
    ),
    max_size=20,
)

PATTERN = bytes(range(251)) * 400


class Ledger:
    """What each side was asked to say."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.said = {"vehicle": bytearray(), "station": bytearray()}

    def recorder(self, side: str) -> Recorder:
        return self.pair.vehicle if side == "vehicle" else self.pair.station

    def act(self, side: str, what: str, amount: int) -> None:
        stream = self.recorder(side).the_stream
        if what == "write":
            data = PATTERN[amount % 251 :][:amount]
            self.said[side] += data
            stream.write(data)
        else:
            getattr(stream, what)()

    def check(self) -> None:
        for side, other in (("vehicle", "station"), ("station", "vehicle")):
            heard = bytes(self.recorder(other).data)
            assert bytes(self.said[side]).startswith(heard)
            told = self.recorder(side).told
            assert told[0] == "connected"
            assert len(told) <= 2


def finish(ledger: Ledger, world: World) -> None:
    for side in ("vehicle", "station"):
        stream = ledger.recorder(side).the_stream
        stream.resume()
        stream.close()
    world.run_for(300 * MS)
    ledger.check()


@given(steps)
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_on_the_host(plan: list[tuple[str, str, int]]) -> None:
    with host("loopback", OPTIONS) as world:
        ledger = Ledger(connect(world))
        for step in plan:
            ledger.act(*step)
            world.run_for(1 * MS)
        finish(ledger, world)
        assert not world.vehicle.busy  # type: ignore[attr-defined]
        assert not world.station.busy  # type: ignore[attr-defined]


@given(rough, st.integers(0, 1 << 30))
@settings(max_examples=300)
def test_on_a_rough_simulated_link(plan: list[tuple[str, str, int]], seed: int) -> None:
    impairment = Impairment(latency=2 * MS, jitter=5 * MS, loss=0.1)
    world = simulated(seed, impairment, OPTIONS)
    ledger = Ledger(connect(world, timeout=UNLUCKY))
    for side, what, amount in plan:
        if side != "link":
            ledger.act(side, what, amount)
        elif what == "wait":
            world.run_for(amount * MS)
        else:
            getattr(world.simulated, what)()
        world.run_for(1 * MS)
    world.simulated.restore()
    world.run_for(5 * S)
    finish(ledger, world)
    world.run_for(10 * S)
    ledger.check()
    assert world.scheduler.waiting == 0, "something still waits for a connection that is over"


@example(sizes=[1, 1, 1, 1, 1], seed=88475223)  # probes while the last octets are still on the way
@example(sizes=[1], seed=1251)  # four SYNs in a row are lost
@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=30), st.integers(0, 1 << 30))
@settings(max_examples=100)
def test_nothing_is_lost_when_nobody_breaks_it_off(sizes: list[int], seed: int) -> None:
    impairment = Impairment(latency=2 * MS, jitter=20 * MS, loss=0.2)
    world = simulated(seed, impairment)
    ledger = Ledger(connect(world, timeout=UNLUCKY))
    for size in sizes:
        ledger.act("vehicle", "write", size)
        ledger.act("station", "write", size)
    ledger.recorder("vehicle").the_stream.finish()
    ledger.recorder("station").the_stream.finish()
    world.run_for(120 * S)
    for side, other in (("vehicle", "station"), ("station", "vehicle")):
        assert ledger.recorder(other).data == ledger.said[side]
        assert ledger.recorder(other).told == ["connected", "closed"]
