"""``v2g endure``: seeded runs of "charge while power and line fail", and real processes killed.

Prints one line for each run that failed, so that ``--first SEED --seeds 1`` repeats it, and the
figures at the end.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ocpp.versions import Version
from tools.endure.killer import Killer
from tools.endure.storm import Storm

VERSIONS = {version.number: version for version in Version}
MEMORY = Path("/dev/shm")  # noqa: S108 - a store syncs each commit


@dataclass(frozen=True, slots=True)
class Result:
    """What one run came to; ``wrong`` is empty if the books agree."""

    seed: int
    version: str
    events: int
    repeats: int
    wrong: str = ""


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=int, default=100, help="runs per version; default: 100")
    parser.add_argument("--first", type=int, default=0, help="the first seed; default: 0")
    parser.add_argument(
        "--kills", type=int, default=0, help="kill real processes that often, per version, instead"
    )
    parser.add_argument("--speak", action="append", choices=VERSIONS, help="default: all three")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time; default: 1")


def run(arguments: argparse.Namespace) -> int:
    versions = arguments.speak or list(VERSIONS)
    runs = events = repeats = bad = 0
    for result in _kills(arguments, versions) if arguments.kills else _storms(arguments, versions):
        runs += 1
        events += result.events
        repeats += result.repeats
        if result.wrong:
            bad += 1
            print(f"seed {result.seed} {result.version}: {result.wrong}", flush=True)
    what = f"kills of {runs} stations" if arguments.kills else "runs"
    count = arguments.kills * runs if arguments.kills else runs
    print(f"{count} {what}, {events} events written, {repeats} told twice, {bad} wrong")
    return 1 if bad else 0


def _storms(arguments: argparse.Namespace, versions: list[str]) -> Iterator[Result]:
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    tasks = [(seed, version) for seed in seeds for version in versions]
    if arguments.jobs == 1:
        yield from map(storm, tasks)
        return
    with ProcessPoolExecutor(arguments.jobs) as pool:
        yield from pool.map(storm, tasks, chunksize=10)


def storm(task: tuple[int, str]) -> Result:
    """One seed's run; a failure is a result."""
    seed, version = task
    folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
    try:
        made = Storm(seed, VERSIONS[version], folder)
        wrong = ""
        try:
            made.run()
            made.check()
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in a run is what we look for
            wrong = f"{type(error).__name__}: {error}"[:500]
        return Result(seed, version, len(made.written), made.backend.repeats, wrong)
    finally:
        shutil.rmtree(folder)


def _kills(arguments: argparse.Namespace, versions: list[str]) -> Iterator[Result]:
    for version in versions:
        with tempfile.TemporaryDirectory() as folder:
            killer = Killer(arguments.first, VERSIONS[version], Path(folder), arguments.kills)
            wrong = ""
            try:
                killer.run()
                killer.check()
            except AssertionError as error:
                wrong = f"{type(error).__name__}: {error}"[:500]
            yield Result(arguments.first, version, killer.events, killer.backend.repeats, wrong)
