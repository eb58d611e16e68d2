"""Which of the offered energy transfer modes this vehicle can use."""

from collections.abc import Collection, Iterable
from typing import Final

from bsw.chrgm.applications import Application
from bsw.chrgm.modes import NONE, Mode, mode_of
from bsw.chrgm.protocols import protocol
from bsw.chrgm.services import energy_by_mode

OLDER: Final = {
    "AC_BPT": "AC_three_phase_core",
    "DC": "DC_extended",
    "DC_BPT": "DC_extended",
    "MCS": "DC_extended",
    "MCS_BPT": "DC_extended",
}
"""What DIN 70121 and ISO 15118-2 call the inlet of a mode that only ISO 15118-20 has."""
FALLBACK: Final = {"AC_three_phase_core": "AC_single_phase_core"}
"""A three-phase charger also charges from one phase; no other inlet fits two modes."""


def older(mode: str) -> str:
    return OLDER.get(mode, mode)


def usable_mode(wanted: str, offered: Collection[str]) -> Mode:
    """The wanted mode if offered, else one the same inlet can use, else ``NONE``.

    ``offered`` are the words of ISO 15118-2; an installed service has one for a mode of its own.
    """
    services = energy_by_mode("iso2")
    wanted = wanted if wanted in services else older(wanted)
    for name in (wanted, FALLBACK.get(wanted, "")):
        if name in services and services[name].word in offered:
            return mode_of(name)
    return NONE


_LESS: Final = {
    "MCS_BPT": ("MCS_BPT", "MCS", "DC_BPT", "DC"),
    "MCS": ("MCS", "DC"),
    "DC_BPT": ("DC_BPT", "DC"),
    "DC_ACDP_BPT": ("DC_ACDP_BPT", "DC_ACDP"),
    "DC_ACDP": ("DC_ACDP",),
    "AC_BPT": ("AC_BPT", "AC"),
}
"""What an inlet for the first can be charged by, best first; other modes by their current."""


def usable(applications: Iterable[Application], mode: Mode) -> list[Application]:
    """Those that carry a service for this inlet, pantograph or receiver."""
    services = set(wanted_services(mode))
    return [
        one
        for one in applications
        if protocol(one.name).serves(mode) and (not one.services or one.services & services)
    ]


def wanted_services(mode: Mode) -> tuple[str, ...]:
    """The words of the services that fit the inlet, best first."""
    if mode.name in _LESS:
        return _LESS[mode.name]
    return ("AC",) if mode.ac else ("DC",) if mode.dc else (mode.name,)
