"""What every block of a station knows of an outlet, and what it may ask of the charger."""

from dataclasses import dataclass, field
from typing import Protocol

from bsw.os.scheduler import Alarm
from ocpp.station.outlet import Outlet
from ocpp.station.records import Sample, Stop, Token
from ocpp.station.translation import ConnectorState, ConnectorView, Verdict


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


@dataclass(slots=True)
class Place:
    """One EVSE with what belongs to it.

    ``grace`` is the energy of the transaction at which a driver whom the back end does not take is
    stopped; ``names`` are the back end's ids (1.6) and ours.
    """

    outlet: Outlet
    connect: Alarm
    metering: Alarm
    told: str | None = None
    fault: bool = False
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
        occupied = outlet.connector is not None
        state = ConnectorState.OCCUPIED if occupied else ConnectorState.AVAILABLE
        return ConnectorView(
            ConnectorState.FAULTED if self.fault else state,
            outlet.charging,
            outlet.token is not None,
            outlet.finished,
        )
