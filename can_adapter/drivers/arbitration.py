"""Who has the simulated bus, and until when: the lowest identifier of those that wait.

A frame that is played ends with an alarm.  One of a ring that the bus has taken over has its turn
and its time without: it is worked off when the next frame comes or somebody asks, and those
whom it concerns are told how many there were.  What a frame does at its end is the bus's matter.
"""

import heapq
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Protocol

from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanFrame
from can_adapter.drivers.simulated_port import SimulatedPort

if TYPE_CHECKING:
    from can_adapter.drivers.standing import Standing

Transfer = tuple[int, int, SimulatedPort, "CanFrame | None", "Standing | None", int]
"""What waits for the bus or is on it: key, a serial that no other has, sender; and either a frame
that is played, or a ring and the counter of the one of its frames that is not."""


class Ends(Protocol):
    """What becomes of a frame that had its time."""

    def destroyed(self) -> bool:
        """Whether this one was, for all."""

    def punish(self, sender: SimulatedPort) -> None:
        """It was, and will be sent again."""

    def deliver(self, sender: SimulatedPort, frame: CanFrame, now: int) -> None: ...


class Arbitration:
    def __init__(
        self, scheduler: Scheduler, duration: Callable[[CanFrame], int], ends: Ends
    ) -> None:
        self._scheduler = scheduler
        self._now = scheduler.clock.now
        self._duration = duration
        self._at_end = ends
        self._waiting: list[Transfer] = []
        self._current: Transfer | None = None
        self._began = self._ends = 0
        self._loud = 0  # frames waiting or on the bus that are played
        self._alarm = scheduler.alarm(self._finish, name="can")  # armed while there are any
        self._untold: list[Standing] = []
        self._serials = count()
        self._busy_time = 0

    @property
    def busy_time(self) -> int:
        self.catch_up()
        return self._busy_time

    def queue(
        self,
        key: int,
        port: SimulatedPort,
        frame: CanFrame | None,
        standing: "Standing | None" = None,
        counter: int = 0,
    ) -> None:
        """Who asks at the instant a frame starts still takes part."""
        transfer = (key, next(self._serials), port, frame, standing, counter)
        port.waiting += 1
        now = self._now()
        if self._current is not None and self._ends <= now and self._alarm.serial < 0:
            self._work_off(now)
        if frame is not None:
            self._loud += 1
        current = self._current
        if current is None:
            self._begin(transfer, now)
        elif self._began == now and transfer < current:
            heapq.heappush(self._waiting, current)
            self._begin(transfer, now)
        else:
            heapq.heappush(self._waiting, transfer)
            self._hear_the_end()

    def catch_up(self) -> None:
        """Account for what has passed until now, and tell those whom it concerns."""
        now = self._now()
        if self._current is not None and self._ends < now and self._alarm.serial < 0:
            self._work_off(now - 1)
        for standing in self._untold:
            standing.tell()
        self._untold.clear()

    def play(self, standing: "Standing") -> None:
        """Its frames are played, those that wait and the one on the bus."""
        self.catch_up()
        if self._current is not None:
            self._current = self._played(self._current, standing)
        self._waiting = [self._played(one, standing) for one in self._waiting]
        self._hear_the_end()

    def forget(self, port: SimulatedPort) -> None:
        """Nothing of it will be sent.  None of its rings stands any more."""
        port.refused(port.waiting)
        port.waiting = 0
        self._waiting = [waiting for waiting in self._waiting if waiting[2] is not port]
        heapq.heapify(self._waiting)
        if self._current is not None and self._current[2] is port:
            self._current = None
            self._alarm.cancel()
        under_way = self._waiting if self._current is None else [*self._waiting, self._current]
        self._loud = sum(one[3] is not None for one in under_way)
        self._go_on(self._now())

    def _played(self, transfer: Transfer, standing: "Standing") -> Transfer:
        key, serial, port, _, ring, counter = transfer
        if ring is not standing:
            return transfer
        self._loud += 1
        return key, serial, port, standing.frame(counter), None, 0

    def _hear_the_end(self) -> None:
        """Of what is on the bus, if anything under way is played."""
        if self._loud and self._current is not None and self._alarm.serial < 0:
            self._scheduler.arm(self._alarm, self._ends)

    def _work_off(self, until: int) -> None:
        """Nobody hears the end of what is on the bus, nor of anything that waits."""
        while self._current is not None and self._ends <= until:
            transfer, self._current = self._current, None
            self._busy_time += self._ends - self._began
            self._passed(transfer, self._ends)
            if self._waiting:
                self._begin(heapq.heappop(self._waiting), self._ends)

    def _passed(self, transfer: Transfer, when: int) -> None:
        standing = transfer[4]
        assert standing is not None
        transfer[2].waiting -= 1
        if standing.passed(when):
            self._untold.append(standing)

    def _begin(self, transfer: Transfer, now: int) -> None:
        self._current = transfer
        self._began = now
        frame, standing = transfer[3], transfer[4]
        if standing is not None:
            self._ends = now + standing.duration
        else:
            assert frame is not None
            self._ends = now + self._duration(frame)
        if self._loud:
            self._scheduler.arm(self._alarm, self._ends)

    def _finish(self) -> None:
        transfer, self._current = self._current, None
        assert transfer is not None  # the alarm is armed with a transfer only
        now = self._now()
        self._busy_time += now - self._began
        sender, frame = transfer[2], transfer[3]
        if frame is None:
            self._passed(transfer, now)
        elif self._at_end.destroyed():
            heapq.heappush(self._waiting, transfer)
            self._at_end.punish(sender)
        else:
            sender.waiting -= 1
            self._loud -= 1
            self._at_end.deliver(sender, frame, now)
        if self._waiting:
            self._go_on(now)

    def _go_on(self, now: int) -> None:
        if self._current is None and self._waiting:
            self._begin(heapq.heappop(self._waiting), now)
