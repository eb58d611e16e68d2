"""What every CAN port keeps, whatever carries the frames."""

from collections.abc import Iterator

import pytest

from bsw.os.clock import MS
from can_adapter.bus import EXTENDED, BusState, CanFrame
from tests.can.worlds import DRIVERS, World, world


@pytest.fixture(params=DRIVERS)
def any_bus(request: pytest.FixtureRequest) -> Iterator[World]:
    with world(request.param) as made:
        yield made


def frame(number: int, length: int = 64, *, extended: bool = False) -> CanFrame:
    return CanFrame(number, bytes(index & 0xFF for index in range(length)), extended=extended)


def test_a_frame_reaches_the_other_ports_unchanged(any_bus: World) -> None:
    heard: list[CanFrame] = []
    also: list[CanFrame] = []
    any_bus.other.listen(heard.append)
    any_bus.third.listen(also.append)
    sent = [frame(0x123), frame(0x1ABCDEF0, extended=True), frame(0x124, 0), frame(0x125, 12)]
    for one in sent:
        assert any_bus.one.send(one)
        any_bus.run_for(MS)
    any_bus.run_until(lambda: len(heard) == len(also) == len(sent))
    assert heard == sent
    assert also == sent
    assert any_bus.one.counters.sent == len(sent)
    assert any_bus.other.counters.received == len(sent)


def test_a_classic_frame_stays_classic(any_bus: World) -> None:
    heard: list[CanFrame] = []
    any_bus.other.listen(heard.append)
    any_bus.one.send(CanFrame(0x7E0, b"\x02\x10\x03", fd=False))
    any_bus.run_until(lambda: bool(heard))
    assert heard == [CanFrame(0x7E0, b"\x02\x10\x03", fd=False)]


def test_a_port_does_not_hear_its_own_frames(any_bus: World) -> None:
    own: list[CanFrame] = []
    heard: list[CanFrame] = []
    any_bus.one.listen(own.append)
    any_bus.other.listen(heard.append)
    for _ in range(20):
        any_bus.one.send(frame(0x200))
        any_bus.run_for(MS)
    any_bus.run_until(lambda: len(heard) == 20)
    assert own == []


def test_frames_of_one_identifier_stay_in_order(any_bus: World) -> None:
    heard: list[int] = []
    any_bus.other.listen(lambda one: heard.append(one.data[0]))
    for number in range(50):
        any_bus.one.send(CanFrame(0x300, bytes([number])))
        if number % 10 == 9:
            any_bus.run_for(5 * MS)
    any_bus.run_until(lambda: len(heard) == 50)
    assert heard == list(range(50))


def test_who_stops_listening_hears_nothing_more(any_bus: World) -> None:
    heard: list[CanFrame] = []
    still: list[CanFrame] = []
    any_bus.other.listen(heard.append)
    any_bus.third.listen(still.append)
    any_bus.other.listen(None)
    any_bus.one.send(frame(0x100))
    any_bus.run_until(lambda: bool(still))
    assert heard == []


def test_a_closed_port_refuses_frames_and_says_so(any_bus: World) -> None:
    any_bus.one.close()
    assert not any_bus.one.send(frame(0x100))
    assert any_bus.one.counters.refused == 1
    any_bus.one.close()


def test_only_wanted_frames_are_handed_over_and_counted(any_bus: World) -> None:
    heard: list[CanFrame] = []
    every: list[CanFrame] = []
    any_bus.other.listen(heard.append)
    any_bus.third.listen(every.append)
    any_bus.other.accept([0x123, 0x124 | EXTENDED])
    sent = [frame(0x123), frame(0x124), frame(0x124, extended=True), frame(0x123, extended=True)]
    for one in sent:
        any_bus.one.send(one)
        any_bus.run_for(MS)
    any_bus.run_until(lambda: len(every) == len(sent))
    assert heard == [sent[0], sent[2]]
    assert any_bus.other.counters.received == 2


def test_who_wants_all_again_hears_all(any_bus: World) -> None:
    heard: list[CanFrame] = []
    any_bus.other.listen(heard.append)
    any_bus.other.accept([0x12])
    any_bus.one.send(frame(0x11))
    any_bus.run_for(MS)
    any_bus.one.send(frame(0x12))
    any_bus.run_until(lambda: bool(heard))
    any_bus.other.accept(None)
    any_bus.one.send(frame(0x11))
    any_bus.run_until(lambda: len(heard) == 2)
    assert heard == [frame(0x12), frame(0x11)]


def test_a_port_is_active_from_the_start_and_recovering_it_changes_nothing(any_bus: World) -> None:
    changes: list[BusState] = []
    any_bus.one.listen(None, changes.append)
    assert any_bus.one.state is BusState.ACTIVE
    any_bus.one.recover()
    any_bus.run_for(5 * MS)
    assert any_bus.one.state is BusState.ACTIVE
    assert changes == []


@pytest.mark.parametrize(("length", "fd"), [(9, False), (9, True), (65, True), (33, True)])
def test_a_length_no_frame_can_have_is_refused_where_it_is_made(*, length: int, fd: bool) -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        CanFrame(0x1, bytes(length), fd=fd)
