"""Bills, tariffs and piecewise linear costs at their edges: begins, ends, corners, nothing."""

from math import inf

import pytest

from bsw.chrgm.messages.iso20 import common
from bsw.prices.bill import Bill, Drawn, bill
from bsw.prices.iso20 import read_levels, told_levels
from bsw.prices.tariff import CLOSE, Algorithm, Overstay, Rule, Stack, Tariff, Tax, covering, later
from evcc.planning.convex import Convex, hull, share, through

TWO = Tariff((Stack(0, 3600, (Rule(0.2),)), Stack(3600, 7200, (Rule(0.4),))))


def test_a_kilowatt_hour_is_a_kilowatt_for_an_hour() -> None:
    assert Drawn(0, 3600, 1000.0).kwh == 1.0
    assert Drawn(1800, 3600, 2000.0).kwh == 1.0
    assert Bill() == Bill(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert bill(TWO, []) == Bill()


@pytest.mark.parametrize(
    ("begin", "end", "costs"),
    [(0, 3600, 0.2), (3600, 7200, 0.4), (1800, 5400, 0.3), (7200, 9000, 0.0), (-3600, 0, 0.0)],
)
def test_each_part_of_a_course_has_the_price_of_its_stack(
    begin: float, end: float, costs: float
) -> None:
    assert bill(TWO, [Drawn(begin, end, 1000.0)]).total == pytest.approx(costs)


def parked(until: float, *rules: Rule, begin: int = 0, end: float = 3600) -> float:
    return bill(Tariff((Stack(begin, end, rules),)), [], parked_until=until).parking


@pytest.mark.parametrize(
    ("until", "fee"), [(0, 0.0), (1, 2.0), (600, 2.0), (601, 4.0), (3600, 12.0), (9999, 12.0)]
)
def test_each_period_of_parking_begun_counts(until: float, fee: float) -> None:
    assert parked(until, Rule(0.1, parking_fee=2.0, parking_period=600)) == fee


def test_parking_without_a_period_counts_once_and_nothing_before_it_begins() -> None:
    once = Rule(0.1, parking_fee=2.0)
    assert parked(3000, once) == 2.0
    assert parked(100, once, begin=100) == 0.0
    assert parked(101, once, begin=100) == 2.0
    assert parked(3000, Rule(0.1, parking_period=600)) == 0.0
    low, high = Rule(0.1, parking_fee=1.0), Rule(0.1, power=5000.0, parking_fee=9.0)
    assert parked(3000, low, high) == 1.0


def overstayed(until: float, *rules: Overstay) -> float:
    tariff = Tariff(TWO.stacks, overstay=rules, overstay_after=1000)
    return bill(tariff, [], parked_until=until).overstay


@pytest.mark.parametrize(
    ("until", "fee"),
    [(1000, 0.0), (1001, 1.0), (1060, 1.0), (1061, 2.0), (1120, 2.0), (1121, 7.0), (1220, 7.0)],
)
def test_overstaying_counts_by_the_rule_of_its_age(until: float, fee: float) -> None:
    assert overstayed(until, Overstay(120, 5.0, 100), Overstay(0, 1.0, 60)) == fee


def test_a_period_of_nothing_is_a_second_and_without_a_threshold_nobody_overstays() -> None:
    assert overstayed(1003, Overstay(0, 1.0, 0)) == 3.0
    free = Tariff(TWO.stacks, overstay=(Overstay(0, 1.0, 60),))
    assert bill(free, [], parked_until=9999).overstay == 0.0


@pytest.mark.parametrize(
    ("bounds", "total", "tax"),
    [({}, 0.2, 0.02), ({"minimum": 1.0}, 1.0, 0.1), ({"maximum": 0.1}, 0.1, 0.01)],
)
def test_tax_is_on_what_is_asked(bounds: dict[str, float], total: float, tax: float) -> None:
    made = Tariff(TWO.stacks, taxes=(Tax(10.0),), **bounds)  # type: ignore[arg-type]
    seen = bill(made, [Drawn(0, 3600, 1000.0)])
    assert seen.tax == pytest.approx(tax)
    assert seen.total == pytest.approx(total + tax)
    assert made.energy_factor() == pytest.approx(1.1)
    held = Tariff(TWO.stacks, taxes=(Tax(10.0, included=True), Tax(5.0, energy=False)))
    assert held.energy_factor() == 1.0


def test_a_rule_holds_from_its_power_on() -> None:
    stack = Stack(0, 60, (Rule(0.1, power=100.0), Rule(0.5, power=5000.0)))
    fees = [stack.rule_at(power).fee for power in (0.0, 4999.9, 5000.0 - CLOSE / 2, 5000.0, 1e9)]
    assert fees == [0.1, 0.1, 0.5, 0.5, 0.5]
    assert stack.ranges() == ((0.0, 5000.0, 0.1), (5000.0, inf, 0.5))
    assert Rule(0.1) == Rule(0.1, 0.0, 0.0, 0, None, None)
    assert Tariff(()) == Tariff((), Algorithm.POWER, "EUR", (), None, None, (), None, ())
    assert Tax(1.0) == Tax(1.0, included=False, energy=True, parking=True, overstay=True)
    assert Tax(1.0).bounds


@pytest.mark.parametrize(
    ("second", "place"), [(-1, None), (0, 0), (3599, 0), (3600, 1), (7199, 1), (7200, None)]
)
def test_a_stack_holds_from_its_begin_to_before_its_end(second: int, place: int | None) -> None:
    assert TWO.stack_at(second) is (None if place is None else TWO.stacks[place])


def test_prices_counted_from_later_on_and_held_on_to_both_ends() -> None:
    spans = [(one.begin, one.end) for one in later(TWO, 1800).stacks]
    assert spans == [(-1800, 1800), (1800, 5400)]
    assert [(one.begin, one.end) for one in later(TWO, 3600).stacks] == [(0, 3600)]
    assert [one.rules[0].fee for one in later(TWO, 99_999).stacks] == [0.4]
    wide = covering(TWO, -50, 9000)
    assert (wide.stacks[0].begin, wide.stacks[-1].end) == (-50, 9000)
    assert [one.rules[0].fee for one in (wide.stacks[0], wide.stacks[-1])] == [0.2, 0.4]


VALLEY = Convex(10.0, 5.0, ((-1.0, 2.0), (0.5, 4.0)))


@pytest.mark.parametrize(
    ("place", "value"),
    [(9.0, 5.0), (10.0, 5.0), (11.0, 4.0), (12.0, 3.0), (14.0, 4.0), (16.0, 5.0)],
)
def test_a_function_is_worth_what_its_segments_say(place: float, value: float) -> None:
    assert VALLEY.at(place) == value
    assert VALLEY.high == 16.0


@pytest.mark.parametrize(
    ("low", "high", "seen"),
    [
        (0.0, 99.0, VALLEY),
        (11.0, 14.0, Convex(11.0, 4.0, ((-1.0, 1.0), (0.5, 2.0)))),
        (16.0, 20.0, Convex(16.0, 5.0)),
        (0.0, 10.0, Convex(10.0, 5.0)),
        (16.1, 20.0, None),
        (0.0, 9.9, None),
    ],
)
def test_ends_are_cut_off(low: float, high: float, seen: Convex | None) -> None:
    assert VALLEY.within(low, high) == seen


@pytest.mark.parametrize(
    ("place", "least"), [(0.0, 12.0), (12.0, 12.0), (13.0, 13.0), (99.0, 16.0)]
)
def test_it_is_least_at_the_bottom_or_where_it_has_to_be(place: float, least: float) -> None:
    assert VALLEY.least_from(place) == least
    assert Convex(1.0, 0.0, ((-1.0, 3.0),)).least_from(0.0) == 4.0


def test_two_functions_are_added_by_their_slopes() -> None:
    other = Convex(1.0, 2.0, ((0.0, 3.0),))
    assert VALLEY.plus(other) == Convex(11.0, 7.0, ((-1.0, 2.0), (0.0, 3.0), (0.5, 4.0)))


def test_a_hull_leaves_out_what_lies_above_and_what_lies_twice() -> None:
    points = [(2.0, 5.0), (0.0, 0.0), (1.0, 9.0), (4.0, 0.0), (4.0, 3.0), (3.0, -3.0)]
    assert hull(points) == [(0.0, 0.0), (3.0, -3.0), (4.0, 0.0)]
    assert hull([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)]) == [(0.0, 0.0), (2.0, 2.0)]
    assert hull([]) == []
    assert through([(0.0, 0.0), (3.0, -3.0), (4.0, 0.0)]) == Convex(
        0.0, 0.0, ((-1.0, 3.0), (3.0, 1.0))
    )


