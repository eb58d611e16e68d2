"""How we stand beside the foreign package's own pair, in the same run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tools.interop.matrix import Cell


@dataclass(frozen=True)
class Ratio:
    """``times`` better than theirs; ``goal`` is what we want."""

    case: str
    what: str
    ours: float
    theirs: float
    times: float
    goal: float

    @property
    def reached(self) -> bool:
        return self.times >= self.goal


GOALS: Final = {"set-up": 10.0, "CPU": 10.0, "memory": 5.0, "loops/s": 20.0}


def ratios(cells: Sequence[Cell]) -> Iterator[Ratio]:
    """Set-up and loops of whole pairs; CPU and memory of each side at the same foreign partner."""
    known = {(one.case, one.vehicle, one.station): one for one in cells}
    for case in dict.fromkeys(one.case for one in cells):
        theirs = known.get((case, "theirs", "theirs"))
        ours = known.get((case, "ours", "ours"))
        if theirs is None:
            continue
        if ours is not None:
            yield from _ratio(case, "set-up", ours.set_up, theirs.set_up)
            yield from _ratio(case, "loops/s", ours.rate, theirs.rate, more_is_better=True)
        yield from _sides(case, known, theirs)


def _sides(case: str, known: dict[tuple[str, str, str], Cell], theirs: Cell) -> Iterator[Ratio]:
    vehicle = known.get((case, "ours", "theirs"))
    station = known.get((case, "theirs", "ours"))
    if vehicle is not None:
        mine, other = vehicle.by_vehicle, theirs.by_vehicle
        yield from _ratio(case, "CPU", mine.cpu, other.cpu, " of the vehicle")
        yield from _ratio(case, "memory", mine.rss, other.rss, " of the vehicle")
    if station is not None:
        mine, other = station.by_station, theirs.by_station
        yield from _ratio(case, "CPU", mine.cpu, other.cpu, " of the station")
        yield from _ratio(case, "memory", mine.rss, other.rss, " of the station")


def _ratio(
    case: str,
    what: str,
    ours: float | None,
    theirs: float | None,
    side: str = "",
    *,
    more_is_better: bool = False,
) -> Iterator[Ratio]:
    if not ours or not theirs:
        return
    times = ours / theirs if more_is_better else theirs / ours
    yield Ratio(case, f"{what}{side}", ours, theirs, round(times, 1), GOALS[what])
