"""Value-added services on the vehicle in the words of ISO 15118-2."""

from bsw.chrgm.messages import iso2
from bsw.chrgm.services import ParameterSet
from evcc.session.context import VehicleContext
from evcc.session.handlers.value_added import Wanted


class ValueAdded:
    def __init__(self, context: VehicleContext) -> None:
        self._wanted = Wanted(context, "iso2")

    @property
    def open(self) -> int:
        """The service to ask about next; 0: none."""
        return self._wanted.open

    def note(self, services: iso2.ServiceList | None) -> None:
        self._wanted.note(one.service_id for one in (services.service if services else ()))

    def detail(self, response: iso2.ServiceDetailRes) -> None:
        listed = response.service_parameter_list
        self._wanted.detail(tuple(map(_set, listed.parameter_set if listed is not None else ())))

    def selected(self) -> list[iso2.SelectedService]:
        return [
            iso2.SelectedService(service_id=number, parameter_set_id=chosen)
            for number, chosen in self._wanted.chosen.items()
        ]


def _set(told: iso2.ParameterSet) -> ParameterSet:
    return ParameterSet(told.parameter_set_id, {one.name: _value(one) for one in told.parameter})


def _value(parameter: iso2.Parameter) -> bool | int | str:
    sent = (
        parameter.bool_value,
        parameter.byte_value,
        parameter.short_value,
        parameter.int_value,
        parameter.string_value,
    )
    known: list[bool | int | str] = [value for value in sent if value is not None]
    return known[0] if known else str(parameter.physical_value)
