"""How much current is asked for: every limit respected, every change a ramp.

The smallest of what the battery wants, the vehicle stands, the station gives, the schedule
allows and the inlet temperature leaves; up slowly, down faster, never below zero.
"""

from bsw.os.clock import S
from evcc.session.profile import VehicleProfile
from evcc.vehicle import StationView, VehicleValues


def wanted_current(state: VehicleValues, offered: float) -> float:
    """The steady state of what may be asked for: no ramp yet.  What is missing allows nothing."""
    if state.target_current is None or state.max_current is None:
        return 0.0
    return max(0.0, min(state.target_current, offered))


def offered_current(state: VehicleValues, view: StationView, voltage: float) -> float:
    """What may be asked for at all, whatever the battery wants just now.

    Nothing while the vehicle says that it is not ready: EVReady and a current would contradict.
    """
    if not state.ready or gives(state, view):
        return 0.0
    limits = [value for value in (state.max_current, view.max_current) if value is not None]
    powers = (state.max_power, view.max_power, view.schedule_power)
    limits += [power / voltage for power in powers if power is not None and voltage > 0]
    return max(0.0, min(limits, default=0.0)) * max(0.0, min(1.0, state.derating))


def may_give(state: VehicleValues) -> bool:
    """The battery management says so, and there is more in it than has to stay."""
    soc, least = state.soc, state.discharge_min_soc
    filled = soc is not None and least is not None and soc > least
    return state.discharge_permission is True and state.permission and state.ready and filled


def gives(state: VehicleValues, view: StationView) -> bool:
    """Energy is wanted out of the battery, whatever the schedule says, and the station takes it."""
    return bool(state.discharge_wanted and view.max_discharge_power) and may_give(state)


def wanted_voltage(state: VehicleValues, view: StationView) -> float:
    """The battery's set point, never above what either side stands."""
    limits = [
        value
        for value in (state.target_voltage, state.max_voltage, view.max_voltage)
        if value is not None
    ]
    return max(0.0, min(limits)) if state.target_voltage is not None else 0.0


class Ramp:
    """The current asked for last, and how fast it may change."""

    def __init__(self, profile: VehicleProfile) -> None:
        self._profile = profile
        self._amps = 0.0
        self._at: int | None = None

    @property
    def amps(self) -> float:
        return self._amps

    def next(self, wanted: float, now: int, most: float) -> float:
        """The current for a request that leaves ``now``, at once not above ``most``."""
        passed = 0.0 if self._at is None else (now - self._at) / S
        self._at = now
        up = self._amps + self._profile.ramp_up * passed
        down = self._amps - self._profile.ramp_down * passed
        self._amps = max(0.0, min(up, most, max(down, wanted)))
        return self._amps

    def reset(self) -> None:
        """Zero at once: a stop is never ramped by us."""
        self._amps = 0.0
        self._at = None
