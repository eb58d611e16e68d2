"""Watchdog manager: whether everybody is alive who has to be.

Each supervised entity checks in; a task of the highest priority counts.  Too few or too many
check-ins, or a deadline between two points passed, is a failure: it leads to the safe stop, and
the hardware or systemd watchdog is no longer fed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bsw.dlt import Logger
from bsw.os.clock import MS
from bsw.os.scheduler import FIRST, Alarm, Scheduler, Task

CYCLE: Final = 100 * MS


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
    bad: int = 0


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
        self._task: Task | None = None
        self.failed = False

    def supervise(self, name: str, rule: Alive | None = None) -> Entity:
        entity = Entity(name)
        self._entities.append(_Supervised(entity, rule or Alive(), self._scheduler.now))
        return entity

    def deadline(self, name: str, within: int) -> Alarm:
        """A point that must be reached in time: ``cancel`` the alarm there."""
        return self._scheduler.after(
            within,
            lambda: self._fail(name, f"not reached within {within // MS} ms"),
            name=f"deadline {name}",
            priority=FIRST,
        )

    def start(self) -> None:
        self._task = self._scheduler.every(
            self._cycle, self._look, name="wdgm", priority=FIRST, slack=self._cycle // 10
        )

    def stop(self) -> None:
        if self._task is not None:
            self._task.stop()

    def _look(self) -> None:
        now = self._scheduler.now
        for one in self._entities:
            if now - one.since >= one.rule.window:
                self._judge(one)
                one.since = now
        if not self.failed:
            self._feed_in_time(now)

    def _feed_in_time(self, now: int) -> None:
        """The next time would be too late."""
        if self._fed_at is None or now - self._fed_at + self._cycle > self._feed_each:
            self._fed_at = now
            self._feed()

    def _judge(self, one: _Supervised) -> None:
        count, rule = one.entity.taken(), one.rule
        if not one.entity.active:
            one.bad = 0
            return
        good = count >= rule.least and (rule.most is None or count <= rule.most)
        one.bad = 0 if good else one.bad + 1
        if one.bad > rule.tolerated:
            wanted = f"{rule.least} or more" if rule.most is None else f"{rule.least}..{rule.most}"
            self._fail(one.entity.name, f"{count} signs of life in a window, {wanted} expected")

    def _fail(self, name: str, why: str) -> None:
        if not self.failed:
            self.failed = True
            self._log.error("watchdog", entity=name, why=why)
            self._expired(name, why)
