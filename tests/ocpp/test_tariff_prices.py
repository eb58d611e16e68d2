"""The tariff of an outlet as prices over time, as a vehicle of ISO 15118-20 is told them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bsw.prices.tariff import Rule, Stack, Tariff, Tax
from ocpp.station.tariffs.tariff import read
from secc.ocpp.tariffs import AHEAD, Here, prices_of

VIENNA = ZoneInfo("Europe/Vienna")
HOUR = 3600


def told(at: datetime, kind: str = "AC", **parts: Any) -> Tariff | None:  # noqa: ANN401
    wire = {"tariffId": "T1", "currency": "SEK", **parts}
    return prices_of(read(wire), Here(kind, at))


def energy(*elements: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"prices": list(elements), **more}


def test_times_of_day_become_stacks_from_now_on() -> None:
    night = {"startTimeOfDay": "22:00", "endTimeOfDay": "06:00"}
    elements = ({"priceKwh": 0.2, "conditions": night}, {"priceKwh": 0.5})
    made = told(datetime(2030, 3, 4, 18, tzinfo=VIENNA), energy=energy(*elements))
    assert made is not None
    assert made.stacks == (
        Stack(0, 4 * HOUR, (Rule(0.5),)),
        Stack(4 * HOUR, 12 * HOUR, (Rule(0.2),)),
        Stack(12 * HOUR, AHEAD, (Rule(0.5),)),
    )
    assert made.currency == "SEK"


def test_within_a_second_the_later_price_holds_from_the_next_one() -> None:
    night = {"startTimeOfDay": "22:00"}
    elements = ({"priceKwh": 0.2, "conditions": night}, {"priceKwh": 0.5})
    at = datetime(2030, 3, 4, 21, 59, 58, 700_000, tzinfo=VIENNA)
    made = told(at, energy=energy(*elements))
    assert made is not None
    assert [(each.begin, each.rules[0].fee) for each in made.stacks][:2] == [(0, 0.5), (2, 0.2)]


def test_a_night_with_summer_time_has_an_hour_less() -> None:
    night = {"startTimeOfDay": "22:00", "endTimeOfDay": "06:00"}
    elements = ({"priceKwh": 0.2, "conditions": night}, {"priceKwh": 0.5})
    made = told(datetime(2030, 3, 30, 22, tzinfo=VIENNA), energy=energy(*elements))
    assert made is not None
    assert made.stacks[0] == Stack(0, 7 * HOUR, (Rule(0.2),))


def test_ranges_of_power_become_rules() -> None:
    elements = (
        {"priceKwh": 0.3, "conditions": {"maxPower": 11_000}},
        {"priceKwh": 0.7, "conditions": {"minPower": 50_000}},
        {"priceKwh": 0.5},
    )
    made = told(datetime(2030, 3, 4, tzinfo=VIENNA), energy=energy(*elements))
    assert made is not None
    assert made.stacks == (Stack(0, AHEAD, (Rule(0.3), Rule(0.5, 11_000), Rule(0.7, 50_000))),)


def test_taxes_bounds_and_the_fixed_fee() -> None:
    rates = [{"type": "a", "tax": 10, "stack": 0}, {"type": "b", "tax": 20, "stack": 1}]
    at = datetime(2030, 3, 4, tzinfo=VIENNA)
    made = told(
        at,
        energy=energy({"priceKwh": 1}, taxRates=rates),
        fixedFee=energy({"priceFixed": 2.5}),
        minCost={"exclTax": 1},
        maxCost={"exclTax": 9},
    )
    assert made is not None
    assert made.taxes == (Tax(32.0, parking=False, overstay=False, bounds=False),)
    assert (made.minimum, made.maximum) == (1, 9)
    assert made.services == (("fixed fee", 2.5),)
    assert told(at, idleTime=energy({"priceMinute": 1})) is None


def test_the_kind_of_outlet_and_the_day_count() -> None:
    kinds = ({"priceKwh": 1, "conditions": {"evseKind": "DC"}}, {"priceKwh": 2})
    monday = datetime(2030, 3, 4, 12, tzinfo=VIENNA)
    for kind, fee in (("DC", 1), ("AC", 2)):
        made = told(monday, kind, energy=energy(*kinds))
        assert made is not None
        assert made.stacks == (Stack(0, AHEAD, (Rule(fee),)),)
    days = ({"priceKwh": 1, "conditions": {"dayOfWeek": ["Tuesday"]}}, {"priceKwh": 2})
    made = told(monday, energy=energy(*days))
    assert made is not None
    assert [(each.begin, each.rules[0].fee) for each in made.stacks] == [(0, 2), (12 * HOUR, 1)]
