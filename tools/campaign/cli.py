"""``v2g campaign``: seeded sessions with faults, each watched for what may never happen.

``run`` plays a plan, goes on where it was broken off, shrinks what failed and writes a page;
``play`` plays one session again: a seed of a plan, or a file that ``run`` has shrunk.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from bsw.ecuc.load import load
from bsw.ecuc.tree import ConfigurationError
from bsw.program.parser import Parser
from tools.bench.scenarios.find import NoScenario, read
from tools.campaign.book import Book, OtherBook, digest, head
from tools.campaign.crew import NoCrew, Task, chunks, dask, here, prepare, processes
from tools.campaign.draw import draw
from tools.campaign.page import page
from tools.campaign.plan import Plan
from tools.campaign.session import Result, play
from tools.campaign.shrink import Shrinker
from tools.campaign.tally import Tally, all_edges, protocols
from tools.campaign.written import written

FOLDER: Final = Path("run/campaign")
SHRUNK: Final = 5
"""Failing sessions that are made small; the others are mostly relatives."""


def add(parser: Parser) -> None:
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    many = commands.add_parser("run", help="play many", description="Play a plan's sessions.")
    many.add_argument("plan", nargs="?", type=Path, metavar="PLAN", help="what to draw, as YAML")
    many.add_argument("--sessions", type=int, default=1000, metavar="N", help="(1000)")
    many.add_argument("--seed", type=int, default=1, metavar="N", help="of the first session (1)")
    many.add_argument("--jobs", type=int, default=1, metavar="N", help="processes at a time (1)")
    many.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster: tcp://host:8786")
    many.add_argument("--out", type=Path, default=FOLDER, metavar="FOLDER", help=f"({FOLDER})")
    _with(many)
    one = commands.add_parser("play", help="play one again", description="Play one session again.")
    one.add_argument("what", metavar="SEED|FILE", help="a seed of the plan, or a shrunk session")
    one.add_argument("--plan", type=Path, metavar="PLAN", help="the plan that the seed belongs to")
    one.add_argument("--shrink", action="store_true", help="make it small if it fails")
    _with(one)


def _with(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--with",
        dest="made_with",
        default="",
        metavar="MODULE:FUNCTION",
        help="called first in each process: parts of yours, or a defect to be found",
    )


def run(arguments: argparse.Namespace) -> int:
    """0 if nothing was found, 1 if something was, 2 for a wrong word or file."""
    try:
        prepare(arguments.made_with)
        plan = _plan(arguments.plan)
        if arguments.command == "play":
            return _again(arguments, plan)
        return _many(arguments, plan)
    except (ConfigurationError, NoScenario, NoCrew, OtherBook) as error:
        print(f"v2g campaign: {error}", file=sys.stderr)
        return 2


def _plan(path: Path | None) -> Plan:
    return Plan() if path is None else load(Plan, (path,), outside=False).config


# One


def _again(arguments: argparse.Namespace, plan: Plan) -> int:
    if arguments.what.isdigit():
        seed = int(arguments.what)
        name, scenario = draw(plan, seed)
    else:
        seed, name = 0, arguments.what
        scenario = read(arguments.what)
    result = play(seed, name, scenario)
    _tell(result)
    if result.findings and arguments.shrink:
        shrunk = Shrinker(result, scenario).shrink()
        print(f"\nthe shortest of {shrunk.tries} tries that fails as well:\n")
        print(written(shrunk.scenario), end="")
    return 1 if result.findings else 0


def _tell(result: Result) -> None:
    print(f"{result.scenario}, seed {result.seed}, {result.seconds:.1f} s of virtual time")
    for title, lines in (
        ("ordered", result.orders),
        ("vehicle", result.endings),
        ("station", result.station),
        ("FOUND", result.findings),
    ):
        for line in lines:
            print(f"  {title:8} {line}")
    print(f"  digest   {result.digest}")


# Many


def _many(arguments: argparse.Namespace, plan: Plan) -> int:
    if arguments.sessions < 1 or arguments.jobs < 1:
        print("v2g campaign: --sessions and --jobs are 1 or more", file=sys.stderr)
        return 2
    began = time.monotonic()
    seeds = range(arguments.seed, arguments.seed + arguments.sessions)
    told = head(plan, arguments.seed, arguments.made_with)
    with closing(Book(arguments.out, told)) as book:
        left = [seed for seed in seeds if seed not in book.results]
        if len(left) < len(seeds):
            print(f"{len(seeds) - len(left)} sessions are in {book.path} already")
        _play_left(arguments, plan, book, left)
        results = [one for one in book if one.seed in seeds]
    tally = Tally()
    tally.add(results)
    again = "v2g campaign play"
    if arguments.made_with:
        again += f" --with {arguments.made_with}"
    _shrink(tally, plan, arguments.out, again)
    command = again + (f" --plan {arguments.plan}" if arguments.plan else "")
    _write_page(tally, arguments.out, command, digest(results))
    _summary(tally, arguments.out, command, digest(results), time.monotonic() - began)
    return 1 if tally.failed else 0


def _play_left(arguments: argparse.Namespace, plan: Plan, book: Book, left: list[int]) -> None:
    tasks = chunks(plan, left, arguments.made_with)
    failed = sum(bool(one.findings) for one in book)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        bar = progress.add_task("sessions", total=len(left))
        for results in _played(arguments, tasks):
            book.add(results)
            failed += sum(bool(one.findings) for one in results)
            told = f"sessions, {failed} failed" if failed else "sessions"
            progress.update(bar, advance=len(results), description=told)


def _played(arguments: argparse.Namespace, tasks: list[Task]) -> Iterator[list[Result]]:
    if arguments.scheduler:
        return dask(tasks, arguments.scheduler)
    return here(tasks) if arguments.jobs == 1 else processes(tasks, arguments.jobs)


def _shrink(tally: Tally, plan: Plan, out: Path, again: str) -> None:
    """The first failing session of each kind, as a file that plays again."""
    seen: set[frozenset[str]] = set()
    for one in tally.failed:
        if one.rules in seen or len(seen) >= SHRUNK:
            continue
        seen.add(one.rules)
        shrunk = Shrinker(one, draw(plan, one.seed)[1]).shrink()
        path = out / f"seed-{one.seed}.yaml"
        path.write_text(written(shrunk.scenario), encoding="utf-8")
        print(f"seed {one.seed}, made small in {shrunk.tries} tries: {again} {path}")
        for line in shrunk.result.findings:
            print(f"  {line}")


def _write_page(tally: Tally, out: Path, command: str, whole: str) -> None:
    told = {
        "virtual time": f"{tally.seconds / 3600:.1f} h",
        "processor time": f"{tally.cpu / 60:.1f} min",
        "without a fault": f"{tally.calm}",
        "digest": whole,
    }
    (out / "campaign.html").write_text(page(tally, command, told), encoding="utf-8")


def _summary(tally: Tally, out: Path, command: str, whole: str, wall: float) -> None:
    for one in tally.failed[:20]:
        print(f"seed {one.seed} ({one.scenario}): {one.findings[0]}")
        print(f"  again: {command} {one.seed}")
    if len(tally.failed) > 20:
        print(f"and {len(tally.failed) - 20} more")
    ways = ", ".join(
        f"{name} {len(all_edges(name)) - len(tally.missing(name))} of {len(all_edges(name))}"
        for name in protocols()
    )
    print(
        f"{tally.sessions:,} sessions, {len(tally.failed)} failed; {tally.seconds / 3600:.1f} h of "
        f"virtual time in {wall:.0f} s, {tally.cpu:.0f} s of processor time"
    )
    print(f"ways through the tables: {ways}")
    print(f"digest {whole}; {out / 'campaign.html'}")
