"""Energy out of the battery: by permission, within every limit, and gone when it may not flow."""

import pytest

from bsw.chrgm.endings import Ending
from bsw.os.clock import MS, S
from evcc.plan import Choice, Entry
from secc.power.simulated import Ratings
from tools.bench.world.direct import Rig

BACK = Ratings(back_current=30.0, back_power=10_000.0)
OUT = Choice(1, (Entry(0, -8_000.0),), 0.0, 0.0)
"""A schedule that takes 8 kW out of the battery."""


def rig_of(mode: str = "DC_BPT", ratings: Ratings = BACK) -> Rig:
    rig = Rig("iso20-dc", mode=mode, secure=True, ratings=ratings)
    rig.state.put(
        discharge_permission=True,
        discharge_max_current=25.0,
        discharge_max_power=9_000.0,
        discharge_min_soc=30.0,
        soc=50.0,
    )
    rig.at(20 * S, lambda: rig.car.adopt(OUT))
    rig.at(60 * S, lambda: setattr(rig.state, "charging_complete", True))
    return rig


def test_a_schedule_takes_energy_out_within_all_limits() -> None:
    rig = rig_of()
    seen: list[float] = []
    rig.scheduler.every(1 * S, lambda: seen.append(rig.electronics.current), name="look")
    rig.run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    assert min(seen) == pytest.approx(-8_000.0 / 380.0, rel=0.05)
    asked = [body.cl_req_control_mode.ev_target_current.si() for body in rig.loops()]
    assert min(asked) >= -25.0
    assert rig.electronics.taken_back > 50.0


def test_energy_is_given_when_it_is_wanted_at_once() -> None:
    """What a house asks of the vehicle: charging comes down first, and goes on after it."""
    rig = rig_of()
    rig.at(25 * S, lambda: rig.car.adopt(Choice(1, (Entry(0, 20_000.0),), 0.0, 0.0)))
    rig.at(30 * S, lambda: rig.state.put(discharge_wanted=10.0))
    rig.at(45 * S, lambda: rig.state.put(discharge_wanted=0.0))
    seen: dict[int, float] = {}
    for second in (44, 58):
        rig.at(second * S, lambda second=second: seen.update({second: rig.electronics.current}))  # type: ignore[misc]
    rig.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    assert seen[44] == pytest.approx(-10.0, abs=0.1)
    assert seen[58] == pytest.approx(20_000.0 / 380.0, rel=0.1)


def test_the_meter_runs_backwards() -> None:
    rig = rig_of().run()
    told = [
        body.meter_info.bpt_discharged_energy_reading_wh
        for body in rig.bodies("DCChargeLoopRes")
        if body.meter_info is not None and body.meter_info.bpt_discharged_energy_reading_wh
    ]
    assert told == sorted(told)
    assert told[-1] > 20


@pytest.mark.parametrize(
    "withdrawn", [{"discharge_permission": False}, {"soc": 29.0}, {"discharge_max_current": 0.0}]
)
def test_without_permission_nothing_flows_out_any_more(withdrawn: dict[str, object]) -> None:
    rig = rig_of()
    later: list[float] = []
    rig.at(40 * S, lambda: rig.state.put(**withdrawn))
    rig.at(40 * S + 600 * MS, lambda: later.append(rig.electronics.current))
    rig.run(50 * S)
    assert later == [pytest.approx(0.0, abs=0.5)]


@pytest.mark.parametrize(
    ("mode", "ratings"), [("DC", BACK), ("DC_BPT", Ratings())], ids=["service", "station"]
)
def test_nothing_flows_out_where_service_or_station_knows_none(mode: str, ratings: Ratings) -> None:
    rig = rig_of(mode, ratings)
    lowest: list[float] = []
    rig.scheduler.every(100 * MS, lambda: lowest.append(rig.electronics.current), name="look")
    rig.run()
    assert min(lowest) == 0.0
