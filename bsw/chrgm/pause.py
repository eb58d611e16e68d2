"""How old a pause may get before whoever comes back gets a new session.

The calendar tells its age, over a restart as well.  Where nobody knows the time, or it went back,
a pause is as old as the process knows it to be.
"""

from collections.abc import Callable

from bsw.os.clock import S


class PauseAge:
    """``calendar`` is UNIX time, 0 while nobody knows it; ``most`` and ``now`` are nanoseconds."""

    def __init__(self, now: Callable[[], int], calendar: Callable[[], int], most: int) -> None:
        self._now = now
        self._calendar = calendar
        self._most = most
        self._known_since = now()

    def begin(self) -> int:
        """A pause begins; what to keep with it."""
        self._known_since = self._now()
        return self._calendar()

    def over(self, since: int) -> bool:
        """Whether what was kept with a pause says that it is too old."""
        if self._now() - self._known_since > self._most:
            return True
        today = self._calendar()
        return bool(since and today) and (today - since) * S > self._most
