"""I12: what a charge costs, against sums done by hand."""

from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ocpp.station.records import CostRecord, Instant
from ocpp.station.tariffs.account import Account, Taken
from ocpp.station.tariffs.tariff import Moment, read

BEGIN = datetime(2030, 3, 4, 17, 30, tzinfo=timezone.utc)  # a Monday
Wire = dict[str, Any]


def tariff(**parts: Any) -> Wire:  # noqa: ANN401 - as on the wire
    return {"tariffId": "T1", "currency": "EUR", **parts}


def prices(*elements: Wire, **more: Any) -> Wire:  # noqa: ANN401
    return {"prices": list(elements), **more}


class Charge:
    """A transaction, minute by minute."""

    def __init__(self, wire: Wire, zone: str = "UTC", kind: str = "AC") -> None:
        self._zone, self._kind = ZoneInfo(zone), kind
        self._minutes = 0.0
        self._wh = 1000.0
        self.charging = False
        self.watts: float | None = None
        self.account = Account(read(wire), self._taken())

    def _taken(self) -> Taken:
        local = (BEGIN + timedelta(minutes=self._minutes)).astimezone(self._zone)
        moment = Moment(local, self._kind, power=self.watts)
        seconds = self._minutes * 60
        return Taken(Instant(1, round(seconds * 1e9)), seconds, self._wh, self.charging, moment)

    def go(self, minutes: float, kwh: float = 0.0, *, step: float = 1.0) -> "Charge":
        """Charging if energy flows, else idle."""
        self.charging = bool(kwh)
        self.watts = kwh / minutes * 60_000
        self.account.take(self._taken())
        steps = round(minutes / step)
        for _ in range(steps):
            self._minutes += step
            self._wh += kwh * 1000 / steps
            self.account.take(self._taken())
        return self

    def change(self, wire: Wire) -> None:
        self.account.change(read(wire), self._taken())

    def bill(self, *, final: bool = True) -> CostRecord:
        return self.account.record(final=final)


def costs(record: CostRecord) -> dict[str, tuple[float, float]]:
    """By dimension, without and with taxes."""
    return {
        name: (value["exclTax"], value["inclTax"])
        for name, value in record.wire["totalCost"].items()
        if isinstance(value, dict)
    }


def test_each_dimension_is_paid_for_what_was_used_of_it() -> None:
    """I12.FR.04, I12.FR.05, I12.FR.06, I12.FR.07, I12.FR.16, I12.FR.17, I12.FR.30, I12.FR.41."""
    charge = Charge(
        tariff(
            fixedFee=prices({"priceFixed": 1.5}),
            energy=prices({"priceKwh": 0.4}),
            chargingTime=prices({"priceMinute": 0.02}),
            idleTime=prices({"priceMinute": 0.1}),
        )
    )
    record = charge.go(10).go(30, kwh=5).go(20).bill()
    assert record.wire["totalUsage"] == {"energy": 5, "chargingTime": 1800, "idleTime": 1800}
    assert costs(record) == {
        "fixed": (1.5, 1.5),
        "energy": (2.0, 2.0),
        "chargingTime": (0.6, 0.6),
        "idleTime": (3.0, 3.0),
        "total": (7.1, 7.1),
    }
    total = record.wire["totalCost"]
    assert (total["currency"], total["typeOfCost"]) == ("EUR", "NormalCost")


def test_taxes_stand_on_each_other_level_by_level() -> None:
    """I12.FR.12, I12.FR.13."""
    rates = [
        {"type": "a", "tax": 10},
        {"type": "b", "tax": 5, "stack": 0},
        {"type": "c", "tax": 20, "stack": 1},
    ]
    bill = Charge(tariff(energy=prices({"priceKwh": 1}, taxRates=rates))).go(10, kwh=10).bill()
    assert costs(bill)["energy"] == pytest.approx((10.0, 10 * 1.15 * 1.2))
    assert costs(bill)["total"] == costs(bill)["energy"]


def test_a_price_by_the_time_of_day_begins_a_new_period() -> None:
    """I12.FR.31, I12.FR.32, I12.FR.33, I12.FR.34, I12.FR.35, I12.FR.36."""
    evening = {"startTimeOfDay": "18:00", "endTimeOfDay": "06:00"}
    elements = ({"priceKwh": 0.2, "conditions": evening}, {"priceKwh": 0.5})
    charge = Charge(tariff(energy=prices(*elements)))
    bill = charge.go(60, kwh=6).bill()  # 17:30 to 18:30
    assert costs(bill)["energy"][0] == pytest.approx(3 * 0.5 + 3 * 0.2)
    first, second = bill.periods
    assert (first.at.ns, second.at.ns) == (0, 1800 * 10**9)
    assert dict(first.used) == {"Energy": 3.0, "ChargingTime": 1800, "IdleTIme": 0}
    assert charge.bill(final=False).periods == ()


