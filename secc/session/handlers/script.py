"""A station's script put together from its parts, the same for every protocol."""

from collections.abc import Callable
from typing import Any, Protocol

from bsw.chrgm.endings import SessionResult
from bsw.chrgm.engine.script import ServiceHandlers, methods, own_methods, reachable
from bsw.chrgm.later import Later
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.sequence.model import Table
from secc.session.context import StationContext


class Ends(Protocol):
    """What a protocol says where it does not go on."""

    def refuse(self, name: str, code: str, heard: Heard) -> Said:
        """The exchange's response with this code and schema-valid values."""

    def conclude(self) -> SessionResult:
        """How the session ended, now that the last exchange was answered."""


class StationScript:
    """Implements ``bsw.chrgm.engine.responder.ResponderScript``.

    ``service`` says where the chosen energy service has words of its own; empty: nowhere.
    """

    def __init__(
        self,
        station: StationContext,
        table: Table,
        parts: tuple[object, ...],
        ends: Ends,
        service: Callable[[], str] = str,
    ) -> None:
        self._service = service
        self._services = ServiceHandlers(station, self)
        self._own = methods("answer", reachable(table), parts)
        self._overdue = own_methods("overdue", reachable(table), parts)
        self.refuse = ends.refuse
        self.conclude = ends.conclude

    def own(self, _verb: str, name: str) -> Callable[..., Any]:
        """The answer as the protocol has it, for a service that goes on from there."""
        return self._own[name]

    def answer(self, name: str, heard: Heard) -> Said | Later[Said]:
        method = self._services.find(self._service(), "answer", name) or self._own[name]
        said: Said | Later[Said] = method(heard)
        return said

    def overdue(self, name: str, heard: Heard) -> Said:
        """A failure, unless whoever answers knows something better to say."""
        own = self._overdue.get(name)
        if own is None:
            return self.refuse(name, "FAILED", heard)
        said: Said = own(heard)
        return said
