"""CAN values in the session trace: what the messages of a session were made of.

While a connection is open every message of the matrix that says something new is noted, each once
a second at most; a parked vehicle writes nothing.
"""

from collections.abc import Iterable
from typing import Final

from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from bsw.trace import Trace, TraceRecord
from can_adapter.bus import CanFrame
from can_adapter.canif import CanIf
from can_adapter.matrix.codec import Layout, Raw
from can_adapter.matrix.specs import MessageSpec
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
        canif.route(self._notes, self._received)
        trace.add_sink(self)

    def write(self, record: TraceRecord) -> None:
        if record.kind in {BEGINS, ENDS}:
            self._on = record.kind == BEGINS
            for note in self._notes.values():
                note.forget()

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

    __slots__ = ("_bits", "_layout", "_masks", "_values", "length", "name", "next")

    def __init__(self, layout: Layout) -> None:
        self.name = layout.spec.name
        self.length = layout.spec.length
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
        layout = self._layout
        little, big = layout.images(data[: self.length])
        bits = little & self._masks[0], big & self._masks[1]
        if bits == self._bits:
            return None
        self._bits = bits
        said = {signal.name: (signal, raw) for signal, raw in layout.said(data)}
        values = {name: raw for name, (_, raw) in said.items()}
        if values == self._values:
            return None
        self._values = values
        return {name: physical(signal, raw) for name, (signal, raw) in said.items()}
