"""A SalesTariff made short enough for a vehicle that takes few entries.

Neighbours become one entry that promises no better price than either had.  What is shortened is no
longer what the mobility operator signed; who sends it leaves the signature out.
"""

from itertools import pairwise
from typing import Any, Final

NO_LEVEL: Final = 0
LONGEST: Final = 86_400
"""A duration in seconds, by the schema."""


def shortened(tariff: Any, entries: int) -> Any:  # noqa: ANN401 - a SalesTariff of any protocol
    """At most ``entries`` of them; the tariff itself if that many it has."""
    kept = list(tariff.sales_tariff_entry)
    if len(kept) <= entries:
        return tariff
    while len(kept) > entries:
        place = _closest(kept)
        kept[place : place + 2] = [_joined(kept[place], kept[place + 1])]
    return tariff.replace(sales_tariff_entry=tuple(kept))


def _closest(entries: list[object]) -> int:
    """Where the least is lost: the first two neighbours whose price levels differ least."""
    gaps = [abs(_level(one) - _level(other)) for one, other in pairwise(entries)]
    return gaps.index(min(gaps))


def _joined(first: Any, second: Any) -> Any:  # noqa: ANN401 - tariff entries
    dearer = second if _level(second) > _level(first) else first
    begin, end = first.time_interval, second.time_interval
    until = None if end.duration is None else end.start + end.duration
    duration = None if until is None else min(until - begin.start, LONGEST)
    return dearer.replace(time_interval=begin.replace(duration=duration))


def _level(entry: Any) -> int:  # noqa: ANN401 - a tariff entry
    level: int | None = entry.e_price_level
    return NO_LEVEL if level is None else level
