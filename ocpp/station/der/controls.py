"""Controls for distributed energy resources: which counts, which is superseded, when it ends [R04].

Plain values and instants in seconds since 1970; who is told of it is not known here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from ocpp.station.charging.wire import instant

Json = dict[str, Any]
_OF_KIND: Final = {
    "EnterService": "enterService",
    "FixedPFAbsorb": "fixedPFAbsorb",
    "FixedPFInject": "fixedPFInject",
    "FixedVar": "fixedVar",
    "FreqDroop": "freqDroop",
    "Gradients": "gradient",
    "LimitMaxDischarge": "limitMaxDischarge",
}
FIELDS: Final = frozenset({*_OF_KIND.values(), "curve"})
ALWAYS: Final = frozenset({"EnterService", "Gradients"})
"""Kinds that are no schedule [R04.FR.14, R04.FR.15]."""
MOST: Final = 200


def field_of(kind: str) -> str:
    """Where a control of this kind has its values; all others are curves."""
    return _OF_KIND.get(kind, "curve")


class Control(msgspec.Struct):
    """``values`` is the field of its kind as it came."""

    id: str
    kind: str
    default: bool
    values: dict[str, Any]
    superseded: bool = False
    started: bool = False

    @property
    def priority(self) -> int:
        """The lower one counts."""
        return int(self.values["priority"])

    @property
    def begin(self) -> float:
        return instant(self.values["startTime"])

    @property
    def end(self) -> float:
        return self.begin + float(self.values["duration"])

    def beats(self, other: "Control") -> bool:
        """Among equals the one that was there first counts."""
        return self.priority < other.priority


@dataclass(frozen=True, slots=True)
class Notice:
    """A scheduled control began or ended, and which ones it took the place of."""

    control: str
    started: bool
    superseded: tuple[str, ...] = ()


def objection(fields: Mapping[str, Any], now: float) -> str:
    """Why a control cannot be taken; empty if it can."""
    kind, default = fields["controlType"], fields["isDefault"]
    given = FIELDS & set(fields)
    if given != {field_of(kind)}:
        return f"a {kind} has {field_of(kind)} and nothing else"
    values = fields[field_of(kind)]
    timed = {"startTime", "duration"} & set(values)
    if default and timed:
        return "a default control has no startTime and no duration"
    if not default and kind in ALWAYS:
        return f"{kind} is only a default control"
    if not default and len(timed) < 2:
        return "a scheduled control has startTime and duration"
    if not default and instant(values["startTime"]) + values["duration"] <= now:
        return "it is over already"
    return ""


class Controls:
    """All of them.  Its caller keeps ``all`` and looks again at ``next``."""

    def __init__(self, kept: Iterable[Control] = ()) -> None:
        self.all: list[Control] = list(kept)

    def put(self, control: Control, now: float) -> tuple[str, ...]:
        """Take it; the ids of those that count no more, which may be its own."""
        self.all = [each for each in self.all if each.id != control.id]
        gone: list[str] = []
        for other in self._rivals(control):
            if not control.beats(other):
                control.superseded = True
            elif control.default or not self._active(other, now):  # [R04.FR.03, R04.FR.06]
                other.superseded = True
                gone.append(other.id)
        self.all.append(control)
        return (control.id,) if control.superseded else tuple(gone)

    def _rivals(self, control: Control) -> list[Control]:
        return [
            each
            for each in self.all
            if (each.kind, each.default) == (control.kind, control.default) and not each.superseded
        ]

    @staticmethod
    def _active(control: Control, now: float) -> bool:
        return not control.default and control.begin <= now < control.end

    def look(self, now: float) -> list[Notice]:
        """What began and what ended until now; what is over is deleted [R04.FR.10]."""
        found: list[Notice] = []
        for each in [one for one in self.all if not one.default and one.end <= now]:
            self.all.remove(each)
            if each.started and not each.superseded:
                found.append(Notice(each.id, started=False))
        waiting = (one for one in self.all if not (one.default or one.superseded or one.started))
        due = sorted((one for one in waiting if one.begin <= now), key=lambda one: one.begin)
        return [*found, *(self._begin(each) for each in due)]

    def _begin(self, control: Control) -> Notice:
        """It takes the place of the one that was active until now [R04.FR.07, R04.FR.21]."""
        control.started = True
        beaten = [each for each in self._rivals(control) if each.started and each is not control]
        for each in beaten:
            each.superseded = True
        return Notice(control.id, started=True, superseded=tuple(each.id for each in beaten))

    @property
    def next(self) -> float | None:
        """When the next one begins or ends."""
        times = [
            each.end if each.started or each.superseded else each.begin
            for each in self.all
            if not each.default
        ]
        return min(times, default=None)

    def executed(self) -> list[Control]:
        """Of each kind the scheduled one that is active, else the default one [R04.FR.11]."""
        found: dict[str, Control] = {}
        for each in self.all:
            counts = not each.superseded and (each.default or each.started)
            if counts and (each.kind not in found or not each.default):
                found[each.kind] = each
        return list(found.values())
