"""Two records of a session, message by message: where they part, and which amounts differ."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from bsw.os.clock import S
from tools.capture.events import Event, Layer
from tools.capture.ladder import shown

CHANCE: Final = frozenset({"SessionID", "GenChallenge", "EVSETimeStamp", "TimeStamp", "TMeter"})
"""Differ between any two sessions."""


@dataclass(slots=True)
class Parting:
    """``first`` says where; empty if they never part.  ``amounts`` counts values that differ."""

    same: int = 0
    first: str = ""
    amounts: Counter[str] = field(default_factory=Counter)


def parting(one: Iterable[Event], other: Iterable[Event], *, exact: bool) -> Parting:
    """``exact``: another amount is a parting, too."""
    found = Parting()
    for number, (left, right) in enumerate(zip_longest(_said(one), _said(other)), start=1):
        amounts = list(_amounts(left, right))
        if left is None or right is None or left.name != right.name or (exact and amounts):
            at = f" ({', '.join(amounts[:3])})" if amounts else ""
            found.first = f"message {number}: {_told(left)} here, {_told(right)} there{at}"
            return found
        found.same += 1
        found.amounts.update(text.partition(" ")[0] for text in amounts)
    return found


def _said(events: Iterable[Event]) -> Iterator[Event]:
    return (event for event in events if event.layer is Layer.V2G and event.message is not None)


def _told(event: Event | None) -> str:
    return "nothing more" if event is None else f"{event.name} at {event.when / S:.3f} s"


def _amounts(left: Event | None, right: Event | None) -> Iterator[str]:
    if left is None or right is None or left.name != right.name:
        return
    there = {value.path: value for value in shown(right)}
    for value in shown(left):
        name = value.path.rpartition("/")[2]
        twin = there.pop(value.path, None)
        if name not in CHANCE and (twin is None or twin.value != value.value):
            yield f"{name} {value.text} and {'nothing' if twin is None else twin.text}"
    for value in there.values():
        yield f"{value.path.rpartition('/')[2]} nothing and {value.text}"
