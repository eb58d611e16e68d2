"""How much current is asked for, bound by bound, and how fast it changes."""

from types import SimpleNamespace
from typing import Any

import pytest

from bsw.os.clock import MS, S
from evcc.session.current import (
    Ramp,
    gives,
    may_give,
    offered_current,
    wanted_current,
    wanted_voltage,
)


def battery(**more: object) -> Any:  # noqa: ANN401 - of the vehicle's values those that are read
    fields: dict[str, object] = {
        "target_current": 100.0,
        "max_current": 200.0,
        "max_power": None,
        "ready": True,
        "derating": 1.0,
        "soc": 50.0,
        "discharge_min_soc": 20.0,
        "discharge_permission": True,
        "permission": True,
        "discharge_wanted": False,
        "target_voltage": 400.0,
        "max_voltage": 450.0,
    }
    return SimpleNamespace(**(fields | more))


def station(**more: object) -> Any:  # noqa: ANN401 - as above
    fields: dict[str, object] = {
        "max_current": None,
        "max_power": None,
        "schedule_power": None,
        "max_voltage": None,
        "max_discharge_power": None,
    }
    return SimpleNamespace(**(fields | more))


@pytest.mark.parametrize(
    ("more", "offered", "asked"),
    [
        ({}, 150.0, 100.0),
        ({}, 60.0, 60.0),
        ({}, -5.0, 0.0),
        ({"target_current": -1.0}, 60.0, 0.0),
        ({"target_current": None}, 60.0, 0.0),
        ({"max_current": None}, 60.0, 0.0),
    ],
)
def test_the_battery_wants_no_more_than_is_offered(
    more: dict[str, object], offered: float, asked: float
) -> None:
    assert wanted_current(battery(**more), offered) == asked


@pytest.mark.parametrize(
    ("ours", "theirs", "voltage", "amps"),
    [
        ({}, {}, 400.0, 200.0),
        ({}, {"max_current": 125.0}, 400.0, 125.0),
        ({"max_power": 40e3}, {}, 400.0, 100.0),
        ({}, {"max_power": 20e3}, 400.0, 50.0),
        ({}, {"schedule_power": 10e3}, 400.0, 25.0),
        ({}, {"schedule_power": 10e3}, 0.0, 200.0),
        ({}, {"max_power": 0.0}, 400.0, 0.0),
        ({}, {"max_current": -3.0}, 400.0, 0.0),
        ({"derating": 0.5}, {}, 400.0, 100.0),
        ({"derating": 1.5}, {}, 400.0, 200.0),
        ({"derating": -0.5}, {}, 400.0, 0.0),
        ({"ready": False}, {}, 400.0, 0.0),
        ({"max_current": None}, {}, 400.0, 0.0),
    ],
)
def test_the_tightest_bound_is_offered(
    ours: dict[str, object], theirs: dict[str, object], voltage: float, amps: float
) -> None:
    assert offered_current(battery(**ours), station(**theirs), voltage) == pytest.approx(amps)


@pytest.mark.parametrize(
    ("more", "may"),
    [
        ({}, True),
        ({"soc": 20.0}, False),
        ({"soc": 20.1}, True),
        ({"soc": None}, False),
        ({"discharge_min_soc": None}, False),
        ({"discharge_permission": None}, False),
        ({"discharge_permission": False}, False),
        ({"permission": False}, False),
        ({"ready": False}, False),
    ],
)
def test_a_battery_gives_by_permission_and_while_it_has_more_than_has_to_stay(
    more: dict[str, object], *, may: bool
) -> None:
    assert may_give(battery(**more)) is may
    takes = station(max_discharge_power=5e3)
    assert gives(battery(discharge_wanted=True, **more), takes) is may
    assert not gives(battery(**more), takes)
    assert not gives(battery(discharge_wanted=True, **more), station())


def test_who_gives_is_offered_nothing() -> None:
    giving = battery(discharge_wanted=True)
    assert offered_current(giving, station(max_discharge_power=5e3), 400.0) == 0.0


@pytest.mark.parametrize(
    ("ours", "theirs", "volts"),
    [
        ({}, {}, 400.0),
        ({"target_voltage": 500.0}, {}, 450.0),
        ({"target_voltage": 500.0, "max_voltage": None}, {}, 500.0),
        ({}, {"max_voltage": 350.0}, 350.0),
        ({"target_voltage": None}, {"max_voltage": 350.0}, 0.0),
        ({"target_voltage": -4.0}, {}, 0.0),
    ],
)
def test_no_more_voltage_than_either_side_stands(
    ours: dict[str, object], theirs: dict[str, object], volts: float
) -> None:
    assert wanted_voltage(battery(**ours), station(**theirs)) == volts


def ramp() -> Ramp:
    profile: Any = SimpleNamespace(ramp_up=20.0, ramp_down=100.0)
    return Ramp(profile)


def test_up_it_goes_slowly_and_down_faster() -> None:
    one = ramp()
    assert one.amps == 0.0
    assert one.next(50.0, 7 * S, 200.0) == 0.0
    assert one.next(50.0, 8 * S, 200.0) == 20.0
    assert one.next(50.0, 8 * S + 500 * MS, 200.0) == 30.0
    assert one.next(50.0, 20 * S, 200.0) == 50.0 == one.amps
    assert one.next(0.0, 20 * S + 100 * MS, 200.0) == 40.0
    assert one.next(0.0, 30 * S, 200.0) == 0.0


def test_the_most_holds_at_once_and_a_stop_is_no_ramp() -> None:
    one = ramp()
    one.next(50.0, 0, 200.0)
    one.next(50.0, 10 * S, 200.0)
    assert one.next(50.0, 10 * S, 5.0) == 5.0
    assert one.next(50.0, 11 * S, -1.0) == 0.0
    one.next(50.0, 20 * S, 200.0)
    one.reset()
    assert one.amps == 0.0
    assert one.next(50.0, 90 * S, 200.0) == 0.0
