"""Where waking up costs something, the cyclic messages of a publisher go out in common turns."""

from collections import defaultdict
from itertools import pairwise

import pytest

from bsw.os.clock import MS, S, VirtualClock
from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanFrame
from can_adapter.drivers.simulated import SimulatedBus
from can_adapter.drivers.timing import BusTiming
from can_adapter.signals.timetable import Timetable
from can_adapter.vehicle.bus import open_vehicle_bus
from can_adapter.vehicle.config import VehicleCanConfig
from can_adapter.vehicle.report import Requests, StationPresent
from csm.randomness import SeededRandomness


class Counting(VirtualClock):
    """Counts how often the process would have woken up."""

    def __init__(self) -> None:
        super().__init__()
        self.wakes = 0

    def wait_until(self, when: int | None) -> None:
        self.wakes += when is not None and when > self.now()
        super().wait_until(when)


Sent = dict[int, list[tuple[int, CanFrame]]]


def sent(*, lenient: bool) -> tuple[Sent, int]:
    """Six seconds of the ECU's own frames by their keys, and the wakings up in five of them."""
    clock = Counting()
    scheduler = Scheduler(clock, lenient=lenient)
    bus = SimulatedBus(scheduler, SeededRandomness(1), BusTiming(fixed=0))
    ecu = open_vehicle_bus(scheduler, bus.attach("EVCC"), VehicleCanConfig())
    bus.attach("listener")
    found: Sent = defaultdict(list)
    bus.tap(lambda when, _, frame: found[frame.key].append((when, frame)))
    ecu.publisher.publish(Requests(charge_current_allowed=0.0))
    ecu.publisher.publish(StationPresent(evse_present_current=12.0))
    ecu.publisher.start()
    scheduler.run(1 * S)
    before, since = clock.wakes, scheduler.now
    scheduler.run(since + 5 * S)
    ecu.publisher.stop()
    wakes = clock.wakes - before
    scheduler.run(scheduler.now + 1 * S)
    return found, wakes


def test_each_message_says_the_same_as_on_a_task_of_its_own() -> None:
    """Same octets in the same order: counters, checksums, pages and all."""
    alone, _ = sent(lenient=False)
    together, _ = sent(lenient=True)
    assert alone.keys() == together.keys()
    for key, frames in together.items():
        said, expected = ([frame for _, frame in one] for one in (frames, alone[key]))
        shared = min(len(said), len(expected))
        assert said[:shared] == expected[:shared]
        assert abs(len(said) - len(expected)) <= 1, "another phase"


def test_no_frame_is_later_than_a_tenth_of_the_shortest_cycle() -> None:
    found, _ = sent(lenient=True)
    for frames in found.values():
        times = [when for when, _ in frames[-20:]]
        cycles = {round((after - before) / (20 * MS)) for before, after in pairwise(times)}
        assert len(cycles) == 1, "each keeps its own cycle"
        gaps = [after - before for before, after in pairwise(times)]
        assert max(gaps) - min(gaps) <= 4 * MS


def test_one_waking_up_serves_all_that_are_due() -> None:
    _, alone = sent(lenient=False)
    _, together = sent(lenient=True)
    assert together <= 5 * 50 + 5, "the shortest cycle has 20 ms"
    assert alone > 2 * together


def test_who_was_held_up_does_not_make_up_for_whole_cycles() -> None:
    clock = VirtualClock()
    scheduler = Scheduler(clock, lenient=True)
    times: list[int] = []
    table = Timetable(scheduler, 20 * MS)
    table.add(20 * MS, 20 * MS, lambda: times.append(scheduler.now))
    table.start()
    scheduler.run(50 * MS)
    clock.wait_until(205 * MS)  # the host was away
    scheduler.run(270 * MS)
    assert times == [22 * MS, 42 * MS, 205 * MS, 222 * MS, 242 * MS, 262 * MS]
    table.stop()
    scheduler.run(400 * MS)
    assert len(times) == 6


@pytest.mark.parametrize("cycle", [10, 30, 70])
def test_cycles_that_do_not_fit_each_other_are_kept_too(cycle: int) -> None:
    scheduler = Scheduler(VirtualClock(), lenient=True)
    times: list[int] = []
    table = Timetable(scheduler, 10 * MS)
    table.add(10 * MS, 0, lambda: None)
    table.add(cycle * MS, 0, lambda: times.append(scheduler.now))
    table.start()
    scheduler.run(21 * S)
    late = [when - number * cycle * MS for number, when in enumerate(times)]
    assert min(late) >= 0
    assert max(late) <= 1 * MS
