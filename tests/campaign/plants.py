"""Defects that a campaign has to find.  ``--with tests.campaign.plants:NAME`` plants one."""

from bsw.chrgm.wire import Wire
from bsw.cp.pilot import Pilot
from evcc.session.context import VehicleContext
from evcc.vehicle import Intent
from secc.plug.plug_side import OutletPlug


def forgets_permission() -> None:
    """The vehicle charges on when its driver no longer permits it."""

    def wants_to_stop(self: VehicleContext) -> bool:
        state = self.state
        done = state.charging_complete or self.error != "NO_ERROR"
        return self.stop_reason is not None or state.intent is not Intent.CHARGE or done

    VehicleContext.wants_to_stop = wants_to_stop  # type: ignore[method-assign]


def trusts_the_pilot() -> None:
    """The station takes no notice of a pilot that leaves C, and goes on."""

    def pilot_changed(self: OutletPlug, pilot: Pilot) -> None:
        del self, pilot

    OutletPlug._pilot_changed = pilot_changed  # type: ignore[method-assign]


def stumbles_over_nonsense() -> None:
    """A message that cannot be read is an exception that nobody expects."""
    hear = Wire.hear

    def stumbling(self: Wire, payload_type: int, payload: bytes) -> object:
        try:
            return hear(self, payload_type, payload)
        except ValueError as error:
            raise RuntimeError("nobody expects this") from error

    Wire.hear = stumbling  # type: ignore[method-assign,assignment]
