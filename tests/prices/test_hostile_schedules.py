"""What a vehicle makes of schedules that nobody means: a choice that can be said."""

import random
from dataclasses import replace
from typing import Any

import pytest

from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import RationalNumber
from bsw.chrgm.placeholder import smallest
from evcc.plan import choose
from evcc.planning.optimum import finish
from evcc.schedules import Limits, Need, choosing
from evcc.session.handlers.iso2.words import charging_profile, offers
from evcc.session.handlers.iso20.tuples import profile_entries, schedule_of, slots
from tools.conformance.vehicle.words import schedule
from tools.fuzz.blows.vary import varied

LONGEST = 2**32 - 1
DURATIONS = (0, 0, 1, 900, 3_600, 86_400, LONGEST)
ANCHORS = (0, 1_790_000_000, 1_790_000_100)
TRIES = 120


def number(amount: float) -> RationalNumber:
    return RationalNumber.of(amount, finest=-3)


def entry(duration: int, watts: float = 11_000.0) -> common.PowerScheduleEntry:
    return common.PowerScheduleEntry(duration=duration, power=number(watts))


def power(*entries: common.PowerScheduleEntry, anchor: int = 0) -> common.PowerSchedule:
    return common.PowerSchedule(
        time_anchor=anchor,
        power_schedule_entries=common.PowerScheduleEntryList(power_schedule_entry=entries),
    )


class Newer:
    """Schedule tuples of ISO 15118-20 from a seed."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def made(self) -> common.ScheduleTuple:
        rng = self._rng
        made = common.ScheduleTuple(
            schedule_tuple_id=1,
            charging_schedule=self._schedule(),
            discharging_schedule=rng.choice((None, self._schedule())),
        )
        for _ in range(rng.randint(0, 3)):
            made = varied(rng, made)
        return made

    def _schedule(self) -> common.ChargingSchedule:
        rng = self._rng
        entries = [
            entry(rng.choice(DURATIONS), rng.choice((0.0, -1_000.0, 11_000.0, 3e4)))
            for _ in range(rng.randint(1, 5))
        ]
        prices: dict[str, Any] = rng.choice(
            (
                {},
                {"price_level_schedule": self._levels()},
                {"absolute_price_schedule": self._money()},
            )
        )
        anchor = rng.choice(ANCHORS)
        return common.ChargingSchedule(power_schedule=power(*entries, anchor=anchor), **prices)

    def _levels(self) -> common.PriceLevelSchedule:
        rng = self._rng
        entries = tuple(
            common.PriceLevelScheduleEntry(
                duration=rng.choice(DURATIONS), price_level=rng.randint(0, 3)
            )
            for _ in range(rng.randint(1, 4))
        )
        return common.PriceLevelSchedule(
            id="levels",
            time_anchor=rng.choice(ANCHORS),
            price_schedule_id=1,
            number_of_price_levels=3,
            price_level_schedule_entries=common.PriceLevelScheduleEntryList(
                price_level_schedule_entry=entries
            ),
        )

    def _money(self) -> common.AbsolutePriceSchedule:
        rng = self._rng
        stacks = tuple(
            common.PriceRuleStack(
                duration=rng.choice(DURATIONS),
                price_rule=tuple(
                    common.PriceRule(
                        energy_fee=number(rng.choice((0.0, 0.1, 0.3, -0.2))),
                        power_range_start=number(rng.choice((0.0, 5_000.0, -1.0))),
                    )
                    for _ in range(rng.randint(1, 3))
                ),
            )
            for _ in range(rng.randint(1, 4))
        )
        plain: Any = smallest(common.AbsolutePriceSchedule)
        made: common.AbsolutePriceSchedule = plain.replace(
            price_algorithm="urn:iso:std:iso:15118:-20:PriceAlgorithm:1-Power",
            price_rule_stacks=common.PriceRuleStackList(price_rule_stack=stacks),
        )
        return made


@pytest.mark.parametrize("seed", range(4))
def test_any_schedule_of_the_newer_standard_leads_to_a_profile(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(TRIES):
        one = schedule_of(Newer(rng).made())
        if not one.charge:
            continue  # refused before anybody plans
        need = Need(
            energy=rng.choice((None, 0.0, 20_000.0, 1e9)),
            departure=rng.choice((None, 0, 3_600, 10**9)),
            held=rng.choice((0.0, 20_000.0)),
            kept=rng.choice((0.0, 10_000.0)),
            room=30_000.0,
        )
        charge, back = rng.choice((11_000.0, 0.0)), rng.choice((0.0, 10_000.0))
        limits = Limits(charge, back, entries=12, efficiency=0.9, wear=0.05)
        choice = finish(choosing([one], need, limits))
        assert profile_entries(choice, one)


@pytest.mark.parametrize("seed", range(4))
def test_any_schedule_of_the_older_standard_leads_to_a_profile(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(TRIES):
        tuples = tuple(
            schedule(one + 1, 11_000.0, rng.choice((None, tariff(rng))))
            for one in range(rng.randint(1, 3))
        )
        told: Any = iso2.SAScheduleList(sa_schedule_tuple=tuples)
        for _ in range(rng.randint(0, 4)):
            told = varied(rng, told)
        choice = choose(
            offers(told, priced=True),
            energy=rng.choice((None, 0.0, 2e4, 1e9)),
            departure=rng.choice((None, 0, 3_600, 10**9)),
            most_power=rng.choice((11_000.0, float("inf"), 0.0)),
        )
        assert charging_profile(choice).profile_entry


def tariff(rng: random.Random) -> iso2.SalesTariff:
    entries = tuple(
        iso2.SalesTariffEntry(
            time_interval=iso2.RelativeTimeInterval(
                start=rng.choice((0, 0, 900, 3_600, 16_777_214)),
                duration=rng.choice((None, 0, 1, 86_400)),
            ),
            e_price_level=rng.randint(0, 3),
        )
        for _ in range(rng.randint(1, 5))
    )
    return iso2.SalesTariff(sales_tariff_id=1, num_e_price_levels=3, sales_tariff_entry=entries)


def test_a_power_that_no_message_can_say_is_said_as_the_highest() -> None:
    told = iso2.SAScheduleList(sa_schedule_tuple=(schedule(1, 30e6),))
    (offer,) = offers(told, priced=False)
    (piece,) = offer.pieces
    far = replace(piece, power=4e8)
    choice = choose(
        [replace(offer, pieces=(far,))], energy=None, departure=None, most_power=float("inf")
    )
    (said,) = charging_profile(choice).profile_entry
    assert said.charging_profile_entry_max_power.si() == 32.767e6


@pytest.mark.parametrize(
    ("durations", "ends"),
    [
        ((900, 0, 900), (900, 1_800)),
        ((0, 900), (900,)),
        ((0,), ()),
        ((LONGEST, 1), (LONGEST,)),
        ((900, LONGEST, 900), (900, LONGEST)),
    ],
)
def test_what_lasts_no_time_or_lies_beyond_all_times_is_left_out(
    durations: tuple[int, ...], ends: tuple[int, ...]
) -> None:
    made = slots(power(*(entry(one) for one in durations)))
    assert tuple(one.end for one in made) == ends
    assert [one.begin for one in made] == [0, *ends][: len(ends)]
