"""Dynamic control: prices without a schedule, what the station wants, what the vehicle needs."""

from dataclasses import replace
from typing import Any

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.iso20.parameters import read
from bsw.chrgm.modes import mode_of
from bsw.os.clock import S
from evcc.session.profile import CONFORMANCE
from secc.api.extensions import MobilityNeeds
from secc.prices import PricesConfig, TimeConfig
from tools.bench.world.direct import Rig

DAY = (TimeConfig(at=0, energy=0.2), TimeConfig(at=12 * 3600 * S, energy=0.4))


def rig_of(mode: str = "DC", *, needs: bool = False, told: Any = None) -> Rig:  # noqa: ANN401
    kind = "iso20-dc" if mode_of(mode).dc else "iso20-ac"
    profile = replace(CONFORMANCE, prefers_dynamic=True, prefers_needs_of_station=needs)
    rig = Rig(kind, mode=mode, secure=True, vehicle_profile=profile)
    if told is not None:
        rig.station.schedules.prices = PricesConfig(day=DAY, told=told)
    rig.at(30 * S, lambda: setattr(rig.state, "charging_complete", True))
    return rig


def answer(rig: Rig) -> Any:  # noqa: ANN401 - a message
    return rig.bodies("ScheduleExchangeRes")[-1].dynamic_se_res_control_mode


@pytest.mark.parametrize("mode", ["DC", "AC_three_phase_core"])
def test_prices_come_without_a_schedule(mode: str) -> None:
    rig = rig_of(mode, told="money").run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    stacks = answer(rig).absolute_price_schedule.price_rule_stacks.price_rule_stack
    fees = [float(stack.price_rule[0].energy_fee) for stack in stacks]
    assert sorted(set(fees)) == [0.2, 0.4]
    assert sum(stack.duration for stack in stacks) >= 86_400
    assert [piece.price for piece in rig.car.view.offered.pieces] == fees
    assert rig.car.plan is None


@pytest.mark.parametrize("dynamic", [True, False])
def test_prices_may_be_told_as_levels(*, dynamic: bool) -> None:
    rig = rig_of(told="levels")
    rig.car.profile = replace(rig.car.profile, prefers_dynamic=dynamic)
    rig.run()
    told = answer(rig)
    if not dynamic:
        (one,) = rig.bodies("ScheduleExchangeRes")[-1].scheduled_se_res_control_mode.schedule_tuple
        told = one.charging_schedule
    assert told.absolute_price_schedule is None
    levels = told.price_level_schedule
    entries = levels.price_level_schedule_entries.price_level_schedule_entry
    assert levels.number_of_price_levels == 2
    assert {entry.price_level for entry in entries} == {0, 1}
    assert sum(entry.duration for entry in entries) >= 86_400


@pytest.mark.parametrize(("told", "pricing"), [(None, 0), ("money", 1), ("levels", 2)])
def test_the_service_says_how_prices_come(told: str | None, pricing: int) -> None:
    rig = rig_of(told=told).run(20 * S)
    (detail,) = rig.bodies("ServiceDetailRes")
    sets = [read(one).parameters for one in detail.service_parameter_list.parameter_set]
    assert {one["Pricing"] for one in sets} == {pricing}


@pytest.mark.parametrize("mode", ["DC", "AC_three_phase_core"])
def test_the_station_says_when_and_how_full_where_it_may(mode: str) -> None:
    needs = MobilityNeeds(departure_time=7_200, minimum_soc=30, target_soc=70)
    rig = rig_of(mode, needs=True)
    rig.charger.update_mobility_needs(needs=needs)
    later = MobilityNeeds(departure_time=3_600, minimum_soc=90, target_soc=60)
    rig.at(20 * S, lambda: rig.charger.update_mobility_needs(needs=later))
    rig.run()
    first = answer(rig)
    assert (first.departure_time, first.minimum_soc, first.target_soc) == (7_200, 30, 70)
    last = rig.bodies(f"{mode[:2]}ChargeLoopRes")[-1].cl_res_control_mode
    # [V2G20-1366], [V2G20-1290]: the least one above the target is left out
    assert (last.departure_time, last.minimum_soc, last.target_soc) == (3_600, None, 60)
    view = rig.car.view
    assert (view.wanted_departure, view.wanted_minimum_soc) == (3_600, None)
    assert view.wanted_target_soc == 60


def test_it_says_nothing_where_it_may_not() -> None:
    rig = rig_of()
    rig.charger.update_mobility_needs(needs=MobilityNeeds(target_soc=70))
    rig.run()
    assert answer(rig).target_soc is None
    assert rig.bodies("DCChargeLoopRes")[-1].cl_res_control_mode.target_soc is None


def test_energy_management_names_what_is_needed() -> None:
    rig = rig_of("DC_BPT")
    rig.state.put(
        target_energy=20_000.0,
        most_energy=30_000.0,
        least_energy=-5_000.0,
        most_cycled=9_000.0,
        least_cycled=-9_000.0,
        minimum_soc=55.0,
    )
    rig.run()
    asked = rig.bodies("ScheduleExchangeReq")[0].dynamic_se_req_control_mode
    mode = rig.loops()[-1].cl_req_control_mode
    for told in (asked, mode):
        assert told.ev_target_energy_request.si() == 20_000.0
        assert told.ev_maximum_energy_request.si() == 30_000.0
        assert told.ev_minimum_energy_request.si() == -5_000.0
        assert told.ev_maximum_v2x_energy_request.si() == 9_000.0
        assert told.ev_minimum_v2x_energy_request.si() == -9_000.0
    assert asked.minimum_soc == 55
    assert rig.loops()[-1].display_parameters.minimum_soc == 55


@pytest.mark.parametrize("window", [{"most_cycled": 9_000.0}, {"least_cycled": 0.0}])
def test_a_window_with_one_end_is_none(window: dict[str, float]) -> None:
    """[V2G20-2681]."""
    rig = rig_of("DC_BPT")
    rig.state.put(**window)
    rig.run()
    asked = rig.bodies("ScheduleExchangeReq")[0].dynamic_se_req_control_mode
    assert asked.ev_maximum_v2x_energy_request is asked.ev_minimum_v2x_energy_request is None


def test_the_least_state_of_charge_is_energy_that_has_to_come() -> None:
    rig = rig_of()
    rig.state.put(minimum_soc=50.0)
    rig.run(20 * S)
    asked = rig.bodies("ScheduleExchangeReq")[0].dynamic_se_req_control_mode
    assert asked.ev_minimum_energy_request.si() == pytest.approx(6_000.0, rel=0.01)
