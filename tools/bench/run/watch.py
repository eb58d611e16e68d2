"""Looks at a scenario while it plays, and tells at any moment what is to be seen.

It listens to the log and the trace of both ECUs, as a person would read them; it changes nothing.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bsw.chrgm.modes import mode_of
from bsw.chrgm.protocols import PROTOCOLS
from bsw.chrgm.sequence.model import Limits, Table
from bsw.cp.pilot import Pilot, PilotState
from bsw.dlt import Record
from bsw.os.clock import MS, S
from bsw.trace import TraceRecord
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
    WITHOUT,
    Answer,
    Half,
    Line,
    Phase,
    Scene,
    Trouble,
    phase_of,
    seconds,
)
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


class _Listener:
    """A sink for a log or a trace."""

    def __init__(self, hear: Callable[[Record], None]) -> None:
        self.write = hear


class _TraceListener:
    def __init__(self, hear: Callable[[TraceRecord], None]) -> None:
        self.write = hear


class Watch:
    """``scene`` is how things stand now; ``speed`` is told by whoever lets time pass."""

    def __init__(self, player: Player) -> None:
        self._player = player
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
        pair = player.pair
        self._plugged = False
        pair.world.cables[0].vehicle.listen(self._piloted)
        pair.vehicle_base.dlt.add_sink(_Listener(self._log))
        pair.vehicle_base.trace.add_sink(_TraceListener(self._traced))

    def _strip(self) -> tuple[str, ...]:
        scenario = self._player.scenario
        gone: set[str] = set()
        if mode_of(scenario.vehicle.mode).ac:
            gone |= set(WITHOUT["AC"])
        if not scenario.tls:
            gone |= set(WITHOUT["plain"])
        return tuple(name for name in STRIP if name not in gone)

    def _limit(self, name: str) -> float | None:
        """In seconds, by the tables of the norm."""
        if name == SLAC:
            slac = self._player.stage.evcc.link.slac.timing
            return (slac.tt_ev_slac_matching + slac.tt_match_join) / 1000
        if name in {SDP, TLS}:
            return SETUP_TIME / S
        for exchange in _CHAINS.get(name, ()):
            limits = self._limits(exchange)
            if limits is not None and limits.chain is not None:
                return limits.chain / S
        return None

    def _limits(self, exchange: str) -> Limits | None:
        table = self._table or _PROTOCOLS[self._player.stage.evcc.session.protocols[0]].table
        found = table.exchanges.get(exchange)
        return None if found is None else found.limits

    # What is heard

    def _piloted(self, pilot: Pilot) -> None:
        """A plug that goes in begins everything anew."""
        plugged = pilot.state is not PilotState.A
        if plugged and not self._plugged:
            self.phases = {name: Phase(name, self._limit(name)) for name in self._strip()}
            self._now = None
            self._enter(PLUG, self._player.now)
        self._plugged = plugged

    def _log(self, record: Record) -> None:
        if record.room == "slac" and record.event in {"agreed", "linked"}:
            self._enter(SLAC, record.time)
            if record.event == "linked":
                self._enter(SDP, record.time)
        elif record.event == "opened" and record.room == "channel":
            security = str(record.fields.get("security", ""))
            self._facts["security"] = "no TLS" if security == "none" else security
        elif record.event == "session ended":
            self._end(record.time)
        elif record.room == "dem" and record.event == "event":
            self._note(record)

    def _note(self, record: Record) -> None:
        fields = record.fields
        name = str(fields.get("name", ""))
        self._trouble[name] = Trouble(
            seconds(record.time),
            name,
            str(fields.get("code", "")),
            self._player.pair.vehicle.services.dem.events[name].text,
            str(fields.get("detail", "")),
            bool(fields.get("failed")),
        )

    def _traced(self, record: TraceRecord) -> None:
        if record.kind == "message":
            self._message(record)
        elif record.kind == "station" and TLS in self.phases:
            self._enter(TLS, record.time)
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
                self._enter(found, record.time)
            limits = self._limits(exchange) or Limits()
            self.open = Answer(exchange, 0.0, limits.answer / MS)
            self._asked_at = record.time
        elif self.open is not None and exchange == self.open.exchange:
            took = (record.time - self._asked_at) / MS
            answer = Answer(exchange, took, self.open.limit_ms)
            self.slowest = max(self.slowest, answer, key=lambda one: one.share)
            self.open = None

    def _enter(self, name: str, time: int) -> None:
        if name not in self.phases or (self._now is not None and self._now.name == name):
            return
        if self._now is not None and self._now.ended is None:
            self._now.ended = seconds(time)
        phase = self.phases[name]
        if phase.ended is None or name in {CHARGING, STOP}:
            phase.began = seconds(time) if phase.began is None else phase.began
        phase.ended = None
        self._now = phase

    def _end(self, time: int) -> None:
        if self._now is None:
            return
        results = self._player.pair.vehicle.manager.results
        self._now.ended = seconds(time)
        self._now.failed = not (results and results[-1].ending.good)
        self._now = None

    # What is shown

    def look(self) -> None:
        """Call it now and then: the current is seen, not heard."""
        player = self._player
        if abs(player.amps) > 1.0:
            self.first_flow = player.now if self.first_flow is None else self.first_flow
            self.last_flow = player.now

    def scene(self) -> Scene:
        self.look()
        player, pair = self._player, self._player.pair
        vehicle, module = pair.hardware.vehicle, pair.hardware.module
        cable = vehicle.wires.cable
        ac = vehicle.wires.ac
        amps = player.amps
        watts = ac.power if ac.energized else cable.voltage * cable.current
        doing = self._now.name if self._now is not None else PLUG
        over = bool(pair.vehicle.manager.results) and pair.vehicle.manager.session is None
        view = pair.vehicle.view
        return Scene(
            title=player.scenario.title,
            security=self._facts.get("security", ""),
            protocol=self._facts.get("protocol", ""),
            seconds=seconds(player.now),
            speed=self.speed,
            pilot=pair.world.cables[0].vehicle.read().state.name,
            soc_percent=vehicle.battery.soc,
            target_percent=vehicle.bms.moods.target_soc,
            power_kw=watts / 1000,
            energy_kwh=vehicle.charged / 1000,
            vehicle=Half(
                _VEHICLE[doing] if not over else "rests",
                vehicle.battery.voltage,
                amps,
                {
                    "battery": f"{vehicle.battery.temperature:.1f} °C",
                    "contactors": "closed" if vehicle.bms.contactors.closed else "open",
                    "inlet": f"{vehicle.inlet.state.temperature:.0f} °C",
                },
            ),
            station=Half(
                _STATION[doing] if not over else "is free",
                ac.voltage if ac.energized else cable.voltage,
                ac.current if ac.energized else cable.current,
                {
                    "module": module.state.value,
                    "offers": _offer(view.max_current, view.max_power),
                    "meter": f"{module.meter.imported / 1000:.2f} kWh",
                },
            ),
            phases=tuple(replace(one) for one in self.phases.values()),
            lines=tuple(self._lines()),
            trouble=tuple(self._trouble.values()),
            made=tuple(player.hands.made),
            messages=self.messages,
            slowest=self.slowest,
            endings=tuple(str(one) for one in pair.vehicle.manager.results),
            over=player.over,
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


def _offer(amps: float | None, watts: float | None) -> str:
    told = [f"{amps:.0f} A" if amps is not None else "", f"{watts / 1000:.0f} kW" if watts else ""]
    return ", ".join(one for one in told if one) or "-"
