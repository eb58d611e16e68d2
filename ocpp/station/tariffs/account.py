"""What one transaction costs: readings in, cost and usage out.

Pure.  What is used between two readings costs what held at the first of them.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Final

from ocpp.station.records import CostPeriod, CostRecord, Instant
from ocpp.station.tariffs.tariff import (
    CHARGING,
    ENERGY,
    FIXED,
    IDLE,
    KEPT,
    KEPT_TIME,
    Bound,
    Moment,
    Prices,
    Tariff,
    taxed,
)

MINUTE: Final = 60.0
KWH: Final = 1000.0
DIGITS: Final = 6
NORMAL, LEAST, MOST = "NormalCost", "MinCost", "MaxCost"


@dataclass(frozen=True, slots=True)
class Taken:
    """A reading.  ``seconds`` only ever grows; ``moment`` says what conditions look at."""

    at: Instant
    seconds: float
    wh: float
    charging: bool
    moment: Moment


@dataclass(slots=True)
class _Part:
    """A stretch in which the same prices hold."""

    at: Instant
    tariff: str
    energy: float = 0.0
    charging: float = 0.0
    idle: float = 0.0


@dataclass(slots=True)
class Sums:
    """All that an account knows; ``told`` is the tariff that the back end was told of."""

    tariff: Tariff
    first: Taken
    last: Taken
    told: str = ""
    charging: float = 0.0
    idle: float = 0.0
    reserved: float | None = None
    costs: dict[str, float] = field(default_factory=dict)
    kind: str = NORMAL
    chosen: dict[str, int] = field(default_factory=dict)
    parts: list[_Part] = field(default_factory=list)


class Account:
    """One transaction's.  ``take`` each reading in order."""

    def __init__(self, tariff: Tariff, first: Taken) -> None:
        self.sums = Sums(tariff, first, first)
        self._fixed()
        self._choose(first)

    @classmethod
    def resumed(cls, sums: Sums, now: Taken) -> "Account":
        """It goes on: the time in between is not paid for, what the meter counted is."""
        account = cls.__new__(cls)
        account.sums = sums
        age = sums.last.seconds - sums.first.seconds
        sums.last = replace(sums.last, seconds=now.seconds)
        sums.first = replace(sums.first, seconds=now.seconds - age)
        account.take(now)
        return account

    @property
    def tariff(self) -> Tariff:
        return self.sums.tariff

    def change(self, tariff: Tariff, now: Taken) -> None:
        """Another tariff from now on [I11.FR.06]; what was paid for is paid for."""
        self.take(now)
        self.sums.tariff = tariff
        if FIXED not in self.sums.costs:
            self._fixed()
        self._choose(now)

    def reserved(self, seconds: float) -> None:
        """The outlet was kept for the driver so long, which is paid for once [I12.FR.06]."""
        self.sums.reserved = seconds
        self._once({KEPT_TIME: seconds / MINUTE, KEPT: 1.0})

    def take(self, now: Taken) -> None:
        last = self.sums.last
        seconds, energy = max(0.0, now.seconds - last.seconds), now.wh - last.wh
        part = self.sums.parts[-1]
        part.energy += energy
        used = {ENERGY: energy / KWH}
        if last.charging:
            self.sums.charging += seconds
            part.charging += seconds
            used[CHARGING] = seconds / MINUTE
        else:
            self.sums.idle += seconds
            part.idle += seconds
            used[IDLE] = seconds / MINUTE
        self._pay(used)
        self.sums.last = now
        self._choose(now)

    def record(self, *, final: bool) -> CostRecord:
        """Cost and usage so far; periods, and the least that it costs, belong to the end."""
        total, kind = sum(self.sums.costs.values()), self.sums.kind
        inclusive = sum(taxed(cost, self._taxes(name)) for name, cost in self.sums.costs.items())
        least = self.sums.tariff.min_cost
        if final and least is not None and _below(least, total, inclusive):
            share = inclusive / total if total else 1.0
            total, kind = _exclusive(least, share), LEAST
            inclusive = total * share if least.incl_tax is None else least.incl_tax
        costs = {
            name: {"exclTax": _round(cost), "inclTax": _round(taxed(cost, self._taxes(name)))}
            for name, cost in self.sums.costs.items()
        }
        wire: dict[str, Any] = {
            "totalCost": {
                "currency": self.sums.tariff.currency,
                "typeOfCost": kind,
                **costs,
                "total": {"exclTax": _round(total), "inclTax": _round(inclusive)},
            },
            "totalUsage": {
                "energy": _round((self.sums.last.wh - self.sums.first.wh) / KWH),
                "chargingTime": round(self.sums.charging),
                "idleTime": round(self.sums.idle),
                **({} if self.sums.reserved is None else {KEPT_TIME: round(self.sums.reserved)}),
            },
        }
        return CostRecord(wire, self._periods() if final else ())

    def _periods(self) -> tuple[CostPeriod, ...]:
        return tuple(
            CostPeriod(
                part.at,
                part.tariff,
                (
                    ("Energy", _round(part.energy / KWH)),
                    ("ChargingTime", round(part.charging)),
                    ("IdleTIme", round(part.idle)),  # as the schema writes it
                ),
            )
            for part in self.sums.parts
        )

    def _fixed(self) -> None:
        """Once, at the start [I12.FR.30]."""
        self._once({FIXED: 1.0})

    def _once(self, used: dict[str, float]) -> None:
        found: dict[str, float] = {}
        for name, prices in self.sums.tariff.once.items():
            place = prices.at(self.sums.first.moment) if name in used else None
            if place is not None:
                one = prices.prices[place]
                found[name] = one.price_minute if name == KEPT_TIME else one.price_fixed
        if found:
            self._pay(used, found)

    def _choose(self, now: Taken) -> None:
        """The prices that hold from now on; other ones begin another period [I12.FR.35]."""
        moment = replace(
            now.moment,
            energy=now.wh - self.sums.first.wh,
            time=now.seconds - self.sums.first.seconds,
            charging_time=self.sums.charging,
            idle_time=self.sums.idle,
        )
        found = {name: prices.at(moment) for name, prices in self.sums.tariff.dimensions.items()}
        chosen = {name: place for name, place in found.items() if place is not None}
        same = self.sums.parts and self.sums.parts[-1].tariff == self.sums.tariff.tariff_id
        if not same or chosen != self.sums.chosen:
            self.sums.parts.append(_Part(now.at, self.sums.tariff.tariff_id))
        self.sums.chosen = chosen

    def _pay(self, used: dict[str, float], fixed: dict[str, float] | None = None) -> None:
        """Until the most is reached; usage goes on [I12.FR.40]."""
        prices = fixed or {name: self._price(name) for name in used if name in self.sums.chosen}
        costs = {name: used[name] * price for name, price in prices.items()}
        if self.sums.kind == MOST:
            return
        most = self.sums.tariff.max_cost
        share = 1.0
        if most is not None:
            paid = sum(self.sums.costs.values())
            taxes = sum(taxed(cost, self._taxes(name)) for name, cost in self.sums.costs.items())
            more = sum(costs.values())
            more_taxed = sum(taxed(cost, self._taxes(name)) for name, cost in costs.items())
            share = _share(most, (paid, taxes), (more, more_taxed))
            self.sums.kind = MOST if share < 1.0 else NORMAL
        for name, cost in costs.items():
            self.sums.costs[name] = self.sums.costs.get(name, 0.0) + cost * share

    def _price(self, name: str) -> float:
        price = self.sums.tariff.dimensions[name].prices[self.sums.chosen[name]]
        return price.price_kwh if name == ENERGY else price.price_minute

    def _taxes(self, name: str) -> "tuple[Any, ...]":
        prices: Prices | None = {**self.sums.tariff.dimensions, **self.sums.tariff.once}.get(name)
        return () if prices is None else prices.tax_rates


