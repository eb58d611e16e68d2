"""What is run against the foreign stack, and one run of it with its traces and figures.

A run leaves in its folder: ``ours.trace.jsonl`` and ``theirs.trace.jsonl``, what each side
printed (``ev.out``, ``se.out``) and the foreign stack's log.  Set-up time and loop rate are taken
at the foreign stack's codec in every run, so that they can be set side by side.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.secure import make_folders
from tests.peers.wire import Program, Wire, wire

WITHIN = 60
GRACE = 15  # seconds the second side may take after the first has ended


@dataclass(frozen=True)
class Case:
    name: str
    protocol: str
    mode: str
    contract: bool = False
    install: bool = False


CASES = (
    Case("DIN DC EIM", "din", "DC_extended"),
    Case("-2 DC EIM", "iso2", "DC_extended"),
    Case("-2 AC EIM", "iso2", "AC_three_phase_core"),
    Case("-2 DC PnC TLS", "iso2", "DC_extended", contract=True),
    Case("-2 DC PnC TLS installation", "iso2", "DC_extended", contract=True, install=True),
)


@dataclass(frozen=True)
class Side:
    """How one side ended: what it reports itself, and what it used."""

    good: bool
    figures: dict[str, Any]
    cpu: float
    rss: float
    said: str


@dataclass(frozen=True)
class Run:
    vehicle: Side
    station: Side

    @property
    def good(self) -> bool:
        return self.vehicle.good and self.station.good

    def explain(self) -> str:
        return f"vehicle:\n{self.vehicle.said}\nstation:\n{self.station.said}"


STATION = """\
network: {{interface: se0}}
hardware: {{driver: none, power: simulated}}
session:
  protocols: [{protocol}]
  modes: [{mode}]
  payment: [{payment}]
  plain: {plain}
  tls: {tls}
  count: 1
trace: {{file: {folder}/ours.trace.jsonl}}
"""
KEYS = """\
keym: {{folder: {folder}/secc/certificates}}
csm: {{software: {{folder: {folder}/secc/keys}}}}
"""


@dataclass
class Runner:
    """One case on one wire; ``loops`` charge loops, ``pause`` ms between those of our vehicle."""

    case: Case
    line: Wire
    loops: int = 20
    pause: int = 100

    @property
    def folder(self) -> Path:
        return self.line.folder

    def theirs(self, side: str, role: str) -> Program:
        case = self.case
        words = [role, "--interface", f"{side}0", "--protocol", case.protocol, "--mode", case.mode]
        words += ["--loops", str(self.loops), "--within", str(WITHIN)]
        words += ["--log", str(self.folder / f"theirs.{role}.log")]
        words += ["--trace", str(self.folder / f"theirs.{role}.trace.jsonl")]
        if case.contract:
            words += ["--pki", str(self.folder / "pki" / "theirs")]
        if case.install and role == "vehicle":
            words += ["--install"]
        return self.line.theirs(side, *words)

    def ours(self, side: str, role: str) -> Program:
        """Our role with the other side of the plug presumed."""
        case = self.case
        words = [role, "--interface", f"{side}0", "--protocol", case.protocol, "--mode", case.mode]
        words += ["--loops", str(self.loops), "--pause", str(self.pause), "--within", str(WITHIN)]
        words += ["--trace", str(self.folder / "ours.trace.jsonl")]
        if role == "vehicle":  # the foreign station simulates some volts only
            words += ["--battery", "10", "--ignore-limits"]
        if case.contract:
            words += ["--pki", str(self.folder / "pki")]
        if case.install:
            words += ["--install"]
        return self.line.ours(side, "tests.peers.ours", *words)

    def our_station(self) -> Program:
        """``secc run``; it has no provisioning service, so contracts come from the rig."""
        if self.case.install:
            return self.ours("se", "station")
        path = self.folder / "secc.yaml"
        secure = "true" if self.case.contract else "false"
        text = STATION + (KEYS if self.case.contract else "")
        path.write_text(
            text.format(
                protocol=self.case.protocol,
                mode=self.case.mode,
                payment="Contract" if self.case.contract else "ExternalPayment",
                plain="false" if self.case.contract else "true",
                tls=secure,
                folder=self.folder.absolute(),
            )
        )
        if self.case.contract:
            self._install_keys()
        return self.line.ours("se", "secc.cli", "run", "-c", str(path))

    def _install_keys(self) -> None:
        words = ["pki", "install", "--role", "secc"]
        words += ["--certificates", str(self.folder / "secc" / "certificates")]
        words += ["--keys", str(self.folder / "secc" / "keys"), str(self.folder / "pki" / "ours")]
        program = self.line.ours("se", "tools.cli", *words)
        assert program.wait(30), "keys are not installed in time"
        assert program.status == 0, program.text()


def last_json(text: str) -> dict[str, Any]:
    lines = [line for line in text.splitlines() if line.startswith("{") and line.endswith("}")]
    return json.loads(lines[-1]) if lines else {}


def result_of(program: Program) -> Side:
    figures = last_json(program.text())
    return Side(
        good=program.status == 0,
        figures=figures,
        cpu=figures.get("cpu", program.cpu),
        rss=figures.get("rss", program.rss),
        said=program.text(),
    )


def both_end(vehicle: Program, station: Program) -> Run:
    vehicle.wait(WITHIN)
    station.wait(GRACE)
    for program in (vehicle, station):
        program.end()
    return Run(result_of(vehicle), result_of(station))


def run(
    case: Case,
    folder: Path,
    *,
    vehicle: str = "ours",
    station: str = "ours",
    loops: int = 20,
    pause: int = 100,
) -> Run:
    """One session; each side is ``ours`` or ``theirs``."""
    folder.mkdir(parents=True, exist_ok=True)
    if case.contract:
        make_folders(folder / "pki")
    with wire(folder) as line:
        runner = Runner(case, line, loops, pause)
        serving = runner.our_station() if station == "ours" else runner.theirs("se", "station")
        serving.wait_for("READY" if "secc" not in str(serving.process.args) else "listening")
        driving = (
            runner.ours("ev", "vehicle") if vehicle == "ours" else runner.theirs("ev", "vehicle")
        )
        return both_end(driving, serving)
