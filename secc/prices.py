"""What energy costs at this station when nobody else says it: one day that repeats."""

from collections.abc import Iterable
from typing import Annotated, Final, Literal

from pydantic import Field

from bsw.ecuc.part import Part, Wrong
from bsw.ecuc.quantities import TIME, Duration, Percent, Watts, between
from bsw.os.clock import S
from bsw.prices.tariff import Algorithm, Rule, Stack, Tariff, Tax

DAY: Final = 86_400
ALGORITHMS: Final = {
    "power": Algorithm.POWER,
    "peak": Algorithm.PEAK_POWER,
    "stacked": Algorithm.STACKED_ENERGY,
}
Money = Annotated[float, Field(ge=-1000.0, le=1000.0)]


class RangeConfig(Part):
    """From ``power`` on a kWh costs ``energy``."""

    power: Watts
    energy: Money


class TimeConfig(Part):
    """From ``at`` on, by UTC, a kWh costs ``energy``, and more or less from some powers on."""

    at: Annotated[Duration, between("0 s", "24 h", TIME)]
    energy: Money
    ranges: Annotated[tuple[RangeConfig, ...], Field(max_length=7)] = ()

    def problems(self) -> Iterable[Wrong]:
        powers = [each.power for each in self.ranges]
        if powers != sorted(set(powers)) or any(power <= 0 for power in powers):
            yield Wrong("ranges", "each range begins at a higher power than the one before")


class ParkingConfig(Part):
    fee: Money = 0.0
    each: Annotated[Duration, between("1 s", "24 h", TIME)] = 900 * S


class PricesConfig(Part):
    """Told to vehicles of ISO 15118-20 with each schedule; without ``day`` no prices are told."""

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "EUR"
    algorithm: Literal["power", "peak", "stacked"] = "power"
    """Which power prices the energy: that of each moment; the highest while a price holds;
    or each range its own part."""

    tax: Percent = 0.0
    """On top of all fees."""

    day: Annotated[tuple[TimeConfig, ...], Field(max_length=96)] = Field(
        default=(), examples=["[{at: 0 h, energy: 0.24}, {at: 6 h, energy: 0.42}]"]
    )
    back: Annotated[tuple[TimeConfig, ...], Field(max_length=96)] = Field(
        default=(), examples=["[{at: 0 h, energy: 0.08}, {at: 17 h, energy: 0.35}]"]
    )
    """What is paid for a kWh that a vehicle gives back."""

    parking: ParkingConfig = ParkingConfig()

    def problems(self) -> Iterable[Wrong]:
        for name, times in (("day", self.day), ("back", self.back)):
            begins = [time.at for time in times]
            if begins and begins[0] != 0:
                yield Wrong(name, "the first price begins with the day", "{at: 0 h, energy: 0.3}")
            if begins != sorted(set(begins)):
                yield Wrong(name, "each price begins later than the one before")
        if self.back and not self.day:
            yield Wrong("back", "who pays for energy given back has a price for energy, too", "day")


def tariff(config: PricesConfig, now: int, until: int) -> Tariff | None:
    """From ``now``, in UNIX time, for at least ``until`` seconds."""
    return _tariff(config, config.day, now, until)


def tariff_back(config: PricesConfig, now: int, until: int) -> Tariff | None:
    return _tariff(config, config.back, now, until)


def _tariff(
    config: PricesConfig, times: tuple[TimeConfig, ...], now: int, until: int
) -> Tariff | None:
    if not times:
        return None
    begins = [time.at // S for time in times]
    midnight = -(now % DAY)
    days = range((until - midnight) // DAY + 1)
    starts = [
        (midnight + day * DAY + at, time)
        for day in days
        for at, time in zip(begins, times, strict=True)
    ]
    ends = [*(start for start, _ in starts[1:]), midnight + (days[-1] + 1) * DAY]
    stacks = [
        Stack(max(0, start), end, _rules(config, time))
        for (start, time), end in zip(starts, ends, strict=True)
        if end > 0 and start <= until
    ]
    taxes = (Tax(config.tax),) if config.tax and times is config.day else ()
    return Tariff(tuple(stacks), ALGORITHMS[config.algorithm], config.currency, taxes)


def _rules(config: PricesConfig, time: TimeConfig) -> tuple[Rule, ...]:
    parking = config.parking
    period = parking.each // S if parking.fee else 0
    first = Rule(time.energy, 0.0, parking.fee, period)
    return (first, *(Rule(each.energy, each.power, parking.fee, period) for each in time.ranges))
