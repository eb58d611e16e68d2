"""Prices of a schedule in the words of -2 and -20: times moved to now, what is over left out."""

from typing import Any

import pytest

from bsw.chrgm.messages import iso2
from bsw.prices.tariff import Algorithm, Overstay, Rule, Stack, Tax
from secc.ocpp.prices import PricesUnusable, sales_tariff, tariff_of

Json = dict[str, Any]
AT = 1_893_456_000  # 2030-01-01


def entry(start: int, level: int, duration: int | None = None) -> Json:
    interval: Json = {"start": start}
    if duration is not None:
        interval["duration"] = duration
    return {"relativeTimeInterval": interval, "ePriceLevel": level}


def told(wire: Json, age: float) -> list[tuple[int, int | None, int | None]]:
    made = sales_tariff(wire, 2, age)
    return [
        (one.time_interval.start, one.time_interval.duration, one.e_price_level)
        for one in made.sales_tariff_entry
    ]


def test_a_sales_tariff_begins_with_what_holds_now() -> None:
    wire = {"id": 3, "salesTariffEntry": [entry(0, 1), entry(600, 2), entry(1200, 3, 600)]}
    assert told(wire, 0.0) == [(0, None, 1), (600, None, 2), (1200, 600, 3)]
    assert told(wire, 650.0) == [(0, None, 2), (550, 600, 3)]
    assert told(wire, 1300.0) == [(0, 500, 3)]
    with pytest.raises(PricesUnusable, match="over"):
        sales_tariff(wire, 2, 1800.0)


def test_an_entry_begins_in_the_second_in_which_the_power_changes() -> None:
    """Steps of power are rounded down to whole seconds, and so are those of price."""
    wire = {"id": 3, "salesTariffEntry": [entry(0, 1), entry(60, 2)]}
    assert told(wire, 0.4) == [(0, None, 1), (59, None, 2)]


def test_costs_go_on_as_they_are() -> None:
    cost = {"costKind": "RelativePricePercentage", "amount": 25, "amountMultiplier": -1}
    block = {"startValue": 11_000.0, "cost": [cost]}
    wire = {
        "id": 300,
        "salesTariffDescription": "night",
        "numEPriceLevels": 2,
        "salesTariffEntry": [{**entry(0, 1), "consumptionCost": [block]}],
    }
    made = sales_tariff(wire, 2, 0.0)
    assert (made.sales_tariff_id, made.sales_tariff_description) == (255, "night")
    assert made.num_e_price_levels == 2
    [one] = made.sales_tariff_entry[0].consumption_cost
    assert one.start_value.si() == 11_000
    assert one.cost[0].cost_kind is iso2.CostKind.RELATIVE_PRICE_PERCENTAGE
    assert (one.cost[0].amount, one.cost[0].amount_multiplier) == (25, -1)


def number(value: int, exponent: int = -2) -> Json:
    return {"value": value, "exponent": exponent}


def stack(duration: int, *fees: tuple[int, int]) -> Json:
    rules = [{"energyFee": number(fee), "powerRangeStart": number(power, 3)} for power, fee in fees]
    return {"duration": duration, "priceRule": rules}


def test_an_absolute_price_schedule_becomes_a_tariff_from_now_on() -> None:
    wire = {
        "timeAnchor": "2030-01-01T00:00:00Z",
        "priceScheduleID": 5,
        "currency": "SEK",
        "language": "eng",
        "priceAlgorithm": Algorithm.PEAK_POWER.value,
        "minimumCost": number(100),
        "maximumCost": number(9_900),
        "priceRuleStacks": [stack(600, (0, 40)), stack(600, (11, 50), (0, 30)), stack(60, (0, 1))],
        "taxRules": [
            {
                "taxRuleID": 1,
                "taxRate": number(25, 0),
                "appliesToEnergyFee": True,
                "appliesToParkingFee": False,
                "appliesToOverstayFee": True,
                "appliesToMinimumMaximumCost": False,
            }
        ],
        "overstayRuleList": {
            "overstayTimeThreshold": 300,
            "overstayRule": [
                {"overstayFee": number(500), "startTime": 10, "overstayFeePeriod": 60}
            ],
        },
        "additionalSelectedServices": [{"serviceName": "start", "serviceFee": number(100)}],
    }
    made = tariff_of(wire, AT + 900.0)
    assert made.stacks == (
        Stack(0, 300, (Rule(0.3), Rule(0.5, 11_000.0))),
        Stack(300, 360, (Rule(0.01),)),
    )
    assert (made.currency, made.algorithm) == ("SEK", Algorithm.PEAK_POWER)
    assert (made.minimum, made.maximum, made.overstay_after) == (1.0, 99.0, 300)
    assert made.taxes == (Tax(25.0, parking=False, bounds=False),)
    assert made.overstay == (Overstay(10, 5.0, 60),)
    assert made.services == (("start", 1.0),)
    with pytest.raises(PricesUnusable, match="over"):
        tariff_of(wire, AT + 1260.0)
    with pytest.raises(PricesUnusable, match="no such price algorithm: x"):
        tariff_of({**wire, "priceAlgorithm": "x"}, AT)