@pytest.mark.parametrize(
    ("total", "taken"), [(0.0, 0.0), (2.0, 2.0), (3.0, 3.0), (5.0, 3.0), (7.0, 3.0), (8.0, 4.0)]
)
def test_the_last_slot_takes_what_is_cheaper_there(total: float, taken: float) -> None:
    before = Convex(0.0, 0.0, ((0.5, 4.0),))
    slot = Convex(0.0, 0.0, ((0.1, 3.0), (0.9, 3.0)))
    assert share(before, slot, total) == pytest.approx(taken)


def test_all_fees_and_the_tax_on_each_make_the_total() -> None:
    rule = Rule(0.2, parking_fee=3.0)
    made = Tariff(
        (Stack(0, 3600, (rule,)),),
        taxes=(Tax(10.0),),
        overstay=(Overstay(0, 5.0, 600),),
        overstay_after=3600,
        services=(("wash", 7.0), ("coffee", 1.0)),
    )
    seen = bill(made, [Drawn(0, 3600, 1000.0)], parked_until=4200)
    assert (seen.energy, seen.parking, seen.overstay, seen.services) == (0.2, 3.0, 5.0, 8.0)
    assert seen.tax == pytest.approx(0.82)
    assert seen.total == pytest.approx(0.2 + 3.0 + 5.0 + 8.0 + 0.82)


def test_price_levels_hold_for_their_time() -> None:
    entries = [
        common.PriceLevelScheduleEntry(duration=seconds, price_level=level)
        for seconds, level in ((60, 2), (30, 0))
    ]
    schedule = common.PriceLevelSchedule(
        time_anchor=1000,
        price_schedule_id=1,
        number_of_price_levels=3,
        price_level_schedule_entries=common.PriceLevelScheduleEntryList(
            price_level_schedule_entry=tuple(entries)
        ),
    )
    stacks = read_levels(schedule, 990).stacks
    assert [(one.begin, one.end, one.rules[0].fee) for one in stacks] == [
        (10, 70, 2.0),
        (70, 100, 0.0),
    ]
    told = told_levels(Tariff(stacks), anchor=990, number=4)
    said = told.price_level_schedule_entries.price_level_schedule_entry
    assert (told.time_anchor, told.price_schedule_id, told.number_of_price_levels) == (1000, 4, 2)
    assert [(one.duration, one.price_level) for one in said] == [(60, 1), (30, 0)]
