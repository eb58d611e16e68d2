"""Who plays the sessions: this process, several of this machine, or the workers of a Dask cluster.

All of them give the same results.  A worker that dies loses its chunk, which another one plays.
"""

import importlib
import multiprocessing
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Future,
    ProcessPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

from tools.campaign.draw import draw
from tools.campaign.plan import Plan
from tools.campaign.session import Result, play
from tools.campaign.swept import sweep, unswept

CHUNK: Final = 10
"""Sessions that are sent out and come back together."""

FRESH: Final = 40
"""Chunks after which a process is replaced by a new one."""

DEATHS: Final = 5
"""Times that workers may die before it is the sessions' fault."""


ANSWERS: Final = "30s"
"""A scheduler that is there answers within this."""


class NoCrew(Exception):
    """Nobody there to play; says why and what to do."""


@dataclass(frozen=True, slots=True)
class Task:
    """``made_with`` names a function that is called before the first session in each process."""

    plan: Plan
    seeds: tuple[int, ...]
    made_with: str = ""


_alone: Final = Lock()
"""Of one process: a Dask worker has several threads unless told otherwise, and sessions would share
the processor they cannot share, and what they say they used of it."""


def work(task: Task) -> list[Result]:
    """Play a chunk.  Runs wherever a worker is."""
    with _alone, unswept():
        prepare(task.made_with)
        results = []
        for seed in task.seeds:
            results.append(play(seed, *draw(task.plan, seed)))
            sweep()
        return results


_prepared: set[str] = set()


def prepare(made_with: str) -> None:
    """Call ``module:function`` once in this process."""
    if made_with and made_with not in _prepared:
        _prepared.add(made_with)
        function_of(made_with)()


def function_of(made_with: str) -> Callable[[], None]:
    module, _, name = made_with.partition(":")
    here_too = str(Path.cwd())  # an installed command does not look in the folder it is started in
    if here_too not in sys.path:
        sys.path.insert(0, here_too)
    try:
        found: Callable[[], None] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise NoCrew(f"--with {made_with}: {error}; it takes MODULE:FUNCTION") from None
    return found


def chunks(plan: Plan, seeds: list[int], made_with: str) -> list[Task]:
    return [
        Task(plan, tuple(seeds[at : at + CHUNK]), made_with) for at in range(0, len(seeds), CHUNK)
    ]


def here(tasks: list[Task]) -> Iterator[list[Result]]:
    return map(work, tasks)


def processes(tasks: list[Task], jobs: int) -> Iterator[list[Result]]:
    """So many at a time; one that is killed is replaced, and what it had is played again."""
    left, deaths = list(reversed(tasks)), 0
    while left:
        open_: dict[Future[list[Result]], Task] = {}
        pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))
        played = 0
        try:
            while left or open_:
                while left and len(open_) < 2 * jobs and played < FRESH * jobs:
                    task = left.pop()
                    open_[pool.submit(work, task)] = task
                    played += 1
                if not open_:
                    break
                for future in wait(open_, return_when=FIRST_COMPLETED).done:
                    results = future.result()
                    del open_[future]
                    yield results
        except BrokenProcessPool:
            deaths += 1
            if deaths >= DEATHS:
                raise NoCrew(
                    f"workers died {deaths} times; v2g campaign --jobs 1 shows why"
                ) from None
            left += reversed(list(open_.values()))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def dask(tasks: list[Task], address: str) -> Iterator[list[Result]]:
    """On the workers of a cluster that is there already."""
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise NoCrew("--scheduler needs Dask: pip install 'pilotwire[dask]'") from None
    try:
        client: Any = distributed.Client(address, timeout=ANSWERS)
    except (OSError, ValueError) as error:
        raise NoCrew(f"no Dask scheduler at {address}: {error}") from None
    try:
        futures = [client.submit(work, task, pure=False, retries=DEATHS) for task in tasks]
        left = distributed.as_completed(futures, with_results=True)
        futures.clear()  # who holds on to them holds every result in the cluster's memory
        for _future, results in left:
            yield results
    except (distributed.KilledWorker, CancelledError) as error:
        raise NoCrew(
            f"the cluster at {address} lost its workers or its scheduler ({error}); "
            "the same command goes on where it was"
        ) from None
    finally:
        client.close()