@pytest.mark.parametrize(("zone", "price"), [("UTC", 0.5), ("Europe/Vienna", 0.2)])
def test_times_of_day_are_those_of_the_place(zone: str, price: float) -> None:
    """I12.FR.37, I07.FR.17: 17:30 UTC is 18:30 in Vienna."""
    evening = {"startTimeOfDay": "18:00", "endTimeOfDay": "24:00"}
    elements = ({"priceKwh": 0.2, "conditions": evening}, {"priceKwh": 0.5})
    bill = Charge(tariff(energy=prices(*elements)), zone).go(10, kwh=1).bill()
    assert costs(bill)["energy"][0] == pytest.approx(price)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"dayOfWeek": ["Monday"]}, 10.0),
        ({"dayOfWeek": ["Tuesday", "Sunday"]}, 0.0),
        ({"validFromDate": "2030-03-04"}, 10.0),
        ({"validToDate": "2030-03-04"}, 0.0),
        ({"evseKind": "AC"}, 10.0),
        ({"evseKind": "DC"}, 0.0),
        ({"minEnergy": 4000}, 6.0),
        ({"maxEnergy": 4000}, 4.0),
        ({"minPower": 10_000}, 10.0),
        ({"minPower": 10_001}, 0.0),
        ({"maxPower": 10_000}, 0.0),
        ({"minTime": 1800}, 5.0),
        ({"minChargingTime": 1800, "maxChargingTime": 2700}, 2.5),
        ({"minIdleTime": 60}, 0.0),
        ({"minCurrent": 1}, 0.0),
    ],
)
def test_all_conditions_of_a_price_have_to_hold(conditions: Wire, expected: float) -> None:
    """I12.FR.33."""
    element = {"priceKwh": 1.0, "conditions": conditions}
    bill = Charge(tariff(energy=prices(element))).go(60, kwh=10).bill()
    assert costs(bill).get("energy", (0.0, 0.0))[0] == pytest.approx(expected, abs=0.17)


def test_the_least_is_paid_at_the_end_only() -> None:
    """I12.FR.38."""
    wire = tariff(energy=prices({"priceKwh": 1}), minCost={"exclTax": 5})
    charge = Charge(wire).go(10, kwh=2)
    assert costs(charge.bill(final=False))["total"] == (2.0, 2.0)
    bill = charge.bill()
    assert costs(bill)["total"] == (5.0, 5.0)
    assert bill.wire["totalCost"]["typeOfCost"] == "MinCost"
    assert Charge(wire).go(10, kwh=6).bill().wire["totalCost"]["typeOfCost"] == "NormalCost"


@pytest.mark.parametrize("bound", [{"exclTax": 5}, {"inclTax": 6}])
def test_the_most_stops_the_cost_and_not_the_usage(bound: Wire) -> None:
    """I12.FR.39, I12.FR.40, I12.FR.42."""
    rates = [{"type": "vat", "tax": 20}]
    wire = tariff(energy=prices({"priceKwh": 1}, taxRates=rates), maxCost=bound)
    bill = Charge(wire).go(60, kwh=20).bill()
    assert costs(bill)["total"] == (5.0, 6.0)
    assert bill.wire["totalCost"]["typeOfCost"] == "MaxCost"
    assert bill.wire["totalUsage"]["energy"] == 20


def test_another_tariff_counts_from_then_on() -> None:
    """I11.FR.06, I11.FR.08."""
    charge = Charge(tariff(fixedFee=prices({"priceFixed": 1}), energy=prices({"priceKwh": 1})))
    charge.go(10, kwh=2)
    other = tariff(fixedFee=prices({"priceFixed": 9}), energy=prices({"priceKwh": 3}))
    charge.change({**other, "tariffId": "T2"})
    bill = charge.go(10, kwh=2).bill()
    assert costs(bill)["total"][0] == pytest.approx(1 + 2 + 6)
    assert bill.periods[0].tariff == "T1"
    assert bill.periods[-1].tariff == "T2"


@pytest.mark.parametrize("text", ["25:00", "noon"])
def test_what_is_no_time_is_no_tariff(text: str) -> None:
    element = {"priceKwh": 1, "conditions": {"startTimeOfDay": text}}
    with pytest.raises(msgspec.ValidationError):
        read(tariff(energy=prices(element)))
