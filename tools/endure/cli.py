"""``v2g endure``: seeded runs of "charge while power and line fail", and real processes killed.

Prints one line for each run that failed, so that ``--first SEED --seeds 1`` repeats it, and the
figures at the end.  With ``--record`` each run is a line in a file, and what stands there is not
played again: a long row of runs goes on where it was broken off.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

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
    kills: int = 0


Task = tuple[int, str]
MANY: Final = 100


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seeds", type=int, help=f"runs per version; default: {MANY}, with --kills 1"
    )
    parser.add_argument("--first", type=int, default=0, help="the first seed; default: 0")
    parser.add_argument(
        "--kills", type=int, default=0, help="kill real processes that often in each run, instead"
    )
    parser.add_argument("--speak", action="append", choices=VERSIONS, help="default: all three")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time; default: 1")
    parser.add_argument(
        "--record", type=Path, metavar="FILE", help="keep each run here; those in it are not played"
    )


def run(arguments: argparse.Namespace) -> int:
    try:
        known = _known(arguments.record, kills=arguments.kills)
    except (ValueError, TypeError) as error:
        print(f"v2g endure: --record {arguments.record}: {error}; name a new file", file=sys.stderr)
        return 2
    seeds = arguments.seeds or (1 if arguments.kills else MANY)
    tasks = [
        (seed, version)
        for seed in range(arguments.first, arguments.first + seeds)
        for version in arguments.speak or VERSIONS
    ]
    results = [known[task] for task in tasks if task in known]
    played = _played([task for task in tasks if task not in known], arguments)
    for result in played:
        results.append(result)
        if arguments.record is not None:
            with arguments.record.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(result)) + "\n")
        if result.wrong:
            print(f"seed {result.seed} {result.version}: {result.wrong}", flush=True)
    return _summed(results, len(known.keys() & set(tasks)))


def _known(record: Path | None, *, kills: int) -> dict[Task, Result]:
    """Good runs of this kind that stand in the record; bad ones are played again."""
    if record is None:
        return {}
    if record.exists() and not record.is_file():
        raise ValueError("is no file to keep runs in")
    record.open("a").close()  # better found out now than after the first run
    results = [Result(**json.loads(line)) for line in record.read_text("utf-8").splitlines()]
    alike = [each for each in results if not each.wrong and bool(each.kills) == bool(kills)]
    return {(each.seed, each.version): each for each in alike}


def _played(tasks: list[Task], arguments: argparse.Namespace) -> Iterable[Result]:
    """One after the other as they end."""
    if arguments.kills:
        return map(partial(killed, arguments.kills), tasks)
    return _storms(tasks, arguments.jobs)


def _summed(results: list[Result], known: int) -> int:
    events = sum(each.events for each in results)
    repeats = sum(each.repeats for each in results)
    kills = sum(each.kills for each in results)
    bad = sum(bool(each.wrong) for each in results)
    what = f"{kills} kills of {len(results)} stations" if kills else f"{len(results)} runs"
    before = f" ({known} of them before)" if known else ""
    print(f"{what}{before}, {events} events written, {repeats} told twice, {bad} wrong")
    return 1 if bad else 0


def _storms(tasks: list[Task], jobs: int) -> Iterator[Result]:
    if jobs == 1:
        yield from map(storm, tasks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(storm, tasks, chunksize=10)


def storm(task: Task) -> Result:
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


def killed(kills: int, task: Task) -> Result:
    """One station, killed so often with a transaction open."""
    seed, version = task
    with tempfile.TemporaryDirectory() as folder:
        killer = Killer(seed, VERSIONS[version], Path(folder), kills)
        wrong = ""
        try:
            killer.run()
            killer.check()
        except AssertionError as error:
            wrong = f"{type(error).__name__}: {error}"[:500]
        return Result(seed, version, len(killer.written), killer.backend.repeats, wrong, kills)
