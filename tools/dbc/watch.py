"""A live view of a bus: which signal has changed to what, in words and units.

It listens only.  Protection is judged and said; values are shown all the same, since this view is
for finding out what is wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bsw.os.clock import S
from bsw.os.scheduler import Scheduler
from can_adapter.bus import CanFrame, CanPort
from can_adapter.matrix.codec import Layout, Raw
from can_adapter.matrix.model import Matrix
from can_adapter.matrix.specs import MessageSpec, SignalSpec
from can_adapter.signals.convert import physical
from can_adapter.signals.e2e import E2eChecker, E2eStatus

Show = Callable[[str], None]


@dataclass(slots=True)
class _Seen:
    layout: Layout
    checker: E2eChecker | None
    values: dict[str, Raw]
    frames: int = 0
    status: E2eStatus | None = None


class Watcher:
    """Shows changes as they come; ``summary`` tells which messages were there at all."""

    def __init__(self, scheduler: Scheduler, port: CanPort, matrix: Matrix, show: Show) -> None:
        self._scheduler = scheduler
        self._show = show
        self._start = scheduler.now
        self._specs = {spec.key: spec for spec in matrix}
        self._seen: dict[int, _Seen] = {}
        self._unknown: dict[int, int] = {}
        port.listen(self._received)

    def summary(self) -> list[str]:
        seconds = max(1e-9, (self._scheduler.now - self._start) / S)
        lines = []
        for key, spec in sorted(self._specs.items()):
            seen = self._seen.get(key)
            rate = f"{seen.frames / seconds:7.1f} /s" if seen else "  never"
            lines.append(f"0x{spec.id:03X} {spec.name:24} {rate}")
        for key, frames in sorted(self._unknown.items()):
            lines.append(f"0x{key & 0x1FFFFFFF:03X} {'(not in the matrix)':24} {frames} frames")
        return lines

    def _received(self, frame: CanFrame) -> None:
        spec = self._specs.get(frame.key)
        if spec is None:
            self._unknown[frame.key] = self._unknown.get(frame.key, 0) + 1
            return
        seen = self._seen.get(frame.key)
        if seen is None:
            checker = E2eChecker(spec.e2e) if spec.e2e else None
            seen = self._seen[frame.key] = _Seen(Layout(spec), checker, {})
        seen.frames += 1
        if len(frame.data) < spec.length:
            self._say(f"{spec.name}: only {len(frame.data)} octets")
            return
        self._judge(spec, seen, frame.data)
        self._compare(spec, seen, frame.data[: spec.length])

    def _judge(self, spec: MessageSpec, seen: _Seen, data: bytes) -> None:
        if seen.checker is None:
            return
        status = seen.checker.judge(data)
        if status is not seen.status and not (status.good and seen.status is None):
            self._say(f"{spec.name}: protection {status.value}")
        seen.status = status

    def _compare(self, spec: MessageSpec, seen: _Seen, data: bytes) -> None:
        for signal, raw in seen.layout.said(data):
            if seen.values.get(signal.name) != raw:
                seen.values[signal.name] = raw
                self._say(f"{spec.name}.{signal.name} = {in_words(signal, raw)}")

    def _say(self, text: str) -> None:
        self._show(f"{(self._scheduler.now - self._start) / S:10.3f}  {text}")


def in_words(signal: SignalSpec, raw: Raw) -> str:
    value = physical(signal, raw)
    return value if isinstance(value, str) else f"{value:.10g} {signal.unit}".rstrip()
