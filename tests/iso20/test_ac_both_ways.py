"""Energy out of the battery by the charger on board: within every limit, and line by line."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.iso20.lines import Lines
from bsw.os.clock import MS, S
from can_adapter.vehicle.report import Metering, StationAc, StationAcTargets, StationLimits
from evcc.bus.words import STATION_PARTS
from evcc.plan import Choice, Entry
from evcc.reports import Report
from evcc.session.profile import CONFORMANCE
from secc.api.objects import AcEvseMaximumPower, AcTargetValues, Power
from tools.bench.world.direct import Rig

OUT = Choice(1, (Entry(0, -6_900.0),), 0.0, 0.0)
"""10 A on each of three lines, out of the battery."""


def rig_of(*, dynamic: bool = False, mode: str = "AC_BPT", back: float = 11_000.0) -> Rig:
    rig = Rig(
        "iso20-ac",
        mode=mode,
        secure=True,
        offered=("AC_three_phase_core", "AC_BPT"),
        vehicle_profile=replace(CONFORMANCE, prefers_dynamic=dynamic),
    )
    rig.pack.phases = 3
    rig.charger.update_ac_maximum_limits(
        maximum_limits=AcEvseMaximumPower(
            charge_power=Power(total=22_000.0), discharge_power=Power(total=back)
        )
    )
    rig.state.put(discharge_permission=True, ac_max_back=9_000.0, discharge_min_soc=30.0, soc=50.0)
    rig.at(60 * S, lambda: setattr(rig.state, "charging_complete", True))
    return rig


def scheduled(**known: float) -> Rig:
    rig = rig_of(**known)  # type: ignore[arg-type]
    rig.at(20 * S, lambda: rig.car.adopt(OUT))
    return rig


def target(rig: Rig, watts: float, **lines: float) -> Callable[[], None]:
    told = AcTargetValues(target_active_power=Power(total=watts, **lines))
    return partial(rig.charger.update_ac_target_values, target_values=told)


def seen(rig: Rig, *seconds: float) -> list[float]:
    """A per line that the charger on board is allowed at these moments."""
    found: list[float] = []
    for second in seconds:
        rig.at(int(second * S), lambda: found.append(round(rig.pack.ac_allowed, 3)))
    return found


def test_a_schedule_takes_energy_out_and_the_meter_runs_backwards() -> None:
    rig = scheduled()
    found = seen(rig, 15, 30)
    rig.run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    assert found == [16.0, -10.0]
    told = [
        body.meter_info.bpt_discharged_energy_reading_wh
        for body in rig.bodies("ACChargeLoopRes")
        if body.meter_info is not None and body.meter_info.bpt_discharged_energy_reading_wh
    ]
    assert told == sorted(told)
    assert told[-1] > 50
    assert rig.electronics.taken_back == pytest.approx(6_900.0 * 40 / 3600, rel=0.05)
    present = [body.cl_req_control_mode.ev_present_active_power.si() for body in rig.loops()]
    assert min(present) == pytest.approx(-6_900.0, rel=0.01)
    assert rig.car.view.meter_discharged == told[-1]


@pytest.mark.parametrize(
    "withdrawn", [{"discharge_permission": False}, {"soc": 29.0}, {"ac_max_back": 0.0}]
)
@pytest.mark.parametrize("dynamic", [False, True])
def test_without_permission_nothing_flows_out_any_more(
    *,
    dynamic: bool,
    withdrawn: dict[str, object],
) -> None:
    rig = rig_of(dynamic=True) if dynamic else scheduled()
    if dynamic:
        rig.at(20 * S, target(rig, -6_900.0))
    found = seen(rig, 39.9, 40.3)
    rig.at(40 * S, lambda: rig.state.put(**withdrawn))
    rig.run(50 * S)
    assert found[0] == -10.0
    assert found[1] >= 0.0


def test_the_station_sets_what_flows_within_the_limits_of_both() -> None:
    rig = rig_of(dynamic=True, back=5_000.0)
    found = seen(rig, 19, 29, 39, 49)
    rig.at(10 * S, target(rig, 6_900.0))
    rig.at(20 * S, target(rig, -3_450.0))
    rig.at(30 * S, target(rig, -20_000.0))  # its own limit is 5 kW
    rig.at(40 * S, target(rig, 0.0))
    rig.run()
    assert found == [10.0, -5.0, pytest.approx(-5_000.0 / 690.0, rel=0.01), 0.0]


@pytest.mark.parametrize(("limit", "least"), [({"ac_max_back": 4_600.0}, -6.67), ({}, -10.0)])
def test_no_limit_of_the_vehicle_is_passed(limit: dict[str, object], least: float) -> None:
    rig = scheduled()
    rig.state.put(**limit)
    found = seen(rig, 40)
    rig.run(50 * S)
    assert found == [pytest.approx(least, abs=0.01)]


def test_a_schedule_gives_nothing_where_the_station_wants_nothing_to_flow() -> None:
    rig = scheduled()
    rig.at(30 * S, target(rig, 0.0))
    found = seen(rig, 29, 35)
    rig.run(50 * S)
    assert found == [-10.0, 0.0]


@pytest.mark.parametrize(
    ("mode", "back"), [("AC_three_phase_core", 11_000.0), ("AC_BPT", 0.0)], ids=["service", "none"]
)
def test_nothing_flows_out_where_service_or_station_knows_none(mode: str, back: float) -> None:
    rig = scheduled(mode=mode, back=back)  # type: ignore[arg-type]
    lowest: list[float] = []
    rig.scheduler.every(100 * MS, lambda: lowest.append(rig.pack.ac_allowed), name="look")
    rig.run()
    assert min(lowest) == 0.0


def test_energy_is_given_when_it_is_wanted_at_once() -> None:
    """What a house asks of the vehicle goes before the schedule."""
    rig = rig_of()
    rig.at(20 * S, lambda: rig.state.put(discharge_wanted=9.0))
    rig.at(40 * S, lambda: rig.state.put(discharge_wanted=0.0))
    found = seen(rig, 30, 50)
    rig.run()
    assert found == [pytest.approx(-9.0 * 380.0 / 690.0, rel=0.02), 16.0]


def test_the_bus_carries_what_the_station_sets_and_takes_back() -> None:
    rig = rig_of(dynamic=True)
    rig.at(20 * S, target(rig, -6_900.0))
    rig.run(45 * S)
    told = dict(Report(STATION_PARTS).changed(rig.car.view))
    targets, limits, station = told["ac_targets"], told["limits"], told["ac"]
    assert targets == StationAcTargets(target_active_power=-6_900.0)
    assert isinstance(station, StationAc)
    assert station.evse_max_discharge_power == 11_000.0
    assert isinstance(limits, StationLimits)
    assert limits.evse_maximum_discharge_power_limit == 11_000.0
    metered = told["metering"]
    assert isinstance(metered, Metering)
    assert (metered.meter_discharged or 0) > 10


# Line by line


def by_line(**told: float) -> Rig:
    rig = rig_of(dynamic=True)
    rig.state.put(ac_max_power=3_680.0, ac_max_power_l2=3_680.0, ac_max_power_l3=1_840.0, **told)
    return rig


def test_a_charger_that_names_its_lines_is_spoken_of_line_by_line() -> None:
    """[V2G20-1820], [V2G20-1818]: and the station's targets come in the same form."""
    rig = by_line(ac_active=100.0, ac_active_l2=200.0, ac_active_l3=-300.0)
    rig.at(20 * S, target(rig, -3_000.0))
    rig.run(40 * S)
    (asked,) = rig.bodies("ACChargeParameterDiscoveryReq")
    needs = asked.ac_cpd_req_energy_transfer_mode
    told = [needs.ev_maximum_charge_power, needs.ev_maximum_charge_power_l2]
    assert [one.si() for one in told] == [3_680.0, 3_680.0]
    assert needs.ev_maximum_charge_power_l3.si() == 1_840.0
    assert needs.ev_maximum_discharge_power_l3.si() == pytest.approx(3_000.0)
    present = rig.loops()[-1].cl_req_control_mode
    assert present.ev_present_active_power.si() == 100.0
    assert present.ev_present_active_power_l3.si() == -300.0
    view = rig.car.view
    assert view.target_lines == pytest.approx((-1_000.0,) * 3)
    assert view.target_power == pytest.approx(-3_000.0)


@pytest.mark.parametrize(
    ("each", "alike"),
    [
        ((3.0, 2.0, 1.0), 1.0),
        ((-3.0, -2.0, -1.0), -1.0),
        ((-3.0, 2.0, 1.0), 0.0),
        ((0.0, 2.0, 1.0), 0.0),
    ],
)
def test_a_charger_that_loads_all_lines_alike_keeps_to_the_tightest(
    each: tuple[float, ...], alike: float
) -> None:
    assert Lines(sum(each), each).least_line(3) == alike
