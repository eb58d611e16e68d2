"""Value-added services on the station, in ISO 15118-2: what is offered and what was selected.

Ours are offered as the charger interface says; one that a package brings, as its own code says.
"""

from collections.abc import Callable
from typing import Final, Protocol

from bsw.chrgm.messages import iso2
from bsw.chrgm.services import CERTIFICATES, INTERNET, ParameterSet, ValueAddedService, at
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
}


class ValueAdded:
    def __init__(self, station: StationContext) -> None:
        self._station = station
        self._services = known_services("iso2")
        self._providers: dict[int, Provider] = {
            number: (at(one.station) if one.station else OWN[one.name])(station)
            for number, one in self._services.items()
            if one.station or one.name in OWN
        }

    def _here(self) -> list[ValueAddedService]:
        """Over TLS only: there are none without it."""
        if not self._station.record.agreed.secure:
            return []
        return [self._services[number] for number, one in self._providers.items() if one.offered()]

    def offered(self) -> tuple[iso2.Service, ...]:
        return tuple(
            iso2.Service(
                service_id=one.number,
                service_name=one.name,
                service_category=iso2.ServiceCategory(one.category),
                free_service=one.free,
            )
            for one in self._here()
        )

    def parameter_sets(self) -> dict[int, tuple[iso2.ParameterSet, ...]]:
        """Of each service on offer."""
        return {one.number: tuple(map(_set, one.parameter_sets)) for one in self._here()}

    def select(self, services: tuple[iso2.SelectedService, ...]) -> None:
        """What was selected of them, and was found good."""
        taken = self._station.record.services
        taken.clear()
        for one in services:
            if one.service_id in self._providers:
                taken[one.service_id] = one.parameter_set_id
                self._providers[one.service_id].selected(one.parameter_set_id)


def _set(one: ParameterSet) -> iso2.ParameterSet:
    return iso2.ParameterSet(
        parameter_set_id=one.number,
        parameter=tuple(_parameter(name, value) for name, value in one.parameters.items()),
    )


def _parameter(name: str, value: bool | float | str) -> iso2.Parameter:  # noqa: FBT001 - a value
    if isinstance(value, bool):
        return iso2.Parameter(name=name, bool_value=value)
    if not isinstance(value, str):
        return iso2.Parameter(name=name, int_value=int(value))
    return iso2.Parameter(name=name, string_value=value)
