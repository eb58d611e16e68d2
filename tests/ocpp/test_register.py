"""What the outlet has delivered: the meter's register, or volts times amperes, second by second."""

from types import SimpleNamespace
from typing import Any

import pytest

from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from ocpp.station.records import Sample
from secc.ocpp.meter import Register

POWER, VOLTAGE, CURRENT = "Power.Active.Import", "Voltage", "Current.Import"


def some(**fields: object) -> Any:  # noqa: ANN401 - stands for what a command has told
    return SimpleNamespace(**fields)


def outlet(signer: object = None) -> tuple[Scheduler, Any, Register]:
    scheduler = Scheduler(VirtualClock())
    state = some(meter=None, dc_present=None)
    made: Any = signer
    return scheduler, state, Register(scheduler, state, made)


def present(volts: float, amps: float | None) -> object:
    return some(evse_present_voltage=volts, evse_present_current=amps)


def test_without_anything_told_nothing_was_delivered() -> None:
    scheduler, _state, register = outlet()
    scheduler.run(3600 * S)
    assert register.samples() == (Sample(0.0), Sample(0.0, POWER, "W"))


@pytest.mark.parametrize(("seconds", "energy"), [(9, 100.0), (36, 400.0), (3599, 39_988.889)])
def test_without_a_meter_volts_and_amperes_are_counted_each_second(
    seconds: int, energy: float
) -> None:
    scheduler, state, register = outlet()
    scheduler.run(0)
    counted = register.samples()[0].value
    state.dc_present = present(400.0, 100.0)
    scheduler.run(seconds * S)
    assert counted == 0.0
    first, *others = register.samples()
    assert first.value == pytest.approx(energy, abs=0.001)
    assert first == Sample(first.value)
    assert tuple(others) == (
        Sample(40_000.0, POWER, "W"),
        Sample(400.0, VOLTAGE, "V"),
        Sample(100.0, CURRENT, "A"),
    )


def test_a_current_that_nobody_told_is_none() -> None:
    scheduler, state, register = outlet()
    state.dc_present = present(399.96, None)
    scheduler.run(10 * S)
    assert register.samples() == (
        Sample(0.0),
        Sample(0.0, POWER, "W"),
        Sample(400.0, VOLTAGE, "V"),
        Sample(0.0, CURRENT, "A"),
    )


def test_figures_are_rounded_to_what_they_are_worth() -> None:
    scheduler, state, register = outlet()
    state.dc_present = present(400.04, 1.2345)
    scheduler.run(1 * S)
    _, power, volts, amps = register.samples()
    assert (power.value, volts.value, amps.value) == (493.8, 400.0, 1.23)


@pytest.mark.parametrize("power", [None, 1234.56])
def test_a_meter_counts_instead_and_its_power_comes_first(power: float | None) -> None:
    scheduler, state, register = outlet()
    state.dc_present = present(400.0, 2.0)
    scheduler.run(100 * S)
    told = None if power is None else some(total=power)
    state.meter = some(energy_Wh_import=some(total=77.5), power_W=told)
    energy, watts, *_ = register.samples()
    assert energy == Sample(77.5)
    assert watts == Sample(800.0 if power is None else 1234.6, POWER, "W")


def test_a_signer_puts_its_record_beside_the_register_alone() -> None:
    signed: Any = "signed 5.0"
    _scheduler, state, register = outlet(some(sign=lambda value: f"signed {value}"))
    state.meter = some(energy_Wh_import=some(total=5.0), power_W=None)
    energy, power = register.samples()
    assert [energy.signed, power.signed] == [signed, None]


def test_what_is_counted_is_remembered_and_goes_on_from_there() -> None:
    scheduler = Scheduler(VirtualClock())
    state: Any = some(meter=None, dc_present=None)
    kept: list[float] = []
    register = Register(scheduler, state, counted=1200.0, remember=kept.append)
    assert register.samples()[0] == Sample(1200.0)
    scheduler.run(60 * S)
    assert kept == [], "nothing has flowed"
    state.dc_present = present(400.0, 100.0)
    scheduler.run(80 * S)
    assert len(kept) == 2
    assert 1200.0 < kept[0] < kept[1] <= register.samples()[0].value
