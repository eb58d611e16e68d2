"""Which of the offered energy transfer modes this vehicle can use."""

from collections.abc import Collection
from typing import Final

from bsw.chrgm.modes import NONE, Mode, mode_of
from bsw.chrgm.services import energy_by_mode

FALLBACK: Final = {"AC_three_phase_core": "AC_single_phase_core"}
"""A three-phase charger also charges from one phase; no other inlet fits two modes."""


def usable_mode(wanted: str, offered: Collection[str]) -> Mode:
    """The wanted mode if offered, else one the same inlet can use, else ``NONE``.

    ``offered`` are the words of ISO 15118-2; an installed service has one for a mode of its own.
    """
    services = energy_by_mode("iso2")
    for name in (wanted, FALLBACK.get(wanted, "")):
        if name in services and services[name].word in offered:
            return mode_of(name)
    return NONE
