"""The battery's state moves in steps that nobody sees, by all that flowed meanwhile."""

import pytest

from bsw.os.clock import MS, S
from tests.vehicle.worlds import Place
from tools.bench.hardware.battery import SETTLES, Battery


def charged(step: float, seconds: float = 60.0) -> Battery:
    battery = Battery(soc=40.0, temperature=20.0)
    for number in range(round(seconds / step)):
        battery.current = 300.0 if number * step < seconds / 2 else -100.0
        battery.step(step)
    return battery


@pytest.mark.parametrize("step", [0.005, 0.01, 0.03, 0.1])
def test_the_length_of_a_step_is_no_matter(step: float) -> None:
    one, other = charged(step), charged(1.0)
    moved = (300.0 - 100.0) * 30.0 / 3600 / one.pack.capacity_ah * 100
    assert one.soc == pytest.approx(40.0 + moved, abs=0.001)
    assert one.temperature == pytest.approx(other.temperature, abs=0.001)
    assert one.ocv == pytest.approx(other.ocv, abs=0.01)


def test_what_follows_from_the_state_follows_at_once_when_it_moves() -> None:
    battery = Battery(soc=40.0)
    before = battery.soc, battery.ocv, battery.current_limit()
    battery.current = 400.0
    for _ in range(round(SETTLES / 0.01) - 1):
        battery.step(0.01)
        assert (battery.soc, battery.ocv, battery.current_limit()) == before
    battery.step(0.01)
    assert battery.soc > before[0]
    assert battery.ocv > before[1]


def test_a_limit_is_that_of_the_state_it_is_asked_in() -> None:
    battery = Battery(soc=40.0)
    assert battery.current_limit() > 300.0
    battery.soc = 95.0  # as a test or a person sets it
    assert battery.current_limit() < 150.0
    battery.temperature = -20.0
    assert battery.current_limit() < 10.0
    assert battery.current_limit() == Battery(soc=95.0, temperature=-20.0).current_limit()


def test_the_remaining_time_is_worked_out_each_second_and_for_another_goal() -> None:
    place = Place()
    bms = place.vehicle.bms

    def told() -> int | None:
        place.run_for(150 * MS)
        return place.car.battery.remaining_time_to_target_soc

    whole = told()
    assert whole is not None
    bms.moods.target_soc = 60.0
    short = told()
    assert short is not None
    assert short < 0.7 * whole
    bms.battery.soc = 59.0
    place.run_for(1 * S)
    assert told() == pytest.approx(bms.battery.seconds_to(60.0), abs=1.0)
