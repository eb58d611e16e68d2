"""Prices of an OCPP schedule in the words of the vehicle's protocol: SalesTariff and tariff."""

from collections.abc import Mapping
from datetime import datetime
from itertools import accumulate
from math import ceil
from typing import Any, Final

from bsw.chrgm.messages import iso2
from bsw.prices.tariff import Algorithm, Overstay, Rule, Stack, Tariff, Tax

LONGEST: Final = 16_777_214
"""Seconds that an interval of ISO 15118-2 may begin after now."""
CLOSE: Final = 1e-6
_KINDS: Final = {
    "CarbonDioxideEmission": iso2.CostKind.CARBON_DIOXIDE_EMISSION,
    "RelativePricePercentage": iso2.CostKind.RELATIVE_PRICE_PERCENTAGE,
    "RenewableGenerationPercentage": iso2.CostKind.RENEWABLE_GENERATION_PERCENTAGE,
}
Wire = Mapping[str, Any]


class PricesUnusable(Exception):
    """They cannot be said to a vehicle."""


def sales_tariff(wire: Wire, number: int, age: float) -> iso2.SalesTariff:
    """Of ISO 15118-2; the schedule began ``age`` seconds ago, and the past is left out.

    It is not signed: what was shifted is not what an operator has signed.
    """
    passed = ceil(age - CLOSE)  # an entry begins with the second in which power changes
    entries = _alive(wire["salesTariffEntry"], passed)
    if not entries:
        raise PricesUnusable("the sales tariff is over")
    return iso2.SalesTariff(
        sales_tariff_id=min(255, max(1, wire.get("id", number))),
        sales_tariff_description=wire.get("salesTariffDescription"),
        num_e_price_levels=wire.get("numEPriceLevels"),
        sales_tariff_entry=tuple(_entry(one, passed) for one in entries),
    )


def _alive(entries: list[Wire], passed: int) -> list[Wire]:
    """Each holds until the next begins, and the last as long as it says."""
    begins = [one["relativeTimeInterval"]["start"] for one in entries]
    last = entries[-1]["relativeTimeInterval"].get("duration") if entries else None
    ends = [*begins[1:], None if last is None else begins[-1] + last]
    return [one for one, end in zip(entries, ends, strict=False) if end is None or end > passed]


def _entry(wire: Wire, passed: int) -> iso2.SalesTariffEntry:
    interval = wire["relativeTimeInterval"]
    start, duration = interval["start"] - passed, interval.get("duration")
    if start < 0 and duration is not None:
        duration += start
    return iso2.SalesTariffEntry(
        time_interval=iso2.RelativeTimeInterval(
            start=min(LONGEST, max(0, start)), duration=duration
        ),
        e_price_level=wire.get("ePriceLevel"),
        consumption_cost=tuple(_consumption(one) for one in wire.get("consumptionCost", ())),
    )


def _consumption(wire: Wire) -> iso2.ConsumptionCost:
    costs = tuple(
        iso2.Cost(
            cost_kind=_KINDS[one["costKind"]],
            amount=one["amount"],
            amount_multiplier=one.get("amountMultiplier"),
        )
        for one in wire["cost"]
    )
    start = iso2.PhysicalValue.of(wire["startValue"], iso2.Unit.W)
    return iso2.ConsumptionCost(start_value=start, cost=costs)


def tariff_of(wire: Wire, now: float) -> Tariff:
    """An absolute price schedule, its times counted from ``now`` in UNIX time."""
    algorithm = next((one for one in Algorithm if one.value == wire["priceAlgorithm"]), None)
    if algorithm is None:
        raise PricesUnusable(f"no such price algorithm: {wire['priceAlgorithm'][:80]}")
    overstay = wire.get("overstayRuleList", {})
    stacks = _stacks(wire, now)
    if not stacks:
        raise PricesUnusable("the price schedule is over")
    return Tariff(
        stacks=stacks,
        algorithm=algorithm,
        currency=wire["currency"],
        taxes=tuple(_tax(one) for one in wire.get("taxRules", ())),
        minimum=_number(wire.get("minimumCost")),
        maximum=_number(wire.get("maximumCost")),
        overstay=tuple(
            Overstay(one["startTime"], _number(one["overstayFee"]) or 0.0, one["overstayFeePeriod"])
            for one in overstay.get("overstayRule", ())
        ),
        overstay_after=overstay.get("overstayTimeThreshold"),
        services=tuple(
            (one["serviceName"], _number(one["serviceFee"]) or 0.0)
            for one in wire.get("additionalSelectedServices", ())
        ),
    )


def _stacks(wire: Wire, now: float) -> tuple[Stack, ...]:
    anchor = datetime.fromisoformat(wire["timeAnchor"].replace("Z", "+00:00")).timestamp()
    first = round(anchor - now)
    durations = [one["duration"] for one in wire["priceRuleStacks"]]
    begins = list(accumulate(durations, initial=first))
    return tuple(
        Stack(max(0, begin), begin + one["duration"], _rules(one["priceRule"]))
        for one, begin in zip(wire["priceRuleStacks"], begins, strict=False)
        if begin + one["duration"] > 0
    )


def _rules(wires: list[Wire]) -> tuple[Rule, ...]:
    rules = (
        Rule(
            fee=_number(one["energyFee"]) or 0.0,
            power=_number(one["powerRangeStart"]) or 0.0,
            parking_fee=_number(one.get("parkingFee")) or 0.0,
            parking_period=one.get("parkingFeePeriod", 0),
            carbon_dioxide=one.get("carbonDioxideEmission"),
            renewable=one.get("renewableGenerationPercentage"),
        )
        for one in wires
    )
    return tuple(sorted(rules, key=lambda rule: rule.power))


def _tax(wire: Wire) -> Tax:
    return Tax(
        _number(wire["taxRate"]) or 0.0,
        included=wire.get("taxIncludedInPrice", False),
        energy=wire["appliesToEnergyFee"],
        parking=wire["appliesToParkingFee"],
        overstay=wire["appliesToOverstayFee"],
        bounds=wire["appliesToMinimumMaximumCost"],
    )


def _number(wire: Wire | None) -> float | None:
    """Of value and exponent."""
    if wire is None:
        return None
    value: int = wire["value"]
    return float(f"{value}e{wire['exponent']}")
