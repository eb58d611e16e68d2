"""A host that cannot keep up: supervision goes first, and what is late is worked off."""

from itertools import pairwise

from bsw.os.clock import MS, S, VirtualClock
from bsw.os.mailbox import Event
from bsw.os.scheduler import FIRST, Scheduler

ACCEPTS = 16
LINGER = 5 * S


class Crowd(VirtualClock):
    """Each look finds connections; taking one in costs time, and so does each alarm."""

    def __init__(self) -> None:
        super().__init__()
        self.scheduler: Scheduler | None = None
        self.open = 0

    def spend(self, duration: int) -> None:
        self._now += duration

    def wait_until(self, when: int | None) -> None:
        super().wait_until(when)
        if self.scheduler is not None:
            self.scheduler.mailbox.put(Event("accept", self.accept))

    def accept(self) -> None:
        assert self.scheduler is not None
        for _ in range(ACCEPTS):
            self.spend(4 * MS)
            self.open += 1
            for delay in (LINGER, 2 * LINGER):
                self.scheduler.after(delay, self.gone, name="linger")

    def gone(self) -> None:
        self.spend(1 * MS)


def flooded(until: int) -> tuple[Scheduler, list[int]]:
    clock = Crowd()
    scheduler = clock.scheduler = Scheduler(clock)
    beats: list[int] = []
    scheduler.every(S, lambda: beats.append(clock.now()), name="beat", offset=0, priority=FIRST)
    scheduler.run(until)
    return scheduler, beats


def test_the_beat_does_not_wait_behind_alarms_that_are_late() -> None:
    _, beats = flooded(120 * S)
    assert len(beats) >= 118
    assert max(after - before for before, after in pairwise(beats)) < 2 * S


def test_what_is_late_does_not_pile_up() -> None:
    _, early = flooded(1 * S)
    scheduler, _ = flooded(120 * S)
    assert early
    lived = 2 * LINGER * ACCEPTS // (ACCEPTS * 4 * MS)  # armed while the longest of them runs
    assert scheduler.waiting < 4 * lived


def backlog(beat_takes: int, each: int) -> tuple[list[int], list[int]]:
    """When a beat of 100 ms and a thousand alarms came that were all due at once."""
    clock = Crowd()
    scheduler = Scheduler(clock)
    beats: list[int] = []
    rung: list[int] = []

    def beat() -> None:
        beats.append(clock.now())
        clock.spend(beat_takes)

    def ring() -> None:
        rung.append(clock.now())
        clock.spend(each)

    scheduler.every(100 * MS, beat, name="beat", priority=FIRST)
    for number in range(1_000):
        scheduler.at(0, ring, name=f"late {number}")
    scheduler.run(20 * S)
    return beats, rung


def test_the_beat_passes_a_backlog_that_takes_ten_seconds() -> None:
    beats, rung = backlog(beat_takes=0, each=10 * MS)
    assert rung[-1] > 9 * S
    assert beats[0] < 120 * MS
    assert max(after - before for before, after in pairwise(beats)) < 120 * MS


def test_a_beat_that_is_always_late_itself_lets_the_others_go_on() -> None:
    beats, rung = backlog(beat_takes=150 * MS, each=MS)
    assert len(rung) > 100, "one goes between two beats"
    assert len(beats) > 100
