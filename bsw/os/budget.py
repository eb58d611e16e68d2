"""So many times, and then one more each while: a bound for what wears.

Knows no clock of its own; ``now`` is the scheduler's.
"""


class Budget:
    """``most`` at once, one more ``each`` nanoseconds.  ``most`` 0: without a bound."""

    def __init__(self, most: int, each: int) -> None:
        self._most = most
        self._each = each
        self._even_at = 0  # when all of it would be there again

    def spend(self, now: int) -> None:
        self._even_at = max(now, self._even_at) + self._each

    def left(self, now: int) -> bool:
        return self.wait(now) == 0

    def wait(self, now: int) -> int:
        """Until there is one more; 0 if there is one."""
        if self._most == 0:
            return 0
        return max(0, self._even_at - now - (self._most - 1) * self._each)

    def refill(self) -> None:
        """Somebody else's turn: all of it is there again."""
        self._even_at = 0
