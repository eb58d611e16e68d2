"""The simulated bus keeps the rules of a real one: arbitration, times, error counters."""

from collections.abc import Callable

from bsw.os.clock import MS, US, S, VirtualClock
from bsw.os.scheduler import Scheduler
from can_adapter.bus import BusState, CanFrame
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.drivers.simulated_port import SimulatedPort
from can_adapter.drivers.timing import BusTiming, frame_bits
from csm.randomness import SeededRandomness


def make(timing: BusTiming | None = None, seed: int = 1) -> tuple[Scheduler, SimulatedBus]:
    scheduler = Scheduler(VirtualClock())
    return scheduler, SimulatedBus(scheduler, SeededRandomness(seed), timing)


def state_of(port: SimulatedPort) -> BusState:
    return port.state


def sending(port: SimulatedPort, frame: CanFrame) -> Callable[[], None]:
    def send() -> None:
        port.send(frame)

    return send


def test_the_lowest_identifier_wins_although_it_asked_last() -> None:
    scheduler, bus = make()
    order: list[int] = []
    bus.attach("listener").listen(lambda frame: order.append(frame.id))
    senders = [bus.attach(f"sender {number}") for number in range(3)]
    for sender, number in zip(senders, (0x300, 0x200, 0x100), strict=True):
        sender.send(CanFrame(number, b""))
    scheduler.run(10 * MS)
    assert order == [0x100, 0x200, 0x300]


def test_a_frame_on_the_bus_is_not_interrupted() -> None:
    scheduler, bus = make()
    order: list[int] = []
    bus.attach("listener").listen(lambda frame: order.append(frame.id))
    slow, urgent = bus.attach("slow"), bus.attach("urgent")
    slow.send(CanFrame(0x700, bytes(64)))
    scheduler.after(50 * US, sending(urgent, CanFrame(0x001, b"")), name="urgent")
    scheduler.run(10 * MS)
    assert order == [0x700, 0x001]


def test_a_frame_takes_as_long_as_its_bits() -> None:
    slow, fast = frame_bits(False, True, 64)
    assert BusTiming(500_000, 2_000_000).duration(CanFrame(1, bytes(64))) == (
        slow * S // 500_000 + fast * S // 2_000_000
    )
    full, empty = CanFrame(1, bytes(64)), CanFrame(1, b"")
    assert 300 * US < BusTiming().duration(full) < 500 * US
    assert 60 * US < BusTiming().duration(empty) < 120 * US
    assert BusTiming(fixed=7).duration(full) == 7


def test_a_classic_frame_of_eight_octets_takes_its_textbook_time() -> None:
    bits, fast = frame_bits(False, False, 8)
    assert (bits, fast) == (98 + 13 + 24, 0)  # 111 bits and at most 24 stuff bits


def test_the_bus_load_is_the_share_of_occupied_time() -> None:
    scheduler, bus = make(BusTiming(fixed=MS))
    bus.attach("listener")
    sender = bus.attach("sender")
    scheduler.every(10 * MS, sending(sender, CanFrame(1, b"")), name="send")
    scheduler.run(1 * S)
    assert abs(bus.load() - 0.1) < 0.002


def test_a_destroyed_frame_is_sent_again_and_costs_the_sender_trust() -> None:
    scheduler, bus = make()
    heard: list[CanFrame] = []
    bus.attach("listener").listen(heard.append)
    sender = bus.attach("sender")
    bus.shorted = True
    sender.send(CanFrame(1, b"\x01"))
    scheduler.after(MS, lambda: setattr(bus, "shorted", False), name="repair")
    scheduler.run(20 * MS)
    assert heard == [CanFrame(1, b"\x01")]
    assert sender.counters.error_frames > 0
    assert sender.counters.sent == 1


def test_a_short_drives_the_sender_over_warning_and_passive_to_bus_off() -> None:
    scheduler, bus = make()
    bus.attach("listener")
    sender = bus.attach("sender")
    states: list[BusState] = []
    sender.listen(None, states.append)
    bus.shorted = True
    sender.send(CanFrame(1, b""))
    scheduler.run(50 * MS)
    assert states == [BusState.WARNING, BusState.PASSIVE, BusState.OFF]
    assert sender.counters.bus_off == 1
    assert not sender.send(CanFrame(1, b""))


