"""Watchdog manager: whether everybody is alive who has to be.

Each supervised entity checks in; a task of the highest priority counts.  Too few or too many
check-ins is a failure: it leads to the safe stop, and the hardware or systemd watchdog is no longer
fed.  Who had no turn owes nothing: while the host stops or starves the process a window goes on
until everybody had the turns that belong to it, or until somebody else spent them computing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bsw.dlt import Logger
from bsw.os.clock import MS
from bsw.os.scheduler import FIRST, LAST, Scheduler, Task

CYCLE: Final = 100 * MS
COMPUTED: Final = 80
"""A window with so many percent of it in CPU time was ours, whoever had a turn in it."""


@dataclass(frozen=True, slots=True)
class Alive:
    """``least`` to ``most`` check-ins within ``window``; ``tolerated`` bad windows in a row."""

    window: int = 1_000 * MS
    least: int = 1
    most: int | None = None
    tolerated: int = 0


class Entity:
    """A room's hand on the watchdog: call ``alive`` each time round."""

    __slots__ = ("_count", "active", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.active = True
        self._count = 0

    def alive(self) -> None:
        self._count += 1

    def taken(self) -> int:
        count, self._count = self._count, 0
        return count


@dataclass(slots=True)
class _Supervised:
    entity: Entity
    rule: Alive
    since: int
    cpu: int
    rounds: int = 0
    bad: int = 0

    def begin(self, now: int, cpu: int) -> None:
        self.since, self.cpu, self.rounds = now, cpu, 0

    def over(self, now: int, cpu: int, cycle: int) -> bool:
        """The time has passed, and everybody had its turns or the CPU time was spent by us."""
        if now - self.since < self.rule.window:
            return False
        turns = max(1, self.rule.window // cycle - 1)  # the last one comes after the look
        return self.rounds >= turns or (cpu - self.cpu) * 100 >= self.rule.window * COMPUTED


class WdgM:
    """``expired`` hears once, with the entity's name and what was wrong.

    ``feed`` is called at least each ``feed_each``, as long as all is well.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        log: Logger,
        *,
        expired: Callable[[str, str], None],
        feed: Callable[[], None] = lambda: None,
        feed_each: int = CYCLE,
        cycle: int = CYCLE,
    ) -> None:
        self._scheduler = scheduler
        self._log = log
        self._expired = expired
        self._feed = feed
        self._feed_each = feed_each
        self._fed_at: int | None = None
        self._cycle = cycle
        self._entities: list[_Supervised] = []
        self._tasks: tuple[Task, ...] = ()
        self.failed = False

    def supervise(self, name: str, rule: Alive | None = None) -> Entity:
        entity = Entity(name)
        now, cpu = self._times()
        self._entities.append(_Supervised(entity, rule or Alive(), now, cpu))
        return entity

    def start(self) -> None:
        for one in self._entities:
            one.begin(*self._times())
            one.entity.taken()
        every, cycle = self._scheduler.every, self._cycle
        self._tasks = (
            every(cycle, self._look, name="wdgm", priority=FIRST, aligned=True),
            every(cycle, self._round, name="wdgm round", priority=LAST, aligned=True),
        )

    def stop(self) -> None:
        for task in self._tasks:
            task.stop()

    def _times(self) -> tuple[int, int]:
        clock = self._scheduler.clock
        return clock.now(), clock.cpu()

    def _round(self) -> None:
        """All that was due before this has had its turn."""
        for one in self._entities:
            one.rounds += 1

    def _look(self) -> None:
        now, cpu = self._times()
        for one in self._entities:
            if one.over(now, cpu, self._cycle):
                self._judge(one, now - one.since)
                one.begin(now, cpu)
        if not self.failed:
            self._feed_in_time(now)

    def _feed_in_time(self, now: int) -> None:
        """The next time would be too late."""
        if self._fed_at is None or now - self._fed_at + self._cycle > self._feed_each:
            self._fed_at = now
            self._feed()

    def _judge(self, one: _Supervised, lasted: int) -> None:
        count, rule = one.entity.taken(), one.rule
        if not one.entity.active:
            one.bad = 0
            return
        windows = lasted // rule.window  # one that went on may hold so much more
        good = count >= rule.least and (rule.most is None or count <= rule.most * windows)
        one.bad = 0 if good else one.bad + 1
        if one.bad > rule.tolerated:
            wanted = f"{rule.least} or more" if rule.most is None else f"{rule.least}..{rule.most}"
            self._fail(one.entity.name, f"{count} signs of life in a window, {wanted} expected")

    def _fail(self, name: str, why: str) -> None:
        if not self.failed:
            self.failed = True
            self._log.error("watchdog", entity=name, why=why)
            self._expired(name, why)
