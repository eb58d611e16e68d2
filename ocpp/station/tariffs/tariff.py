"""A tariff of 2.1 as it came, and when each of its prices holds.

Pure: knows neither outlets nor messages.  All prices are without taxes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

import msgspec

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ENERGY, CHARGING, IDLE = "energy", "chargingTime", "idleTime"
FIXED: Final = "fixed"
KEPT_TIME: Final = "reservationTime"
KEPT: Final = "reservationFixed"


@dataclass(frozen=True, slots=True)
class Moment:
    """What conditions look at: Wh, A over all phases, W, and seconds since the begin."""

    local: datetime
    kind: str
    energy: float = 0.0
    current: float | None = None
    power: float | None = None
    time: float = 0.0
    charging_time: float = 0.0
    idle_time: float = 0.0


class Conditions(msgspec.Struct, frozen=True, rename="camel"):
    """All that are given have to hold; minimum inclusive, maximum exclusive."""

    start_time_of_day: str | None = None
    end_time_of_day: str | None = None
    day_of_week: tuple[str, ...] = ()
    valid_from_date: date | None = None
    valid_to_date: date | None = None
    evse_kind: str | None = None
    min_energy: float | None = None
    max_energy: float | None = None
    min_current: float | None = None
    max_current: float | None = None
    min_power: float | None = None
    max_power: float | None = None
    min_time: float | None = None
    max_time: float | None = None
    min_charging_time: float | None = None
    max_charging_time: float | None = None
    min_idle_time: float | None = None
    max_idle_time: float | None = None
    payment_brand: str | None = None
    payment_recognition: str | None = None

    @property
    def supported(self) -> bool:
        """Nobody pays with a card of a bank here."""
        return self.payment_brand is None and self.payment_recognition is None

    def hold(self, at: Moment) -> bool:
        today = at.local.date()
        return (
            self._of_day(at.local.time())
            and (not self.day_of_week or DAYS[today.weekday()] in self.day_of_week)
            and (self.valid_from_date is None or today >= self.valid_from_date)
            and (self.valid_to_date is None or today < self.valid_to_date)
            and self.evse_kind in {None, at.kind}
            and _within(at.energy, self.min_energy, self.max_energy)
            and _within(at.current, self.min_current, self.max_current)
            and _within(at.power, self.min_power, self.max_power)
            and _within(at.time, self.min_time, self.max_time)
            and _within(at.charging_time, self.min_charging_time, self.max_charging_time)
            and _within(at.idle_time, self.min_idle_time, self.max_idle_time)
        )

    def _of_day(self, now: time) -> bool:
        """An end before the start is one of the next day."""
        start = time.fromisoformat(self.start_time_of_day or "00:00")
        end = self.end_time_of_day
        if end is None or end == "24:00":
            return now >= start
        ends = time.fromisoformat(end)
        return start <= now < ends if start < ends else now >= start or now < ends


ALWAYS: Final = Conditions()


class Price(msgspec.Struct, frozen=True, rename="camel"):
    """One element; which of the prices it has depends on where it stands."""

    price_kwh: float = 0.0
    price_minute: float = 0.0
    price_fixed: float = 0.0
    conditions: Conditions = ALWAYS


class Tax(msgspec.Struct, frozen=True):
    """In per cent.  Those of a higher ``stack`` are on the price with the lower ones."""

    type: str
    tax: float
    stack: int = 0


class Prices(msgspec.Struct, frozen=True, rename="camel"):
    """Of one dimension: the first that fits counts [I12.FR.34]."""

    prices: tuple[Price, ...]
    tax_rates: tuple[Tax, ...] = ()

    def at(self, moment: Moment) -> int | None:
        """Its place in the list; ``None``: nothing is to be paid now."""
        return next(
            (place for place, one in enumerate(self.prices) if one.conditions.hold(moment)), None
        )


class Bound(msgspec.Struct, frozen=True, rename="camel"):
    """The least or the most that a charge costs."""

    excl_tax: float | None = None
    incl_tax: float | None = None


class Tariff(msgspec.Struct, frozen=True, rename="camel"):
    tariff_id: str
    currency: str
    energy: Prices | None = None
    charging_time: Prices | None = None
    idle_time: Prices | None = None
    fixed_fee: Prices | None = None
    reservation_time: Prices | None = None
    reservation_fixed: Prices | None = None
    min_cost: Bound | None = None
    max_cost: Bound | None = None
    valid_from: datetime | None = None

    @property
    def dimensions(self) -> Mapping[str, Prices]:
        """Those that depend on what is used, by what they are called in a bill."""
        found = {ENERGY: self.energy, CHARGING: self.charging_time, IDLE: self.idle_time}
        return {name: prices for name, prices in found.items() if prices is not None}

    @property
    def elements(self) -> int:
        """How many prices there are."""
        return sum(len(each.prices) for each in self._all())

    @property
    def supported(self) -> bool:
        return all(price.conditions.supported for each in self._all() for price in each.prices)

    @property
    def conditional(self) -> bool:
        """Whether any of its prices holds only now and then."""
        return any(price.conditions != ALWAYS for each in self._all() for price in each.prices)

    @property
    def once(self) -> Mapping[str, Prices]:
        """Those that are paid at the begin, by what they are called in a bill."""
        found = {
            FIXED: self.fixed_fee,
            KEPT_TIME: self.reservation_time,
            KEPT: self.reservation_fixed,
        }
        return {name: prices for name, prices in found.items() if prices is not None}

    def _all(self) -> Iterable[Prices]:
        known = (self.energy, self.charging_time, self.idle_time, self.fixed_fee)
        kept = (self.reservation_time, self.reservation_fixed)
        return [each for each in (*known, *kept) if each is not None]


def read(wire: Mapping[str, Any]) -> Tariff:
    """Raises ``msgspec.ValidationError`` for what is no tariff."""
    made = msgspec.convert(wire, Tariff, strict=False)
    for each in made._all():  # noqa: SLF001 - of this module
        for price in each.prices:
            for text in (price.conditions.start_time_of_day, price.conditions.end_time_of_day):
                _look_at(text)
    return made


def _look_at(text: str | None) -> None:
    try:
        time.fromisoformat("00:00" if text in {None, "24:00"} else str(text))
    except ValueError as error:
        raise msgspec.ValidationError(str(error)) from None


def taxed(cost: float, rates: Iterable[Tax]) -> float:
    """With the taxes, level by level [I12.FR.13]."""
    levels: dict[int, float] = {}
    for rate in rates:
        levels[rate.stack] = levels.get(rate.stack, 0.0) + rate.tax
    for level in sorted(levels):
        cost *= 1 + levels[level] / 100
    return cost


def _within(value: float | None, least: float | None, most: float | None) -> bool:
    """Of discharging, both are negative, and the least is the one closer to zero."""
    if least is None and most is None:
        return True
    if value is None:
        return False
    backwards = (least or 0.0) < 0 or (most or 0.0) < 0
    sign = -1 if backwards else 1
    above = least is None or sign * value >= sign * least
    return above and (most is None or sign * value < sign * most)
