"""Our driver of the UDP multicast bus is one more python-can node to all others."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from os import getpid

import can
import pytest
from can.interfaces.udp_multicast.utils import pack_message, unpack_message
from hypothesis import given
from hypothesis import strategies as st

from bsw.os.clock import MS, S
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from can_adapter.bus import CLASSIC_LENGTHS, FD_LENGTHS, BusState, BusUnavailable, CanFrame
from can_adapter.config import BusConfig
from can_adapter.drivers import multicast
from can_adapter.drivers.choose import open_port
from can_adapter.drivers.datagrams import REMEMBERED, Datagrams, Malformed
from can_adapter.drivers.multicast import MulticastPort
from can_adapter.drivers.python_can import PythonCanPort

GROUP = "239.74.163.78"


@dataclass
class Host:
    clock: HostClock
    scheduler: Scheduler
    number: int
    ports: list[MulticastPort | PythonCanPort] = field(default_factory=list)

    def ours(self) -> MulticastPort:
        made = MulticastPort(self.clock, GROUP, {"port": self.number}, name="ours")
        self.ports.append(made)
        return made

    def theirs(self) -> PythonCanPort:
        options = {"port": self.number, "hop_limit": 0}
        made = PythonCanPort(self.scheduler, self.clock, "udp_multicast", GROUP, options)
        self.ports.append(made)
        return made

    def until(self, reached: Callable[[], bool], within: int = 20 * S) -> None:
        deadline = self.scheduler.now + within
        while not reached():
            assert self.scheduler.now < deadline, "not reached in time"
            self.scheduler.run(self.scheduler.now + MS)


@pytest.fixture
def host() -> Iterator[Host]:
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    made = Host(clock, Scheduler(clock, mailbox=mailbox), 20_000 + getpid() % 20_000)
    yield made
    for port in made.ports:
        port.close()
    clock.close()


FRAMES = (
    CanFrame(0x123, bytes(range(64))),
    CanFrame(0x1ABCDEF0, bytes(12), extended=True),
    CanFrame(0x7E0, b"\x02\x10\x03", fd=False),
    CanFrame(0, b""),
)


def test_frames_pass_between_our_node_and_python_cans_both_ways(host: Host) -> None:
    ours, theirs = host.ours(), host.theirs()
    to_us: list[CanFrame] = []
    to_them: list[CanFrame] = []
    ours.listen(to_us.append)
    theirs.listen(to_them.append)
    for frame in FRAMES:
        assert ours.send(frame)
        assert theirs.send(frame)
    host.until(lambda: len(to_us) == len(to_them) == len(FRAMES))
    assert tuple(to_us) == tuple(to_them) == FRAMES


def test_the_kernel_keeps_our_echoes_from_us(host: Host) -> None:
    ours, other = host.ours(), host.ours()
    heard: list[CanFrame] = []
    other.listen(heard.append)
    for _ in range(20):
        ours.send(FRAMES[0])
    host.until(lambda: len(heard) == 20)
    assert ours._sockets is not None
    with pytest.raises(BlockingIOError):
        ours._sockets[0].recv(1)


def test_what_is_no_frame_is_counted_and_disturbs_nothing(host: Host) -> None:
    ours, theirs = host.ours(), host.theirs()
    heard: list[CanFrame] = []
    ours.listen(heard.append)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
        for rubbish in (b"", b"\xc1", b"\x80", b"x" * 2_000):
            stranger.sendto(rubbish, (GROUP, host.number))
    theirs.send(FRAMES[0])
    host.until(lambda: bool(heard))
    assert heard == [FRAMES[0]]
    assert ours.counters.error_frames == 4
    assert ours.state is BusState.ACTIVE


def test_remote_and_error_frames_carry_no_data(host: Host) -> None:
    ours = host.ours()
    heard: list[CanFrame] = []
    ours.listen(heard.append)
    with can.Bus(
        interface="udp_multicast", channel=GROUP, port=host.number, fd=True, hop_limit=0
    ) as other:
        other.send(can.Message(arbitration_id=0x40, is_remote_frame=True, dlc=4))
        other.send(can.Message(arbitration_id=0x40, is_error_frame=True))
        other.send(can.Message(arbitration_id=0x41, is_extended_id=False, data=b"\x01"))
        host.until(lambda: bool(heard))
    assert heard == [CanFrame(0x41, b"\x01", fd=False)]


def test_a_network_that_is_gone_is_bus_off_and_recovering_opens_it_anew(host: Host) -> None:
    ours, theirs = host.ours(), host.theirs()
    states: list[BusState] = []
    heard: list[CanFrame] = []
    ours.listen(heard.append, states.append)
    assert ours._sockets is not None
    ours._sockets[1].close()
    assert not ours.send(FRAMES[0])
    assert states == [BusState.OFF]
    assert not ours.send(FRAMES[0])
    ours.recover()
    assert states == [BusState.OFF, BusState.ACTIVE]
    theirs.send(FRAMES[1])
    host.until(lambda: bool(heard))
    assert (ours.counters.bus_off, ours.counters.recoveries, ours.counters.refused) == (1, 1, 2)


@pytest.mark.parametrize("channel", ["10.0.0.1", "nowhere.invalid", "239.1.1.1.1"])
def test_a_channel_that_is_no_group_is_said_with_the_remedy(host: Host, channel: str) -> None:
    with pytest.raises(BusUnavailable, match=r"give a multicast address such as 239\.74"):
        MulticastPort(host.clock, channel, {"port": host.number})


def test_options_that_only_python_can_knows_go_there(host: Host) -> None:
    plain = BusConfig(channel=GROUP, options={"port": host.number})
    ours = open_port(host.scheduler, plain, "EVCC", clock=host.clock)
    assert isinstance(ours, MulticastPort)
    ours.close()
    special = BusConfig(channel=GROUP, options={"port": host.number, "ignore_config": True})
    theirs = open_port(host.scheduler, special, "EVCC", clock=host.clock)
    assert isinstance(theirs, PythonCanPort)
    theirs.close()
    assert "ignore_config" not in multicast.OPTIONS


@given(st.data(), st.booleans(), st.booleans())
def test_what_is_packed_is_what_python_can_packs(
    data: st.DataObject,
    extended: bool,  # noqa: FBT001 - drawn
    fd: bool,  # noqa: FBT001 - drawn
) -> None:
    length = data.draw(st.sampled_from(sorted(FD_LENGTHS if fd else CLASSIC_LENGTHS)))
    octets = data.draw(st.binary(min_size=length, max_size=length))
    number = data.draw(st.integers(0, (1 << (29 if extended else 11)) - 1))
    frame = CanFrame(number, octets, extended, fd)
    made = Datagrams()
    packed = made.datagram(frame)
    theirs = unpack_message(packed, check=True)
    assert packed == pack_message(theirs)
    assert (theirs.arbitration_id, theirs.is_extended_id, theirs.is_fd) == (number, extended, fd)
    assert bytes(theirs.data) == octets
    assert made.frame(packed) == frame
    assert made.frame(bytes(packed)) is made.frame(packed)


@given(st.binary(max_size=300))
def test_any_octets_are_a_frame_or_malformed(octets: bytes) -> None:
    try:
        Datagrams().frame(octets)
    except Malformed:
        return


def test_memory_of_datagrams_has_a_bound() -> None:
    made = Datagrams()
    for number in range(REMEMBERED + 10):
        made.frame(made.datagram(CanFrame(1, number.to_bytes(4, "big"))))
    assert len(made._known) <= REMEMBERED


@pytest.mark.parametrize(
    ("number", "extended", "good"),
    [
        (0, False, True),
        (0x7FF, False, True),
        (0x800, False, False),
        (-1, False, False),
        (0, True, True),
        (0x1FFFFFFF, True, True),
        (0x20000000, True, False),
        (-1, True, False),
    ],
)
def test_a_number_is_one_of_its_format(number: int, *, extended: bool, good: bool) -> None:
    said = {
        "is_error_frame": False,
        "is_remote_frame": False,
        "arbitration_id": number,
        "data": b"\x01",
        "is_extended_id": extended,
        "is_fd": False,
    }
    made = Datagrams()
    if good:
        frame = made.frame(made._pack(said))
        assert frame == CanFrame(number, b"\x01", extended, False)
    else:
        with pytest.raises(Malformed):
            made.frame(made._pack(said))
