"""Whether the back end has accepted the station, and when to ask it again.

Owns the table of what may be said in which state [B01 to B03].  Knows no version and no line: it
asks through the port it is given, and hears the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from ocpp.station.translation import Registered, Registration
from ocpp.versions import Problem, Wrong


class Standing(Enum):
    """Where the station stands with its back end since power-on."""

    UNKNOWN = "unknown"
    PENDING = "pending"
    REJECTED = "rejected"
    ACCEPTED = "accepted"


_STANDINGS: Final = {
    Registration.ACCEPTED: Standing.ACCEPTED,
    Registration.PENDING: Standing.PENDING,
    Registration.REJECTED: Standing.REJECTED,
}
_NOT_WHILE_PENDING: Final = {
    "RequestStartTransaction",
    "RequestStopTransaction",
    "RemoteStartTransaction",
    "RemoteStopTransaction",
}


@dataclass(frozen=True, slots=True)
class BootRules:
    """``patience`` is the wait where the back end gives none, or does not answer."""

    patience: int = 60 * S


DEFAULT_BOOT: Final = BootRules()


class Boot:
    """Asks until it is accepted; then never again in this run, whatever the line does."""

    def __init__(
        self,
        scheduler: Scheduler,
        *,
        ask: Callable[[], None],
        accepted: Callable[[Registered], None],
        rules: BootRules = DEFAULT_BOOT,
    ) -> None:
        """``ask`` sends a BootNotification; ``answered`` or ``unanswered`` must follow."""
        self.standing = Standing.UNKNOWN
        self._ask = ask
        self._accepted = accepted
        self._rules = rules
        self._connected = False
        self._asked = False
        self._again = scheduler.alarm(self._due, name="ocpp.boot")

    def close(self) -> None:
        self._again.cancel()

    def connected(self) -> None:
        """The line is there: ask, unless the back end wants to be left alone for now."""
        self._connected = True
        if self.standing is not Standing.ACCEPTED and not self._again.armed:
            self._due()

    def disconnected(self) -> None:
        self._connected = self._asked = False

    def asked_for(self) -> bool:
        """The back end asks for a BootNotification [B02.FR.04, F06.FR.17]: whether it gets one."""
        if self.standing is Standing.ACCEPTED:
            return False
        self._again.rearm(0)
        return True

    def answered(self, registered: Registered) -> None:
        self._asked = False
        self.standing = _STANDINGS[registered.registration]
        if self.standing is Standing.ACCEPTED:
            self._again.cancel()
            self._accepted(registered)
        else:
            self._again.rearm(registered.interval or self._rules.patience)

    def unanswered(self) -> None:
        """Refused, silent or nonsense."""
        self._asked = False
        self._again.rearm(self._rules.patience)

    def objection(self) -> Problem | None:
        """Why a call of the back end is not served now [B01.FR.08, B02.FR.01, B03.FR.08]."""
        if self.standing in {Standing.UNKNOWN, Standing.REJECTED}:
            return Problem(Wrong.SECURITY, f"the station is {self.standing.value} here")
        return None

    def refuses(self, action: str) -> bool:
        """Whether it is answered with Rejected: no transactions by wire yet [B02.FR.05]."""
        return self.standing is Standing.PENDING and action in _NOT_WHILE_PENDING

    def _due(self) -> None:
        if self._connected and not self._asked and self.standing is not Standing.ACCEPTED:
            self._asked = True
            self._ask()
