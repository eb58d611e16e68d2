"""What processes tell of a charge: their logs, their traces, what the hardware measures.

The same words as of a simulated charge come out, for whoever draws or judges it.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bsw.base import READY
from bsw.chrgm.endings import Ending, SessionResult
from bsw.trace import TraceRecord
from tools.bench.run.children import Said
from tools.bench.run.scene import PLUG, SDP, Half
from tools.bench.run.subject import Frame, Measured, offer
from tools.bench.run.watch import Watch
from tools.bench.scenarios.words import Sight
from tools.capture.words import wire_name

_LONGEST_FIRST: Final = sorted(Ending, key=lambda one: -len(one.value))


def result_of(text: str) -> SessionResult:
    """A result from how it is written in a log."""
    ending = next((one for one in _LONGEST_FIRST if text.startswith(one.value)), None)
    if ending is None:
        return SessionResult(Ending.INTERNAL_FAULT, detail=text)
    rest = text[len(ending.value) :].removeprefix(", ")
    exchange = ""
    if rest.startswith("at "):
        exchange, _, rest = rest[3:].partition(", ")
    return SessionResult(ending, exchange, detail=rest)


class Tail:
    """The new records of a trace that is being written; whole lines only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = 0

    def new(self) -> list[TraceRecord]:
        try:
            with self._path.open("rb") as file:
                file.seek(self._place)
                octets = file.read()
        except OSError:
            return []
        whole = octets[: octets.rfind(b"\n") + 1]
        self._place += len(whole)
        return [one for one in map(_record, whole.decode("ascii", "replace").splitlines()) if one]


def _record(line: str) -> TraceRecord | None:
    try:
        found = json.loads(line)
        return TraceRecord(
            found["serial"], found["time"], found["kind"], found["fields"], found["digest"], line
        )
    except (ValueError, KeyError, TypeError):
        return None  # where one file goes on in another


class Processes:
    """A ``Subject``.  ``leader`` is whose session it is: our vehicle, or our station alone."""

    def __init__(
        self, frame: Frame, roles: Sequence[str], target: float, tails: Mapping[str, Tail]
    ) -> None:
        self.frame = frame
        self.began = time.monotonic_ns()
        self.leader = "evcc" if "evcc" in roles else "secc"
        self.by_role: dict[str, list[SessionResult]] = {who: [] for who in roles}
        self.busy = self.over = False
        self.peer = self.cannot_start = ""
        self.ready: set[str] = set()
        """Roles that could be plugged in."""

        self.trouble: set[str] = set()
        self.said: set[str] = set()
        self.most_amps = 0.0
        self._phase = ""
        self._target = target
        self._values: dict[str, Any] = {}
        self._told: dict[str, dict[str, Any]] = {who: {} for who in roles}
        self._tails = tails
        self._counted = "charged_wh" if self.leader == "evcc" else "meter_wh"
        self.watch = Watch(self)

    @property
    def now(self) -> int:
        return time.monotonic_ns() - self.began

    @property
    def results(self) -> Sequence[SessionResult]:
        return self.by_role[self.leader]

    @property
    def measures(self) -> bool:
        """The hardware has told its first values."""
        return bool(self._values)

    @property
    def made(self) -> Sequence[str]:
        return tuple(self._values.get("made", ()))

    @property
    def amps(self) -> float:
        """That the hardware measures; without it what the ECU tells."""
        name = "battery_amps" if self.frame.ac else "cable_amps"
        if name in self._values:
            return float(self._values[name])
        told = self._told[self.leader].get("amps")
        return float(told) if told and self.busy else 0.0

    @property
    def sight(self) -> Sight:
        phase = self._phase if self.busy else ""
        return Sight(phase, self.amps, self.soc or 0.0, len(self.results))

    @property
    def soc(self) -> float | None:
        found = self._values.get("soc_percent", self._told.get("evcc", {}).get("soc"))
        return None if found is None else float(found)

    # What is heard

    def hear(self, said: Said) -> None:
        if self.over:
            return  # what an ordered stop makes is no news of the charge
        record = replace(said, time=said.time - self.began)
        if said.event == "measured":
            self._measured(dict(said.fields))
            return
        if said.event == READY:
            self.ready.add(said.who)
            if said.who == "evcc" and PLUG in self.frame.without:
                self.watch.enter(SDP, self.now)  # nobody plugs in: it looks for a station at once
        elif said.event == "live":
            self._told[said.who] = dict(said.fields)
        elif said.event == "session ended":
            self.by_role[said.who].append(result_of(str(said.fields.get("result", ""))))
            if said.who == self.leader:
                self.busy = False
        elif said.room == "dem" and said.event == "event" and said.fields.get("failed"):
            self.trouble.add(str(said.fields["name"]))
        if said.who == self.leader and said.event != "session ended":
            self.watch.log(record)  # the end is told by the trace, whose records come in order

    def _measured(self, values: dict[str, object]) -> None:
        self._values = values
        pilot = values.get("pilot")
        if pilot:
            self.watch.piloted(plugged=pilot != "A")
        self.most_amps = max(self.most_amps, abs(self.amps))

    def look(self) -> None:
        """Read what the traces have of new."""
        for who, tail in self._tails.items():
            for record in tail.new():
                if who == self.leader:
                    self._traced(record)
        self.watch.look()

    def _traced(self, record: TraceRecord) -> None:
        record = replace(record, time=record.time - self.began)
        if record.kind == "message":
            name = str(record.fields["name"])
            self.said.add(wire_name(name))
            if name.endswith("Req"):
                self._phase = name[:-3]
                self.busy = True
        elif record.kind in {"station", "connected"}:
            self.busy = True
            self.peer = str(record.fields.get("peer") or record.fields.get("at") or self.peer)
        elif record.kind == "session-end":
            self.busy = False
            self.watch.ended(record.time)
        self.watch.traced(record)

    # What is shown

    def measured(self) -> Measured:
        values, told = self._values, self._told
        vehicle, station = told.get("evcc", {}), told.get("secc", {})
        offered = vehicle.get("offered")
        known = bool(values)
        facts: dict[str, str] = {}
        if known:
            facts = {
                "battery": f"{values['battery_celsius']:.1f} °C",
                "contactors": str(values["contactors"]),
                "inlet": f"{values['inlet_celsius']:.0f} °C",
            }
        other = {"offers": offer(offered, None)}
        if known and values["module"]:
            other = {"module": str(values["module"]), **other,
                     "meter": f"{values['meter_wh'] / 1000:.2f} kWh"}  # fmt: skip
        volts = float(station.get("volts") or vehicle.get("volts") or 0.0)
        return Measured(
            pilot=str(values.get("pilot", "")),
            soc_percent=self.soc or 0.0,
            target_percent=float(values.get("target_percent", self._target)),
            watts=float(values.get("watts", volts * self.amps)),
            charged_wh=float(values.get(self._counted, 0.0)),
            vehicle=Half(
                volts_v=float(values.get("battery_volts", vehicle.get("volts") or 0.0)),
                amps_a=self.amps,
                facts=facts,
            ),
            station=Half(
                volts_v=float(values.get("cable_volts", volts)),
                amps_a=float(values.get("cable_amps", station.get("amps") or self.amps)),
                facts=other,
            ),
        )
