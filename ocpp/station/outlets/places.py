"""What every block of a station knows of an outlet, and what it may ask of the charger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from bsw.os.scheduler import Alarm
from ocpp.station.charging.composite import Limit, Supply
from ocpp.station.contracts.shown import ContractRules
from ocpp.station.outlets.outlet import Outlet
from ocpp.station.records import Sample, Stop, Token
from ocpp.station.translation import ConnectorState, ConnectorView, Verdict


class Lock(Enum):
    """How a connector's lock is after it was to be opened."""

    UNLOCKED = "Unlocked"
    FAILED = "UnlockFailed"


class Charger(Protocol):
    """What the back end's word does at the outlets."""

    def allow(self, evse: int, token: Token) -> None:
        """The driver may charge here."""

    def refuse(self, evse: int, token: Token, verdict: Verdict) -> None:
        """The driver may not."""

    def stop(self, evse: int, why: Stop) -> None:
        """Stop energy, if there is any; the station hears ``stopped`` when it has."""

    def meter(self, evse: int) -> tuple[Sample, ...]:
        """What the outlet's meter shows now."""

    def locks(self, evse: int) -> bool:
        """Whether it has a lock at the station's side; a fixed cable has none."""

    def unlock(self, evse: int) -> Lock:
        """Open the connector's lock at the station's side."""

    def show(self, evse: int, lines: tuple[str, ...]) -> None:
        """On the outlet's display; 0 is the station's."""

    def senses(self, evse: int) -> bool:
        """Whether it sees a vehicle that is plugged in before that says anything."""

    def supply(self, evse: int) -> Supply:
        """What the outlet is fed with."""

    def limit(self, evse: int, limit: Limit, supply: Supply) -> None:
        """What may flow from now on; where nobody has set it, whatever the hardware can."""

    def offered(self, evse: int) -> None:
        """What may be offered to the vehicle over time has changed: it is to choose anew."""

    def transfers(self, evse: int) -> tuple[str, ...]:
        """What the outlet can, in 2.1's words for a transfer of energy."""

    def transfers_allowed(self, evse: int, transfers: frozenset[str] | None) -> bool:
        """What a vehicle may choose from now on; ``None``: whatever there is.

        True: a vehicle that is there chooses anew.
        """

    def grid(self, controls: Mapping[str, tuple[str, Mapping[str, Any]]]) -> None:
        """The grid's controls that count now: kind and values by id, as 2.1 has them."""

    def contracts(self, rules: ContractRules) -> None:
        """What is allowed of contracts from now on."""

    def restart(self) -> bool:
        """Start the whole station anew, soon.  False: it cannot now."""


@dataclass(slots=True)
class Place:
    """One EVSE with what belongs to it.

    ``grace`` is the energy of the transaction at which a driver whom the back end does not take is
    stopped; ``names`` are the back end's ids (1.6) and ours.  ``blocked``: a limit is reached;
    ``rests``: energy does not go on after a reset or a power cut, or not yet; ``waits``: what was
    interrupted here is neither resumed nor ended yet.
    """

    outlet: Outlet
    connect: Alarm
    metering: Alarm
    keeping: Alarm
    told: str | None = None
    fault: bool = False
    inoperative: bool = False
    reserved: bool = False
    blocked: bool = False
    rests: bool = False
    waits: bool = False
    asked: Token | None = None
    grace: float | None = None
    names: dict[int, str] = field(default_factory=dict)

    @property
    def evse(self) -> int:
        return self.outlet.evse

    @property
    def view(self) -> ConnectorView:
        """How the connector is."""
        outlet = self.outlet
        return ConnectorView(
            self._state,
            outlet.charging,
            outlet.token is not None,
            outlet.finished,
        )

    @property
    def holds_back(self) -> bool:
        """Nothing may flow for now."""
        return self.blocked or self.rests

    @property
    def free(self) -> bool:
        """Whether somebody could come, were it not kept for somebody else."""
        outlet = self.outlet
        taken = outlet.connector is not None or outlet.token is not None or self.asked is not None
        return not (taken or self.fault or self.inoperative)

    @property
    def _state(self) -> ConnectorState:
        """What weighs more comes first."""
        if self.fault:
            return ConnectorState.FAULTED
        if self.inoperative:
            return ConnectorState.UNAVAILABLE
        if self.reserved and self.outlet.token is None:
            return ConnectorState.RESERVED
        occupied = self.outlet.connector is not None
        return ConnectorState.OCCUPIED if occupied else ConnectorState.AVAILABLE
