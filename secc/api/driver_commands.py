"""Commands of whoever speaks with the driver, for a display or an app of the integrator.

Additions to the interface.  They need a back end: it is told, and the account is its.
"""

from typing import Annotated, Final

from pydantic import Field

from bsw.north.command import CommandError, refused
from secc.api.core import Core, addition
from secc.api.ports import BackEnd

NOBODY: Final = "nothing is charged for anybody here now; call it while a transaction runs"


class DriverCommands(Core):
    """What the driver wants."""

    @addition
    def limit_transaction(
        self,
        *,
        max_energy: Annotated[float, Field(ge=0, le=1e9)] | None = None,
        max_cost: Annotated[float, Field(ge=0, le=1e9)] | None = None,
        max_time: Annotated[int, Field(ge=0, le=10**9)] | None = None,
        max_soc: Annotated[int, Field(ge=0, le=100)] | None = None,
    ) -> None:
        """So much and no more: Wh, money, seconds, percent.  What is left out stays as it was."""
        told = {"maxEnergy": max_energy, "maxCost": max_cost, "maxTime": max_time}
        all_told = (told | {"maxSoC": max_soc}).items()
        limits = {name: value for name, value in all_told if value is not None}
        if not limits:
            raise CommandError(
                "limit_transaction: nothing is limited; give max_energy, for example"
            )
        if not self._asked("limit_transaction").limit(limits):
            raise CommandError(f"limit_transaction: {NOBODY}")
        self._set("limit_transaction")

    @addition
    def decline_tariff(self) -> None:
        """The driver has seen what it costs and does not want it: nothing is charged for that."""
        if not self._asked("decline_tariff").decline():
            raise CommandError("decline_tariff: nobody has been let in here who could decline")
        self._set("decline_tariff")

    @addition
    def wish_priority(self, *, wanted: bool = True) -> None:
        """Charge by the back end's profile for priority, or as everybody again."""
        if not self._asked("wish_priority").prioritize(wanted=wanted):
            raise refused(
                "wish_priority",
                "wanted",
                "no transaction runs here, or the back end has set no profile for priority",
            )
        self._set("wish_priority")

    def _asked(self, name: str) -> BackEnd:
        if self._back_end is None:
            raise CommandError(f"{name}: this station has no back end; configure ocpp.url")
        return self._back_end
