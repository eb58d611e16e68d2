"""Value-added services on the station in the words of ISO 15118-2."""

from bsw.chrgm.messages import iso2
from bsw.chrgm.services import ParameterSet
from secc.session.context import StationContext
from secc.session.handlers.value_added import Providers


class ValueAdded:
    def __init__(self, station: StationContext) -> None:
        self._providers = Providers(station, "iso2")

    def offered(self) -> tuple[iso2.Service, ...]:
        return tuple(
            iso2.Service(
                service_id=one.number,
                service_name=one.name,
                service_category=iso2.ServiceCategory(one.category),
                free_service=one.free,
            )
            for one in self._providers.here
        )

    def parameter_sets(self) -> dict[int, tuple[iso2.ParameterSet, ...]]:
        """Of each service on offer."""
        return {one.number: tuple(map(_set, one.parameter_sets)) for one in self._providers.here}

    def select(self, services: tuple[iso2.SelectedService, ...]) -> None:
        self._providers.take({one.service_id: one.parameter_set_id for one in services})


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
