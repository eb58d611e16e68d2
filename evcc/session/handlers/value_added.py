"""Value-added services on the vehicle, in any protocol: what is offered, asked about and taken.

A service is known by its number, and wanted where its record names who chooses.  Contracts come
by a service as well, but that is a matter of payment and stands in the set-up.  The words of each
protocol stand with its handlers.
"""

from collections.abc import Iterable
from typing import Protocol

from bsw.chrgm.services import ParameterSet, at, value_added
from evcc.session.context import VehicleContext


class Chooser(Protocol):
    """What a record's ``vehicle`` makes."""

    def choose(self, parameter_sets: tuple[ParameterSet, ...]) -> int | None:
        """The number of the set that is wanted; ``None``: none of them."""


class Wanted:
    def __init__(self, context: VehicleContext, protocol: str) -> None:
        self._context = context
        self._known = value_added(protocol)
        self._open: list[int] = []

    @property
    def open(self) -> int:
        """The service to ask about next; 0: none."""
        return self._open[0] if self._open else 0

    @property
    def chosen(self) -> dict[int, int | None]:
        """The set of each service that is taken."""
        return self._context.record.services

    def note(self, numbers: Iterable[int]) -> None:
        """Over TLS only: there are none without it."""
        secure = self._context.record.agreed.secure
        self.chosen.clear()
        self._open = [
            one for one in numbers if secure and one in self._known and self._known[one].vehicle
        ]

    def detail(self, sets: tuple[ParameterSet, ...]) -> None:
        """What the open service can be had as."""
        number = self._open.pop(0)
        chooser: Chooser = at(self._known[number].vehicle)(self._context)
        chosen = chooser.choose(sets)
        if chosen is not None:
            self.chosen[number] = chosen
