"""The last word before a request leaves: a wish to stop, heard in every phase.

In the charge loop the handlers bring the current down first; everywhere before it a stop or
pause goes straight to SessionStop, in state B.
"""

from bsw.chrgm.agreement import Progress
from bsw.chrgm.initiator import Go, Next
from evcc.car import Car
from evcc.vehicle import Intent


def steer(car: Car, wish: Go, allowed: tuple[str, ...]) -> Next:
    """The wish itself, or SessionStop in its place."""
    stops = car.state.intent is not Intent.CHARGE or car.error != "NO_ERROR"
    energised = car.record.agreed.progress is Progress.CHARGING
    if not stops or energised or wish.to in {"SessionStop", "WeldingDetection"}:
        return wish
    if "SessionStop" not in allowed:
        return wish
    return Go("SessionStop", when=car.opened_and_in_b, within=car.profile.contactor_limit)
