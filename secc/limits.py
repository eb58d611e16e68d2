"""What the hardware gives, from the several commands that tell of it.

The DC source's capabilities are the hard bound; the cyclic limits can only be tighter.
"""

from dataclasses import dataclass

from secc.api.state import StationState

DEFAULT_VOLTAGE = 230.0
"""Line to neutral, where nobody said otherwise."""


@dataclass(frozen=True, slots=True)
class DcLimits:
    voltage: float
    current: float
    power: float
    minimum_voltage: float
    minimum_current: float
    ripple: float


def dc_limits(state: StationState) -> DcLimits:
    maximum, minimum, hard = state.dc_maximum, state.dc_minimum, state.capabilities
    voltage = maximum.evse_maximum_voltage_limit if maximum is not None else 0.0
    current = maximum.evse_maximum_current_limit if maximum is not None else 0.0
    power = maximum.evse_maximum_power_limit if maximum is not None else 0.0
    ripple = state.physical.dc_peak_current_ripple
    if hard is not None:
        voltage = min(voltage, hard.nominal_max_export_voltage_V or hard.max_export_voltage_V)
        current = min(current, hard.nominal_max_export_current_A or hard.max_export_current_A)
        power = min(power, hard.nominal_max_export_power_W or hard.max_export_power_W)
        ripple = hard.peak_current_ripple_A if ripple is None else ripple
    return DcLimits(
        voltage=voltage,
        current=current,
        power=power,
        minimum_voltage=minimum.evse_minimum_voltage_limit if minimum is not None else 0.0,
        minimum_current=minimum.evse_minimum_current_limit if minimum is not None else 0.0,
        ripple=ripple or 0.0,
    )


def nominal_voltage(state: StationState) -> float:
    """Line to neutral."""
    if state.physical.ac_nominal_voltage is not None:
        return state.physical.ac_nominal_voltage
    if state.ac_parameters is not None:
        return state.ac_parameters.nominal_voltage
    return DEFAULT_VOLTAGE


def phases(mode: str) -> int:
    return 3 if mode == "AC_three_phase_core" else 1


def ac_power(state: StationState, mode: str) -> float:
    """Over all phases: current per phase times voltage, never above what is allowed in total."""
    power = (state.ac_max_current or 0.0) * nominal_voltage(state) * phases(mode)
    if state.ac_maximum is not None:
        power = min(power, state.ac_maximum.charge_power.total)
    return power
