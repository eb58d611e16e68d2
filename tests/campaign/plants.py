"""Defects that a campaign has to find.  ``--with tests.campaign.plants:NAME`` plants one."""

from dataclasses import replace
from types import ModuleType

from can_adapter.vehicle.values import VehicleSnapshot
from evcc.bus import told
from evcc.health import supervision
from evcc.health.watches import WATCHES, Scene
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
    plain = told.allowed

    def allowed(said: VehicleSnapshot) -> bool:
        return plain(replace(said, permission=replace(said.permission, crash_detected=False)))

    _put(told, "allowed", allowed)
    deaf = (replace(one, look=_no) if one.event == "CRASH" else one for one in WATCHES)
    _put(supervision, "WATCHES", tuple(deaf))


def chokes_on_nonsense() -> None:
    """The station does not expect that a message may mean nothing."""
    _put(session, "UNREADABLE", ())


def _no(_scene: Scene) -> bool:
    return False


def _put(module: ModuleType, name: str, value: object) -> None:
    setattr(module, name, value)
