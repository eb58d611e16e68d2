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
        self._scheduler = scheduler
        self._trace = trace
        self._layouts = {spec.key: Layout(spec) for spec in specs}
        self._noted: dict[int, tuple[int, dict[str, Raw]]] = {}
        self._on = False
        canif.route(self._layouts, self._received)
        trace.add_sink(self)

    def write(self, record: TraceRecord) -> None:
        if record.kind in {BEGINS, ENDS}:
            self._on = record.kind == BEGINS
            self._noted.clear()

    def _received(self, frame: CanFrame) -> None:
        if not self._on:
            return
        layout, now = self._layouts[frame.key], self._scheduler.now
        when, before = self._noted.get(frame.key, (-EVERY, {}))
        if now - when < EVERY or len(frame.data) < layout.spec.length:
            return
        said = {signal.name: (signal, raw) for signal, raw in layout.said(frame.data)}
        values = {name: raw for name, (_, raw) in said.items()}
        if values == before:
            return
        self._noted[frame.key] = (now, values)
        told = {name: physical(signal, raw) for name, (signal, raw) in said.items()}
        self._trace.add("can", **told, frame=layout.spec.name, octets=frame.data)
