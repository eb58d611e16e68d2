"""How one case of ISO 15118-20 is set up, and where it is played."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from bsw.chrgm.modes import Mode
from bsw.chrgm.protocols import ISO20
from bsw.chrgm.services import energy_by_word

AC_MODE: Final = "AC_three_phase_core"
FOREIGN: Final = (
    "inside only: it sets up our own protocol engine in a way no command of a device does"
)


@dataclass(frozen=True, slots=True)
class NewerSetup:
    """``inside`` says why a case has no wire; empty: it has one."""

    service: str = "DC"
    can: str = ""
    """What the device has to be able to, by the names of its profile."""

    condition: str = ""
    """What it has to be in."""

    external_alone: bool = False
    """It must not take contracts."""

    inside: str = ""
    plain: bool = False
    """Without TLS, as some devices do it in a laboratory."""

    bench: Callable[[Any], Any] | None = field(default=None, compare=False, repr=False)
    """Where it is played; ``None``: beside our own protocol engine in virtual time."""

    protocol = ISO20.name
    contract = False
    certificates = ""

    @property
    def energy(self) -> Mode:
        return energy_by_word(ISO20.name)[self.service].mode

    @property
    def mode(self) -> str:
        return AC_MODE if self.service == "AC" else self.service

    @property
    def ac(self) -> bool:
        return self.energy.ac

    @property
    def tls(self) -> bool:
        return not self.plain


def application_of(service: str) -> str:
    """What carries the service."""
    return next(one.name for one in ISO20.applications if service in one.services)
