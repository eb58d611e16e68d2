"""Value-added services on the vehicle, in ISO 15118-2: what is offered, asked about and taken.

A service is known by its number, and wanted where its record names who chooses.  Contracts come
by a service as well, but that is a matter of payment and stands in the set-up.
"""

from typing import Protocol

from bsw.chrgm.messages import iso2
from bsw.chrgm.services import ParameterSet, at, value_added
from evcc.session.context import VehicleContext


class Chooser(Protocol):
    """What a record's ``vehicle`` makes."""

    def choose(self, parameter_sets: tuple[ParameterSet, ...]) -> int | None:
        """The number of the set that is wanted; ``None``: none of them."""


class ValueAdded:
    def __init__(self, context: VehicleContext) -> None:
        self._context = context
        self._open: list[int] = []

    @property
    def open(self) -> int:
        """The service to ask about next; 0: none."""
        return self._open[0] if self._open else 0

    def note(self, services: iso2.ServiceList | None) -> None:
        """Over TLS only: there are none without it."""
        known = value_added("iso2")
        offered = services.service if services is not None else ()
        secure = self._context.record.agreed.secure
        self._context.record.services.clear()
        self._open = [
            one.service_id
            for one in offered
            if secure and one.service_id in known and known[one.service_id].vehicle
        ]

    def detail(self, response: iso2.ServiceDetailRes) -> None:
        number = self._open.pop(0)
        chooser: Chooser = at(value_added("iso2")[number].vehicle)(self._context)
        listed = response.service_parameter_list
        chosen = chooser.choose(
            tuple(_set(one) for one in (listed.parameter_set if listed is not None else ()))
        )
        if chosen is not None:
            self._context.record.services[number] = chosen

    def selected(self) -> list[iso2.SelectedService]:
        return [
            iso2.SelectedService(service_id=number, parameter_set_id=chosen)
            for number, chosen in self._context.record.services.items()
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
