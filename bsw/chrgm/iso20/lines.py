"""Powers of the three lines in ISO 15118-20 AC messages, and what the un-suffixed field means.

One phase: that line.  Three phases without the other lines: the sum.  With them: line 1 alone
[V2G20-1815..1819].  Here stands the only place that makes one from the other.
"""

from dataclasses import dataclass

from bsw.chrgm.iso20.words import si


@dataclass(frozen=True, slots=True)
class Lines:
    """W.  ``each`` has what every line was told by itself; empty where only a sum was."""

    total: float
    each: tuple[float, ...] = ()

    def least_line(self, phases: int) -> float:
        """What a charger that loads all lines alike may take from each, or give to each.

        Where one line takes and another gives, it can do neither.
        """
        if not self.each:
            return self.total / phases
        low, high = min(self.each), max(self.each)
        return low if low > 0 else min(0.0, high)


def lines(message: object, name: str) -> Lines | None:
    """``lines(mode, "evse_maximum_charge_power")``; ``None`` where it is left out."""
    first = si(getattr(message, name, None))
    if first is None:
        return None
    others = [si(getattr(message, f"{name}_l{line}", None)) for line in (2, 3)]
    told = [one for one in others if one is not None]
    if not told:
        return Lines(first)
    return Lines(first + sum(told), (first, *told))
