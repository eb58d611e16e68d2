"""What all commands of the charger interface stand on: the outlet's state, and who hears of it."""

from collections.abc import Callable
from typing import Any

from bsw.dlt import Logger
from bsw.north.command import Commands
from bsw.north.variables import Variables
from secc.api.extensions import PowerStep
from secc.api.literals import SupportedAppProtocol
from secc.api.objects import SupportedAppProtocols
from secc.api.ports import BackEnd, ContractRequests, DataLink, Sessions
from secc.api.state import StationState
from secc.api.variables import variables
from secc.api.verdicts import Verdicts

COMMANDS: list[str] = []
ADDITIONS: list[str] = []
"""Commands the interface does not have elsewhere."""

command, addition = Commands(COMMANDS), Commands(ADDITIONS)


class Core:
    """One outlet, without its commands.

    Who serves it comes and goes with the plug and the configuration, and makes itself known:
    ``served_by``, ``asks_contracts``, ``linked_by``, ``backed_by``.
    """

    def __init__(
        self, speaks: tuple[SupportedAppProtocol, ...], now: Callable[[], int], log: Logger
    ) -> None:
        self.state = StationState()
        self.variables: Variables = variables()
        self.verdicts = Verdicts(now, log)
        self._sessions: Sessions | None = None
        self._contracts: ContractRequests | None = None
        self._link: DataLink | None = None
        self._back_end: BackEnd | None = None
        self._speaks = speaks
        self._listeners: list[Callable[[str], None]] = []
        self.planned: tuple[PowerStep, ...] = ()
        self.generation = 0.0
        self.grid: tuple[float | None, float | None] = (None, None)
        self.grid_event: tuple[str | None, str | None, str] = (None, None, "")

    def served_by(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def asks_contracts(self, contracts: ContractRequests) -> None:
        self._contracts = contracts

    def linked_by(self, link: DataLink) -> None:
        """The link of the plug that has just been put in."""
        self._link = link

    def backed_by(self, back_end: BackEnd) -> None:
        self._back_end = back_end

    @property
    def running(self) -> str:
        """The mode of the session that runs; empty if there is none."""
        return "" if self._sessions is None else self._sessions.running

    @property
    def renegotiates(self) -> bool:
        """The session that runs can choose another service."""
        return self._sessions is not None and self._sessions.renegotiates

    def on_command(self, listener: Callable[[str], None]) -> None:
        self._listeners.append(listener)

    def subscribe(self, name: str, listener: Callable[[Any], None]) -> None:
        """Hear each value of a variable."""
        self.variables.subscribe(name, listener)

    def last(self, name: str) -> Any:  # noqa: ANN401 - the variable's own type
        return self.variables.last(name)

    def missing(self) -> tuple[str, ...]:
        """The commands that must be called before a vehicle is let in."""
        return self.state.missing()

    def publish_start(self) -> None:
        """What this stack can speak, once at start-up."""
        spoken = SupportedAppProtocols(app_protocols=list(self._speaks))
        self.variables.publish("supported_app_protocols_secc", spoken)
        self.variables.publish("service_renegotiation_supported", False)

    def _set(self, name: str, **values: object) -> None:
        for field, value in values.items():
            setattr(self.state, field, value)
        for listener in self._listeners:
            listener(name)
