"""Transmission: published values become frames, cyclically and when they change.

Each message keeps its phase on the scheduler; a change of its bits goes out at once, but not
sooner than the message's smallest distance.  A value that is ``None`` is sent as its initial value
with its flag taken away.  Who publishes, and why, is not known here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Generic, TypeVar

from bsw.os.clock import MS
from bsw.os.scheduler import Alarm, Scheduler, Task
from can_adapter.bus import CanFrame
from can_adapter.canif import CanIf
from can_adapter.matrix.codec import Field, FrameImage, Layout, Raw, pages
from can_adapter.matrix.specs import MessageSpec, SendType
from can_adapter.rings import Ring
from can_adapter.signals.binding import Binding, Bindings
from can_adapter.signals.e2e import E2eProtector
from can_adapter.signals.roles import Role, Value
from can_adapter.signals.timetable import Timetable

PartT = TypeVar("PartT")

Told = Mapping[str, object]
"""Values by the names of their roles; one that is not there is absent."""

NOT_YET = -1
"""The version of a page that was not sent so far."""

SPREAD = 1 * MS
"""Distance of the first cyclic frames of two messages, so that they do not come in bursts."""


@dataclass(slots=True)
class TransmitCounters:
    sent: int = 0
    refused: int = 0  # by the bus: off, or its queue full


class Sender:
    """One message on its way out."""

    def __init__(self, scheduler: Scheduler, canif: CanIf, spec: MessageSpec) -> None:
        self.spec = spec
        self.layout = Layout(spec)
        self.counters = TransmitCounters()
        self.pages = tuple(FrameImage(self.layout, page) for page in pages(self.layout))
        self._form = CanFrame(spec.id, bytes(spec.length), spec.extended, spec.fd)
        self._rings = [Ring(self._form, b"", NOT_YET) for _ in self.pages]
        self._scheduler = scheduler
        self._now = scheduler.clock.now
        self._transmit = canif.transmit
        self._protector = E2eProtector(spec.e2e) if spec.e2e else None
        self._page = 0
        self._several = len(self.pages) > 1
        self._distance = spec.min_delay
        self._earliest = scheduler.now
        self._task: Task | None = None
        self._pending: Alarm = scheduler.alarm(self._send, name=spec.name)

    @property
    def cyclic(self) -> bool:
        return self.spec.send_type is not SendType.ON_CHANGE and self.spec.cycle > 0

    def start(self, offset: int) -> None:
        """On a task of its own."""
        self._task = self._scheduler.every(
            self.spec.cycle, self.cycle, name=self.spec.name, offset=offset
        )

    def stop(self) -> None:
        self._pending.cancel()
        if self._task is not None:
            self._task.stop()
            self._task = None

    def holders(self, field: Field) -> tuple[int, ...]:
        """The pages that hold a signal."""
        return tuple(number for number, page in enumerate(self.pages) if page.holds(field))

    def changed(self, page: int) -> None:
        """Send at once if this message is sent on change, as far as its distance allows."""
        if self.spec.send_type is SendType.CYCLIC:
            return
        self._page = page
        self.cycle()

    def cycle(self) -> None:
        """Send now, or as soon as the distance to the last frame is kept."""
        if self._pending.serial >= 0:
            return
        now = self._now()
        if now >= self._earliest:
            self._send_at(now)
        else:
            self._scheduler.arm(self._pending, self._earliest)

    def _send(self) -> None:
        self._send_at(self._now())

    def _send_at(self, now: int) -> None:
        """Send the page whose turn it is."""
        number, protector = self._page, self._protector
        ring = self._rings[number]
        if self._several:
            self._page = (number + 1) % len(self.pages)
        counter = 0
        if protector is not None:
            protector.counter = counter = (protector.counter + 1) % protector.modulo
        if ring.version != self.pages[number].version:
            ring = self._renewed(number)
        self._earliest = now + self._distance
        carrier = ring.carrier
        if (carrier is not None and carrier.repeat(counter)) or self._transmit(ring.frame(counter)):
            self.counters.sent += 1
        else:
            self.counters.refused += 1
            self._renewed(number)  # a counter is missing in the one that was

    def _renewed(self, number: int) -> Ring:
        """The page as it stands, and its frames from now on."""
        page, protector = self.pages[number], self._protector
        ring = Ring(
            self._form,
            bytes(page.octets()),
            page.version,
            seal=protector.seal if protector is not None else None,
            span=self.spec.e2e.span if self.spec.e2e else None,
            keep=protector is None or protector.recurs,
            lasting=not self._several,
        )
        self._rings[number] = ring
        return ring


class _Outlet:
    """One role on its way out."""

    __slots__ = (
        "_converter",
        "_fields",
        "_flag",
        "_flag_raws",
        "_floating",
        "_raw",
        "last",
        "name",
        "page",
        "sender",
    )

    def __init__(self, binding: Binding, sender: Sender) -> None:
        fields = sender.layout.fields
        self._converter = binding.converter
        self._fields = [
            (
                fields[signal.name],
                [sender.pages[number] for number in sender.holders(fields[signal.name])],
            )
            for signal in binding.signals
        ]
        self._flag = None
        self._flag_raws = (_other(binding.flag_valid), binding.flag_valid)
        if binding.flag is not None:
            flag = fields[binding.flag.name]
            self._flag = (flag, [sender.pages[number] for number in sender.holders(flag)])
        self.page = min(sender.holders(fields[binding.signals[0].name]), default=0)
        self.name = binding.role.name
        self.sender = sender
        self.last: Value | None = None
        self._floating = any(signal.floating for signal in binding.signals)
        self._raw: Sequence[Raw] = ()  # as it stands in the pages

    def put(self, value: Value | None) -> bool:
        """Write the value into the pages of its message; tell whether a bit changed there."""
        if value != value:  # noqa: PLR0124 - not a number is no value either
            value = None
        changed = False
        if self._flag is not None and (value is None) != (self.last is None):
            field, pages = self._flag
            for page in pages:
                changed |= page.set(field, self._flag_raws[value is not None])
        self.last = value
        raws = self._raws(value)
        if raws == self._raw and not self._floating:  # -0.0 equals 0.0 and has another bit
            return changed
        self._raw = raws
        for (field, pages), raw in zip(self._fields, raws, strict=True):
            for page in pages:
                changed |= page.set(field, raw)
        return changed

    def _raws(self, value: Value | None) -> Sequence[Raw]:
        if value is None:
            return tuple(field.spec.initial for field, _ in self._fields)
        return self._converter.raws(value)


class _Part:
    """The outlets of one part, and the values it was published with last."""

    __slots__ = ("initial", "outlets", "pick", "read", "values")

    def __init__(self, roles: Sequence[Role], outlets: Sequence[_Outlet]) -> None:
        names = [outlet.name for outlet in outlets]
        self.outlets = tuple(outlets)
        self.read = _reader(names)
        self.pick = _picker(names)
        self.initial = dict.fromkeys(role.name for role in roles)
        self.values: tuple[Value | None, ...] = (None,) * len(self.outlets)


def _reader(names: Sequence[str]) -> Callable[[object], tuple[Value | None, ...]]:
    """Takes the values of these names out of a part."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda part: tuple(getattr(part, name) for name in names)


