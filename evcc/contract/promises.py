"""Work with keys that runs on the worker and comes back ``Later``."""

from collections.abc import Callable
from typing import TypeVar

from bsw.chrgm.later import Later
from bsw.os.worker import Outcome, Worker

T = TypeVar("T")


def promised(
    worker: Worker, name: str, work: Callable[[], T], failed: Callable[[str], None]
) -> Later[T]:
    """What ``work`` makes; where it fails nothing comes, and ``failed`` hears why."""
    promise: Later[T] = Later()

    def done(outcome: Outcome[T]) -> None:
        if outcome.error is not None:
            failed(f"{name}: {outcome.error}")
        else:
            promise.resolve(outcome.result())

    worker.submit(name, work, done)
    return promise
