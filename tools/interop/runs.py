"""What is run against the foreign stack, and one run of it with its traces and figures.

A run leaves in its folder our traces, the foreign ones, what each program printed and the foreign
stack's log.  Set-up time and loop rate are those of the vehicle, whoever's it is.
"""

import json
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bsw.trace_file import verify
from tools.interop.roles import Case, Pace, Roles
from tools.interop.secure import make_folders
from tools.interop.traces.figures import figures_of
from tools.interop.wire import Program, wire

STARTS = 120  # seconds a program may take until it serves: a busy host is no finding
GRACE = 15  # seconds the second side may take after the first has ended

CASES = (
    Case("DIN DC EIM", "din", "DC_extended"),
    Case("-2 DC EIM", "iso2", "DC_extended"),
    Case("-2 AC EIM", "iso2", "AC_three_phase_core"),
    Case("-2 DC EIM renegotiation", "iso2", "DC_extended", anew=True, their_vehicle=False),
    Case("-2 AC EIM renegotiation", "iso2", "AC_three_phase_core", anew=True),
    Case("-2 DC PnC TLS", "iso2", "DC_extended", contract=True),
    Case("-2 DC PnC TLS installation", "iso2", "DC_extended", contract=True, install=True),
)

ISO20 = tuple(
    Case(f"-20 {service} {control}", "iso20", mode, service=service, dynamic=control == "dynamic")
    for service, mode in (
        ("DC", "DC_extended"),
        ("AC", "AC_three_phase_core"),
        ("DC_BPT", "DC_BPT"),
        ("AC_BPT", "AC_BPT"),
    )
    for control in ("scheduled", "dynamic")
)
"""On plain TCP, by the lab switch."""

SECURE20 = tuple(
    replace(case, name=f"{case.name} {how} TLS", tls=True, contract=how == "PnC")
    for case in ISO20
    if case.name in {"-20 DC scheduled", "-20 AC dynamic"}
    for how in ("EIM", "PnC")
)
"""Over TLS 1.3 with a certificate on both sides."""

AS_SHIPPED = (
    Case("DIN DC as shipped", "din", "DC_extended", as_shipped=True),
    Case("-2 DC as shipped", "iso2", "DC_extended", as_shipped=True),
)
"""The foreign station's simulated electronics as the package brings them: limits below 40 V."""


@dataclass(frozen=True)
class Side:
    """How one side ended: what was seen of its messages, and what it used."""

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


def theirs(program: Program) -> Side:
    """It reports on itself in its last line, its Java process included."""
    lines = [line for line in program.text().splitlines() if line.startswith("{")]
    figures = json.loads(lines[-1]) if lines else {}
    return Side(
        good=program.status == 0,
        figures=figures,
        cpu=figures.get("cpu", program.cpu),
        rss=figures.get("rss", program.rss),
        said=program.text(),
    )


def ours(program: Program, trace: Path) -> Side:
    """It is judged by its exit status and an intact trace."""
    intact = trace.exists() and verify(trace).intact
    figures = figures_of(trace) if intact else {}
    good = program.status == 0 and intact
    return Side(good, figures, program.cpu, program.rss, program.text())


def both_end(vehicle: Program, station: Program, within: float) -> None:
    vehicle.wait(within)
    station.wait(GRACE)
    for program in (vehicle, station):
        program.end()


def clear(folder: Path) -> None:
    """Keys and traces of an earlier run with the same folder would be taken for this one's."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("pki", "evcc", "secc"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for trace in folder.glob("*.trace.jsonl"):
        trace.unlink()


def run(
    case: Case,
    folder: Path,
    vehicle: str = "ours",
    station: str = "ours",
    *,
    pace: Pace | None = None,
) -> Run:
    """One session; each side is ``ours`` or ``theirs``."""
    pace = pace or Pace()
    clear(folder)
    if case.secure:
        make_folders(folder / "pki", newer=case.newer)
    with wire(folder) as line, ExitStack() as stack:
        roles = Roles(case, line, pace)
        if station == "ours":
            serving = roles.our_station()
            serving.wait_for("READY" if case.install else "listening", STARTS)
        else:
            serving = roles.their_station()
            serving.wait_for("READY", STARTS)
        if vehicle == "ours":
            driving = stack.enter_context(roles.our_vehicle())
        else:
            driving = roles.their_vehicle()
        if case.anew and station == "ours":
            roles.ask_anew(driving)
        both_end(driving, serving, pace.within)
        trace = folder / "ours.{}.trace.jsonl"
        sides = (
            ours(program, trace.with_name(f"ours.{role}.trace.jsonl"))
            if whose == "ours"
            else theirs(program)
            for role, whose, program in (
                ("vehicle", vehicle, driving),
                ("station", station, serving),
            )
        )
        return Run(*(as_asked(case, side) for side in sides))


def as_asked(case: Case, side: Side) -> Side:
    """A session in which nobody wanted new parameters proves nothing about them."""
    anew = not case.anew or side.figures.get("loops_after_new_parameters", 0) > 0
    return side if anew else replace(side, good=False)