def _picker(names: Sequence[str]) -> Callable[[Told], tuple[Value | None, ...]]:
    """The same out of a mapping."""
    if len(names) > 1:
        return itemgetter(*names)
    getters = [itemgetter(name) for name in names]
    return lambda told: tuple(get(told) for get in getters)


def _other(valid: int) -> int:
    return 0 if valid else 1


class Outbound(Generic[PartT]):
    """Publishes the parts of one catalogue.  Nothing is sent before ``start``."""

    def __init__(
        self,
        scheduler: Scheduler,
        canif: CanIf,
        bindings: Bindings,
        messages: Mapping[str, MessageSpec] | None = None,
    ) -> None:
        """``messages`` limits what is sent to those of one node."""
        self._scheduler = scheduler
        specs = [spec for spec in bindings.messages() if messages is None or spec.name in messages]
        self._senders = {spec.key: Sender(scheduler, canif, spec) for spec in specs}
        outlets = {
            binding.role.name: _Outlet(binding, self._senders[binding.message.key])
            for binding in bindings.bound
            if binding.message.key in self._senders
        }
        self._parts = {
            kind: _Part(roles, [outlets[role.name] for role in roles if role.name in outlets])
            for kind, roles in bindings.catalogue.groups.items()
        }
        self.started = False
        self._timetable: Timetable | None = None

    def publish(self, part: PartT) -> None:
        """Take over the values of a part; what did not change costs next to nothing."""
        here = self._parts[type(part)]
        values = here.read(part)
        if values != here.values:
            self._take(here, values)

    def tell(self, kind: type, told: Told) -> None:
        """``publish`` of a part with these values, which need not be made for it."""
        here = self._parts[kind]
        values = here.pick(told if len(told) == len(here.initial) else {**here.initial, **told})
        if values != here.values:
            self._take(here, values)

    def _take(self, here: _Part, values: tuple[Value | None, ...]) -> None:
        before, here.values = here.values, values
        touched: dict[Sender, int] = {}
        for outlet, value, old in zip(here.outlets, values, before, strict=True):
            if value != old and outlet.put(value):
                touched.setdefault(outlet.sender, outlet.page)
        if self.started:
            for sender, page in touched.items():
                sender.changed(page)

    def start(self) -> None:
        """Begin to send.  Cyclic messages start one after the other."""
        if self.started:
            return
        self.started = True
        cyclic = [(at, one) for at, one in enumerate(self._senders.values()) if one.cyclic]
        if self._scheduler.lenient and cyclic:
            self._start_together(cyclic)
            return
        for number, sender in cyclic:
            sender.start(number * SPREAD % sender.spec.cycle)

    def _start_together(self, cyclic: Sequence[tuple[int, Sender]]) -> None:
        """Waking up costs something: slow frames go out in the turns of the fastest."""
        shortest = min(sender.spec.cycle for _, sender in cyclic)
        self._timetable = Timetable(self._scheduler, shortest)
        for number, sender in cyclic:
            cycle = sender.spec.cycle
            self._timetable.add(cycle, number * shortest % cycle, sender.cycle)
        self._timetable.start()

    def stop(self) -> None:
        """Fall silent, as for bus sleep."""
        self.started = False
        if self._timetable is not None:
            self._timetable.stop()
            self._timetable = None
        for sender in self._senders.values():
            sender.stop()

    def sender(self, message: str) -> Sender | None:
        senders = (sender for sender in self._senders.values() if sender.spec.name == message)
        return next(senders, None)

    @property
    def counters(self) -> TransmitCounters:
        """All messages together."""
        every = [sender.counters for sender in self._senders.values()]
        return TransmitCounters(sum(one.sent for one in every), sum(one.refused for one in every))
