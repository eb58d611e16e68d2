"""So many times, and then one more each while: a bound for what wears.

Knows no clock of its own; ``now`` is the scheduler's.
"""

from collections.abc import Callable


def _nobody() -> None:
    """A budget that nobody keeps."""


class Budget:
    """``most`` at once, one more ``each`` nanoseconds.  ``most`` 0: without a bound."""

    def __init__(self, most: int, each: int) -> None:
        self._changed: Callable[[], None] = _nobody
        self._most = most
        self._each = each
        self._even_at = 0  # when all of it would be there again

    def spend(self, now: int) -> None:
        self._even_at = max(now, self._even_at) + self._each
        self._changed()

    def left(self, now: int) -> bool:
        return self.wait(now) == 0

    def wait(self, now: int) -> int:
        """Until there is one more; 0 if there is one."""
        if self._most == 0:
            return 0
        return max(0, self._even_at - now - (self._most - 1) * self._each)

    def refill(self) -> None:
        """Somebody else's turn: all of it is there again."""
        if self._even_at:
            self._even_at = 0
            self._changed()

    def debt(self, now: int) -> int:
        """How long until all of it is there again."""
        return max(0, self._even_at - now)

    def tell(self, changed: Callable[[], None]) -> None:
        """``changed`` is called when some of it was spent or all of it is there again."""
        self._changed = changed

    def owe(self, now: int, debt: int) -> None:
        """Take over a debt; never more than all there is, whatever the settings were before."""
        if debt > 0:
            self._even_at = now + min(debt, self._most * self._each)
