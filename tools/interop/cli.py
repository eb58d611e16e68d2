"""``v2g interop``: build the foreign packages' environments, run the matrix, write its table."""

import argparse
import os
import subprocess
import sys
import time
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from bsw.program.parser import did_you_mean
from tools.interop import slac, table
from tools.interop.environments import ALL, HOME, ISO15118, PeerMissing
from tools.interop.ledger import Ledger, OtherRuns
from tools.interop.matrix import EVERY, PAIRS, Entry, Matrix, sessions
from tools.interop.roles import Pace

MINUTES = 22.0
WITHIN = 100
"""Seconds that a session may take, on a busy host as well."""

SAME = ("pilotwire", "iso15118", "python")
"""What runs must share to be counted together."""

CASE_NAMES = {case.name: case for case in EVERY}
ANY_PAIR = {"-".join(pair): pair for pair in (*PAIRS, *slac.PAIRS)}
"""``ours-ours`` is one of both."""


class Wrong(Exception):
    """A word that names nothing."""


def add(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", required=True)
    words.add_parser("list", help="cases, pairings, and which foreign packages are here")
    words.add_parser("setup", help="build an environment for each foreign package")
    run = words.add_parser("run", help="run the matrix; needs root for network namespaces")
    run.add_argument("--case", action="append", help="only this one; v2g interop list")
    run.add_argument(
        "--pair", action="append", choices=ANY_PAIR, help="only this: vehicle, station"
    )
    run.add_argument("--rounds", type=int, default=1, help="at most; default: %(default)s")
    run.add_argument(
        "--minutes",
        type=float,
        default=MINUTES,
        help="after so many only the first round goes on; default: %(default)s",
    )
    run.add_argument("--resume", action="store_true", help="go on with what --report holds")
    run.add_argument("--loops", type=int, default=50, help="default: %(default)s")
    run.add_argument(
        "--report", type=Path, default=Path("run/interop"), help="default: %(default)s"
    )
    run.add_argument("--page", type=Path, help="put the table between the marks of this page")


def run(arguments: argparse.Namespace) -> int:
    try:
        if arguments.word == "list":
            return _list()
        if arguments.word == "setup":
            return _setup()
        return _run(arguments)
    except (PeerMissing, Wrong, OtherRuns, ValueError) as error:
        print(f"v2g interop: {error}", file=sys.stderr)
    except subprocess.CalledProcessError as error:
        print(f"v2g interop: {' '.join(error.cmd[:3])}: {error}", file=sys.stderr)
    return 2


def _list() -> int:
    for name in (*CASE_NAMES, slac.CASE):
        print(f"case  {name}")
    for name in ANY_PAIR:
        print(f"pair  {name}")
    for one in ALL:
        print(f"peer  {one.name}: {one.missing() or one.version()}")
    return 0


def _setup() -> int:
    for one in ALL:
        one.build()
        print(f"{one.name} {one.version()} in {HOME / one.name}: {one.missing() or 'ready'}")
    return 1 if any(one.missing() for one in ALL) else 0


def _entries(arguments: argparse.Namespace) -> list[Entry]:
    """In the order in which they are played: SLAC first, because it is short."""
    chosen = arguments.case or (slac.CASE, *CASE_NAMES)
    for name in chosen:
        if name not in CASE_NAMES and name != slac.CASE:
            guess = did_you_mean(name, (slac.CASE, *CASE_NAMES))
            raise Wrong(f"no case {name!r}{guess}; v2g interop list")
    pairs = [ANY_PAIR[name] for name in arguments.pair or ANY_PAIR]
    pace = Pace(loops=arguments.loops, pause=0, within=WITHIN)
    cases = [CASE_NAMES[name] for name in chosen if name in CASE_NAMES]
    found = list(slac.entries(pairs)) if slac.CASE in chosen else []
    found += sessions(cases, [pair for pair in PAIRS if pair in pairs], pace)
    if not found:
        raise Wrong("none of these cases is played by such a pair; v2g interop list")
    return found


def _run(arguments: argparse.Namespace) -> int:
    entries = _entries(arguments)
    ISO15118.use()
    if os.geteuid():
        raise PeerMissing("network namespaces need root")
    for line in slac.missing():
        print(f"v2g interop: left out: {line}", file=sys.stderr)
    about = _about(arguments.rounds)
    told = {**{name: about[name] for name in SAME}, "loops": arguments.loops}
    ledger = Ledger(arguments.report, told, resume=arguments.resume)
    matrix = Matrix(arguments.report, entries, arguments.rounds, ledger)
    ends = time.monotonic() + 60 * arguments.minutes
    for one in matrix.play(enough=lambda: time.monotonic() > ends):
        print(f"{'  '.join(table.row(one))}  {one.why}".rstrip(), flush=True)
        about["load at the end"] = ", ".join(f"{load:.1f}" for load in os.getloadavg())
        table.write(arguments.report, about, matrix.cells())
    found = matrix.cells()
    if arguments.page:
        table.put_into(arguments.page, table.markdown(about, found))
    print(arguments.report / "interop.html")
    return 0 if all(one.good for one in found) else 1


def _about(rounds: int) -> dict[str, str]:
    return {
        "date": datetime.now(tz=timezone.utc).date().isoformat(),
        "pilotwire": version("pilotwire"),
        "iso15118": ISO15118.version(),
        "python": sys.version.split()[0],
        "rounds": str(rounds),
        "processors": str(os.cpu_count()),
    }
