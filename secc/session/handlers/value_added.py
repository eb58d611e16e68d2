"""Value-added services on the station, in any protocol: what there is now, and who hears of it.

Ours are offered as the charger interface says; one that a package brings, as its own code says.
The words of each protocol stand with its handlers.
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from bsw.chrgm.services import CERTIFICATES, INTERNET, PARKING, ValueAddedService, at
from bsw.chrgm.services import value_added as known_services
from secc.session.context import StationContext


class Provider(Protocol):
    """What a record's ``station`` makes."""

    def offered(self) -> bool:
        """Whether there is such a service for this vehicle now."""

    def selected(self, parameter_set: int | None) -> None:
        """The vehicle takes it."""


class Told:
    """A service of ours: there if the other side of the charger interface says so."""

    def __init__(self, offered: Callable[[], bool]) -> None:
        self.offered = offered

    def selected(self, parameter_set: int | None) -> None:
        """It stands in the session's record, and nothing else follows from it."""


OWN: Final[dict[str, Callable[[StationContext], Provider]]] = {
    CERTIFICATES: lambda station: Told(lambda: station.state.certificate_service),
    INTERNET: lambda station: Told(lambda: station.state.internet_service),
    PARKING: lambda station: Told(lambda: station.state.parking_service),
}


class Providers:
    """The services of one protocol and one session."""

    def __init__(self, station: StationContext, protocol: str) -> None:
        self._station = station
        self._services = known_services(protocol)
        self._providers: dict[int, Provider] = {
            number: (at(one.station) if one.station else OWN[one.name])(station)
            for number, one in self._services.items()
            if one.station or one.name in OWN
        }

    @property
    def here(self) -> list[ValueAddedService]:
        """Over TLS only: there are none without it."""
        if not self._station.record.agreed.secure:
            return []
        return [self._services[number] for number, one in self._providers.items() if one.offered()]

    def take(self, chosen: Mapping[int, int | None]) -> None:
        """What was selected of them, by its set, and was found good."""
        taken = self._station.record.services
        taken.clear()
        for number, parameter_set in chosen.items():
            if number in self._providers:
                taken[number] = parameter_set
                self._providers[number].selected(parameter_set)
