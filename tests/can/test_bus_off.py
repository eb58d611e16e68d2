"""Frames find their users, and a bus that went off is tried again with growing patience."""

from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from can_adapter.bus import EXTENDED, BusState, CanFrame
from can_adapter.canif import BusEvent, CanIf, Recovery
from can_adapter.drivers.simulated import SimulatedBus
from csm.randomness import SeededRandomness


class Wired:
    def __init__(self, recovery: Recovery | None = None) -> None:
        self.scheduler = Scheduler(VirtualClock())
        self.bus = SimulatedBus(self.scheduler, SeededRandomness(1))
        self.canif = CanIf(self.scheduler, self.bus.attach("ECU"), recovery)
        self.other = self.bus.attach("other")
        self.events: list[tuple[int, BusEvent]] = []
        self.canif.observe(lambda event: self.events.append((self.scheduler.now, event)))

    def chatter(self) -> None:
        self.scheduler.every(10 * MS, self._send, name="chatter", offset=0)

    def _send(self) -> None:
        self.canif.transmit(CanFrame(1, b""))

    def kinds(self) -> list[BusEvent]:
        return [event for _, event in self.events]


def test_each_user_gets_its_identifiers_and_several_may_share_one() -> None:
    wired = Wired()
    one: list[int] = []
    two: list[int] = []
    wired.canif.route([0x10, 0x11], lambda frame: one.append(frame.id))
    wired.canif.route([0x11], lambda frame: two.append(frame.id))
    for number in (0x10, 0x11, 0x12):
        wired.other.send(CanFrame(number, b""))
    wired.scheduler.run(10 * MS)
    assert one == [0x10, 0x11]
    assert two == [0x11]
    assert wired.canif.counters.received == 2


def test_standard_and_extended_identifiers_are_different_things() -> None:
    wired = Wired()
    got: list[CanFrame] = []
    wired.canif.route([0x10 | EXTENDED], got.append)
    wired.other.send(CanFrame(0x10, b""))
    wired.other.send(CanFrame(0x10, b"", extended=True))
    wired.scheduler.run(10 * MS)
    assert [frame.extended for frame in got] == [True]


def test_a_user_that_leaves_gets_nothing_more() -> None:
    wired = Wired()
    got: list[CanFrame] = []
    wired.canif.route([0x10, 0x11], got.append)
    wired.canif.unroute(got.append)
    wired.other.send(CanFrame(0x10, b""))
    wired.scheduler.run(10 * MS)
    assert got == []


def test_a_passing_disturbance_is_over_after_the_first_attempt() -> None:
    wired = Wired()
    wired.chatter()
    wired.bus.shorted = True
    wired.scheduler.run(40 * MS)
    wired.bus.shorted = False
    wired.scheduler.run(5 * S)
    assert wired.kinds() == [
        BusEvent.PASSIVE,
        BusEvent.OFF,
        BusEvent.RECOVERING,
        BusEvent.RECOVERED,
        BusEvent.STABLE,
    ]
    off, recovering, recovered = (when for when, _ in wired.events[1:4])
    assert recovering - off == 50 * MS
    assert 2 * MS < recovered - recovering < 4 * MS
    assert wired.canif.state is BusState.ACTIVE


def test_a_lasting_short_is_tried_quickly_first_and_slowly_then() -> None:
    wired = Wired(Recovery(quick=50 * MS, quick_attempts=3, slow=1 * S))
    wired.chatter()
    wired.bus.shorted = True
    wired.scheduler.run(10 * S)
    offs = [when for when, event in wired.events if event is BusEvent.OFF]
    attempts = [when for when, event in wired.events if event is BusEvent.RECOVERING]
    waits = [attempt - off for off, attempt in zip(offs, attempts, strict=False)]
    assert waits[:3] == [50 * MS] * 3
    assert set(waits[3:]) == {1 * S}
    assert 10 < len(attempts) < 15


def test_after_a_calm_time_the_count_begins_anew() -> None:
    wired = Wired(Recovery(quick_attempts=1))
    wired.chatter()
    for _ in range(3):
        wired.bus.shorted = True
        wired.scheduler.run(wired.scheduler.now + 40 * MS)
        wired.bus.shorted = False
        wired.scheduler.run(wired.scheduler.now + 5 * S)
    offs = [when for when, event in wired.events if event is BusEvent.OFF]
    attempts = [when for when, event in wired.events if event is BusEvent.RECOVERING]
    assert [attempt - off for off, attempt in zip(offs, attempts, strict=True)] == [50 * MS] * 3


def test_a_closed_interface_tries_nothing_more() -> None:
    wired = Wired()
    wired.chatter()
    wired.bus.shorted = True
    wired.scheduler.run(40 * MS)
    wired.canif.close()
    count = len(wired.events)
    wired.scheduler.run(10 * S)
    assert len(wired.events) == count
