"""Our roles beside the foreign package's own pair: ``python -m tests.peers.compare DIR``.

Every case is run three times over: ours against theirs in both directions, then theirs against
theirs.  Prints one row per side of each run, as a Markdown table; the traces stay in DIR.
"""

import argparse
import json
import re
import sys
from pathlib import Path

from tests.peers.runs import CASES, Run, Side, run

PAIRS = (("ours", "theirs"), ("theirs", "ours"), ("theirs", "theirs"))
HEAD = (
    "| case | vehicle | station | ended well | set-up, ms | loops/s "
    "| vehicle: CPU s, MiB | station: CPU s, MiB |"
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the traces go")
    parser.add_argument("--loops", type=int, default=50)
    parser.add_argument("--case", action="append", help="only those with this in their name")
    arguments = parser.parse_args()
    rows = [HEAD, "|---" * 8 + "|"]
    sys.stdout.write("\n".join(rows) + "\n")
    good = True
    for case in CASES:
        if arguments.case and not any(word in case.name for word in arguments.case):
            continue
        for vehicle, station in PAIRS:
            words = re.sub(r"\W+", "-", f"{case.name} {vehicle} {station}").strip("-")
            ended = run(
                case,
                arguments.folder.absolute() / words,
                vehicle=vehicle,
                station=station,
                loops=arguments.loops,
                pause=0,
            )
            good = good and ended.good
            sys.stdout.write(row(case.name, vehicle, station, ended) + "\n")
            sys.stdout.flush()
    return 0 if good else 1


def row(case: str, vehicle: str, station: str, ended: Run) -> str:
    """Set-up and rate as the foreign side saw them; of its own pair, as its vehicle did."""
    seen = (ended.vehicle if vehicle == "theirs" else ended.station).figures
    set_up, rate = seen.get("set_up"), seen.get("rate")
    cells = [
        case,
        vehicle,
        station,
        "yes" if ended.good else "no: " + json.dumps(seen.get("reason")),
        f"{set_up * 1000:.0f}" if set_up else "-",
        f"{rate:.1f}" if rate else "-",
        used(ended.vehicle),
        used(ended.station),
    ]
    return "| " + " | ".join(cells) + " |"


def used(side: Side) -> str:
    return f"{side.cpu:.1f}, {side.rss:.0f}"


if __name__ == "__main__":
    raise SystemExit(main())
