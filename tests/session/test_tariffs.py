"""What becomes of a tariff that has more entries than the vehicle takes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.chrgm.messages import iso2
from secc.session.schedules import Plan, Schedules, Step
from secc.session.tariffs import shortened

HOUR = 3600
DAY = 24 * HOUR


def tariff(*levels: int, last: int | None = HOUR) -> iso2.SalesTariff:
    """An hour for each price level."""
    entries = tuple(
        iso2.SalesTariffEntry(
            time_interval=iso2.RelativeTimeInterval(
                start=place * HOUR, duration=last if place == len(levels) - 1 else None
            ),
            e_price_level=level,
        )
        for place, level in enumerate(levels)
    )
    return iso2.SalesTariff(id="t1", sales_tariff_id=1, sales_tariff_entry=entries)


def levels(one: iso2.SalesTariff) -> list[tuple[int, int | None]]:
    return [(entry.time_interval.start, entry.e_price_level) for entry in one.sales_tariff_entry]


def level_at(one: iso2.SalesTariff, second: int) -> int:
    begun = [level or 0 for start, level in levels(one) if start <= second]
    return begun[-1]


@pytest.mark.parametrize("most", [1, 2, 3, 11])
def test_a_vehicle_of_few_entries_gets_the_tariff_joined_and_not_none(most: int) -> None:
    long = tariff(*(place % 5 for place in range(24)))
    schedules = Schedules((Plan(1, (Step(0, 11_000.0),), tariff=long),), signature="signed")
    schedules.offer(11_000.0, entries=most, departure=None)
    (sent,) = schedules.sent
    assert len(sent.tariff.sales_tariff_entry) == most
    assert schedules.sent_signature is None


def test_a_tariff_that_fits_stays_as_it_was_signed() -> None:
    whole = tariff(1, 2, 3)
    schedules = Schedules((Plan(1, (Step(0, 11_000.0),), tariff=whole),), signature="signed")
    schedules.offer(11_000.0, entries=12, departure=None)
    assert schedules.sent[0].tariff is whole
    assert schedules.sent_signature == "signed"


def test_equal_neighbours_are_joined_before_any_price_is_lost() -> None:
    assert levels(shortened(tariff(1, 3, 3, 2, 2), 3)) == [(0, 1), (HOUR, 3), (3 * HOUR, 2)]


def test_the_end_stays_where_it_was() -> None:
    last = shortened(tariff(1, 4, 4), 2).sales_tariff_entry[-1].time_interval
    assert (last.start, last.duration) == (HOUR, 2 * HOUR)
    open_end = shortened(tariff(4, 4, last=None), 1).sales_tariff_entry[-1].time_interval
    assert open_end.duration is None


def test_a_joined_entry_lasts_no_longer_than_the_schema_allows() -> None:
    (entry,) = shortened(tariff(*[1] * 30), 1).sales_tariff_entry
    assert entry.time_interval.duration == DAY


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.integers(1, 30))
def test_no_hour_is_shown_cheaper_than_it_is(made: list[int], most: int) -> None:
    before = tariff(*made)
    after = shortened(before, most)
    assert 1 <= len(after.sales_tariff_entry) <= max(most, 1)
    starts = [start for start, _ in levels(after)]
    assert starts[0] == 0
    assert all(one < other for one, other in pairwise(starts))
    for hour in range(len(made)):
        assert level_at(after, hour * HOUR) >= level_at(before, hour * HOUR)
