"""What a report shows of a conversation, in a form that is small: rows, curves, phases, facts.

A row keeps only what differs from the last message of its name, values and octets alike.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bsw.os.clock import MS, US, S
from tools.capture.events import Event, Layer, Side
from tools.capture.ladder import shown
from tools.capture.words import Value
from tools.monitor.finding import Finding
from tools.monitor.plausible import PLAUSIBLE

MOST_EVENTS: Final = 500_000

CURVES: Final = (
    ("SoC", "%", ("EVRESSSOC", "PresentSOC")),
    ("voltage", "V", ("EVSEPresentVoltage",)),
    ("target voltage", "V", ("EVTargetVoltage",)),
    ("current", "A", ("EVSEPresentCurrent",)),
    ("target current", "A", ("EVTargetCurrent",)),
    ("limit", "A", ("EVSEMaximumCurrentLimit", "EVSEMaximumCurrent", "EVSEMaxCurrent")),
    ("power", "kW", ("EVSEPresentActivePower",)),
)
"""By the last name of a value's path, whatever protocol it comes from."""

STOP, CLOSE = "Stop", "Close"

PHASES: Final = (
    ("SLAC", ("CM_SLAC", "CM_START_ATTEN", "CM_MNBC", "CM_ATTEN", "CM_VALIDATE", "CM_SET_KEY")),
    ("SDP", ("SDP",)),
    ("TLS", ("TLS", "certificates")),
    ("Set-up", ("SupportedAppProtocol", "SessionSetup")),
    ("Services", ("ServiceDiscovery", "ServiceDetail", "ServiceSelection", "ServicePayment")),
    ("Authorization", ("Authorization", "PaymentService", "PaymentDetails", "Contract", "Certif")),
    ("Parameters", ("ChargeParameter", "AC_ChargeParameter", "DC_ChargeParameter", "Schedule")),
    ("Cable check", ("CableCheck", "DC_CableCheck")),
    ("Pre-charge", ("PreCharge", "DC_PreCharge")),
    ("Charging", ("PowerDelivery", "CurrentDemand", "ChargingStatus", "Metering", "AC_ChargeLoop",
                  "DC_ChargeLoop")),
    (STOP, ("WeldingDetection", "DC_Welding", "SessionStop")),
)  # fmt: skip
"""The strip at the top: what an engineer calls the parts of a session, by how messages begin."""

FACTS: Final = {
    "EVCCID": "vehicle",
    "EVSEID": "outlet",
    "SelectedPaymentOption": "paid by",
    "SelectedAuthorizationService": "paid by",
    "RequestedEnergyTransferMode": "energy transfer",
    "EVRequestedEnergyTransferType": "energy transfer",
    "eMAID": "contract",
}


@dataclass(slots=True)
class Curve:
    name: str
    unit: str
    times: list[int] = field(default_factory=list)  # ms
    values: list[float] = field(default_factory=list)

    def add(self, when: int, value: float) -> None:
        """A value that stays is a line between two points."""
        if len(self.values) > 1 and self.values[-1] == self.values[-2] == value:
            self.times[-1] = when
            return
        self.times.append(when)
        self.values.append(round(value, 3))


