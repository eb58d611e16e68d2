"""Whether a loop that does not turn is stuck, or its host does not let it run.

Looked at in short pieces by the host's interval timer.  Who computes spends CPU time; who waits in
a call spends none although it is woken in time; who is stopped or starved is woken late, or has
spent too little to have come to an end.  The first two are ours, the third is the host's affair.
"""

from enum import Enum

from bsw.os.clock import S

PIECES = 5
"""A limit is looked at in so many pieces."""

IDLE = 100
"""A piece with less than this part of it in CPU time was spent waiting."""


class Verdict(Enum):
    TURNS = "turns, or may still come to an end"
    COMPUTES = "computes without an end"
    WAITS = "waits in a call"
    STARVED = "the host does not let it run"


class StallJudge:
    """Call ``beat`` when the loop turned and ``look`` from the timer; times in nanoseconds."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._since = self._cpu = 0
        self._looked, self._spent, self._idle = 0, 0, 0

    @property
    def piece(self) -> int:
        return self.limit // PIECES

    def beat(self, now: int, cpu: int) -> str:
        """The loop turned.  What is to be said if the host had kept it from that, else nothing."""
        stalled = self._since and now - self._since > self.limit
        said = self.account(now, cpu) if stalled else ""
        self._since = self._looked = now
        self._cpu = self._spent = cpu
        self._idle = 0
        return said

    def look(self, now: int, cpu: int) -> Verdict:
        """The loop has not turned since the last beat; a piece is over."""
        piece, spent = now - self._looked, cpu - self._spent
        if spent * IDLE < piece:
            self._idle += min(piece, 2 * self.piece)  # a longer one: nobody woke us in time
        self._looked, self._spent = now, cpu
        if cpu - self._cpu >= self.limit * 4 // PIECES:
            return Verdict.COMPUTES
        if self._idle >= self.limit:
            return Verdict.WAITS
        return Verdict.STARVED if now - self._since > self.limit else Verdict.TURNS

    def account(self, now: int, cpu: int) -> str:
        return f"{(cpu - self._cpu) / S:.1f} s of CPU time in {(now - self._since) / S:.1f} s"
