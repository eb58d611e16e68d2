"""Defects that a campaign has to find.  ``--with tests.campaign.plants:NAME`` plants one."""

from evcc.session.context import VehicleContext
from evcc.vehicle import Intent


def forgets_permission() -> None:
    """The vehicle charges on when its driver no longer permits it."""

    def wants_to_stop(self: VehicleContext) -> bool:
        state = self.state
        done = state.charging_complete or self.error != "NO_ERROR"
        return self.stop_reason is not None or state.intent is not Intent.CHARGE or done

    VehicleContext.wants_to_stop = wants_to_stop  # type: ignore[method-assign]
