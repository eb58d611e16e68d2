"""The tariff that the configured day makes, from any moment on."""

from typing import Final

from bsw.os.clock import S
from bsw.prices.tariff import Algorithm, Rule, Stack, Tariff, Tax
from secc.prices import PricesConfig, TimeConfig

DAY: Final = 86_400
ALGORITHMS: Final = {
    "power": Algorithm.POWER,
    "peak": Algorithm.PEAK_POWER,
    "stacked": Algorithm.STACKED_ENERGY,
}


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
