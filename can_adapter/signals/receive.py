"""Reception: frames become values, and values become old.

A value can be used while its message is fresh, trusted, flagged as valid and in range; at any
other time it is absent.  Only bits that changed are looked at, so the many frames that say
nothing new cost little.  What the values are for is not known here.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, get_type_hints

from bsw.os.scheduler import FIRST, Scheduler
from can_adapter.bus import CanFrame
from can_adapter.canif import CanIf
from can_adapter.config import CanConfig
from can_adapter.matrix.configured import timeout, window
from can_adapter.rings import Ring, RingAccount
from can_adapter.signals.binding import Binding, Bindings
from can_adapter.signals.e2e import E2eChecker, E2eState, E2eStatus
from can_adapter.signals.quality import (
    FrameMalformed,
    ProtectionLost,
    ProtectionRegained,
    Quality,
    Reading,
    ReceptionEvent,
    Returned,
    TimedOut,
    ValueRefused,
)
from can_adapter.signals.slots import Cell, Group, Images, Page, Slot

StateT = TypeVar("StateT")

Observer = Callable[[ReceptionEvent], None]


class Inbound(Generic[StateT]):
    """The values of one catalogue as they come in, as one frozen state."""

    def __init__(
        self,
        scheduler: Scheduler,
        canif: CanIf,
        config: CanConfig,
        bindings: Bindings,
        state: type[StateT],
    ) -> None:
        self._scheduler = scheduler
        self._now = scheduler.clock.now
        self._canif = canif
        self._kind = state
        self._news = False  # a value changed since the state was built
        self._observers: list[Observer] = []
        self._changed: list[Callable[[], None]] = []
        self._since = scheduler.now
        self._monitored = True
        hints = get_type_hints(state)
        self._groups = {field: Group(kind) for field, kind in hints.items()}
        self._parts: dict[str, Any] = {}  # as they were built last
        self._by_class = {kind.__name__: self._groups[field] for field, kind in hints.items()}
        self._cells: dict[str, Cell] = {}
        self._slots = {
            spec.key: Slot(spec, timeout(spec, config), window(config))
            for spec in bindings.messages()
        }
        for binding in bindings.bound:
            self._add(binding)
        for constant in bindings.constants:
            self._by_class[constant.role.group].constants[constant.role.name] = constant.value
        self._constants = {entry.role.name: entry.value for entry in bindings.constants}
        self._state = self._build()
        self._first = config.first_timeout * config.cycle_stretch
        self._expect_all()
        self._expiry = self._next_expiry()
        self._alarm = scheduler.alarm(self._check_ages, name="can freshness", priority=FIRST)
        self._arm()
        canif.route(self._slots, self.received, self)

    @property
    def state(self) -> StateT:
        """Everything that can be used at this moment.  The same object while nothing changes."""
        if self._expiry is not None and self._now() >= self._expiry:
            self._canif.catch_up()  # who was held up asks late: the frames may be here
            self._expire(self._now())
        if self._news:
            self._news = False
            self._state = self._build()
        return self._state

    def reading(self, role: str) -> Reading:
        """One value with its quality and age, by the name of its role."""
        if role in self._constants:
            return Reading(Quality.FRESH, self._constants[role])
        cell = self._cells.get(role)
        if cell is None:
            return Reading(Quality.UNBOUND)
        self._canif.catch_up()
        now = self._now()
        if self._expiry is not None and now >= self._expiry:
            self._expire(now)
        seen = self._slots[cell.message.key].seen
        age = None if seen is None else now - seen
        return Reading(cell.quality, cell.last, age, cell.message.name)

    @property
    def roles(self) -> tuple[str, ...]:
        """The names of all roles that a signal or a constant carries."""
        return (*self._cells, *self._constants)

    def protection(self, message: str) -> E2eChecker | None:
        """The judge of a protected message: its state and counts as they are now."""
        self._canif.catch_up()
        slots = (slot for slot in self._slots.values() if slot.spec.name == message)
        return next((slot.checker for slot in slots), None)

    def monitor(self, *, on: bool) -> None:
        """Off while the bus may sleep: values grow old as ever, and nobody hears what is missing.

        On again, each message that stayed away has the time of a first one.
        """
        if on and not self._monitored:
            self._since = self._scheduler.now
            self._expect_all()
            self._expiry = self._next_expiry()
            self._arm()
        self._monitored = on

    def _expect_all(self) -> None:
        for slot in self._slots.values():
            if slot.deadline is None and slot.timeout:
                slot.deadline = self._since + max(self._first, slot.timeout)

    def observe(self, observer: Observer) -> None:
        """Be told of timeouts, protection and refused values."""
        self._observers.append(observer)

    def on_change(self, changed: Callable[[], None]) -> None:
        """Be called once after each frame that changed a value, and when values expire."""
        self._changed.append(changed)

    def close(self) -> None:
        self._alarm.cancel()
        self._canif.unroute(self.received)

    def stands(self, ring: Ring) -> Sequence[RingAccount] | None:
        slot = self._slots[ring.key]
        return (slot,) if slot.stands(ring) else None

    def received(self, frame: CanFrame) -> None:
        slot = self._slots[frame.key]
        known = slot.known.get(frame.data)
        if known is None:
            self._take(slot, frame.data)
            return
        page, counter = known
        if slot.checker is None or self._trusted(slot, slot.checker, counter):
            slot.malformed = False
            page.seen = slot.seen = now = self._now()
            if slot.timeout:
                slot.deadline = now + slot.timeout  # it only moves back: no alarm to set

    def _take(self, slot: Slot, octets: bytes) -> None:
        """A frame that may say something new."""
        data = octets
        if len(data) < slot.spec.length:
            self._malformed(slot, len(data))
            return
        data = data[: slot.spec.length]
        checker, counter = slot.checker, None
        if checker is not None:
            counter = checker.counter_of(data)
            if not self._trusted(slot, checker, counter):
                return
        slot.malformed = False
        now = self._now()
        same = slot.again(data, now)
        if same is not None:
            slot.remember(octets, same, counter)
            return
        images = slot.layout.images(data)
        page, changes = slot.accept(data, images, now)
        slot.remember(octets, page, counter)
        self._watch_age(slot)
        if slot.trouble is not None:
            self._welcome(slot)
        if (changes[0] or changes[1]) and self._decode(slot, page, images, changes):
            self._notify()

    def _decode(self, slot: Slot, page: Page, images: Images, changes: Images) -> bool:
        """Update the cells whose bits changed; tell whether a value changed."""
        little, big = changes
        any_changed = False
        for cell in page.cells:
            masks = cell.masks
            if not (little & masks[0] or big & masks[1]):
                continue
            before = cell.quality
            if cell.read(images):
                any_changed = self._news = True
                if cell.quality is Quality.REFUSED and before is not Quality.REFUSED:
                    self._tell(ValueRefused(cell.name, slot.spec.name, cell.raws(images)))
        return any_changed

    def _trusted(self, slot: Slot, checker: E2eChecker, counter: int | None) -> bool:
        """Judge the frame's protection; values of an untrusted message are taken away."""
        status = checker.judge_counter(counter)
        if status is E2eStatus.OK and checker.state is E2eState.VALID:
            return True
        if checker.state is E2eState.INVALID and slot.trouble is not Quality.UNTRUSTED:
            slot.forget(Quality.UNTRUSTED)
            self._news = True
            self._tell(ProtectionLost(slot.spec.name, status))
            self._notify()
        return checker.trusted and status.good

    def _welcome(self, slot: Slot) -> None:
        """A message that was missed or mistrusted is there again."""
        untrusted = slot.trouble is Quality.UNTRUSTED
        slot.trouble = None
        name = slot.spec.name
        self._tell(ProtectionRegained(name) if untrusted else Returned(name))

    def _malformed(self, slot: Slot, length: int) -> None:
        if not slot.malformed:
            slot.malformed = True
            self._tell(FrameMalformed(slot.spec.name, length))

    def _check_ages(self) -> None:
        self._canif.catch_up()  # if this alarm is late, the frames may be here
        self._expire(self._scheduler.now)
        self._arm()

    def _expire(self, now: int) -> None:
        """Take away the values of messages that did not come in time."""
        self._expiry = self._next_expiry()
        if self._expiry is None or self._expiry > now:  # as nearly always: they came meanwhile
            return
        silences: list[tuple[str, int]] = []
        stale = False
        for slot in self._slots.values():
            if slot.deadline is not None and now >= slot.deadline:
                silence = now - (self._since if slot.seen is None else slot.seen)
                silences.append((slot.spec.name, silence))
                slot.forget(Quality.STALE if slot.seen is not None else Quality.NEVER)
                if slot.checker is not None:
                    slot.checker.reset()
            for page in slot.old_pages(now) if slot.multiplexed else ():
                stale = True
                slot.forget_page(page)
        self._news = self._news or stale or bool(silences)
        self._expiry = self._next_expiry()
        for name, silence in silences if self._monitored else ():
            self._tell(TimedOut(name, silence))
        if silences or stale:
            self._notify()

    def _watch_age(self, slot: Slot) -> None:
        """Deadlines only move back while a message comes; a new one may be the next to end."""
        deadline = slot.deadline
        if deadline is not None and (self._expiry is None or deadline < self._expiry):
            self._expiry = deadline
            self._arm()

    def _next_expiry(self) -> int | None:
        ends = [
            end
            for slot in self._slots.values()
            if (end := slot.ends() if slot.multiplexed else slot.deadline) is not None
        ]
        return min(ends) if ends else None

    def _arm(self) -> None:
        if self._expiry is not None:
            self._scheduler.arm(self._alarm, self._expiry)

    def _notify(self) -> None:
        for changed in self._changed:
            changed()

    def _tell(self, event: ReceptionEvent) -> None:
        for observer in self._observers:
            observer(event)

    def _add(self, binding: Binding) -> None:
        slot = self._slots[binding.message.key]
        cell = Cell(binding, slot.layout, self._by_class[binding.role.group])
        slot.add(cell)
        cell.group.cells.append(cell)
        self._cells[cell.name] = cell

    def _build(self) -> StateT:
        for field, group in self._groups.items():
            if group.changed:
                self._parts[field] = group.built()
        return self._kind(**self._parts)
