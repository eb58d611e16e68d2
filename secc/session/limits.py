"""What the hardware gives, from the several commands that tell of it.

The DC source's capabilities are the hard bound; the cyclic limits can only be tighter.
"""

from dataclasses import dataclass, replace

from bsw.chrgm.modes import Approach, Mode, mode_of
from secc.api.state import StationState

DEFAULT_VOLTAGE = 230.0
"""Line to neutral, where nobody said otherwise."""
LEAST_VOLTAGE = 50.0
"""Below it nothing is connected, and power says nothing about current."""


@dataclass(frozen=True, slots=True)
class DcLimits:
    voltage: float
    current: float
    power: float
    minimum_voltage: float
    minimum_current: float
    ripple: float
    minimum_power: float = 0.0


@dataclass(frozen=True, slots=True)
class Back:
    """What the source takes back from a vehicle, as magnitudes."""

    power: float
    current: float
    minimum_power: float = 0.0
    minimum_current: float = 0.0


def pad_power(state: StationState) -> float:
    """W that the primary device gives, as far as the site allows."""
    power = state.pad_setup.max_power
    return power if state.site_power is None else min(power, state.site_power)


def dc_limits(state: StationState) -> DcLimits:
    """What the source can do and the site allows."""
    limits = dc_hardware(state)
    if state.site_power is None:
        return limits
    power = min(limits.power, state.site_power)
    return replace(limits, power=power, minimum_power=min(limits.minimum_power, power))


def hardware_power(state: StationState, mode: Mode) -> float:
    """What there is in a mode, whatever the site allows just now."""
    free = replace(state, site_power=None, site_current=None, site_back=None, set_point=None)
    if mode.approach is Approach.PAD:
        return pad_power(free)
    return ac_power(free, mode) if mode.ac else dc_hardware(free).power


def dc_hardware(state: StationState) -> DcLimits:
    """What the source can do: the tighter of its capabilities and what was told since."""
    maximum, minimum, hard = state.dc_maximum, state.dc_minimum, state.capabilities
    voltage = maximum.evse_maximum_voltage_limit if maximum is not None else 0.0
    current = maximum.evse_maximum_current_limit if maximum is not None else 0.0
    power = maximum.evse_maximum_power_limit if maximum is not None else 0.0
    low_voltage = minimum.evse_minimum_voltage_limit if minimum is not None else 0.0
    low_current = minimum.evse_minimum_current_limit if minimum is not None else 0.0
    ripple = state.physical.dc_peak_current_ripple
    if hard is not None:
        voltage = min(voltage, hard.nominal_max_export_voltage_V or hard.max_export_voltage_V)
        current = min(current, hard.nominal_max_export_current_A or hard.max_export_current_A)
        power = min(power, hard.nominal_max_export_power_W or hard.max_export_power_W)
        low_voltage = max(low_voltage, hard.min_export_voltage_V)
        low_current = max(low_current, hard.min_export_current_A)
        ripple = hard.peak_current_ripple_A if ripple is None else ripple
    return DcLimits(
        voltage=voltage,
        current=current,
        power=power,
        minimum_voltage=low_voltage,
        minimum_current=low_current,
        ripple=ripple or 0.0,
        minimum_power=0.0 if minimum is None else minimum.evse_minimum_power_limit,
    )


def dc_discharge(state: StationState) -> Back:
    """What may be given back now: what the source takes, as far as site and back end allow."""
    limits, allowed = dc_discharge_hardware(state), state.back_limit
    if allowed is None or allowed >= limits.power:
        return limits
    volts = loop_voltage(state)
    current = min(limits.current, allowed / volts) if volts > 0 else 0.0
    return Back(
        allowed,
        current,
        min(limits.minimum_power, allowed),
        min(limits.minimum_current, current),
    )


def dc_discharge_hardware(state: StationState) -> Back:
    """Nothing, where nobody said that it can, or while there is to be no energy."""
    maximum, minimum, hard = state.dc_maximum, state.dc_minimum, state.capabilities
    if maximum is None or state.no_energy is not None:
        return Back(0.0, 0.0)
    power = maximum.evse_maximum_discharge_power_limit or 0.0
    current = maximum.evse_maximum_discharge_current_limit or 0.0
    if hard is not None:
        power = min(power, hard.max_import_power_W or 0.0) if hard.bidirectional else 0.0
        current = min(current, hard.max_import_current_A or 0.0) if hard.bidirectional else 0.0
    low_power = 0.0 if minimum is None else minimum.evse_minimum_discharge_power_limit or 0.0
    low_current = 0.0 if minimum is None else minimum.evse_minimum_discharge_current_limit or 0.0
    return Back(power, current, min(low_power, power), min(low_current, current))


