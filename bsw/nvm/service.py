"""NvM: what rooms keep over a restart, as typed blocks with a version.

Rooms read from memory and write to memory; the disk follows on the worker, several changes at
once, and at the latest when the ECU stops.  A write that failed is tried again, with longer and
longer pauses, until it succeeds.  Contents are JSON objects, so that a person can read what an ECU
remembers.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bsw.dlt import Logger
from bsw.nvm.store import Found, Stored
from bsw.os.clock import MS, S
from bsw.os.scheduler import Scheduler
from bsw.os.worker import Outcome, Worker, WorkerClosed, WorkerFull
from bsw.program.hostfault import sentence
from bsw.troubles import Trouble, Troubles

Content = Mapping[str, Any]
Migrate = Callable[[int, Content], Content]
DELAY: Final = 50 * MS
"""How long a change may wait for others before it goes to the disk."""
FIRST_PAUSE: Final = 100 * MS
LONGEST_PAUSE: Final = 30 * S
"""Between two tries of a write that failed."""

PATIENCE: Final = 3
"""After so many failures in a row an ordered stop does not wait for the disk any more."""

LARGEST: Final = 65_536


class BlockStore(Protocol):
    def claim(self) -> None: ...
    def load(self) -> Found: ...
    def write(self, blocks: Mapping[str, Stored]) -> None: ...


@dataclass(frozen=True, slots=True)
class Block:
    """A name, the version of its layout, what it holds at first, and how an older one is read."""

    name: str
    version: int
    default: Content
    migrate: Migrate | None = None


class Nvm:
    """``open`` first; it blocks, and so belongs to start-up."""

    def __init__(
        self,
        store: BlockStore,
        scheduler: Scheduler,
        worker: Worker,
        log: Logger,
        *,
        troubles: Troubles | None = None,
    ) -> None:
        self.faults = 0  # since the start
        self._store = store
        self._worker = worker
        self._log = log
        self._troubles = troubles or Troubles()
        self._blocks: dict[str, Block] = {}
        self._contents: dict[str, Content] = {}
        self._found: Found = Found({})
        self._changed: set[str] = set()
        self._waiting: list[Callable[[], None]] = []
        self._writing = False
        self._failures = 0  # in a row
        self._alarm = scheduler.alarm(self._write, name="nvm")

    def open(self) -> None:
        self._store.claim()
        self._found = self._store.load()
        for name in self._found.damaged:
            self._fault(f"block {name} is damaged in both copies")
        if self._found.set_aside is not None:
            self._fault(f"the file was damaged; it lies at {self._found.set_aside.name} now")

    def register(self, block: Block) -> Content:
        """Make a block known; what it holds now."""
        assert block.name not in self._blocks, f"block {block.name} is registered twice"
        self._blocks[block.name] = block
        self._contents[block.name] = self._recall(block)
        return self._contents[block.name]

    @property
    def names(self) -> set[str]:
        """Of all blocks that were made known."""
        return set(self._blocks)

    def read(self, name: str) -> Content:
        return self._contents[name]

    def write(self, name: str, content: Content, done: Callable[[], None] | None = None) -> None:
        """Change a block now, on the disk soon; ``done`` when it is there, and not before."""
        octets = _coded(content)
        assert len(octets) <= LARGEST, f"block {name} holds {len(octets)} octets"
        self._contents[name] = json.loads(octets)
        self._changed.add(name)
        if done is not None:
            self._waiting.append(done)
        if not self._alarm.armed and not self._writing:
            self._alarm.rearm(DELAY)

    def restore(self, name: str) -> None:
        """Back to what the block holds at first."""
        self.write(name, self._blocks[name].default)

    @property
    def busy(self) -> bool:
        """A change has not reached the disk yet, and is about to."""
        return self._writing or (bool(self._changed) and self._failures < PATIENCE)

    def flush(self) -> None:
        """Write what has changed without waiting for more; for an ordered stop."""
        self._alarm.cancel()
        self._write()

    def _recall(self, block: Block) -> Content:
        stored = self._found.blocks.get(block.name)
        if stored is None:
            return block.default
        try:
            content: Content = json.loads(stored.data)
        except ValueError:
            self._fault(f"block {block.name} cannot be read")
            return block.default
        if stored.version == block.version:
            return content
        if stored.version < block.version and block.migrate is not None:
            return block.migrate(stored.version, content)
        self._fault(f"block {block.name} has version {stored.version}, not {block.version}")
        return block.default

    def _write(self) -> None:
        if self._writing or not self._changed:
            return
        names, self._changed = sorted(self._changed), set()
        waiting, self._waiting = self._waiting, []
        blocks = {
            name: Stored(self._blocks[name].version, _coded(self._contents[name])) for name in names
        }
        self._writing = True

        def written(outcome: Outcome[None]) -> None:
            self._writing = False
            if outcome.error is not None:
                self._try_again(names, waiting, sentence(outcome.error))
                return
            if self._failures:
                self._log.info("written again", failures=self._failures)
            self._failures = 0
            self._troubles.passed(Trouble.MEMORY)
            for done in waiting:
                done()
            if self._changed:
                self._alarm.rearm(DELAY)

        try:
            self._worker.submit("nvm", lambda: self._store.write(blocks), written)
        except (WorkerFull, WorkerClosed) as error:
            written(Outcome(error=error))

    def _try_again(self, names: list[str], waiting: list[Callable[[], None]], why: str) -> None:
        """What has changed meanwhile goes along; who waits for the disk goes on waiting."""
        self._changed.update(names)
        self._waiting[:0] = waiting
        pause = min(LONGEST_PAUSE, FIRST_PAUSE << min(self._failures, 16))
        self._failures += 1
        self._alarm.rearm(pause)
        self._fault(f"{why}; tried again in {pause // MS} ms")

    def _fault(self, why: str) -> None:
        self._log.error("nvm", why=why)
        self.faults += 1
        self._troubles.failed(Trouble.MEMORY, why)


def _coded(content: Content) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
