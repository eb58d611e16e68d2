"""Looks at a scenario while it plays, and tells at any moment what is to be seen.

It is told the log and the trace of the ECUs, as a person would read them; it changes nothing.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from bsw.chrgm.protocols import PROTOCOLS
from bsw.chrgm.sequence.model import Limits, Table
from bsw.cp.pilot import Pilot, PilotState
from bsw.dlt import Record
from bsw.os.clock import MS, S
from bsw.trace import TraceRecord
from evcc.health.events import events
from evcc.session.session import SETUP_TIME
from tools.bench.run.scene import (
    AUTHORIZATION,
    CABLE_CHECK,
    CHARGING,
    PLUG,
    PRE_CHARGE,
    SDP,
    SLAC,
    STOP,
    STRIP,
    TLS,
    Answer,
    Line,
    Phase,
    Scene,
    Trouble,
    phase_of,
    seconds,
)
from tools.bench.run.subject import Simulated, Subject
from tools.bench.scenarios.player import Player
from tools.capture.events import Side
from tools.capture.phrases import phrase
from tools.capture.text import TextReader
from tools.capture.words import wire_name

if TYPE_CHECKING:
    from tools.bench.run.csms import BackEndDesk

_BY_TITLE: Final = {one.title: one for one in PROTOCOLS}
_PROTOCOLS: Final = {one.name: one for one in PROTOCOLS}
SHOWN: Final = 6
"""Messages that are told in words."""

_CHAINS: Final = {
    AUTHORIZATION: ("Authorization", "ContractAuthentication"),
    CABLE_CHECK: ("CableCheck", "DC_CableCheck"),
    PRE_CHARGE: ("PreCharge", "DC_PreCharge"),
}
"""Where the norm limits a row of repeated requests."""

_STATION: Final = {
    PLUG: "waits for a vehicle",
    SLAC: "matches",
    SDP: "answers discovery",
    TLS: "shows its certificate",
    AUTHORIZATION: "asks who pays",
    CABLE_CHECK: "checks the isolation",
    PRE_CHARGE: "raises the voltage",
    CHARGING: "delivers",
    STOP: "switches off",
}
_VEHICLE: Final = {
    PLUG: "waits for the plug",
    SLAC: "looks for its station",
    SDP: "asks for the address",
    TLS: "checks the certificate",
    AUTHORIZATION: "authorizes",
    CABLE_CHECK: "waits for the cable check",
    PRE_CHARGE: "closes its contactors at equal voltage",
    CHARGING: "charges",
    STOP: "opens its contactors",
}


class Told(Protocol):
    """A log record, of this program or of a process."""

    @property
    def time(self) -> int: ...
    @property
    def room(self) -> str: ...
    @property
    def event(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, Any]: ...


class _Sink:
    """For a log or a trace."""

    def __init__(self, hear: Callable[[Any], None]) -> None:
        self.write = hear


@cache
def _texts() -> Mapping[str, str]:
    """What trouble codes mean."""
    return {event.name: event.text for event in events()}


def watching(player: Player) -> "Watch":
    """A watch that hears all of a simulated world."""
    watch = Watch(Simulated(player))
    pair = player.pair

    def piloted(pilot: Pilot) -> None:
        watch.piloted(plugged=pilot.state is not PilotState.A)

    pair.world.cables[0].vehicle.listen(piloted)
    pair.vehicle_base.dlt.add_sink(_Sink(watch.log))
    pair.vehicle_base.trace.add_sink(_Sink(watch.traced))
    return watch


class Watch:
    """``scene`` is how things stand now; ``speed`` is told by whoever lets time pass."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.speed = 0.0
        self.back_end: BackEndDesk | None = None
        self.messages = 0
        self.slowest = Answer()
        self.open: Answer | None = None
        """The request that nobody has answered yet, and how long that may take."""

        self.first_flow: int | None = None
        self.last_flow = 0
        self._asked_at = 0
        self._raw: deque[TraceRecord] = deque(maxlen=SHOWN)
        self._reader = TextReader()
        self._table: Table | None = None
        self._trouble: dict[str, Trouble] = {}
        self._facts: dict[str, str] = {}
        self.phases = {name: Phase(name, self._limit(name)) for name in self._strip()}
        self._now: Phase | None = None
        self._plugged = False
        self._note_to_person = ""

    def note(self, text: str) -> None:
        """What a person at a real plug shall do."""
        self._note_to_person = text

    def _strip(self) -> tuple[str, ...]:
        gone = self.subject.frame.without
        return tuple(name for name in STRIP if name not in gone)

    def _limit(self, name: str) -> float | None:
        """In seconds, by the tables of the norm."""
        if name == SLAC:
            return self.subject.frame.slac_seconds
        if name in {SDP, TLS}:
            return SETUP_TIME / S
        for exchange in _CHAINS.get(name, ()):
            limits = self._limits(exchange)
            if limits is not None and limits.chain is not None:
                return limits.chain / S
        return None

    def _limits(self, exchange: str) -> Limits | None:
        table = self._table or _PROTOCOLS[self.subject.frame.protocol].table
        found = table.exchanges.get(exchange)
        return None if found is None else found.limits

    # What is heard

    def piloted(self, *, plugged: bool) -> None:
        """A plug that goes in begins everything anew."""
        if plugged and not self._plugged:
            self.phases = {name: Phase(name, self._limit(name)) for name in self._strip()}
            self._now = None
            self._note_to_person = ""
            self.enter(PLUG, self.subject.now)
        self._plugged = plugged

    def log(self, record: Told | Record) -> None:
        if record.room == "slac" and record.event in {"agreed", "linked"}:
            self.enter(SLAC, record.time)
            if record.event == "linked":
                self.enter(SDP, record.time)
        elif record.event == "opened" and record.room == "channel":
            security = str(record.fields.get("security", ""))
            self._facts["security"] = "no TLS" if security == "none" else security
        elif record.event == "session ended":
            self.ended(record.time)
        elif record.room == "dem" and record.event == "event":
            self._note(record)

    def _note(self, record: Told | Record) -> None:
        fields = record.fields
        name = str(fields.get("name", ""))
        self._trouble[name] = Trouble(
            seconds(record.time),
            name,
            str(fields.get("code", "")),
            _texts().get(name, ""),
            str(fields.get("detail", "")),
            bool(fields.get("failed")),
        )

    def traced(self, record: TraceRecord) -> None:
        if record.kind == "message":
            self._message(record)
        elif record.kind == "station" and TLS in self.phases:
            self.enter(TLS, record.time)
        elif record.kind == "protocol":
            name = str(record.fields.get("name", ""))
            known = _BY_TITLE.get(name)
            if known is not None:
                self._table = known.table
                self._facts["protocol"] = known.title

    def _message(self, record: TraceRecord) -> None:
        self.messages += 1
        self._raw.append(record)
        name = str(record.fields["name"])
        exchange = wire_name(name[:-3])
        if name.endswith("Req"):
            found = phase_of(exchange)
            stopping = exchange == "PowerDelivery" and self._now is self.phases[CHARGING]
            if found and not stopping:
                self.enter(found, record.time)
            limits = self._limits(exchange) or Limits()
            self.open = Answer(exchange, 0.0, limits.answer / MS)
            self._asked_at = record.time
        elif self.open is not None and exchange == self.open.exchange:
            took = (record.time - self._asked_at) / MS
            answer = Answer(exchange, took, self.open.limit_ms)
            self.slowest = max(self.slowest, answer, key=lambda one: one.share)
            self.open = None

    def enter(self, name: str, time: int) -> None:
        if name not in self.phases or (self._now is not None and self._now.name == name):
            return
        if self._now is not None and self._now.ended is None:
            self._now.ended = seconds(time)
        phase = self.phases[name]
        if phase.ended is None or name in {CHARGING, STOP}:
            phase.began = seconds(time) if phase.began is None else phase.began
        phase.ended = None
        self._now = phase

    def ended(self, time: int) -> None:
        if self._now is None:
            return
        results = self.subject.results
        self._now.ended = seconds(time)
        self._now.failed = not (results and results[-1].ending.good)
        self._now = None

    # What is shown

    def look(self) -> None:
        """Call it now and then: the current is seen, not heard."""
        subject = self.subject
        if abs(subject.amps) > 1.0:
            self.first_flow = subject.now if self.first_flow is None else self.first_flow
            self.last_flow = subject.now

    def scene(self) -> Scene:
        self.look()
        subject = self.subject
        seen = subject.measured()
        doing = self._now.name if self._now is not None else PLUG
        over = bool(subject.results) and not subject.busy
        return Scene(
            title=subject.frame.title,
            security=self._facts.get("security", ""),
            protocol=self._facts.get("protocol", ""),
            seconds=seconds(subject.now),
            speed=self.speed,
            pilot=seen.pilot,
            soc_percent=seen.soc_percent,
            target_percent=seen.target_percent,
            power_kw=seen.watts / 1000,
            energy_kwh=seen.charged_wh / 1000,
            vehicle=replace(seen.vehicle, doing="rests" if over else _VEHICLE[doing]),
            station=replace(seen.station, doing="is free" if over else _STATION[doing]),
            phases=tuple(replace(one) for one in self.phases.values()),
            lines=tuple(self._lines()),
            trouble=tuple(self._trouble.values()),
            made=tuple(subject.made),
            note=self._note_to_person,
            messages=self.messages,
            slowest=self.slowest,
            endings=tuple(str(one) for one in subject.results),
            over=subject.over,
            back_end=None if self.back_end is None else self.back_end.scene,
        )

    def _lines(self) -> list[Line]:
        found = []
        for record in self._raw:
            for event in self._reader.line(record.line):
                side = "vehicle" if event.name.endswith("Req") else "station"
                if event.side is not Side.UNKNOWN:
                    side = event.side.value
                found.append(Line(seconds(record.time), side, event.name, phrase(event)))
        return found
