"""Prices of ISO 15118-20 from the station's configuration to what the vehicle takes when."""

from dataclasses import replace

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.modes import mode_of
from bsw.ecuc.part import Wrong
from bsw.os.clock import S
from bsw.prices.iso20 import read
from bsw.prices.tariff import Algorithm, Rule, Stack, Tariff
from evcc.session.profile import CONFORMANCE
from secc.prices import ParkingConfig, PricesConfig, RangeConfig, TimeConfig
from secc.session.schedules import Plan, Step
from secc.tariff import DAY, tariff
from tests.iso20.test_sessions import rig_of
from tools.bench.world.direct import Rig

HOUR = 3600
MORNING = PricesConfig(
    tax=19.0,
    day=(
        TimeConfig(at=0, energy=0.24),
        TimeConfig(at=6 * HOUR * S, energy=0.42, ranges=(RangeConfig(power=11e3, energy=0.5),)),
    ),
    parking=ParkingConfig(fee=0.5),
)


def test_one_day_of_prices_repeats_from_now_on_until_all_is_covered() -> None:
    made = tariff(MORNING, 5 * HOUR + 10 * DAY, DAY)
    assert made is not None
    spans = [(stack.begin, stack.end, stack.rules[0].fee) for stack in made.stacks]
    assert spans == [
        (0, HOUR, 0.24),
        (HOUR, 19 * HOUR, 0.42),
        (19 * HOUR, 25 * HOUR, 0.24),
    ]
    assert made.stacks[1].rules == (
        Rule(0.42, 0.0, 0.5, 900),
        Rule(0.5, 11e3, 0.5, 900),
    )
    assert made.energy_factor() == pytest.approx(1.19)


def test_without_a_day_there_are_no_prices() -> None:
    assert tariff(PricesConfig(), 0, DAY) is None


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (PricesConfig(day=(TimeConfig(at=S, energy=1),)), "day"),
        (PricesConfig(day=(TimeConfig(at=0, energy=1), TimeConfig(at=0, energy=2))), "day"),
        (PricesConfig(back=(TimeConfig(at=0, energy=1),)), "back"),
    ],
)
def test_a_day_with_gaps_is_refused(config: PricesConfig, key: str) -> None:
    assert [wrong.key for wrong in config.problems()] == [key]


def test_ranges_rise() -> None:
    ranges = (RangeConfig(power=2.0, energy=1), RangeConfig(power=1.0, energy=1))
    assert all(
        isinstance(wrong, Wrong) for wrong in TimeConfig(at=0, energy=1, ranges=ranges).problems()
    )
    assert list(TimeConfig(at=0, energy=1, ranges=ranges).problems())


def dear_then_cheap(first: float = 0.5, second: float = 0.1) -> Tariff:
    return Tariff(
        (Stack(0, 50, (Rule(first),)), Stack(50, 150, (Rule(second),))),
        Algorithm.POWER,
    )


def priced(mode: str, prices: Tariff | None, *, seconds: int = 150) -> Rig:
    """A vehicle that wants 200 Wh within two and a half minutes."""
    application = "iso20-ac" if mode_of(mode).ac else "iso20-dc"
    rig = rig_of(application, mode)
    rig.state.energy_request = 200.0
    rig.state.departure = seconds
    plan = Plan(7, (Step(0, 11_000.0),), 150, prices=prices)
    rig.station.schedules.plans = (plan,)
    return rig


def told_profile(rig: Rig) -> list[tuple[int, float]]:
    bodies = (heard.body for _, _, heard in rig.said)
    starts = (body for body in bodies if isinstance(body, common.PowerDeliveryReq))
    profile = next(body.ev_power_profile for body in starts if body.ev_power_profile is not None)
    assert profile.scheduled_evppt_control_mode is not None
    assert profile.scheduled_evppt_control_mode.selected_schedule_tuple_id == 7
    entries = profile.ev_power_profile_entries.ev_power_profile_entry
    return [(entry.duration, entry.power.si()) for entry in entries]


def told_prices(rig: Rig) -> common.AbsolutePriceSchedule:
    bodies = (heard.body for _, _, heard in rig.said)
    response = next(body for body in bodies if isinstance(body, common.ScheduleExchangeRes))
    scheduled = response.scheduled_se_res_control_mode
    assert scheduled is not None
    prices = scheduled.schedule_tuple[0].charging_schedule.absolute_price_schedule
    assert prices is not None
    return prices


@pytest.mark.parametrize("mode", ["DC", "AC_three_phase_core"])
def test_the_vehicle_takes_its_energy_when_it_is_cheap_and_says_so(mode: str) -> None:
    rig = priced(mode, dear_then_cheap())
    rig.at(45 * S, lambda: before.append(rig.electronics.energy))
    before: list[float] = []
    rig.at(130 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    told = told_profile(rig)
    assert sum(duration for duration, _ in told) == 150
    assert told[0] == (50, 0.0)
    energy = sum(duration * power for duration, power in told) / 3600
    assert energy == pytest.approx(200.0, abs=5.0)
    if mode == "DC":
        assert before[0] < 5.0
        assert rig.electronics.energy > 100.0


def test_prices_that_do_not_change_are_no_reason_to_wait() -> None:
    rig = priced("DC", dear_then_cheap(0.3, 0.3))
    rig.at(20 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.run()
    assert told_profile(rig)[0][1] > 0


def test_a_schedule_of_many_entries_is_thought_about_in_steps() -> None:
    stacks = tuple(Stack(i, i + 1, (Rule(0.1 + i % 7), Rule(9.0, 500.0))) for i in range(150))
    rig = priced("DC", Tariff(stacks, Algorithm.PEAK_POWER))
    rig.state.energy_request = 20.0
    rig.at(60 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.run()
    assert rig.ending("vehicle") is Ending.TERMINATED


def test_what_the_vehicle_supports_bounds_the_prices_too() -> None:
    profile = replace(CONFORMANCE, supporting_points=12)
    rig = Rig("iso20-dc", mode="DC", secure=True, vehicle_profile=profile)
    stacks = tuple(Stack(i * 60, i * 60 + 60, (Rule(0.1 + i % 3),)) for i in range(40))
    rig.station.schedules.plans = (Plan(1, (Step(0, 11e3),), 2400, prices=Tariff(stacks)),)
    rig.at(20 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.run()
    schedule = told_prices(rig)
    assert len(schedule.price_rule_stacks.price_rule_stack) == 12
    made = read(schedule, schedule.time_anchor)
    assert made is not None
    assert made.stacks[-1].end == 2400
    assert all(
        made_stack.rules[0].fee >= stack.rules[0].fee - 1e-9
        for stack in stacks
        if (made_stack := made.stack_at(stack.begin)) is not None
    )
