"""Which of the offered energy transfer modes this vehicle can use."""

from collections.abc import Collection
from typing import Final

from bsw.chrgm.modes import NONE, Mode, mode_of

FALLBACK: Final = {"AC_three_phase_core": "AC_single_phase_core"}
"""A three-phase charger also charges from one phase; no other inlet fits two modes."""


def usable_mode(wanted: str, offered: Collection[str]) -> Mode:
    """The wanted mode if offered, else one the same inlet can use, else ``NONE``."""
    if wanted in offered:
        return mode_of(wanted)
    other = FALLBACK.get(wanted, "")
    return mode_of(other) if other in offered else NONE
