"""What nobody wants costs nobody anything, and what is wanted is known before it is delivered."""

import can
import pytest

from bsw.os.clock import MS, VirtualClock
from bsw.os.host import HostClock
from bsw.os.mailbox import Mailbox
from bsw.os.scheduler import Scheduler
from can_adapter.bus import EXTENDED, BusState, CanFrame
from can_adapter.canif import CanIf
from can_adapter.drivers import python_can
from can_adapter.drivers.python_can import PythonCanPort, filters_for
from can_adapter.drivers.simulated import SimulatedBus
from csm.randomness import SeededRandomness


class Two:
    """A user of frames on a bus, and somebody who speaks there."""

    def __init__(self) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.bus = SimulatedBus(self.scheduler, SeededRandomness(1))
        self.port = self.bus.attach("ECU")
        self.canif = CanIf(self.scheduler, self.port)
        self.other = self.bus.attach("other")

    def say(self, *numbers: int) -> None:
        for number in numbers:
            self.other.send(CanFrame(number, b""))
        self.scheduler.run(self.scheduler.now + 10 * MS)


def test_a_port_hears_what_is_routed_and_nothing_after_the_route_is_gone() -> None:
    two = Two()
    heard: list[CanFrame] = []
    two.say(0x10)
    two.canif.route([0x10], heard.append)
    two.say(0x10, 0x11)
    two.canif.unroute(heard.append)
    two.say(0x10)
    assert [frame.id for frame in heard] == [0x10]
    assert two.port.counters.received == 1


def test_who_overhears_gets_every_frame_for_as_long_as_he_does() -> None:
    two = Two()
    heard: list[int] = []
    two.canif.overhear(lambda frame: heard.append(frame.id))
    two.say(0x10, 0x11)
    two.canif.hear_no_more()
    two.say(0x12)
    assert heard == [0x10, 0x11]


def test_errors_are_forgiven_by_good_frames_that_are_not_wanted() -> None:
    two = Two()
    two.bus.shorted = True
    two.other.send(CanFrame(0x10, b""))
    two.scheduler.run(MS)
    two.bus.shorted = False
    assert two.port.receive_errors > 2
    before = two.port.receive_errors
    two.say(0x10, 0x11)
    assert two.port.receive_errors < before - 1
    assert two.port.counters.received == 0


def test_a_kernel_is_told_each_identifier_and_its_kind() -> None:
    assert filters_for(None) is None
    assert filters_for({0x123, 0x1ABCDEF0 | EXTENDED}) == [
        {"can_id": 0x123, "can_mask": 0x7FF, "extended": False},
        {"can_id": 0x1ABCDEF0, "can_mask": 0x1FFFFFFF, "extended": True},
    ]


def test_filters_are_set_again_when_an_interface_is_opened_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The virtual interface stands for the one where the kernel filters."""
    monkeypatch.setattr(python_can, "KERNEL_FILTERED", frozenset({"virtual"}))
    mailbox = Mailbox()
    clock = HostClock(mailbox)
    port = PythonCanPort(Scheduler(clock, mailbox=mailbox), clock, "virtual", "filtered", {})
    port.accept([0x41])
    states: list[object] = []
    port.listen(None, states.append)
    assert port._bus is not None
    first = port._bus
    assert first.filters == filters_for([0x41])
    other = can.Bus(interface="virtual", channel="filtered")
    other.send(can.Message(arbitration_id=0x41, is_error_frame=True, is_extended_id=False))
    scheduler = port._scheduler
    deadline = scheduler.now + 5_000 * MS
    while not states and scheduler.now < deadline:
        scheduler.run(scheduler.now + MS)
    port._enter(BusState.OFF)
    port.recover()
    assert port._bus is not None
    assert port._bus is not first
    assert port._bus.filters == filters_for([0x41])
    other.shutdown()
    port.close()
    clock.close()
