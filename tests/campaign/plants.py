"""Defects that a campaign has to find.  ``--with tests.campaign.plants:NAME`` plants one."""

from dataclasses import replace
from types import ModuleType
from typing import Any

from can_adapter.vehicle.values import VehicleSnapshot
from evcc.bus import told
from evcc.health import supervision
from evcc.health.watches import Scene
from evcc.session.context import VehicleContext
from evcc.vehicle import Intent
from secc.session import session


def forgets_permission() -> None:
    """The vehicle charges on when its driver no longer permits it."""

    def wants_to_stop(self: VehicleContext) -> bool:
        state = self.state
        done = state.charging_complete or self.error != "NO_ERROR"
        return self.stop_reason is not None or state.intent is not Intent.CHARGE or done

    VehicleContext.wants_to_stop = wants_to_stop  # type: ignore[method-assign]


def deaf_to_crashes() -> None:
    """The vehicle charges on after a crash."""
    allowed = told.allowed

    def unhurt(said: VehicleSnapshot) -> VehicleSnapshot:
        return replace(said, permission=replace(said.permission, crash_detected=False))

    def seen(said: VehicleSnapshot, *more: Any) -> Scene:  # noqa: ANN401 - as Scene takes them
        return Scene(unhurt(said), *more)

    _put(told, "allowed", lambda said: allowed(unhurt(said)))
    _put(supervision, "Scene", seen)


def chokes_on_nonsense() -> None:
    """The station does not expect that a message may mean nothing."""
    _put(session, "UNREADABLE", ())


def _put(module: ModuleType, name: str, value: object) -> None:
    setattr(module, name, value)
