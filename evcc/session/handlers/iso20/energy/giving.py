"""How much may flow out of the battery: permission first, then every limit of both sides.

Magnitudes throughout; a limit that nobody told allows nothing.
"""

from evcc.session.context import VehicleContext
from evcc.session.current import Ramp, gives, may_give
from evcc.vehicle import VehicleValues


def most_amps(state: VehicleValues) -> float:
    return (state.discharge_max_current or 0.0) if may_give(state) else 0.0


def most_watts(state: VehicleValues) -> float:
    return (state.discharge_max_power or 0.0) if may_give(state) else 0.0


def kept(state: VehicleValues) -> float | None:
    """Wh that stay in the battery whatever is paid; ``None``: all that is there."""
    if not may_give(state) or state.energy_capacity is None:
        return None
    return state.energy_capacity * (state.discharge_min_soc or 0.0) / 100.0


def planned_out(context: VehicleContext) -> float:
    """W that shall leave the battery: what is wanted at once, else what the schedule says."""
    state, view = context.state, context.view
    if gives(state, view):
        return (state.discharge_wanted or 0.0) * (state.battery_voltage or 0.0)
    return -(view.schedule_power or 0.0)


class Giving:
    """The current out of the battery in the DC loop, ramped, and gone when it may not be."""

    def __init__(self, context: VehicleContext) -> None:
        self._context = context
        self._ramp = Ramp(context.profile)

    def amps(self, charging: float, volts: float, *, down: bool) -> float:
        """For the request that leaves now; nothing while anything still flows in."""
        most = self._most(volts)
        if down or charging > 0.0 or most <= 0.0:
            self._ramp.reset()
            return 0.0
        wanted = max(0.0, planned_out(self._context) / volts)
        return self._ramp.next(min(wanted, most), self._context.scheduler.now, most)

    def _most(self, volts: float) -> float:
        state, view = self._context.state, self._context.view
        if volts <= 0.0:
            return 0.0
        currents = (most_amps(state), view.max_discharge_current or 0.0)
        powers = (most_watts(state), view.max_discharge_power or 0.0)
        return min(*currents, *(power / volts for power in powers))
