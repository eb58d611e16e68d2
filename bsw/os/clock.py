"""Where time comes from.

Everything above this module receives ``now`` as an integer number of nanoseconds since an
arbitrary start.  Only this file and its host twin ask the operating system for the time, so a
session that takes half an hour at a charger takes a fraction of a second in a test.
Calendar time is another matter and lives in ``bsw.stbm``.
"""

from collections.abc import Callable
from typing import Final, Protocol

US: Final = 1_000
MS: Final = 1_000_000
S: Final = 1_000_000_000
HOUR: Final = 3_600 * S

Action = Callable[[], None]
"""What an alarm, an event or a ready descriptor calls.  Runs to completion, never waits."""


class Clock(Protocol):
    """A monotonic time source the scheduler can wait on."""

    def now(self) -> int: ...

    def wait_until(self, when: int | None) -> None:
        """Return at ``when``, or earlier because something happened outside.

        ``None`` waits for the outside alone.
        """

    def wait_within(self, earliest: int, latest: int) -> None:
        """The same at whatever time between the two costs least."""

    def wake(self) -> None:
        """End a running or the next wait.  The only method other threads may call."""

    def cpu(self) -> int:
        """The CPU time the thread that asks has spent; ask in the scheduler's."""


class NothingLeft(RuntimeError):
    """Simulated time cannot go on: no alarm is armed and there is no outside to wait for."""

    def __init__(self) -> None:
        super().__init__("no alarm is armed and virtual time has no outside that could wake it")


LOOKS_WITHOUT_PROGRESS = 20_000


class TimeStandsStill(RuntimeError):
    """Simulated time cannot go on: something keeps arming or posting itself without a delay."""

    def __init__(self, now: int) -> None:
        super().__init__(
            f"simulated time stands still at {now} ns: an alarm or an event re-arms itself "
            "without a delay"
        )


class VirtualClock:
    """A clock that jumps straight to the next thing that is due."""

    def __init__(self, start: int = 0) -> None:
        self._now = start
        self._looks = 0

    def now(self) -> int:
        return self._now

    def wait_until(self, when: int | None) -> None:
        if when is None:
            raise NothingLeft
        if when > self._now:
            self._now = when
            self._looks = 0
            return
        self._looks += 1
        if self._looks > LOOKS_WITHOUT_PROGRESS:
            raise TimeStandsStill(self._now)

    def wait_within(self, earliest: int, latest: int) -> None:
        """No time costs anything: as late as it may be, so that most comes together."""
        del earliest
        self.wait_until(latest)

    def wake(self) -> None:
        """Nothing to do: virtual time never sleeps."""

    def cpu(self) -> int:
        """Virtual time costs none."""
        return 0
