"""What hardware and site allow: the tighter bound counts, and nothing flows where nothing may."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bsw.chrgm.modes import mode_of
from secc.api.literals import NoEnergyPauseMode
from secc.api.state import StationState
from secc.session.limits import (
    Back,
    DcLimits,
    ac_current,
    ac_discharge_power,
    ac_minimum_power,
    ac_power,
    dc_discharge,
    dc_limits,
    hardware_power,
    loop_limits,
    nominal_voltage,
    pad_power,
    regulation_tolerance,
    within,
)

THREE, ONE = mode_of("AC_three_phase_core"), mode_of("AC_single_phase_core")
DC, BPT = mode_of("DC"), mode_of("AC_BPT")
PAUSE = next(iter(NoEnergyPauseMode))


def some(**fields: object) -> Any:  # noqa: ANN401 - stands for what a command has told
    return SimpleNamespace(**fields)


def state(**fields: object) -> StationState:
    known: Any = fields
    return replace(StationState(), **known)


def maximum(power: float = 100e3, current: float = 200.0, **more: object) -> Any:  # noqa: ANN401
    fields: dict[str, object] = {
        "evse_maximum_voltage_limit": 900.0,
        "evse_maximum_current_limit": current,
        "evse_maximum_power_limit": power,
        "evse_maximum_discharge_power_limit": None,
        "evse_maximum_discharge_current_limit": None,
    }
    return some(**(fields | more))


def minimum(**more: object) -> Any:  # noqa: ANN401
    fields: dict[str, object] = {
        "evse_minimum_voltage_limit": 200.0,
        "evse_minimum_current_limit": 5.0,
        "evse_minimum_power_limit": 1000.0,
        "evse_minimum_discharge_power_limit": None,
        "evse_minimum_discharge_current_limit": None,
    }
    return some(**(fields | more))


def hard(**more: object) -> Any:  # noqa: ANN401
    fields: dict[str, object] = {
        "nominal_max_export_voltage_V": None,
        "nominal_max_export_current_A": None,
        "nominal_max_export_power_W": None,
        "max_export_voltage_V": 800.0,
        "max_export_current_A": 150.0,
        "max_export_power_W": 90e3,
        "min_export_voltage_V": 250.0,
        "min_export_current_A": 1.0,
        "peak_current_ripple_A": 2.0,
        "current_regulation_tolerance_A": 3.0,
        "bidirectional": True,
        "max_import_power_W": 40e3,
        "max_import_current_A": 50.0,
    }
    return some(**(fields | more))


def test_where_nobody_said_anything_there_is_nothing() -> None:
    nothing = DcLimits(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert dc_limits(StationState()) == nothing
    assert loop_limits(StationState()) == nothing
    assert ac_current(StationState(), THREE) == 0.0
    assert ac_power(StationState(), THREE) == 0.0
    assert ac_minimum_power(StationState(), THREE) == 0.0
    assert nominal_voltage(StationState()) == 230.0
    assert dc_discharge(StationState()) == Back(0.0, 0.0, 0.0, 0.0)


def test_the_tighter_of_capabilities_and_limits_counts() -> None:
    told = state(dc_maximum=maximum(), dc_minimum=minimum())
    assert dc_limits(told) == DcLimits(900.0, 200.0, 100e3, 200.0, 5.0, 0.0, 1000.0)
    both = replace(told, capabilities=hard())
    assert dc_limits(both) == DcLimits(800.0, 150.0, 90e3, 250.0, 5.0, 2.0, 1000.0)
    nominal = hard(
        nominal_max_export_voltage_V=500.0,
        nominal_max_export_current_A=100.0,
        nominal_max_export_power_W=50e3,
    )
    seen = dc_limits(replace(told, capabilities=nominal))
    assert (seen.voltage, seen.current, seen.power) == (500.0, 100.0, 50e3)


@pytest.mark.parametrize(
    ("site", "power", "least"), [(None, 100e3, 1000.0), (50e3, 50e3, 1000.0), (500.0, 500.0, 500.0)]
)
def test_the_site_bounds_power_and_the_least_of_it(
    site: float | None, power: float, least: float
) -> None:
    told = state(dc_maximum=maximum(), dc_minimum=minimum(), site_power=site)
    seen = dc_limits(told)
    assert (seen.power, seen.minimum_power) == (power, least)
    assert hardware_power(told, DC) == 100e3


@pytest.mark.parametrize(
    ("voltage", "current"),
    [(None, 10e3 / 900), (0.0, 10e3 / 900), (50.0, 10e3 / 900), (50.1, 10e3 / 50.1), (400.0, 25)],
)
def test_in_the_loop_current_comes_down_with_the_sites_power(
    voltage: float | None, current: float
) -> None:
    present = None if voltage is None else some(evse_present_voltage=voltage)
    told = state(dc_maximum=maximum(), dc_minimum=minimum(), dc_present=present, site_power=10e3)
    seen = loop_limits(told)
    assert seen.current == pytest.approx(min(200.0, current))
    assert seen.minimum_current == min(5.0, seen.current)
    free = loop_limits(replace(told, site_power=None))
    assert (free.current, free.power) == (200.0, 100e3)


def test_without_energy_nothing_flows_in_the_loop() -> None:
    told = state(dc_maximum=maximum(), dc_minimum=minimum(), no_energy=PAUSE)
    seen = loop_limits(told)
    assert (seen.current, seen.power, seen.minimum_current, seen.minimum_power) == (0, 0, 0, 0)
    assert seen.voltage == 900.0
    unknown = loop_limits(state(dc_maximum=maximum(evse_maximum_voltage_limit=0.0), site_power=1.0))
    assert unknown.current == 0.0


def test_what_was_told_once_is_not_taken_back_upwards() -> None:
    limits = DcLimits(900.0, 200.0, 100e3, 1.0, 2.0, 3.0, 4.0)
    bound = DcLimits(800.0, 300.0, 50e3, 9.0, 9.0, 9.0, 9.0)
    assert within(limits, None) is limits
    assert within(limits, bound) == DcLimits(800.0, 200.0, 50e3, 1.0, 2.0, 3.0, 4.0)


def test_back_flows_only_what_both_can() -> None:
    can = maximum(
        evse_maximum_discharge_power_limit=60e3, evse_maximum_discharge_current_limit=40.0
    )
    least = minimum(
        evse_minimum_discharge_power_limit=70e3, evse_minimum_discharge_current_limit=2.0
    )
    told = state(dc_maximum=can, dc_minimum=least)
    assert dc_discharge(told) == Back(60e3, 40.0, 60e3, 2.0)
    assert dc_discharge(replace(told, capabilities=hard())) == Back(40e3, 40.0, 40e3, 2.0)
    one_way = replace(told, capabilities=hard(bidirectional=False))
    assert dc_discharge(one_way) == Back(0.0, 0.0, 0.0, 0.0)
    unsaid = hard(max_import_power_W=None, max_import_current_A=None)
    assert dc_discharge(replace(told, capabilities=unsaid)) == Back(0.0, 0.0, 0.0, 0.0)
    assert dc_discharge(replace(told, no_energy=PAUSE)) == Back(0.0, 0.0)
    assert dc_discharge(state(dc_maximum=maximum())) == Back(0.0, 0.0)


def outlet(**more: object) -> StationState:
    return state(ac_max_current=32.0, **more)


def total(charge: float, discharge: float | None = None) -> Any:  # noqa: ANN401
    back = None if discharge is None else some(total=discharge)
    return some(charge_power=some(total=charge), discharge_power=back)


@pytest.mark.parametrize(
    ("more", "current"),
    [
        ({}, 32.0),
        ({"ac_maximum": total(6_900.0)}, 10.0),
        ({"ac_maximum": total(-5.0)}, 0.0),
        ({"ac_maximum": total(99e3)}, 32.0),
        ({"site_current": 16.0}, 16.0),
        ({"site_current": 63.0}, 32.0),
        ({"site_power": 13_800.0}, 20.0),
        ({"site_power": 0.0}, 0.0),
    ],
)
def test_a_phase_gives_the_least_of_what_is_allowed(more: dict[str, Any], current: float) -> None:
    told = outlet(**more)
    assert ac_current(told, THREE) == pytest.approx(current)
    assert ac_power(told, THREE) == pytest.approx(current * 690)
    assert hardware_power(outlet(), THREE) == pytest.approx(32 * 690)


def test_one_phase_carries_a_third_and_voltage_comes_from_who_said_it() -> None:
    assert ac_power(outlet(), ONE) == pytest.approx(32 * 230)
    said = outlet(ac_parameters=some(nominal_voltage=120.0))
    assert ac_power(said, ONE) == pytest.approx(32 * 120)
    physical = some(ac_nominal_voltage=110.0)
    assert nominal_voltage(replace(said, physical=physical)) == 110.0


@pytest.mark.parametrize(("least", "seen"), [(1380.0, 1380.0), (99e3, 32 * 690), (-1.0, 0.0)])
def test_the_least_is_never_above_what_there_is(least: float, seen: float) -> None:
    told = outlet(ac_minimum=some(charge_power=some(total=least)))
    assert ac_minimum_power(told, THREE) == pytest.approx(seen)


def test_an_outlet_takes_back_what_it_said_in_a_mode_that_discharges() -> None:
    told = outlet(ac_maximum=total(22e3, 11e3))
    assert ac_discharge_power(told, BPT) == 11e3
    assert ac_discharge_power(told, THREE) == 0.0
    assert ac_discharge_power(replace(told, no_energy=PAUSE), BPT) == 0.0
    assert ac_discharge_power(outlet(ac_maximum=total(22e3, -1.0)), BPT) == 0.0
    assert ac_discharge_power(outlet(ac_maximum=total(22e3)), BPT) == 0.0


def test_a_pad_gives_what_it_has_as_far_as_the_site_allows() -> None:
    told = state(pad_setup=some(max_power=11e3))
    assert pad_power(told) == 11e3
    assert pad_power(replace(told, site_power=3e3)) == 3e3
    assert pad_power(replace(told, site_power=30e3)) == 11e3
    assert hardware_power(replace(told, site_power=3e3), mode_of("WPT")) == 11e3


def test_the_tolerance_told_comes_before_that_of_the_hardware() -> None:
    assert regulation_tolerance(StationState()) is None
    assert regulation_tolerance(state(capabilities=hard())) == 3.0
    told = some(dc_current_regulation_tolerance=0.5)
    assert regulation_tolerance(state(capabilities=hard(), physical=told)) == 0.5
