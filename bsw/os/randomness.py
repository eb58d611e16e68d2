"""What ``bsw`` asks of chance.

Session ids, nonces, SLAC run ids and the faults of the simulated world all come through this
port.  ``csm.randomness`` has the two sources: the host's, and one that a seed repeats.
"""

from typing import Protocol


class Randomness(Protocol):
    def octets(self, count: int) -> bytes:
        """``count`` octets nobody can guess (or, from a seed, that everybody can repeat)."""

    def below(self, bound: int) -> int:
        """An integer from 0 to ``bound`` - 1, all equally likely."""

    def chance(self, probability: float) -> bool:
        """True with the given probability: 0.0 never, 1.0 always."""
