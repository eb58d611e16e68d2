"""Messages on a CAN bus: C and Python cut and gather the same frames, and miss what is lost."""

import ctypes
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.dlt import silent
from bsw.island.can_frame import AROUND, CLASSIC, LENGTHS, Cutter, Gatherer
from bsw.island.config import IslandConfig
from bsw.island.frame import BODY_MOST
from bsw.island.link import IslandLink, Phase
from bsw.island.messages import TO_HOST, Hello, HelloAck, Role, body, read
from bsw.net.ports import StreamUser
from bsw.os.clock import MS, VirtualClock
from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanFrame
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.plug.line import CanLine
from csm.randomness import SeededRandomness
from tests.island.bench import Bench
from tests.island.core import Core, loaded
from tests.island.test_link import User

IN, OUT = 0x180, 0x181
HELLO = body(Hello(1, 1, 0, 0, 7, 0), 0)
ROOMS = (CLASSIC, *LENGTHS)


def sent(core: Core, room: int) -> list[bytes]:
    frames = []
    octets = ctypes.create_string_buffer(64)
    send = loaded().island_can_send
    send.restype = ctypes.c_size_t
    while count := send(core._me, ctypes.c_uint16(OUT), octets, ctypes.c_size_t(room)):
        frames.append(octets.raw[:count])
    return frames


def heard(core: Core, frames: Iterable[bytes], identifier: int = IN) -> None:
    for frame in frames:
        size = ctypes.c_size_t(len(frame))
        loaded().island_can_receive(core._me, ctypes.c_uint16(identifier), frame, size)


@pytest.mark.parametrize("room", ROOMS)
def test_the_core_hears_what_we_cut_and_we_gather_what_it_sends(room: int) -> None:
    core = Core()
    core.step()
    heard(core, Cutter(IN, room).cut(HELLO))
    frames = sent(core, room)
    core.step(60)
    frames += sent(core, room)
    gatherer = Gatherer(OUT)
    bodies = [one for frame in frames if (one := gatherer.take(frame)) is not None]
    told = read(bodies[0], TO_HOST)
    assert told is not None
    assert isinstance(told[1], HelloAck)
    assert told[1].nonce == 7
    assert len(bodies) > 1, "a status follows"
    assert all(len(frame) <= room and len(frame) in {*range(9), *LENGTHS} for frame in frames)
    assert (gatherer.dropped, gatherer.damaged) == (0, 0)


@pytest.mark.parametrize("room", [0, 7, 65])
def test_a_frame_of_no_size_is_not_sent(room: int) -> None:
    core = Core()
    core.step()
    heard(core, Cutter(IN).cut(HELLO))
    assert sent(core, room) == []


@given(st.lists(st.binary(max_size=BODY_MOST), max_size=4), st.sampled_from(ROOMS))
def test_bodies_survive_the_cut(bodies: list[bytes], room: int) -> None:
    cutter, gatherer = Cutter(IN, room), Gatherer(IN)
    taken = [gatherer.take(frame) for one in bodies for frame in cutter.cut(one)]
    assert [one for one in taken if one is not None] == bodies


@given(st.binary(min_size=4, max_size=BODY_MOST), st.data())
def test_what_is_lost_doubled_or_damaged_gives_no_body(octets: bytes, data: st.DataObject) -> None:
    frames = list(Cutter(IN).cut(octets))
    end = len(frames) - 1
    at = data.draw(st.integers(0, end))
    how = data.draw(st.sampled_from(["lost", "doubled", "damaged"]))
    if how == "damaged":
        spoiled = bytearray(frames[at])
        part = data.draw(st.integers(1, len(spoiled) - 1))
        spoiled[part] ^= data.draw(st.integers(1, 255))
        frames[at] = bytes(spoiled)
    else:
        frames[at : at + 1] = [frames[at]] * (0 if how == "lost" else 2)
    gatherer = Gatherer(IN)
    found = [one for frame in frames if (one := gatherer.take(frame)) is not None]
    first_twice = how == "doubled" and at == 0  # it begins anew
    last_twice = how == "doubled" and at == end  # it was whole already
    assert found == ([octets] if first_twice or last_twice else [])


def test_the_core_drops_what_the_gatherer_drops() -> None:
    for spoil in (
        lambda frames: frames[1:],
        lambda frames: [frames[0], *frames[2:]],
        lambda frames: [frames[0], frames[1], frames[1], *frames[2:]],
        lambda frames: [b"", b"\x80", *frames[:-1]],
        lambda _frames: [b"\x80\xff123456"],
        lambda frames: [*frames[:-1], bytes([frames[-1][0], *(255 for _ in frames[-1][1:])])],
    ):
        core = Core()
        core.step()
        frames = list(Cutter(IN).cut(HELLO))
        heard(core, spoil(frames))
        assert sent(core, CLASSIC) == [], "it was greeted"
        gatherer = Gatherer(IN)
        assert [gatherer.take(frame) for frame in spoil(frames)].count(None) == len(spoil(frames))
    core = Core()
    core.step()
    heard(core, Cutter(IN).cut(HELLO), IN + 1)
    assert sent(core, CLASSIC) == [], "the identifier is part of the message"


def test_a_body_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 64"):
        list(Cutter(IN).cut(bytes(BODY_MOST + 1)))
    assert AROUND + BODY_MOST < 70


class CanTwin:
    """The core on a simulated bus."""

    def __init__(self, scheduler: Scheduler, bus: SimulatedBus, room: int) -> None:
        self.bench = Bench()
        self.bench.beating = False
        self._room = room
        self._port = bus.attach("island")
        self._port.listen(lambda frame: heard(self.bench.core, [frame.data]))
        self._port.accept((IN,))
        scheduler.every(MS, self._step, name="core")

    def _step(self) -> None:
        self.bench._plug()
        self.bench.core.step()
        for frame in sent(self.bench.core, self._room):
            self._port.send(CanFrame(OUT, frame, fd=self._room > CLASSIC))


@pytest.mark.parametrize("fd", [True, False])
def test_a_host_serves_an_island_over_a_bus_and_notices_when_the_bus_is_off(*, fd: bool) -> None:
    scheduler = Scheduler(VirtualClock())
    bus = SimulatedBus(scheduler, SeededRandomness("bus"))
    twin = CanTwin(scheduler, bus, 64 if fd else CLASSIC)
    settings = IslandConfig(line="can", can_fd=fd, overvoltage=550.0)
    user = User()
    chance = SeededRandomness("host")
    log = silent().logger("island")
    wanted = settings.config(Role.STATION)
    link = IslandLink(scheduler, wanted, user, chance, log, limits=settings.limits)
    port = bus.attach("host")

    def opened(who: StreamUser) -> CanLine:
        return CanLine(scheduler, port, settings, who)

    link.attach(opened(link))
    scheduler.run(scheduler.now + 2000 * MS)
    assert (link.phase, user.why) == (Phase.SERVING, [])
    assert max(status.age for status in user.states[2:]) <= 60
    link.want(drive=2, duty=500)
    scheduler.run(scheduler.now + 30 * MS)
    assert twin.bench.core.outputs.duty == 500
    twin.bench.core.inputs.voltage_mv = 560_000
    scheduler.run(scheduler.now + 100 * MS)
    assert "overvoltage" in {fault.name for fault in user.faults}, "its limits went along"
    for _ in range(40):
        port.failed(as_sender=True)
    scheduler.run(scheduler.now + 100 * MS)
    assert user.why
    assert "gone" in user.why[0]