def loop_limits(state: StationState) -> DcLimits:
    """The same while charging: nothing flows when there is no power now.

    Where the site limits the power, the current comes down with it: not every vehicle reads the
    limit of power.
    """
    limits = dc_limits(state)
    if state.no_energy is not None:
        return replace(limits, current=0.0, power=0.0, minimum_current=0.0, minimum_power=0.0)
    if state.charge_limit is None:
        return limits
    power = min(limits.power, state.charge_limit)
    limits = replace(limits, power=power, minimum_power=min(limits.minimum_power, power))
    voltage = loop_voltage(state)
    current = min(limits.current, limits.power / voltage) if voltage > 0 else 0.0
    return replace(limits, current=current, minimum_current=min(limits.minimum_current, current))


def loop_voltage(state: StationState) -> float:
    """By which power and current go together: the measured one, else the source's highest."""
    present = 0.0 if state.dc_present is None else state.dc_present.evse_present_voltage
    return present if present > LEAST_VOLTAGE else dc_hardware(state).voltage


def set_current(state: StationState) -> float | None:
    """A that the source is to give, below zero to take, where the site sets it."""
    volts = loop_voltage(state)
    if state.set_point is None:
        return None
    return state.set_point / volts if volts > 0 else 0.0


def within(limits: DcLimits, bound: DcLimits | None) -> DcLimits:
    """Maxima never above those of ``bound``: what was told once is not taken back upwards."""
    if bound is None:
        return limits
    return replace(
        limits,
        voltage=min(limits.voltage, bound.voltage),
        current=min(limits.current, bound.current),
        power=min(limits.power, bound.power),
    )


def regulation_tolerance(state: StationState) -> float | None:
    told, hard = state.physical.dc_current_regulation_tolerance, state.capabilities
    return hard.current_regulation_tolerance_A if told is None and hard is not None else told


def nominal_voltage(state: StationState) -> float:
    """Line to neutral."""
    if state.physical.ac_nominal_voltage is not None:
        return state.physical.ac_nominal_voltage
    if state.ac_parameters is not None:
        return state.ac_parameters.nominal_voltage
    return DEFAULT_VOLTAGE


def ac_current(state: StationState, mode: Mode) -> float:
    """Per phase: the ceiling of the outlet, and what the power in total comes to."""
    voltage = nominal_voltage(state)
    current = state.ac_max_current or 0.0
    if state.ac_maximum is not None and voltage > 0:
        allowed = max(0.0, state.ac_maximum.charge_power.total)
        current = min(current, allowed / (voltage * mode.phases))
    if state.site_current is not None:
        current = min(current, state.site_current)
    if state.charge_limit is not None and voltage > 0:
        current = min(current, state.charge_limit / (voltage * mode.phases))
    return current


def ac_mode(state: StationState) -> Mode | None:
    """Of those on offer the one with most phases; ``None``: the outlet has no AC."""
    modes = (mode_of(mode.value) for mode in state.modes or ())
    return max((one for one in modes if one.ac), key=lambda one: one.phases, default=None)


def ac_watts(state: StationState, amps: float) -> float:
    """What ``amps`` of each phase of the outlet come to."""
    mode = ac_mode(state)
    return 0.0 if mode is None else amps * nominal_voltage(state) * mode.phases


def ac_power(state: StationState, mode: Mode) -> float:
    """Over all phases: current per phase times voltage, never above what is allowed in total."""
    return ac_current(state, mode) * nominal_voltage(state) * mode.phases


def ac_minimum_power(state: StationState, mode: Mode) -> float:
    """What a car has to take at least, never above what there is."""
    least = 0.0 if state.ac_minimum is None else max(0.0, state.ac_minimum.charge_power.total)
    return min(least, ac_power(state, mode))


def ac_discharge_power(state: StationState, mode: Mode) -> float:
    """What may be given back over all phases; nothing where nobody said that it can."""
    power = ac_discharge_hardware(state, mode)
    return power if state.back_limit is None else min(power, state.back_limit)


def ac_discharge_hardware(state: StationState, mode: Mode) -> float:
    """What the outlet takes back, whatever the site allows just now."""
    told = None if state.ac_maximum is None else state.ac_maximum.discharge_power
    if told is None or not mode.discharges or state.no_energy is not None:
        return 0.0
    return max(0.0, told.total)
