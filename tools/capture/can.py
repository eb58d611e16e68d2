"""CAN frames by name: what a matrix (DBC or ARXML) says about the octets of a log or a capture."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from can_adapter.bus import EXTENDED
from can_adapter.matrix.codec import Layout
from can_adapter.matrix.model import load
from can_adapter.signals.convert import physical
from can_adapter.signals.e2e import E2eChecker
from tools.capture.events import Event, Layer
from tools.capture.words import Value


class CanNames:
    """Gives CAN events their message's name and the values of its signals."""

    def __init__(self, paths: Iterable[Path]) -> None:
        matrix = load(paths)
        self._layouts = {spec.key: Layout(spec) for spec in matrix}
        self._checkers = {spec.key: E2eChecker(spec.e2e) for spec in matrix if spec.e2e}

    def named(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            yield self._event(event) if event.layer is Layer.CAN else event

    def _event(self, event: Event) -> Event:
        number = event.fields.get("id")
        if type(number) is not int:
            return event  # from a trace, which has its names already
        key = number | EXTENDED if event.fields.get("extended") else number
        layout = self._layouts.get(key)
        if layout is None:
            return event
        spec = layout.spec
        if len(event.octets) < spec.length:
            short = f"{len(event.octets)} octets, where {spec.name} has {spec.length}"
            return replace(event, name=spec.name, wrong=(*event.wrong, short))
        wrong = self._protection(key, event.octets)
        said = layout.said(event.octets)
        values = {one.name: Value(one.name, physical(one, raw), one.unit) for one, raw in said}
        return replace(event, name=spec.name, fields=values, wrong=(*event.wrong, *wrong))

    def _protection(self, key: int, octets: bytes) -> tuple[str, ...]:
        checker = self._checkers.get(key)
        if checker is None:
            return ()
        status = checker.judge(octets)
        return () if status.good else (f"protection {status.value}",)
