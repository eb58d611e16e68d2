"""When to try again, and with which offer: the politeness of a client that lost its server.

Pure arithmetic; the randomness that spreads thousands of stations comes through the port.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bsw.os.clock import S
from bsw.os.randomness import Randomness
from ocpp.versions import NEWEST_FIRST, Version

_STEP = S // 1000
"""The random part is drawn in milliseconds."""


@dataclass(frozen=True, slots=True)
class BackOffRules:
    """RetryBackOffWaitMinimum, RetryBackOffRandomRange, RetryBackOffRepeatTimes."""

    minimum: int = 30 * S
    random_range: int = 10 * S
    repeats: int = 5


DEFAULT_BACK_OFF: Final = BackOffRules()


class BackOff:
    """The wait doubles ``repeats`` times, each time with a new random part, then stays."""

    def __init__(self, rules: BackOffRules, randomness: Randomness) -> None:
        self.rules = rules  # others count from the next wait on
        self._randomness = randomness
        self._failures = 0

    def wait(self) -> int:
        """How long to wait before the next try; each call is one more failure."""
        rules = self.rules
        doubled = rules.minimum << min(self._failures, rules.repeats)
        self._failures += 1
        return doubled + self._randomness.below(rules.random_range // _STEP + 1) * _STEP

    def connected(self) -> None:
        self._failures = 0


@dataclass(slots=True)
class Offers:
    """What is offered in a handshake: all versions at once, best first.

    A server that cannot pick from a list gets them one at a time, in the same order, and then the
    list again.  What it took alone is offered first when the connection is lost.
    """

    wished: Sequence[Version] = NEWEST_FIRST
    _alone: int | None = field(default=None, init=False)

    def next(self) -> tuple[Version, ...]:
        return tuple(self.wished) if self._alone is None else (self.wished[self._alone],)

    def not_understood(self) -> None:
        """The server refused this offer, or picked nothing, or something else."""
        if len(self.wished) == 1:
            return
        following = 0 if self._alone is None else self._alone + 1
        self._alone = following if following < len(self.wished) else None
