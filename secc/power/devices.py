"""The simulated device for the modes of an outlet: one that meets the vehicle by itself."""

from collections.abc import Collection

from bsw.chrgm.modes import Approach
from bsw.os.scheduler import Scheduler
from secc.api.charger import Charger
from secc.power.lane import Lane
from secc.power.pad import SimulatedPad
from secc.power.pantograph import SimulatedPantograph


def device(met: Collection[Approach], charger: Charger, scheduler: Scheduler) -> Lane:
    """One place has one of them; a pantograph where both were asked for."""
    kind = SimulatedPantograph if Approach.PANTOGRAPH in met else SimulatedPad
    return kind(charger, scheduler)
