"""What the site allows and wants reaches a vehicle that can give in the next answer of the loop."""

from dataclasses import replace

import pytest

from bsw.os.clock import MS, S
from evcc.session.profile import CONFORMANCE
from secc.api.literals import EnergyTransferMode
from secc.api.objects import AcEvseMaximumPower, Power
from secc.power.simulated import Ratings
from tests.iso20.test_both_ways import BACK, OUT, rig_of
from tools.bench.world.direct import Rig

VOLTS = 380.0


def dynamic_rig(back: float = 9_000.0) -> Rig:
    """The station sets the power; the vehicle gives at most ``back`` W."""
    rig = Rig(
        "iso20-dc",
        mode="DC_BPT",
        secure=True,
        ratings=BACK,
        vehicle_profile=replace(CONFORMANCE, prefers_dynamic=True),
    )
    rig.state.put(
        discharge_permission=True,
        discharge_max_current=25.0,
        discharge_max_power=back,
        discharge_min_soc=30.0,
        soc=50.0,
    )
    rig.at(70 * S, lambda: setattr(rig.state, "charging_complete", True))
    return rig


def watts(rig: Rig, *seconds: int) -> list[float]:
    found: list[float] = []
    for second in seconds:
        rig.at(second * S, lambda: found.append(rig.electronics.current * VOLTS))
    return found


def test_less_may_be_given_back_from_the_next_answer_on() -> None:
    rig = rig_of()
    at = 40 * S
    rig.at(at, lambda: rig.charger.limit_power(discharge_power=2_000.0))
    found = watts(rig, 38, 45)
    later: list[float] = []
    rig.at(at + 700 * MS, lambda: later.append(rig.electronics.current * VOLTS))
    rig.at(50 * S, lambda: rig.charger.limit_power(discharge_power=0.0))
    last = watts(rig, 55)
    rig.run()
    assert found == [pytest.approx(-8_000, rel=0.05), pytest.approx(-2_000, rel=0.08)]
    assert later == [pytest.approx(-2_000, rel=0.08)]
    assert last == [0.0]
    answers = [body.cl_res_control_mode for body in rig.bodies("DCChargeLoopRes")]
    told = {round(mode.evse_maximum_discharge_power.si()) for mode in answers}
    assert {10_000, 2_000, 0} <= told


def test_discovery_tells_the_hardware_whatever_the_site_allows_just_now() -> None:
    """[V2G20-2654]: a loop adds nothing to the discovery; permission may come later."""
    rig = rig_of()
    rig.charger.limit_power(discharge_power=0.0)
    rig.at(30 * S, lambda: rig.charger.limit_power(discharge_power=3_000.0))
    found = watts(rig, 28, 40)
    rig.run()
    (discovery,) = rig.bodies("DCChargeParameterDiscoveryRes")
    limits = discovery.dc_cpd_res_energy_transfer_mode
    assert limits.evse_maximum_discharge_power.si() == pytest.approx(10_000)
    assert found == [0.0, pytest.approx(-3_000, rel=0.08)]


@pytest.mark.parametrize(
    ("set_point", "expected"),
    [(5_000.0, 5_000), (0.0, 0), (-4_000.0, -4_000), (-50_000.0, -9_000)],
)
def test_a_set_point_is_followed_as_far_as_vehicle_and_source_can(
    set_point: float, expected: float
) -> None:
    rig = dynamic_rig()
    rig.at(30 * S, lambda: rig.charger.limit_power(set_point=set_point))
    found = watts(rig, 45)
    rig.at(50 * S, rig.charger.limit_power)
    after = watts(rig, 60)
    rig.run()
    assert found == [pytest.approx(expected, rel=0.08, abs=40)]
    assert after[0] > 10_000


def test_a_set_point_never_passes_the_lower_limit_of_the_site() -> None:
    rig = dynamic_rig()
    rig.at(30 * S, lambda: rig.charger.limit_power(set_point=-8_000.0, discharge_power=1_000.0))
    rig.at(45 * S, lambda: rig.charger.limit_power(set_point=8_000.0, power=2_000.0))
    found = watts(rig, 40, 55)
    rig.run()
    assert found == [pytest.approx(-1_000, rel=0.1), pytest.approx(2_000, rel=0.08)]


def test_where_the_vehicle_sets_the_power_the_set_point_bounds_it() -> None:
    """Scheduled control: a vehicle that would charge is held, one that gives may give so much."""
    rig = rig_of()
    rig.at(30 * S, lambda: rig.charger.limit_power(set_point=-3_000.0))
    rig.at(45 * S, lambda: rig.charger.limit_power(set_point=3_000.0))
    found = watts(rig, 40, 55)
    rig.run()
    assert found == [pytest.approx(-3_000, rel=0.08), 0.0]


def test_no_set_point_makes_a_source_take_what_it_cannot() -> None:
    rig = Rig("iso20-dc", mode="DC_BPT", secure=True, ratings=Ratings())
    rig.at(20 * S, lambda: rig.car.adopt(OUT))
    rig.at(25 * S, lambda: rig.charger.limit_power(set_point=-3_000.0))
    rig.at(50 * S, lambda: setattr(rig.state, "charging_complete", True))
    lowest: list[float] = []
    rig.scheduler.every(100 * MS, lambda: lowest.append(rig.electronics.current), name="look")
    rig.run()
    assert min(lowest) == 0.0


@pytest.mark.parametrize(
    ("set_point", "expected"), [(-6_900.0, -10.0), (-50_000.0, -13.04), (6_900.0, 10.0)]
)
def test_an_ac_vehicle_is_told_the_set_point_within_both_limits(
    set_point: float, expected: float
) -> None:
    rig = Rig(
        "iso20-ac",
        mode="AC_BPT",
        secure=True,
        offered=("AC_three_phase_core", "AC_BPT"),
        vehicle_profile=replace(CONFORMANCE, prefers_dynamic=True),
    )
    rig.pack.phases = 3
    rig.charger.update_ac_maximum_limits(
        maximum_limits=AcEvseMaximumPower(
            charge_power=Power(total=22_000.0), discharge_power=Power(total=11_000.0)
        )
    )
    rig.state.put(discharge_permission=True, ac_max_back=9_000.0, discharge_min_soc=30.0, soc=50.0)
    rig.at(60 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.at(30 * S, lambda: rig.charger.limit_power(set_point=set_point))
    found: list[float] = []
    rig.at(40 * S, lambda: found.append(round(rig.pack.ac_allowed, 2)))
    rig.run()
    assert found == [pytest.approx(expected, abs=0.05)]


def test_a_transfer_that_is_not_allowed_is_not_offered() -> None:
    rig = Rig("iso20-ac", mode="AC_BPT", secure=True, offered=("AC_three_phase_core", "AC_BPT"))
    rig.charger.allow_transfers(modes=[EnergyTransferMode.AC_THREE_PHASE])
    rig.at(30 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.run()
    (offered,) = rig.bodies("ServiceDiscoveryRes")
    services = [one.service_id for one in offered.energy_transfer_service_list.service]
    assert services == [1]
