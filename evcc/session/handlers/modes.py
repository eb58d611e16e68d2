"""Which of the offered energy transfer modes this vehicle can use."""

from collections.abc import Collection
from typing import Final

FALLBACK: Final = {"AC_three_phase_core": "AC_single_phase_core"}
"""A three-phase charger also charges from one phase; no other inlet fits two modes."""


def usable_mode(wanted: str, offered: Collection[str]) -> str:
    """The wanted mode if offered, else one the same inlet can use, else empty."""
    if wanted in offered:
        return wanted
    other = FALLBACK.get(wanted, "")
    return other if other in offered else ""
