"""The plug lock's motor: when it may move, and not more often than it stands.

Locks and unlocks on request, waits between movements, and refuses to open a plug that is live.
What the lock reports is read elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bsw.os.budget import Budget
from bsw.os.clock import MS
from bsw.os.scheduler import Scheduler
from can_adapter.signals.values import LockRequest


@dataclass(frozen=True, slots=True)
class LockTiming:
    move: int = 600 * MS  # a movement takes at most so long
    pause: int = 2_650 * MS  # between two movements, for the motor's warmth
    relock_after: int = 5_000 * MS  # after an unlock
    most: int = 60  # lockings at once,
    each: int = 30_000 * MS  # then one more in this time; to unlock is never refused


@dataclass(frozen=True, slots=True)
class LockConditions:
    """What stands in the way of opening."""

    voltage: float | None
    current: float | None
    permitted: bool  # by the vehicle, or by the stop button
    plugged: bool

    @property
    def may_open(self) -> bool:
        dead = self.voltage is not None and self.voltage < 60.0
        still = self.current is not None and abs(self.current) < 1.0
        return dead and still and (self.permitted or not self.plugged)


class PlugLock:
    """``show`` puts a request on the bus."""

    def __init__(
        self, scheduler: Scheduler, show: Callable[[LockRequest], None], timing: LockTiming
    ) -> None:
        self._scheduler = scheduler
        self._show = show
        self._timing = timing
        self._wish: bool | None = None
        self._now = LockRequest.KEEP
        self._free_at = 0  # the motor may move again
        self._lock_at = 0  # and lock again
        self.budget = Budget(timing.most, timing.each)
        self._conditions = LockConditions(None, None, permitted=False, plugged=False)
        self._alarm = scheduler.alarm(self._consider, name="lock")

    @property
    def wish(self) -> bool | None:
        return self._wish

    def request(self, *, locked: bool) -> None:
        self._wish = locked
        self._consider()

    def conditions(self, conditions: LockConditions) -> None:
        """Something that decides about opening has changed."""
        if conditions != self._conditions:
            self._conditions = conditions
            self._consider()

    def _consider(self) -> None:
        wanted = LockRequest.LOCK if self._wish else LockRequest.UNLOCK
        if self._wish is None or wanted is self._now:
            self._alarm.cancel()
            return
        now, timing = self._scheduler.now, self._timing
        if wanted is LockRequest.UNLOCK and not self._conditions.may_open:
            return  # new conditions bring us back here
        locking = wanted is LockRequest.LOCK
        ready = max(self._free_at, self._lock_at if locking else 0)
        ready = max(ready, now + self.budget.wait(now) if locking else 0)
        if now < ready:
            self._alarm.rearm(ready - now)
            return
        self._now = wanted
        self._free_at = now + timing.move + timing.pause
        if locking:
            self.budget.spend(now)
        else:
            self._lock_at = now + timing.relock_after
        self._show(wanted)
