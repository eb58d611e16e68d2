"""The matrix: each case with either side ours or theirs, and what the runs of a cell came to.

The foreign vehicle gets more time for each answer than the norm gives, because otherwise it does
not get through on a busy host.
"""

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

from tools.interop.environments import PeerMissing
from tools.interop.ledger import Key, Ledger
from tools.interop.roles import Case, Pace
from tools.interop.runs import CASES, ISO20, SECURE20, Run, Side, run

PAIRS: Final = (("ours", "theirs"), ("theirs", "ours"), ("theirs", "theirs"), ("ours", "ours"))
PATIENCE: Final = 10.0
EVERY: Final = (*CASES, *ISO20, *SECURE20)


@dataclass(frozen=True)
class Used:
    """One side of a cell: medians of the runs that ended well."""

    turn: float | None = None  # ms, from what is heard in the loop to what is said next
    cpu: float | None = None  # s, its whole life
    rss: float | None = None  # MiB at most


@dataclass(frozen=True)
class Cell:
    """One case in one pairing."""

    case: str
    vehicle: str
    station: str
    good: int
    runs: int
    set_up: float | None  # ms, from the first SDP request to the first request of the loop
    rate: float | None  # loops in a second, as the vehicle saw them
    by_vehicle: Used
    by_station: Used
    why: str = ""
    folder: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Entry:
    """A cell that is to be played: ``play`` does so once, in a folder."""

    case: str
    vehicle: str
    station: str
    play: Callable[[Path], Run]

    @property
    def key(self) -> Key:
        return self.case, self.vehicle, self.station


def sessions(
    cases: Sequence[Case], pairs: Sequence[tuple[str, str]], pace: Pace
) -> Iterator[Entry]:
    own = replace(pace, patience=PATIENCE)
    for case in cases:
        for vehicle, station in pairs:
            if vehicle == "theirs" and not case.their_vehicle:
                continue
            play = partial(_session, case, (vehicle, station), own)
            yield Entry(case.name, vehicle, station, play)


def _session(case: Case, pair: tuple[str, str], pace: Pace, where: Path) -> Run:
    return run(case, where, *pair, pace=pace)


@dataclass(frozen=True)
class Matrix:
    """What is to be played, and ``ledger`` with what was."""

    folder: Path
    entries: Sequence[Entry]
    rounds: int
    ledger: Ledger

    def play(self, *, enough: Callable[[], bool] = lambda: False) -> Iterator[Cell]:
        """Round by round, each cell as it stands after a run.

        Every cell is played once; after that ``enough`` may end it before a further run.
        """
        for number in range(self.rounds):
            for entry in self.entries:
                if number and enough():
                    return
                if len(self._runs(entry)) <= number:
                    yield self._one(entry, number)

    def _one(self, entry: Entry, number: int) -> Cell:
        """What did not end well is tried once more, and counted as well: the host may be busy."""
        for more in ("", " again"):
            found = _run(entry, place(self.folder, entry, f"{number}{more}"))
            self.ledger.add(entry.key, found)
            if found.good:
                break
        return self._cell(entry)

    def cells(self) -> list[Cell]:
        """Those that were played at all."""
        return [self._cell(entry) for entry in self.entries if self._runs(entry)]

    def _runs(self, entry: Entry) -> list[Run]:
        return self.ledger.runs.get(entry.key, [])

    def _cell(self, entry: Entry) -> Cell:
        return cell(entry, self._runs(entry), place(self.folder, entry, "0").name)


LOST: Final = (AssertionError, OSError, ValueError, PeerMissing, subprocess.SubprocessError)
"""A run that ends so could not be begun, or not be judged."""


def _run(entry: Entry, where: Path) -> Run:
    """One that could not even be begun is one that did not end well; the others are played."""
    try:
        return entry.play(where)
    except LOST as error:
        lost = Side(good=False, figures={}, cpu=0.0, rss=0.0, said=str(error))
        return Run(lost, lost)


def place(folder: Path, entry: Entry, number: str) -> Path:
    words = re.sub(r"\W+", "-", " ".join((*entry.key, number))).strip("-")
    return folder.absolute() / words


def cell(entry: Entry, runs: Sequence[Run], folder: str = "") -> Cell:
    well = [one for one in runs if one.good]
    vehicles = [one.vehicle for one in well]
    return Cell(
        *entry.key,
        good=len(well),
        runs=len(runs),
        set_up=_middle(vehicles, lambda side: side.figures.get("set_up"), 1000),
        rate=_middle(vehicles, lambda side: side.figures.get("rate")),
        by_vehicle=_used(vehicles),
        by_station=_used([one.station for one in well]),
        why=next((_reason(one) for one in runs if not one.good), ""),
        folder=folder,
    )


def _reason(ended: Run) -> str:
    """In a line: what either side gave as the reason."""
    said = {
        name: str(side.figures.get("reason") or (side.said.strip().splitlines() or [""])[-1])
        for name, side in (("vehicle", ended.vehicle), ("station", ended.station))
        if not side.good
    }
    return "; ".join(f"{name}: {text[:160]}" for name, text in said.items())


def _used(sides: Sequence[Side]) -> Used:
    return Used(
        _middle(sides, lambda side: side.figures.get("turn"), 1000),
        _middle(sides, lambda side: side.cpu),
        _middle(sides, lambda side: side.rss),
    )


def _middle(
    sides: Sequence[Side], figure: Callable[[Side], float | None], times: float = 1.0
) -> float | None:
    found = [value * times for side in sides if (value := figure(side)) is not None]
    return round(median(found), 3) if found else None
