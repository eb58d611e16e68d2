"""Our roles beside the foreign package's own pair: ``python -m tests.peers.compare DIR``.

Every case is run in all four pairings, once a round; the figures are medians over the rounds that
ended well.  Their own pair gets more time for each answer than the norm gives, because otherwise
it does not get through on a busy host.  Prints a Markdown table; the traces stay in DIR.
"""

import argparse
import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

from tests.peers.roles import Case, Pace
from tests.peers.runs import CASES, Run, Side, run

PAIRS = (("ours", "ours"), ("ours", "theirs"), ("theirs", "ours"), ("theirs", "theirs"))
PATIENCE = 10.0
HEAD = (
    "| case | vehicle | station | ended well | set-up, ms | loops/s "
    "| vehicle: turn ms, CPU s, MiB | station: turn ms, CPU s, MiB |"
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the traces go")
    parser.add_argument("--loops", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--case", action="append", help="only those with this in their name")
    parser.add_argument("--pair", action="append", help="e.g. ours-theirs: vehicle, station")
    arguments = parser.parse_args()
    say(HEAD)
    say("|---" * 8 + "|")
    pace = Pace(loops=arguments.loops, pause=0)
    alone = replace(pace, patience=PATIENCE)
    good = True
    for case in CASES:
        if arguments.case and not any(word in case.name for word in arguments.case):
            continue
        for pair in PAIRS:
            if arguments.pair and "-".join(pair) not in arguments.pair:
                continue
            own = alone if pair == ("theirs", "theirs") else pace
            runs = [
                run(case, place(arguments.folder, case, pair, number), *pair, pace=own)
                for number in range(arguments.rounds)
            ]
            good = good and all(one.good for one in runs)
            say(row(case, pair, runs))
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    say(f"\n{arguments.rounds} rounds, {os.cpu_count()} processors, load average at the end {load}")
    return 0 if good else 1


def place(folder: Path, case: Case, pair: tuple[str, str], number: int) -> Path:
    words = re.sub(r"\W+", "-", f"{case.name} {' '.join(pair)} {number}").strip("-")
    return folder.absolute() / words


def row(case: Case, pair: tuple[str, str], runs: list[Run]) -> str:
    well = [one for one in runs if one.good]
    vehicles, stations = [one.vehicle for one in well], [one.station for one in well]
    cells = [
        case.name,
        *pair,
        f"{len(well)} of {len(runs)}",
        middle(vehicles, lambda side: side.figures["set_up"], "{:.0f}", 1000),
        middle(vehicles, lambda side: side.figures["rate"], "{:.1f}"),
        used(vehicles),
        used(stations),
    ]
    return "| " + " | ".join(cells) + " |"


def used(sides: list[Side]) -> str:
    figures = (
        middle(sides, lambda side: side.figures["turn"], "{:.1f}", 1000),
        middle(sides, lambda side: side.cpu, "{:.1f}"),
        middle(sides, lambda side: side.rss, "{:.0f}"),
    )
    return ", ".join(figures)


def middle(
    sides: list[Side], figure: Callable[[Side], float | None], form: str, times: float = 1.0
) -> str:
    found = [value * times for side in sides if (value := figure(side)) is not None]
    return form.format(median(found)) if found else "-"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
