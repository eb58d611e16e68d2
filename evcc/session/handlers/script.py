"""A vehicle's script put together from its parts, the same for every protocol."""

from collections.abc import Callable
from typing import Any

from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.engine.script import ServiceHandlers, methods, reachable
from bsw.chrgm.later import Later
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.sequence.model import Table
from evcc.session.context import VehicleContext
from evcc.session.handlers.steering import steer


class VehicleScript:
    """Implements ``bsw.chrgm.engine.initiator.InitiatorScript``.

    ``service`` says where the chosen energy service has words of its own; empty: nowhere.
    """

    def __init__(
        self,
        context: VehicleContext,
        table: Table,
        parts: tuple[object, ...],
        service: Callable[[], str] = str,
    ) -> None:
        self._context = context
        self._service = service
        self._services = ServiceHandlers(context, self)
        names = reachable(table)
        sides = table.sides.items()
        self._beside = {name for name, one in sides if one.exchange.limits.every is not None}
        self._own = {verb: methods(verb, names, parts) for verb in ("ask", "hear")}

    def own(self, verb: str, name: str) -> Callable[..., Any]:
        """``ask`` or ``hear`` as the protocol has it, for a service that goes on from there."""
        return self._own[verb][name]

    def ask(self, name: str) -> Said | Later[Said]:
        if name not in self._beside:
            self._context.enter(name)
        said: Said | Later[Said] = self._method("ask", name)()
        return said

    def hear(self, name: str, heard: Heard) -> Next:
        follow: Next = self._method("hear", name)(heard)
        return follow

    def steer(self, wish: Go, allowed: tuple[str, ...]) -> Next:
        return steer(self._context, wish, allowed)

    def _method(self, verb: str, name: str) -> Callable[..., Any]:
        return self._services.find(self._service(), verb, name) or self.own(verb, name)
