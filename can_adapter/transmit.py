"""Transmission: published values become frames, cyclically and when they change.

Each message keeps its phase on the scheduler; a change goes out at once, but not sooner than the
message's smallest distance.  A value that is ``None`` is sent as its initial value with its flag
taken away.  Who publishes, and why, is not known here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from bsw.os.clock import MS
from bsw.os.scheduler import Alarm, Scheduler, Task
from can_adapter.binding import Binding, Bindings
from can_adapter.bus import CanFrame
from can_adapter.canif import CanIf
from can_adapter.codec import Field, FrameImage, Layout, Raw, pages
from can_adapter.e2e import E2eProtector
from can_adapter.matrix import MessageSpec, SendType
from can_adapter.roles import Value

PartT = TypeVar("PartT")

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
        self._scheduler = scheduler
        self._canif = canif
        self._protector = E2eProtector(spec.e2e) if spec.e2e else None
        self._page = 0
        self._last_sent: int | None = None
        self._task: Task | None = None
        self._pending: Alarm = scheduler.alarm(self._send, name=spec.name)

    def start(self, offset: int) -> None:
        if self.spec.send_type is SendType.ON_CHANGE or not self.spec.cycle or self._task:
            return
        self._task = self._scheduler.every(
            self.spec.cycle, self._cycle, name=self.spec.name, offset=offset
        )

    def stop(self) -> None:
        self._pending.cancel()
        if self._task is not None:
            self._task.stop()
            self._task = None

    def set(self, field: Field, raw: Raw) -> int | None:
        """Write a signal into each page that holds it; give the first such page."""
        first = None
        for number, page in enumerate(self.pages):
            if page.holds(field):
                page.set(field, raw)
                first = number if first is None else first
        return first

    def changed(self, page: int) -> None:
        """Send at once if this message is sent on change, as far as its distance allows."""
        if self.spec.send_type is SendType.CYCLIC:
            return
        self._page = page
        self._cycle()

    def _cycle(self) -> None:
        """Send now, or as soon as the distance to the last frame is kept."""
        if self._pending.armed:
            return
        now = self._scheduler.now
        earliest = now if self._last_sent is None else self._last_sent + self.spec.min_delay
        if earliest <= now:
            self._send()
        else:
            self._scheduler.arm(self._pending, earliest)

    def _send(self) -> None:
        """Send the page whose turn it is."""
        data = self.pages[self._page].octets()
        self._page = (self._page + 1) % len(self.pages)
        if self._protector is not None:
            self._protector.protect(data)
        spec = self.spec
        self._last_sent = self._scheduler.now
        if self._canif.transmit(CanFrame(spec.id, bytes(data), spec.extended, spec.fd)):
            self.counters.sent += 1
        else:
            self.counters.refused += 1


class _Outlet:
    """One role on its way out."""

    __slots__ = ("_binding", "_fields", "_flag", "last", "name", "sender")

    def __init__(self, binding: Binding, sender: Sender) -> None:
        fields = sender.layout.fields
        self._binding = binding
        self._fields = tuple(fields[signal.name] for signal in binding.signals)
        self._flag = fields[binding.flag.name] if binding.flag else None
        self.name = binding.role.name
        self.sender = sender
        self.last: Value | None = None

    def put(self, value: Value | None) -> int:
        """Write the value into the message's pages; give the page to send."""
        if value != value:  # noqa: PLR0124 - not a number is no value either
            value = None
        self.last = value
        raws = self._raws(value)
        page = 0
        for field, raw in zip(self._fields, raws, strict=True):
            page = self.sender.set(field, raw) or page
        if self._flag is not None:
            valid = self._binding.flag_valid
            self.sender.set(self._flag, valid if value is not None else _other(valid))
        return page

    def _raws(self, value: Value | None) -> tuple[Raw, ...]:
        if value is None:
            return tuple(field.spec.initial for field in self._fields)
        return tuple(self._binding.converter.raws(value))


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
        specs = [spec for spec in bindings.messages() if messages is None or spec.name in messages]
        self._senders = {spec.key: Sender(scheduler, canif, spec) for spec in specs}
        outlets = {
            binding.role.name: _Outlet(binding, self._senders[binding.message.key])
            for binding in bindings.bound
            if binding.message.key in self._senders
        }
        self._parts: dict[type, tuple[_Outlet, ...]] = {
            kind: tuple(outlets[role.name] for role in roles if role.name in outlets)
            for kind, roles in bindings.catalogue.groups.items()
        }
        self.started = False

    def publish(self, part: PartT) -> None:
        """Take over the values of a part; what did not change costs next to nothing."""
        touched: dict[Sender, int] = {}
        for outlet in self._parts[type(part)]:
            value = getattr(part, outlet.name)
            if value != outlet.last:
                touched.setdefault(outlet.sender, outlet.put(value))
        if self.started:
            for sender, page in touched.items():
                sender.changed(page)

    def start(self) -> None:
        """Begin to send.  Cyclic messages start one after the other."""
        if self.started:
            return
        self.started = True
        for number, sender in enumerate(self._senders.values()):
            cycle = max(sender.spec.cycle, 1)
            sender.start(number * SPREAD % cycle)

    def stop(self) -> None:
        """Fall silent, as for bus sleep."""
        self.started = False
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
