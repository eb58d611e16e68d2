"""The configured day as a tariff from any moment on: every begin and end, to the second."""

from itertools import pairwise

import pytest

from bsw.os.clock import S
from bsw.prices.tariff import Algorithm, Rule, Stack, Tax
from secc.prices import ParkingConfig, PricesConfig, RangeConfig, TimeConfig
from secc.tariff import tariff, tariff_back
from tests.shipped import as_shipped

HOUR = 3600
NIGHT = TimeConfig(at=0, energy=0.2)
DAY = TimeConfig(at=6 * HOUR * S, energy=0.4)
EVENING = TimeConfig(at=22 * HOUR * S, energy=0.3)
WHOLE = PricesConfig(day=(NIGHT, DAY, EVENING))
MIDNIGHT = 20_000 * 86_400


def stacks(at: int, until: int) -> list[tuple[int, float, float]]:
    made = tariff(WHOLE, MIDNIGHT + at, until)
    assert made is not None
    return [(one.begin, one.end, one.rules[0].fee) for one in made.stacks]


@pytest.mark.parametrize(
    ("at", "until", "seen"),
    [
        (0, 1, [(0, 21_600, 0.2)]),
        (0, 21_599, [(0, 21_600, 0.2)]),
        (0, 21_600, [(0, 21_600, 0.2), (21_600, 79_200, 0.4)]),
        (21_599, 0, [(0, 1, 0.2)]),
        (21_600, 0, [(0, 57_600, 0.4)]),
        (79_200, 0, [(0, 7_200, 0.3)]),
        (86_399, 1, [(0, 1, 0.3), (1, 21_601, 0.2)]),
        (86_399, 0, [(0, 1, 0.3)]),
        (79_200, 7_200, [(0, 7_200, 0.3), (7_200, 28_800, 0.2)]),
    ],
)
def test_prices_hold_from_their_time_of_day_to_the_next(
    at: int, until: int, seen: list[tuple[int, float, float]]
) -> None:
    assert stacks(at, until) == seen


def test_days_follow_each_other_without_a_gap() -> None:
    seen = stacks(12_345, 3 * 86_400)
    assert seen[0][0] == 0
    assert all(one[1] == other[0] for one, other in pairwise(seen))
    assert seen[-1][1] > 3 * 86_400
    assert len(seen) == 10


def test_without_a_day_there_is_no_tariff() -> None:
    assert tariff(PricesConfig(), 0, 100) is None
    assert tariff_back(WHOLE, 0, 100) is None


def test_tax_is_on_what_is_paid_and_not_on_what_is_paid_back() -> None:
    config = PricesConfig(day=(NIGHT,), back=(EVENING.model_copy(update={"at": 0}),), tax=19.0)
    paid, back = tariff(config, 0, 1), tariff_back(config, 0, 1)
    assert paid is not None
    assert back is not None
    assert paid.taxes == (Tax(19.0),)
    assert back.taxes == ()
    assert back.stacks == (Stack(0, 86_400, (Rule(0.3),)),)
    untaxed = tariff(PricesConfig(day=(NIGHT,)), 0, 1)
    assert untaxed is not None
    assert untaxed.taxes == ()


@pytest.mark.parametrize(
    ("word", "algorithm"),
    [
        ("power", Algorithm.POWER),
        ("peak", Algorithm.PEAK_POWER),
        ("stacked", Algorithm.STACKED_ENERGY),
    ],
)
def test_currency_and_algorithm_go_on(word: str, algorithm: Algorithm) -> None:
    made = tariff(PricesConfig.model_validate({"day": [], "algorithm": word}), 0, 1)
    assert made is None
    config = PricesConfig(day=(NIGHT,), currency="SEK").model_copy(update={"algorithm": word})
    made = tariff(config, 0, 1)
    assert made is not None
    assert (made.currency, made.algorithm) == ("SEK", algorithm)


def test_ranges_and_parking_are_rules_of_each_price() -> None:
    ranged = TimeConfig(at=0, energy=0.2, ranges=(RangeConfig(power=11_000, energy=0.5),))
    parking = ParkingConfig(fee=1.5, each=600 * S)
    made = tariff(PricesConfig(day=(ranged,), parking=parking), 0, 1)
    assert made is not None
    assert made.stacks[0].rules == (
        Rule(0.2, 0.0, 1.5, 600),
        Rule(0.5, 11_000.0, 1.5, 600),
    )
    free = tariff(PricesConfig(day=(ranged,)), 0, 1)
    assert free is not None
    assert {rule.parking_period for rule in free.stacks[0].rules} == {0}


@pytest.mark.parametrize(
    ("config", "fields"),
    [
        (WHOLE, []),
        (WHOLE.model_copy(update={"day": (DAY,)}), ["day"]),
        (WHOLE.model_copy(update={"day": (NIGHT, EVENING, DAY)}), ["day"]),
        (WHOLE.model_copy(update={"day": (NIGHT, DAY, DAY)}), ["day"]),
        (WHOLE.model_copy(update={"back": (NIGHT,)}), []),
        (WHOLE.model_copy(update={"back": (DAY,)}), ["back"]),
        (PricesConfig().model_copy(update={"back": (NIGHT,)}), ["back"]),
    ],
)
def test_a_day_that_cannot_be_is_told(config: PricesConfig, fields: list[str]) -> None:
    assert [one.key for one in config.problems()] == fields


@pytest.mark.parametrize(
    ("powers", "good"), [((), True), ((1,), True), ((0,), False), ((2, 2), False), ((3, 2), False)]
)
def test_ranges_begin_at_higher_and_higher_powers(powers: tuple[int, ...], *, good: bool) -> None:
    ranges = tuple(RangeConfig(power=power, energy=0.1) for power in powers)
    time = TimeConfig.model_construct(at=0, energy=0.2, ranges=ranges)
    assert [one.key for one in time.problems()] == ([] if good else ["ranges"])


def test_the_settings_are_those_that_are_shipped() -> None:
    ours, shipped = as_shipped("secc/prices", PricesConfig)
    assert ours == shipped
    assert shipped
