"""What a meter says, as a message can carry it."""

from typing import Final

LARGEST: Final = 2**64 - 1
"""A reading is an unsignedLong in each protocol that has one."""


def reading(energy: float) -> int | None:
    """Whole Wh; ``None`` for more than the wire carries: no meter in order says that."""
    told = max(0, round(energy))
    return told if told <= LARGEST else None
