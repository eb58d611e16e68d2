"""Edges of prices on their way to a vehicle: what is over, what has begun, what is left out."""

from typing import Any

import pytest

from bsw.chrgm.messages import iso2
from bsw.prices.tariff import Algorithm, Rule, Stack, Tax
from secc.ocpp.prices import PricesUnusable, sales_tariff, tariff_of

LONGEST = 16_777_214


def entry(start: int, duration: int | None = None, **more: object) -> dict[str, Any]:
    interval = {"start": start} if duration is None else {"start": start, "duration": duration}
    return {"relativeTimeInterval": interval, **more}


def intervals(tariff: iso2.SalesTariff) -> list[tuple[int, int | None]]:
    return [
        (one.time_interval.start, one.time_interval.duration) for one in tariff.sales_tariff_entry
    ]


@pytest.mark.parametrize(
    ("age", "left"),
    [
        (0.0, [(0, None), (100, 50)]),
        (99.0, [(0, None), (1, 50)]),
        (99.5, [(0, 50)]),
        (100.0, [(0, 50)]),
        (100.0000005, [(0, 50)]),
        (101.0, [(0, 49)]),
        (149.0, [(0, 1)]),
    ],
)
def test_an_entry_holds_until_the_next_begins(
    age: float, left: list[tuple[int, int | None]]
) -> None:
    wire = {"salesTariffEntry": [entry(0), entry(100, 50)]}
    assert intervals(sales_tariff(wire, 1, age)) == left


@pytest.mark.parametrize("entries", [[], [entry(0, 10)], [entry(0), entry(5, 5)]])
def test_a_tariff_that_is_over_cannot_be_said(entries: list[dict[str, Any]]) -> None:
    with pytest.raises(PricesUnusable, match="over"):
        sales_tariff({"salesTariffEntry": entries}, 1, 10.0)


def test_the_last_without_an_end_holds_for_ever_and_the_first_is_not_later_than_can_be_said() -> (
    None
):
    assert intervals(sales_tariff({"salesTariffEntry": [entry(0)]}, 1, 1e9)) == [(0, None)]
    late = {"salesTariffEntry": [entry(LONGEST + 9)]}
    assert intervals(sales_tariff(late, 1, 0.0)) == [(LONGEST, None)]


@pytest.mark.parametrize(("given", "number"), [(0, 1), (1, 1), (7, 7), (255, 255), (256, 255)])
def test_its_number_is_one_that_can_be_said(given: int, number: int) -> None:
    wire = {"id": given, "salesTariffEntry": [entry(0)]}
    assert sales_tariff(wire, 3, 0.0).sales_tariff_id == number
    assert sales_tariff({"salesTariffEntry": [entry(0)]}, 3, 0.0).sales_tariff_id == 3


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("CarbonDioxideEmission", iso2.CostKind.CARBON_DIOXIDE_EMISSION),
        ("RelativePricePercentage", iso2.CostKind.RELATIVE_PRICE_PERCENTAGE),
        ("RenewableGenerationPercentage", iso2.CostKind.RENEWABLE_GENERATION_PERCENTAGE),
    ],
)
def test_what_a_cost_is_of_goes_on(word: str, kind: iso2.CostKind) -> None:
    cost = {"costKind": word, "amount": 5, "amountMultiplier": -2}
    made = entry(0, consumptionCost=[{"startValue": 11_000, "cost": [cost]}], ePriceLevel=2)
    wire = {"salesTariffEntry": [made], "numEPriceLevels": 4, "salesTariffDescription": "night"}
    tariff = sales_tariff(wire, 1, 0.0)
    [said] = tariff.sales_tariff_entry
    [consumption] = said.consumption_cost
    [told] = consumption.cost
    assert (told.cost_kind, told.amount, told.amount_multiplier) == (kind, 5, -2)
    assert consumption.start_value.si() == 11_000
    assert (said.e_price_level, tariff.num_e_price_levels) == (2, 4)
    assert tariff.sales_tariff_description == "night"


def number(value: int, exponent: int = 0) -> dict[str, int]:
    return {"value": value, "exponent": exponent}


