"""Frames that say nothing new are recognised: cheaper, and with the same outcome in every case."""

import random
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from bsw.os.clock import MS, VirtualClock
from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanFrame
from can_adapter.canif import CanIf
from can_adapter.matrix.codec import Layout
from can_adapter.matrix.specs import E2eSpec, MessageSpec, SignalSpec
from can_adapter.signals.e2e import REMEMBERED, E2eProtector, E2eWindow
from can_adapter.signals.quality import ReceptionEvent, TimedOut
from can_adapter.signals.slots import Cell, Slot
from can_adapter.signals.transmit import Sender
from can_adapter.vehicle.bus import open_vehicle_bus
from can_adapter.vehicle.config import VehicleCanConfig
from can_adapter.vehicle.values import Battery, Limits, Targets
from tests.can.worlds import VehicleWorld, world

PART: dict[str, Callable[[int], object]] = {
    "BMS_Limits": lambda number: Limits(max_current_limit=100.0 + number),
    "BMS_Targets": lambda number: Targets(target_current=50.0 + number, ev_ready=True),
    "BMS_Battery": lambda number: Battery(soc=10.0 + number),
}


def recorded(message: str, seed: int) -> list[tuple[int, CanFrame]]:
    """Frames of a node whose values change now and then, with what buses and nodes do to them."""
    chance = random.Random(seed)
    made = VehicleWorld()
    found: list[tuple[int, CanFrame]] = []
    node = made.node("BMS")
    number = made.matrix.message(message)
    assert number is not None
    made.bus.tap(
        lambda when, _who, frame: found.append((when, frame)) if frame.key == number.key else None
    )
    node.start()
    for _ in range(60):
        node.publish(PART[message](chance.randrange(3)))
        made.run_for(chance.randrange(1, 40) * number.cycle // 4)
    return [spoilt for entry in found for spoilt in _spoilt(*entry, chance)]


def _spoilt(when: int, frame: CanFrame, chance: random.Random) -> list[tuple[int, CanFrame]]:
    dice = chance.random()
    if dice < 0.03:
        return []
    if dice < 0.06:
        return [(when, frame), (when + MS, frame)]
    if dice < 0.09:
        data = bytearray(frame.data)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return [(when, replace(frame, data=bytes(data)))]
    if dice < 0.11:
        return [(when, replace(frame, data=frame.data[:32]))]
    if dice < 0.12:
        return [(when + 900 * MS, frame)]
    return [(when, frame)]


def heard(frames: list[tuple[int, CanFrame]], *, forgetful: bool) -> list[object]:
    """Everything an ECU can be asked about, after each frame."""
    scheduler = Scheduler(VirtualClock())
    with world("simulated") as made:
        signals = open_vehicle_bus(scheduler, made.one, VehicleCanConfig()).signals
    told: list[object] = []
    signals.observe(lambda event: told.append((scheduler.now, event)))
    signals.on_change(lambda: told.append((scheduler.now, "changed", signals.state)))
    for when, frame in sorted(frames, key=lambda entry: entry[0]):
        scheduler.run(max(when, scheduler.now))
        if forgetful:
            for slot in signals._slots.values():
                slot.known.clear()
                slot.edges = None
        signals.received(frame)
        told.append([signals.reading(role) for role in signals.roles])
        for name in PART:
            checker = signals.protection(name)
            told.append(None if checker is None else (checker.state, checker.last, checker.counts))
    scheduler.run(scheduler.now + 3_000 * MS)
    return told


@pytest.mark.parametrize("message", PART)
@pytest.mark.parametrize("seed", range(4))
def test_what_is_remembered_changes_no_outcome(message: str, seed: int) -> None:
    frames = recorded(message, seed)
    assert len(frames) > 100
    assert heard(frames, forgetful=False) == heard(frames, forgetful=True)


@pytest.mark.parametrize("message", PART)
def test_a_frame_that_says_nothing_new_is_not_read(
    message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = VehicleWorld()
    node = made.node("BMS")
    node.publish(PART[message](1))
    node.start()
    made.run_for(20_000 * MS)
    reads: list[str] = []
    read: Callable[..., bool] = Cell.read

    def counted(cell: Cell, images: tuple[int, int]) -> bool:
        reads.append(cell.name)
        return read(cell, images)

    monkeypatch.setattr(Cell, "read", counted)
    received = made.ecu.canif.counters.received
    made.run_for(10_000 * MS)
    assert made.ecu.canif.counters.received > received + 1_000
    assert reads == []
    node.publish(PART[message](2))
    made.run_for(200 * MS)
    assert reads


@pytest.mark.parametrize("message", ["BMS_Limits", "BMS_Targets"])
def test_a_new_counter_alone_is_no_reason_to_take_a_frame_apart(
    message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each change a message is unknown with 256 counters, and says nothing new in 255."""
    made = VehicleWorld()
    node = made.node("BMS")
    node.start()
    made.run_for(1_000 * MS)
    node.publish(PART[message](2))
    made.run_for(200 * MS)
    taken: list[str] = []
    images: Callable[..., tuple[int, int]] = Layout.images

    def counted(layout: Layout, data: bytes) -> tuple[int, int]:
        taken.append(layout.spec.name)
        return images(layout, data)

    monkeypatch.setattr(Layout, "images", counted)
    made.run_for(1_000 * MS)
    assert taken == []
    node.publish(PART[message](3))
    made.run_for(200 * MS)
    assert taken == [message]


def test_a_value_that_stands_beside_the_counter_is_read_in_each_frame() -> None:
    """In profile 11 half an octet of the header is free; nobody may call it a repetition."""
    slot = Slot(MessageSpec("M", 0x10, 8, e2e=E2eSpec(11, 0x12)), 100 * MS, E2eWindow())
    slot.add(_reading(0xFF << 40))
    assert slot.edges == (0, 2)
    slot.add(_reading(0x0F << 12))
    assert slot.edges is None


def _reading(bits: int) -> Cell:
    """A cell that reads these bits of the frame."""
    return cast("Cell", SimpleNamespace(masks=(bits, 0)))


def test_memory_has_a_bound() -> None:
    made = VehicleWorld()
    node = made.node("BMS")
    node.start()
    for number in range(3_000):
        node.publish(Battery(soc=number % 1000 / 10))
        node.publish(Limits(max_current_limit=float(number % 400)))
        made.run_for(20 * MS)
    known = [len(slot.known) for slot in made.ecu.signals._slots.values()]
    assert max(known) <= REMEMBERED


def test_a_message_that_goes_silent_after_recognised_frames_is_missed_at_the_usual_time() -> None:
    made = VehicleWorld()
    events: list[tuple[int, ReceptionEvent]] = []
    made.ecu.signals.observe(lambda event: events.append((made.scheduler.now, event)))
    node = made.node("BMS")
    node.publish(Limits(max_current_limit=100.0))
    node.start()
    made.run_for(12_000 * MS)
    last: list[int] = []
    spec = made.matrix.message("BMS_Limits")
    assert spec is not None
    made.bus.tap(lambda when, _who, frame: last.append(when) if frame.key == spec.key else None)
    made.run_for(100 * MS)
    node.stop()
    events.clear()
    made.run_for(1_000 * MS)
    missed = next(
        (when, event)
        for when, event in events
        if isinstance(event, TimedOut) and event.message == "BMS_Limits"
    )
    allowed = spec.cycle * made.config.timeout_cycles
    assert missed == (last[-1] + allowed, TimedOut("BMS_Limits", allowed))


@pytest.mark.parametrize("profile", [None, 1, 2, 4, 5, 6, 7, 11])
def test_frames_sent_from_memory_are_those_a_fresh_protector_would_make(
    profile: int | None,
) -> None:
    e2e = None if profile is None else E2eSpec(profile, 0x12)
    value = SignalSpec("Value", 200, 16)
    spec = MessageSpec("M", 0x10, 64, cycle=10 * MS, signals=(value,), e2e=e2e)
    with world("simulated") as made:
        scheduler = made.scheduler
        sent: list[bytes] = []
        made.other.listen(lambda frame: sent.append(frame.data))
        sender = Sender(scheduler, CanIf(scheduler, made.one), spec)
        sender.start(5 * MS)
        expected: list[bytes] = []
        fresh = None if e2e is None else E2eProtector(e2e)
        for raw, count in ((0, 300), (7, 5), (0, 300), (7, 40)):
            sender.pages[0].set(sender.layout.fields["Value"], raw)
            for _ in range(count):
                made.run_for(10 * MS)
                data = sender.pages[0].octets()
                if fresh is not None:
                    fresh.protect(data)
                expected.append(bytes(data))
    assert sent == expected


@pytest.mark.parametrize("other", [None, 51.0])
def test_a_value_that_changes_no_bit_is_taken_over_and_one_that_does_is_sent(
    other: float | None,
) -> None:
    made = VehicleWorld()
    node = made.node("BMS")
    sender = node.sender("BMS_Targets")
    assert sender is not None
    node.publish(Targets(target_current=50.0))
    before = sender.pages[0].octets()
    node.publish(Targets(target_current=50.000001))
    assert sender.pages[0].octets() == before
    node.publish(Targets(target_current=other))
    assert sender.pages[0].octets() != before
    node.publish(Targets(target_current=50.0))
    assert sender.pages[0].octets() == before
