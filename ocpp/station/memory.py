"""What the station's blocks remember over a restart: named values, written before anybody is told.

Values change in memory at once and go to the store together; whoever must not speak before they
are safe waits with ``settled``.  Knows no block.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from bsw.dlt import Logger
from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Outcome, Worker, WorkerFull
from ocpp.station.store import Store

T = TypeVar("T")
AGAIN: Final = 1 * S
MOST_TRIES: Final = 5
"""Then whoever waits is told although the disk does not write: the line must not stand still."""


class Memory:
    """All blocks' values, over one store that is open."""

    def __init__(self, scheduler: Scheduler, worker: Worker, store: Store, log: Logger) -> None:
        self._worker = worker
        self._store = store
        self._log = log
        self._values: dict[str, bytes] = dict(store.memory)
        self._changes: dict[str, bytes | None] = {}
        self._waiting: deque[Callable[[], None]] = deque()
        self._writing = False
        self._tries = 0
        self._again = scheduler.alarm(self._write, name="ocpp.memory")

    @property
    def idle(self) -> bool:
        """Nothing waits to be written."""
        return not (self._writing or self._changes)

    def read(self, name: str, kind: type[T], default: T) -> T:
        """What is remembered; something that can no longer be understood is as good as nothing."""
        octets = self._values.get(name)
        if octets is None:
            return default
        try:
            return msgspec.json.decode(octets, type=kind)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            self._log.error("not-remembered", what=name, why=str(error))
            return default

    def write(self, name: str, value: object) -> None:
        octets = msgspec.json.encode(value)
        if self._values.get(name) != octets:
            self._values[name] = octets
            self._changes[name] = octets
            self._write()

    def forget(self, name: str) -> None:
        if self._values.pop(name, None) is not None:
            self._changes[name] = None
            self._write()

    def settled(self, then: Callable[[], None]) -> None:
        """Call back once everything that has changed until now is on the disk; at once if it is."""
        if self._writing or self._changes:
            self._waiting.append(then)
        else:
            then()

    def _write(self) -> None:
        if self._writing or self._again.armed or not self._changes:
            return
        changes, self._changes = self._changes, {}
        self._writing = True

        def done(outcome: Outcome[None]) -> None:
            self._writing = False
            if outcome.error is not None:
                self._failed(changes, outcome.error)
            elif self._changes:
                self._tries = 0
                self._write()
            else:
                self._tries = 0
                self._release()

        try:
            self._worker.submit("ocpp.keep", lambda: self._store.keep(changes), done)
        except WorkerFull as full:
            done(Outcome(error=full))

    def _failed(self, changes: dict[str, bytes | None], error: BaseException) -> None:
        self._log.error("not-written", what=" ".join(sorted(changes)), why=str(error))
        self._changes = {**changes, **self._changes}
        self._tries += 1
        if self._tries >= MOST_TRIES:
            self._release()
        self._again.rearm(AGAIN)

    def _release(self) -> None:
        waiting, self._waiting = self._waiting, deque()
        for then in waiting:
            then()
