"""The event memory itself: reports in, status octets, freeze frames and reactions out.

Rooms report ``failed`` or ``passed`` as often as they look; time decides what counts.  A confirmed
code keeps the circumstances of its first and its latest failure, ages over healthy operation
cycles, and outlives a restart.

What stands and what is remembered are two things: a tester may switch off the remembering, never
the reactions, and what stands when it is switched on again is remembered then.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bsw.dem.events import FRESH, Event, Severity, Status
from bsw.dlt import Logger
from bsw.nvm.service import Block, Content, Nvm
from bsw.os.scheduler import Alarm, Scheduler

BLOCK: Final = "dem"
Snapshot = Mapping[str, float | int | str | bool | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is remembered of one event."""

    status: Status = FRESH
    occurrences: int = 0
    failed_cycles: int = 0
    healthy_cycles: int = 0
    first: Snapshot | None = None
    latest: Snapshot | None = None


Listener = Callable[[Event, bool], None]
"""Hears each qualified change: the event, and whether it has failed (else: has passed)."""


class UnknownEvent(KeyError):
    def __init__(self, name: str) -> None:
        super().__init__(f"the event memory has no event {name!r}")


class Dem:
    """``circumstances`` is asked for a freeze frame when an event fails."""

    def __init__(
        self,
        events: Iterable[Event],
        scheduler: Scheduler,
        log: Logger,
        *,
        nvm: Nvm | None = None,
        circumstances: Callable[[], Snapshot] = dict,
        now_unix: Callable[[], int] = lambda: 0,
    ) -> None:
        self.events = {event.name: event for event in events}
        codes = {event.code for event in self.events.values()}
        assert len(codes) == len(self.events), "two events share a trouble code"
        self._scheduler = scheduler
        self._log = log
        self._nvm = nvm
        self._circumstances = circumstances
        self._now_unix = now_unix
        self._entries = dict.fromkeys(self.events, Entry())
        self._standing: dict[str, str] = {}  # what has failed and not passed since: its detail
        self._tested: set[str] = set()  # in this operation cycle
        self._enabled = True
        self.revision = 0  # another one after each change of what stands or was tested
        self._pending: dict[str, tuple[bool, Alarm]] = {}
        self._listeners: list[Listener] = []
        if nvm is not None:
            self._recall(nvm.register(Block(BLOCK, 1, {})))

    # Reports

    def failed(self, name: str, detail: str = "") -> None:
        """The event's test failed, as seen just now."""
        self._report(name, failed=True, detail=detail)

    def passed(self, name: str) -> None:
        """The event's test passed, as seen just now."""
        self._report(name, failed=False, detail="")

    def report(self, name: str, *, failed: bool, detail: str = "") -> None:
        self._report(name, failed=failed, detail=detail)

    def quiet_since(self, revision: int) -> bool:
        """Nothing changed after that revision, and no report waits: they would change nothing."""
        return self.revision == revision and not self._pending

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    @property
    def enabled(self) -> bool:
        """ControlDTCSetting: whether status and circumstances are updated."""
        return self._enabled

    @enabled.setter
    def enabled(self, wanted: bool) -> None:
        came_back = wanted and not self._enabled
        self._enabled = wanted
        if came_back:
            self._catch_up()

    # Questions

    def status(self, name: str) -> Status:
        return self._entry(name).status

    def entry(self, name: str) -> Entry:
        return self._entry(name)

    def stands(self, name: str) -> bool:
        """Whether the event has failed and not passed since."""
        if name not in self.events:
            raise UnknownEvent(name)
        return name in self._standing

    @property
    def count(self) -> int:
        """How many events stand."""
        return len(self._standing)

    def worst(self) -> Severity | None:
        """The gravest severity of all events that stand."""
        order = list(Severity)
        standing = [self.events[name].severity for name in self.events if self.stands(name)]
        return max(standing, key=order.index, default=None)

    def by_code(self, code: int) -> Event | None:
        return next((event for event in self.events.values() if event.code == code), None)

    def matching(self, mask: Status) -> list[tuple[Event, Status]]:
        """Events whose status shares a bit with the mask, in the order of their codes."""
        found = [
            (event, self._entries[name].status)
            for name, event in self.events.items()
            if self._entries[name].status & mask
        ]
        return sorted(found, key=lambda pair: pair[0].code)

    # Life

    def begin_cycle(self) -> None:
        """A new operation cycle: the bits of this cycle start anew, healthy codes age."""
        self._tested.clear()
        self.revision += 1
        for name, entry in self._entries.items():
            self._entries[name] = self._next_cycle(self.events[name], entry)
        self._keep()

    def clear(self, code: int | None = None) -> bool:
        """Forget one code, or all of them (``None``).  False if there is no such code."""
        names = [name for name, event in self.events.items() if code is None or event.code == code]
        self.revision += 1
        for name in names:
            self._drop_pending(name)
            self._standing.pop(name, None)
            self._tested.discard(name)
            self._entries[name] = Entry()
        self._keep()
        return bool(names)

    # Inside

    def _report(self, name: str, *, failed: bool, detail: str) -> None:
        event = self.events.get(name)
        if event is None:
            raise UnknownEvent(name)
        settled, known = name in self._standing, name in self._tested
        pending = self._pending.get(name)
        if settled is failed and known:
            if pending is not None:
                self._drop_pending(name)
            return
        if pending is not None and pending[0] is failed:
            return
        self._drop_pending(name)
        delay = event.debounce.failed if failed else event.debounce.passed
        if delay == 0 or (not failed and not known):
            self._qualify(event, failed=failed, detail=detail)
            return
        alarm = self._scheduler.after(
            delay, lambda: self._qualify(event, failed=failed, detail=detail), name=f"dem {name}"
        )
        self._pending[name] = (failed, alarm)

    def _drop_pending(self, name: str) -> None:
        pending = self._pending.pop(name, None)
        if pending is not None:
            pending[1].cancel()

    def _qualify(self, event: Event, *, failed: bool, detail: str) -> None:
        self._pending.pop(event.name, None)
        self.revision += 1
        was = event.name in self._standing
        self._tested.add(event.name)
        if failed:
            self._standing[event.name] = detail
        else:
            self._standing.pop(event.name, None)
        if self._enabled:
            self._remember(event, detail)
        if failed is was:
            return  # only the first completion of a test in this cycle
        report = self._log.warning if failed else self._log.info
        report("event", name=event.name, code=f"{event.code:06X}", failed=failed, detail=detail)
        self._keep()
        for listener in self._listeners:
            listener(event, failed)

    def _remember(self, event: Event, detail: str) -> None:
        entry = self._entries[event.name]
        failed = event.name in self._standing
        self._entries[event.name] = (
            self._failure(event, entry, detail) if failed else _recovery(entry)
        )

    def _catch_up(self) -> None:
        """What came or went while nothing was remembered, as it is now."""
        for name, event in self.events.items():
            stands = name in self._standing
            tested = name in self._tested
            status = self._entries[name].status
            missed = Status.NOT_COMPLETED_THIS_CYCLE in status
            if tested and (missed or stands is not (Status.FAILED in status)):
                self._remember(event, self._standing.get(name, ""))
        self._keep()

    def _failure(self, event: Event, entry: Entry, detail: str) -> Entry:
        first_in_cycle = Status.FAILED_THIS_CYCLE not in entry.status
        cycles = entry.failed_cycles + first_in_cycle
        status = entry.status | (
            Status.FAILED | Status.FAILED_THIS_CYCLE | Status.PENDING | Status.FAILED_SINCE_CLEAR
        )
        status &= ~FRESH
        if cycles >= event.confirm_after:
            status |= Status.CONFIRMED
        if event.warning:
            status |= Status.WARNING_INDICATOR
        snapshot = {"time": self._now_unix(), "detail": detail, **self._circumstances()}
        return Entry(
            status,
            min(255, entry.occurrences + 1),
            min(255, cycles),
            0,
            entry.first or snapshot,
            snapshot,
        )

    def _next_cycle(self, event: Event, entry: Entry) -> Entry:
        tested = Status.NOT_COMPLETED_THIS_CYCLE not in entry.status
        failed = Status.FAILED_THIS_CYCLE in entry.status
        status = entry.status & ~Status.FAILED_THIS_CYCLE | Status.NOT_COMPLETED_THIS_CYCLE
        healthy = entry.healthy_cycles
        if tested and not failed:
            status &= ~Status.PENDING
            healthy += 1
            if Status.CONFIRMED in status and healthy >= event.aging:
                return Entry()
        return replace(entry, status=status, healthy_cycles=healthy)

    def _entry(self, name: str) -> Entry:
        if name not in self._entries:
            raise UnknownEvent(name)
        return self._entries[name]

    def _keep(self) -> None:
        if self._nvm is not None:
            remembered = {
                name: _content(entry)
                for name, entry in self._entries.items()
                if entry.occurrences or entry.status != FRESH
            }
            self._nvm.write(BLOCK, remembered)

    def _recall(self, content: Content) -> None:
        for name, stored in content.items():
            if name in self._entries:
                self._entries[name] = _entry_of(stored)


def _recovery(entry: Entry) -> Entry:
    status = entry.status & ~(FRESH | Status.FAILED | Status.WARNING_INDICATOR)
    return replace(entry, status=status)


def _content(entry: Entry) -> dict[str, object]:
    return {
        "status": int(entry.status),
        "occurrences": entry.occurrences,
        "failed_cycles": entry.failed_cycles,
        "healthy_cycles": entry.healthy_cycles,
        "first": entry.first,
        "latest": entry.latest,
    }


def _entry_of(stored: Mapping[str, Any]) -> Entry:
    """After a restart nothing has been tested yet, and nothing stands."""
    status = Status(stored["status"]) & ~Status.FAILED
    return Entry(
        status,
        stored["occurrences"],
        stored["failed_cycles"],
        stored["healthy_cycles"],
        stored["first"],
        stored["latest"],
    )