def schedule(*durations: int, **more: object) -> dict[str, Any]:
    rule = {"energyFee": number(25, -2), "powerRangeStart": number(0)}
    return {
        "timeAnchor": "2026-01-01T00:00:00Z",
        "priceAlgorithm": Algorithm.POWER.value,
        "currency": "EUR",
        "priceRuleStacks": [{"duration": each, "priceRule": [rule]} for each in durations],
        **more,
    }


ANCHOR = 1_767_225_600.0
"""2026-01-01T00:00:00Z."""


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (ANCHOR, [(0, 60), (60, 100)]),
        (ANCHOR - 5, [(5, 65), (65, 105)]),
        (ANCHOR + 59, [(0, 1), (1, 41)]),
        (ANCHOR + 60, [(0, 40)]),
        (ANCHOR + 99, [(0, 1)]),
    ],
)
def test_a_stack_holds_for_its_time_from_its_anchor(
    now: float, left: list[tuple[int, int]]
) -> None:
    assert tariff_of(schedule(60, 40), now).stacks == tuple(
        Stack(begin, end, (Rule(fee=0.25),)) for begin, end in left
    )


def test_a_schedule_that_is_over_or_counts_otherwise_cannot_be_said() -> None:
    with pytest.raises(PricesUnusable, match="schedule is over"):
        tariff_of(schedule(60, 40), ANCHOR + 100)
    with pytest.raises(PricesUnusable, match="no such price algorithm: magic"):
        tariff_of(schedule(60, priceAlgorithm="magic"), ANCHOR)


def test_what_is_not_said_costs_nothing() -> None:
    plain = tariff_of(schedule(60), ANCHOR)
    assert (plain.minimum, plain.maximum, plain.overstay_after) == (None, None, None)
    assert not any((plain.taxes, plain.overstay, plain.services))
    [rule] = plain.stacks[0].rules
    assert (rule.parking_fee, rule.parking_period) == (0.0, 0)
    assert (rule.carbon_dioxide, rule.renewable) == (None, None)


def test_fees_bounds_and_services_go_on_as_numbers() -> None:
    told = tariff_of(
        schedule(
            60,
            minimumCost=number(5, -1),
            maximumCost=number(5, 1),
            overstayRuleList={
                "overstayTimeThreshold": 300,
                "overstayRule": [
                    {"startTime": 60, "overstayFee": number(0), "overstayFeePeriod": 600}
                ],
            },
            additionalSelectedServices=[{"serviceName": "wash", "serviceFee": number(0)}],
        ),
        ANCHOR,
    )
    assert (told.minimum, told.maximum, told.overstay_after) == (0.5, 50.0, 300)
    [fee] = told.overstay
    assert (fee.start, fee.fee, fee.period) == (60, 0.0, 600)
    assert told.services == (("wash", 0.0),)
    assert (told.currency, told.algorithm) == ("EUR", Algorithm.POWER)


@pytest.mark.parametrize("which", range(4))
def test_a_tax_is_for_what_it_says(which: int) -> None:
    says = ["appliesToEnergyFee", "appliesToParkingFee", "appliesToOverstayFee"]
    names = [*says, "appliesToMinimumMaximumCost"]
    wire = {"taxRate": number(0), **{name: at == which for at, name in enumerate(names)}}
    [tax] = tariff_of(schedule(60, taxRules=[wire]), ANCHOR).taxes
    flags = [at == which for at in range(4)]
    assert tax == Tax(
        0.0,
        included=False,
        energy=flags[0],
        parking=flags[1],
        overstay=flags[2],
        bounds=flags[3],
    )


def test_rules_stand_in_the_order_of_their_power() -> None:
    high = {"energyFee": number(0), "powerRangeStart": number(11, 3), "parkingFee": number(2)}
    low = {"energyFee": number(3), "powerRangeStart": number(0), "parkingFeePeriod": 9}
    wire = schedule()
    wire["priceRuleStacks"] = [{"duration": 60, "priceRule": [high, low]}]
    [stack] = tariff_of(wire, ANCHOR).stacks
    assert stack.rules == (
        Rule(fee=3.0, power=0.0, parking_period=9),
        Rule(fee=0.0, power=11_000.0, parking_fee=2.0),
    )
