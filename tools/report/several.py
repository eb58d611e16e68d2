"""Several records of one session on one axis: both sides' traces, a capture beside them.

What has the calendar lies where it was; a record without one is moved so that its first message
lies on the same message of one that has it.
"""

import heapq
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tools.capture.events import Event, Layer
from tools.monitor.finding import Finding
from tools.monitor.judge import Judge
from tools.monitor.junit import document
from tools.report.digest import Digest
from tools.report.page import merged

CALENDAR: Final = 365 * 86_400 * 1_000_000_000
"""A time before is none since 1970."""

Source = tuple[str, Callable[[], Iterator[Event]]]
"""What it is called, and how it is read from its beginning."""

Told = tuple[int, Event, tuple[Finding, ...]]


def write(path: Path, title: str, sources: Sequence[Source]) -> Digest:
    shifts = _shifts([read for _, read in sources])
    told = [
        _judged(number, read(), shift)
        for number, ((_, read), shift) in enumerate(zip(sources, shifts, strict=True))
    ]
    names = [name for name, _ in sources]
    text, digest = merged(title, names, heapq.merge(*told, key=lambda one: one[1].when))
    path.write_text(text, encoding="utf-8")
    return digest


def beside(path: Path, digest: Digest) -> None:
    """What machines read: facts, phases and findings as JSON, rules as cases of JUnit."""
    data = digest.data()
    kept: dict[str, Any] = {
        name: data[name] for name in ("title", "start", "facts", "phases", "findings", "sources")
    }
    kept["broken"] = digest.broken
    path.with_suffix(".json").write_text(json.dumps(kept, indent=1), encoding="utf-8")
    counts = {rule: len(texts) for rule, texts in digest.broken.items()}
    path.with_suffix(".xml").write_text(document(digest.broken, counts), encoding="utf-8")


def _judged(number: int, events: Iterable[Event], shift: int) -> Iterator[Told]:
    moved = (replace(event, when=event.when + shift) if shift else event for event in events)
    for event, findings in Judge().judged(moved):
        yield number, event, findings


def _shifts(reads: list[Callable[[], Iterator[Event]]]) -> list[int]:
    firsts = [_first(read()) for read in reads]
    axis = next((one for one in firsts if one is not None and one.when > CALENDAR), None)
    return [_shift(axis, one, read) for one, read in zip(firsts, reads, strict=True)]


def _shift(axis: Event | None, first: Event | None, read: Callable[[], Iterator[Event]]) -> int:
    if axis is None or first is None or first.when > CALENDAR:
        return 0
    same = (event.when for event in read() if event.octets == axis.octets)
    return axis.when - next(same, first.when)


def _first(events: Iterable[Event]) -> Event | None:
    """The first message that belongs to this session alone."""
    spoken = (event for event in events if event.layer is Layer.V2G and event.schema != "sap")
    return next(spoken, None)