class Digest:
    """Take events one by one, then ask for ``data``."""

    def __init__(self, title: str, sources: Sequence[str] = ("",)) -> None:
        """``sources`` names the files whose events are taken, where there are several."""
        self.findings = 0
        self.count = 0
        self.broken: dict[str, list[str]] = {}
        """What broke each rule."""

        self._title = title
        self._sources = tuple(sources)
        self._start: int | None = None
        self._last = 0
        self._names: dict[str, int] = {}
        self._layers: list[str] = []
        self._shapes: list[list[list[str]]] = []
        self._latest: list[list[Any] | None] = []
        self._rows: list[list[Any]] = []
        self._octets: list[str] = []
        self._last_octets: dict[tuple[int, int], bytes] = {}
        self._found: dict[int, list[str]] = {}
        self._curves = [Curve(name, unit) for _ in self._sources for name, unit, _ in CURVES]
        self._fields = {one: place for place, (_, _, names) in enumerate(CURVES) for one in names}
        self._phases: list[list[Any]] = []
        self._facts: dict[str, str] = {}
        self._energy = 0.0  # Ws
        self._flow: tuple[int, float] | None = None

    def take(self, event: Event, findings: Iterable[Finding], source: int = 0) -> None:
        if self.count >= MOST_EVENTS:
            return
        self._start = event.when if self._start is None else self._start
        now = max(event.when - self._start, 0)
        found = list(shown(event))
        number = self.count
        self.count += 1
        self._row(event, now, found, source)
        texts = [f"{one.rule}: {one.text}" for one in findings]
        if texts:
            self._found[number] = texts
            self.findings += len(texts)
        for one in findings:
            self.broken.setdefault(one.rule, []).append(f"{now / S:.6f} {event.name}: {one.text}")
        if source == 0:
            self._phase(event, now)
        self._curve(now // MS, found, source)
        self._note(event, found)

    def _keep(self, name: int, source: int, octets: bytes) -> None:
        """All octets; of a message like the last of its name only what lies between the ends that
        are the same.
        """
        last = self._last_octets.get((name, source), b"")
        self._last_octets[name, source] = octets
        if not octets:
            self._octets.append("")
            return
        shorter = min(len(last), len(octets))
        begin = next((at for at in range(shorter) if last[at] != octets[at]), shorter)
        rest = shorter - begin
        end = next((at for at in range(rest) if last[-1 - at] != octets[-1 - at]), rest)
        self._octets.append(f"{begin},{end},{octets[begin : len(octets) - end].hex()}")

    def _row(self, event: Event, now: int, found: list[Value], source: int) -> None:
        name = self._names.setdefault(event.name, len(self._names))
        if name == len(self._layers):
            self._layers.append(event.layer.value)
            self._shapes.append([])
            self._latest.append(None)
        shape = [[one.path, one.unit] for one in found]
        values = [
            round(one.value, 6) if isinstance(one.value, float) else one.value for one in found
        ]
        side = {Side.VEHICLE: 1, Side.STATION: 2, Side.UNKNOWN: 0}[event.side]
        row: list[Any] = [(now - self._last) // US, name, side, event.connection, source]
        self._last = max(now, self._last)
        self._keep(name, source, event.octets)
        if shape != self._shapes[name]:
            self._shapes[name] = shape
            row += [values, shape]
        elif values != self._latest[name]:
            row.append(values)
        self._latest[name] = values
        self._rows.append(row)

    def _phase(self, event: Event, now: int) -> None:
        last = self._phases[-1] if self._phases else None
        phase = _phase_of(event)
        if last is not None and last[0] in {STOP, CLOSE} and event.layer is not Layer.V2G:
            phase = CLOSE
        if last is not None and phase in {"", last[0]}:
            last[2] = now // MS if phase else last[2]
        elif phase:
            self._phases.append([phase, now // MS, now // MS])

    def _curve(self, when: int, found: list[Value], source: int) -> None:
        told = {}
        curves = self._curves[source * len(CURVES) : (source + 1) * len(CURVES)]
        for one in found:
            name = one.path.rpartition("/")[2]
            place = self._fields.get(name)
            if place is not None and isinstance(one.value, int | float) and _can_be(name, one):
                scale = 1e-3 if CURVES[place][1] == "kW" else 1.0
                curves[place].add(when, one.value * scale)
                told[name] = float(one.value)
        if {"EVSEPresentVoltage", "EVSEPresentCurrent"} <= told.keys():
            watts = told["EVSEPresentVoltage"] * told["EVSEPresentCurrent"]
            curves[-1].add(when, watts * 1e-3)
            if source == 0:
                self._flows(when, watts)

    def _flows(self, when: int, watts: float) -> None:
        if self._flow is not None:
            before, then = self._flow
            self._energy += (when - before) / 1_000 * (watts + then) / 2
        self._flow = (when, watts)

    def _note(self, event: Event, found: list[Value]) -> None:
        for one in found:
            fact = FACTS.get(one.path.rpartition("/")[2])
            if fact is not None:
                self._facts.setdefault(fact, one.text)
        if event.name == "TLS agreed":
            self._facts["security"] = f"{event.fields['version']}, {event.fields['suite']}"
        if event.schema and event.schema != "sap":
            self._facts["protocol"] = _PROTOCOLS.get(event.schema.partition(".")[0], event.schema)

    def data(self) -> dict[str, Any]:
        """Plain values for the page."""
        several = len(self._sources) > 1
        for number, one in enumerate(self._curves):
            one.name += f", {self._sources[number // len(CURVES)]}" if several else ""
        curves = [one for one in self._curves if one.values]
        soc = next((one.values for one in curves if one.name.startswith("SoC")), [])
        facts = dict(self._facts)
        if self._energy:
            facts["energy"] = f"{self._energy / 3.6e6:.3f} kWh, by the station's volts and amperes"
        if soc:
            facts["state of charge"] = f"{soc[0]:g} % to {soc[-1]:g} %"
        facts["duration"] = _duration(self._last)
        return {
            "title": self._title,
            "start": self._start or 0,
            "facts": facts,
            "names": list(self._names),
            "layers": self._layers,
            "sources": list(self._sources) if several else [],
            "rows": self._rows,
            "octets": self._octets,
            "found": self._found,
            "curves": [[one.name, one.unit, one.times, one.values] for one in curves],
            "phases": self._phases,
            "findings": self.findings,
            "cut": self.count >= MOST_EVENTS,
        }


def _can_be(name: str, value: Value) -> bool:
    """What cannot be true is among the findings; in a curve it would hide all others."""
    bounds = PLAUSIBLE.get(name)
    return bounds is None or (
        value.unit in {bounds.unit, ""} and bounds.low <= float(value.value) <= bounds.high
    )


def _phase_of(event: Event) -> str:
    for phase, words in PHASES:
        if event.name.startswith(words):
            return phase
    return ""


_PROTOCOLS: Final = {"din": "DIN 70121", "iso2": "ISO 15118-2", "iso20": "ISO 15118-20"}


def _duration(time: int) -> str:
    seconds = time // S
    if seconds < 60:
        return f"{time / S:.1f} s"
    return f"{seconds // 60} min {seconds % 60} s"