def test_bus_off_is_left_after_the_recovery_sequence_only() -> None:
    scheduler, bus = make()
    bus.attach("listener")
    sender = bus.attach("sender")
    bus.shorted = True
    sender.send(CanFrame(1, b""))
    scheduler.run(50 * MS)
    bus.shorted = False
    scheduler.run(500 * MS)
    assert state_of(sender) is BusState.OFF, "nobody asked for recovery"
    sender.recover()
    scheduler.run(502 * MS)
    assert state_of(sender) is BusState.OFF, "128 times 11 bits take 2.816 ms"
    scheduler.run(503 * MS)
    assert state_of(sender) is BusState.ACTIVE
    assert sender.send(CanFrame(1, b""))


def test_good_frames_win_trust_back() -> None:
    scheduler, bus = make()
    bus.attach("listener")
    sender = bus.attach("sender")
    bus.shorted = True
    sender.send(CanFrame(1, b""))
    while state_of(sender) is not BusState.PASSIVE:
        scheduler.run(scheduler.now + 10 * US)
    bus.shorted = False
    for _ in range(200):
        sender.send(CanFrame(1, b""))
        scheduler.run(scheduler.now + MS)
    assert state_of(sender) is BusState.ACTIVE
    assert sender.transmit_errors == 0


def test_loss_is_the_receivers_and_repeats_by_seed() -> None:
    def heard(seed: int) -> list[int]:
        scheduler, bus = make(seed=seed)
        bus.loss = 0.3
        got: list[int] = []
        bus.attach("listener").listen(lambda frame: got.append(frame.data[0]))
        sender = bus.attach("sender")
        for number in range(100):
            sender.send(CanFrame(1, bytes([number])))
            scheduler.run(scheduler.now + MS)
        return got

    assert 50 < len(heard(1)) < 90
    assert heard(1) == heard(1)
    assert heard(1) != heard(2)


def test_random_errors_delay_frames_but_lose_none() -> None:
    scheduler, bus = make()
    bus.errors = 0.05
    got: list[int] = []
    bus.attach("listener").listen(lambda frame: got.append(frame.data[0]))
    sender = bus.attach("sender")
    for number in range(200):
        sender.send(CanFrame(1, bytes([number])))
        scheduler.run(scheduler.now + MS)
    assert got == list(range(200))
    assert sender.counters.error_frames > 0


def test_interference_changes_and_loses_frames_unnoticed_by_the_bus() -> None:
    scheduler, bus = make()
    got: list[bytes] = []
    bus.attach("listener").listen(lambda frame: got.append(frame.data))
    sender = bus.attach("sender")

    def meddle(frame: CanFrame, sender_name: str) -> CanFrame | None:
        assert sender_name == "sender"
        return None if frame.data == b"\x01" else CanFrame(frame.id, b"\xff")

    bus.interference = meddle
    for number in range(3):
        sender.send(CanFrame(1, bytes([number])))
    scheduler.run(10 * MS)
    assert got == [b"\xff", b"\xff"]
    assert state_of(sender) is BusState.ACTIVE


def test_a_port_cannot_hoard_the_bus() -> None:
    scheduler, bus = make()
    bus.attach("listener")
    sender = bus.attach("sender")
    accepted = [sender.send(CanFrame(1, b"")) for _ in range(300)]
    assert accepted.count(True) == 256
    assert sender.counters.refused == 44
    scheduler.run(1 * S)
    assert sender.send(CanFrame(1, b""))


def test_a_tap_sees_every_frame_with_time_and_sender() -> None:
    scheduler, bus = make(BusTiming(fixed=MS))
    seen: list[tuple[int, str, int]] = []
    bus.tap(lambda when, sender, frame: seen.append((when, sender, frame.id)))
    one, other = bus.attach("one"), bus.attach("other")
    one.send(CanFrame(2, b""))
    other.send(CanFrame(1, b""))
    scheduler.run(10 * MS)
    assert seen == [(MS, "other", 1), (2 * MS, "one", 2)]


def test_alone_on_the_bus_nothing_is_acknowledged() -> None:
    scheduler, bus = make()
    sender = bus.attach("sender")
    sender.send(CanFrame(1, b""))
    scheduler.run(10 * MS)
    assert bus.unacknowledged == 1
    assert sender.counters.sent == 0
