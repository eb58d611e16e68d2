"""What energy costs at this station when nobody else says it: one day that repeats."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from bsw.ecuc.part import Part, Wrong
from bsw.ecuc.quantities import TIME, Duration, Percent, Watts, between
from bsw.os.clock import S

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

    told: Literal["money", "levels"] = "money"
    """levels: how the prices of the day compare, from 0 for the lowest, instead of money."""

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

    parking: ParkingConfig = ParkingConfig.model_construct()

    def problems(self) -> Iterable[Wrong]:
        for name, times in (("day", self.day), ("back", self.back)):
            begins = [time.at for time in times]
            if begins and begins[0] != 0:
                yield Wrong(name, "the first price begins with the day", "{at: 0 h, energy: 0.3}")
            if begins != sorted(set(begins)):
                yield Wrong(name, "each price begins later than the one before")
        if self.back and not self.day:
            yield Wrong("back", "who pays for energy given back has a price for energy, too", "day")
