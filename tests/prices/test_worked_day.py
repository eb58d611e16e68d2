"""One day worked through, in money: what docs/prices.md tells, computed."""

from itertools import pairwise

import pytest

from bsw.os.clock import S
from bsw.prices.bill import Drawn, bill
from evcc.plan import Choice
from evcc.planning.optimum import Work
from evcc.schedules import Limits, Need, Schedule, Slot, choosing
from secc.prices import PricesConfig, TimeConfig
from secc.tariff import tariff, tariff_back

HOUR, DAY = 3_600, 86_400
PLUGGED, LEAVES = 16 * HOUR, 15 * HOUR  # at 16:00, for 15 h
NOW = 1_789_948_800 + PLUGGED


def _times(*each: tuple[int, float]) -> tuple[TimeConfig, ...]:
    return tuple(TimeConfig(at=hour * HOUR * S, energy=price) for hour, price in each)


CONFIG = PricesConfig(
    day=_times((0, 0.24), (6, 0.42), (10, 0.30), (16, 0.48), (21, 0.28)),
    back=_times((0, 0.08), (17, 0.38), (21, 0.10)),
    tax=19.0,
)
PRICES, BACK = tariff(CONFIG, NOW, DAY), tariff_back(CONFIG, NOW, DAY)


def planned(*, gives: float) -> Choice:
    """40 % of 60 kWh are there, 80 % wanted, and never less than 18 kWh in the battery."""
    offer = Schedule(
        1,
        NOW,
        (Slot(0, DAY, 11_000.0),),
        discharge=(Slot(0, DAY, 10_000.0),),
        prices=PRICES,
        discharge_prices=BACK,
    )
    need = Need(24_000.0, LEAVES, held=36_000.0, kept=18_000.0, room=24_000.0)
    work = Work(choosing([offer], need, Limits(11_000.0, gives)))
    while not work.go_on(1_000):
        pass
    assert work.result is not None
    return work.result


def money(plan: Choice) -> tuple[float, float]:
    """Spent and earned until the vehicle leaves, by the bills of both tariffs."""
    assert PRICES is not None
    assert BACK is not None
    starts = [*(entry.start for entry in plan.entries), LEAVES]
    runs = [
        Drawn(begin, min(end, LEAVES), entry.power)
        for entry, (begin, end) in zip(plan.entries, pairwise(starts), strict=True)
    ]
    given = [Drawn(one.begin, one.end, -one.power) for one in runs if one.power < 0]
    spent = bill(PRICES, [one for one in runs if one.power > 0]).total
    return spent, bill(BACK, given).total


def test_what_a_day_costs() -> None:
    assert PRICES is not None
    at_once = bill(PRICES, [Drawn(0, 24.0 / 11.0 * HOUR, 11_000.0)]).total
    assert at_once == pytest.approx(13.71, abs=0.005)
    waits, gives = planned(gives=0.0), planned(gives=10_000.0)
    assert money(waits) == pytest.approx((6.85, 0.0), abs=0.005)
    assert money(gives) == pytest.approx((12.00, 6.84), abs=0.005)
    for plan in (waits, gives):
        spent, earned = money(plan)
        assert plan.cost == pytest.approx(spent - earned, abs=0.01)
        assert plan.energy == pytest.approx(24_000.0, rel=1e-3)
