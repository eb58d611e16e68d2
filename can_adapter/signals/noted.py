"""CAN values in the session trace: what the messages of a session were made of.

While a connection is open every message of the matrix that says something new is noted, each once
a second at most; a parked vehicle writes nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from bsw.os.clock import S
from bsw.os.scheduler import FIRST, Scheduler
from bsw.trace import Trace, TraceRecord
from can_adapter.bus import CanFrame
from can_adapter.canif import CanIf
from can_adapter.matrix.codec import Layout, Raw
from can_adapter.matrix.specs import MessageSpec
from can_adapter.rings import Ring, RingAccount
from can_adapter.signals.convert import physical

EVERY: Final = 1 * S
BEGINS, ENDS = "connected", "session-end"
"""Records between which CAN belongs to a session."""


class CanNotes:
    """A sink of the trace that it writes to: it hears there when a session is on."""

    def __init__(
        self, scheduler: Scheduler, canif: CanIf, trace: Trace, specs: Iterable[MessageSpec]
    ) -> None:
        self._now = scheduler.clock.now
        self._trace = trace
        self._notes = {spec.key: _Note(Layout(spec)) for spec in specs}
        self._on = False
        self._rings: dict[int, Ring] = {}
        self._later = scheduler.alarm(self._play_due, name="can notes", priority=FIRST)
        canif.route(self._notes, self._received, self)
        trace.add_sink(self)

    def write(self, record: TraceRecord) -> None:
        if record.kind in {BEGINS, ENDS}:
            self._on = record.kind == BEGINS
            self._play(self._rings)
            for note in self._notes.values():
                note.forget()

    def stands(self, ring: Ring) -> Sequence[RingAccount] | None:
        """Its repeats are noted by nobody, or not before a time at which they are played again."""
        note = self._notes[ring.key]
        if ring.span != note.span:
            return None
        self._rings[ring.key] = ring
        if self._on and note.differs(ring.octets):
            self._play_at(note.next)
        return ()

    def _play_at(self, when: int) -> None:
        if not self._later.armed or when < self._later.due:
            self._later.move(when)

    def _play_due(self) -> None:
        """Of those that have something to say, whose time has come."""
        now = self._now()
        waiting = [
            key
            for key, ring in self._rings.items()
            if ring.carrier is not None and self._notes[key].differs(ring.octets)
        ]
        self._play([key for key in waiting if self._notes[key].next <= now])
        for key in waiting:
            if self._notes[key].next > now:
                self._play_at(self._notes[key].next)

    def _play(self, keys: Iterable[int]) -> None:
        for key in tuple(keys):
            self._rings.pop(key).play()

    def _received(self, frame: CanFrame) -> None:
        if not self._on:
            return
        note, now = self._notes[frame.key], self._now()
        if now < note.next or len(frame.data) < note.length:
            return
        told = note.news(frame.data)
        if told is not None:
            note.next = now + EVERY
            self._trace.add("can", **told, frame=note.name, octets=frame.data)


class _Note:
    """What was written of one message last, and when more may be written."""

    __slots__ = ("_bits", "_layout", "_masks", "_values", "length", "name", "next", "span")

    def __init__(self, layout: Layout) -> None:
        self.name = layout.spec.name
        self.length = layout.spec.length
        e2e = layout.spec.e2e
        self.span = e2e.span if e2e else None
        self._layout = layout
        self._masks = layout.masks()
        self.forget()

    def forget(self) -> None:
        self.next = 0
        self._bits: tuple[int, int] | None = None
        self._values: dict[str, Raw] = {}

    def news(self, data: bytes) -> dict[str, float | str] | None:
        """What a frame says, unless it is what was said last.

        Signals are looked at one by one only where a bit of one of them is another.
        """
        layout, bits = self._layout, self._said(data)
        if bits == self._bits:
            return None
        self._bits = bits
        said = {signal.name: (signal, raw) for signal, raw in layout.said(data)}
        values = {name: raw for name, (_, raw) in said.items()}
        if values == self._values:
            return None
        self._values = values
        return {name: physical(signal, raw) for name, (signal, raw) in said.items()}

    def differs(self, data: bytes) -> bool:
        """Whether the frame may say something else than what was said last."""
        return len(data) >= self.length and self._said(data) != self._bits

    def _said(self, data: bytes) -> tuple[int, int]:
        little, big = self._layout.images(data[: self.length])
        return little & self._masks[0], big & self._masks[1]
