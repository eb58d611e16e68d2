"""The last word before a request leaves: a wish to stop, heard in every phase.

In the charge loop the handlers bring the current down first; everywhere before it a stop or
pause goes straight to SessionStop, in state B.
"""

from typing import Final

from bsw.chrgm.agreement import Progress
from bsw.chrgm.engine.initiator import Go, Next
from evcc.session.context import VehicleContext
from evcc.vehicle import Intent

LEAVING: Final = frozenset(
    {"SessionStop", "WeldingDetection", "DC_WeldingDetection", "ACDP_Disconnect"}
)


def steer(context: VehicleContext, wish: Go, allowed: tuple[str, ...]) -> Next:
    """The wish itself, or SessionStop in its place."""
    progress = context.record.agreed.progress
    energised = progress is Progress.CHARGING or progress is Progress.STANDBY
    if energised or wish.to in LEAVING or "SessionStop" not in allowed:
        return wish
    if context.state.intent is Intent.CHARGE and context.error == "NO_ERROR":
        return wish
    return Go("SessionStop", when=context.opened_and_in_b, within=context.profile.contactor_limit)
