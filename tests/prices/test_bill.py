"""Bills worked out by hand, and tariffs that go over the wire and come back."""

from dataclasses import replace

import pytest

from bsw import exi
from bsw.chrgm.messages.iso20 import common as msg
from bsw.prices import iso20
from bsw.prices.bill import Drawn, bill
from bsw.prices.tariff import Algorithm, Overstay, Rule, Stack, Tariff, Tax, flat

HOUR = 3600
RANGES = (Rule(0.2), Rule(0.3, 4000.0), Rule(0.5, 8000.0))
TWO_HOURS = (Stack(0, HOUR, RANGES), Stack(HOUR, 2 * HOUR, (Rule(0.1),)))
COURSE = (Drawn(0, HOUR / 2, 10_000.0), Drawn(HOUR / 2, 2 * HOUR, 2_000.0))
"""5 kWh at 10 kW and 1 kWh at 2 kW in the first hour, 2 kWh in the second."""


@pytest.mark.parametrize(
    ("algorithm", "energy"),
    [
        (Algorithm.POWER, 5 * 0.5 + 1 * 0.2 + 2 * 0.1),
        (Algorithm.PEAK_POWER, 6 * 0.5 + 2 * 0.1),
        (Algorithm.STACKED_ENERGY, 2 * 0.2 + 2 * 0.3 + 1 * 0.5 + 1 * 0.2 + 2 * 0.1),
    ],
)
def test_each_algorithm_prices_the_same_course_its_own_way(
    algorithm: Algorithm, energy: float
) -> None:
    made = bill(Tariff(TWO_HOURS, algorithm), COURSE)
    assert made.energy == pytest.approx(energy)
    assert made.total == made.energy


def test_a_range_begins_at_its_own_power() -> None:
    tariff = Tariff((Stack(0, HOUR, RANGES),))
    assert bill(tariff, [Drawn(0, HOUR, 4000.0)]).energy == pytest.approx(4 * 0.3)
    assert bill(tariff, [Drawn(0, HOUR, 3999.0)]).energy == pytest.approx(3.999 * 0.2)


def test_what_flows_outside_of_all_stacks_costs_nothing() -> None:
    assert bill(flat(0.3, until=HOUR), [Drawn(HOUR, 2 * HOUR, 5000.0)]).total == 0


def test_taxes_come_on_top_unless_the_fees_hold_them() -> None:
    parked = Tariff((Stack(0, HOUR, (Rule(0.4, parking_fee=1.0, parking_period=1800),)),))
    taxed = replace(parked, taxes=(Tax(20.0, parking=False), Tax(7.0, included=True)))
    made = bill(taxed, [Drawn(0, HOUR, 10_000.0)])
    assert (made.energy, made.parking) == (4.0, 2.0)
    assert made.tax == pytest.approx(0.8)
    assert made.total == pytest.approx(6.8)


def test_parking_counts_each_period_begun_until_the_vehicle_leaves() -> None:
    parked = Tariff((Stack(0, 4 * HOUR, (Rule(0.0, parking_fee=0.5, parking_period=900),)),))
    assert bill(parked, [Drawn(0, 60, 1000.0)], parked_until=901).parking == 1.0
    assert bill(parked, [Drawn(0, 60, 1000.0)], parked_until=9 * HOUR).parking == 8.0


def test_overstaying_costs_by_the_rule_of_its_age() -> None:
    rules = (Overstay(0, 1.0, 600), Overstay(1200, 5.0, 600))
    tariff = replace(flat(0.0), overstay=rules, overstay_after=HOUR)
    assert bill(tariff, [Drawn(0, HOUR, 1.0)], parked_until=HOUR).overstay == 0
    assert bill(tariff, [Drawn(0, HOUR, 1.0)], parked_until=HOUR + 601).overstay == 2.0
    assert bill(tariff, [Drawn(0, HOUR, 1.0)], parked_until=HOUR + 1300).overstay == 7.0


def test_the_fees_stay_within_the_least_and_the_most_that_may_be_asked() -> None:
    bounded = replace(flat(0.5), minimum=2.0, maximum=3.0, taxes=(Tax(10.0),))
    assert bill(bounded, [Drawn(0, HOUR, 1000.0)]).total == pytest.approx(2.2)
    assert bill(bounded, [Drawn(0, HOUR, 5000.0)]).total == pytest.approx(2.75)
    assert bill(bounded, [Drawn(0, HOUR, 9000.0)]).total == pytest.approx(3.3)
    untaxed = replace(bounded, taxes=(Tax(10.0, bounds=False),), services=(("Washing", 4.0),))
    assert bill(untaxed, [Drawn(0, HOUR, 1000.0)]).total == pytest.approx(6.0)


FULL = Tariff(
    TWO_HOURS,
    Algorithm.STACKED_ENERGY,
    "NOK",
    (Tax(25.0), Tax(2.5, included=True, energy=False)),
    1.5,
    100.25,
    (Overstay(0, 1.0, 600), Overstay(1200, 5.0, 600)),
    HOUR,
    (("Washing", 4.0),),
)


def test_every_element_of_a_tariff_survives_the_wire() -> None:
    made = iso20.told(FULL, anchor=1_800_000_000, number=7)
    assert iso20.read(made, 1_800_000_000) == FULL
    later = iso20.read(made, 1_800_000_600)
    assert later is not None
    assert [stack.begin for stack in later.stacks] == [-600, 3000]


def test_the_message_made_of_a_tariff_is_valid() -> None:
    made = iso20.told(FULL, anchor=1_800_000_000, number=7)
    codec = exi.codec("iso20.common")
    wire = codec.encode_fragment(made.replace(id="price1"))
    assert codec.decode_fragment(wire).value == made.replace(id="price1")


def test_prices_computed_in_an_unknown_way_are_no_prices() -> None:
    made = iso20.told(FULL, anchor=0, number=1).replace(price_algorithm="urn:example:own")
    assert iso20.read(made, 0) is None


def test_the_dearer_of_neighbours_stays_when_a_tariff_is_too_long() -> None:
    stacks = tuple(
        Stack(i * 60, i * 60 + 60, (Rule(fee),)) for i, fee in enumerate((1.0, 1.1, 5.0, 2.0))
    )
    short = iso20.shortened(stacks, 2)
    assert short == (Stack(0, 120, (Rule(1.1),)), Stack(120, 240, (Rule(5.0),)))
    assert iso20.shortened(stacks, 4) == stacks


def test_price_levels_compare() -> None:
    levels = msg.PriceLevelSchedule(
        time_anchor=100,
        price_schedule_id=1,
        number_of_price_levels=3,
        price_level_schedule_entries=msg.PriceLevelScheduleEntryList(
            price_level_schedule_entry=(
                msg.PriceLevelScheduleEntry(duration=60, price_level=2),
                msg.PriceLevelScheduleEntry(duration=60, price_level=0),
            )
        ),
    )
    tariff = iso20.read_levels(levels, 100)
    assert [(stack.begin, stack.rules[0].fee) for stack in tariff.stacks] == [(0, 2.0), (60, 0.0)]