def failed(currency: str, why: str) -> CostRecord:
    """It cannot be said what it costs [I12.FR.14]."""
    return CostRecord(
        {
            "totalCost": {"currency": currency, "typeOfCost": NORMAL, "total": {"exclTax": 0.0}},
            "totalUsage": {"energy": 0.0, "chargingTime": 0, "idleTime": 0},
            "failureToCalculate": True,
            "failureReason": why[:500],
        }
    )


def _share(most: Bound, paid: tuple[float, float], more: tuple[float, float]) -> float:
    """As much of ``more`` as may still be paid; each pair is without and with taxes."""
    shares = [
        (bound - before) / amount
        for bound, before, amount in zip((most.excl_tax, most.incl_tax), paid, more, strict=True)
        if bound is not None and amount > 0 and before + amount > bound
    ]
    return max(0.0, min([1.0, *shares]))


def _below(least: Bound, exclusive: float, inclusive: float) -> bool:
    if least.excl_tax is not None:
        return exclusive < least.excl_tax
    return least.incl_tax is not None and inclusive < least.incl_tax


def _exclusive(least: Bound, share: float) -> float:
    if least.excl_tax is not None:
        return least.excl_tax
    return (least.incl_tax or 0.0) / share


def _round(value: float) -> float:
    return round(value, DIGITS) + 0.0
