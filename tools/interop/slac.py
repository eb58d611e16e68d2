"""SLAC over a simulated power line: our halves, ``pev``, ``evse`` and pyslac.

Who has matched says so; where both say which network it is, it must be the same.
"""

import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from tools.interop.environments import PLC_UTILS, PYSLAC, DebianPrograms, Environment
from tools.interop.matrix import Entry
from tools.interop.powerline import PowerLine, power_line
from tools.interop.runs import Run, Side
from tools.interop.wire import Program

CASE: Final = "SLAC"
ATTENUATION: Final = 12
"""dB between the modems."""

PEV_INI: Final = """[default]
vehicle identifier = 0000000000000000000000000000000000
network membership key = 50D3E4933F855B7040784DF815AA8DB7
network identifier = B0F2E695666B03
attenuation threshold = 40
msound pause = 20
charge time = 2
settle time = 1
"""
EVSE_INI: Final = """[default]
station identifier = {station}
network membership key = B59319D7E8157BA001B018669CCEE30D
network identifier = 026BCBA5354E08
number of sounds = 10
time to sound = 6
response type = {response_type}
charge time = 2
settle time = 1
"""
LETTER: Final = EVSE_INI.format(response_type=1, station="00" * 17)
"""As it comes, it names itself and answers with response type 0, which the norm does not have."""

MATCHES: Final = 40.0
"""Seconds on a busy host."""


@dataclass(frozen=True)
class Half:
    """One end: how it is started, what it says before the other may begin, and when it matched."""

    start: Callable[[PowerLine], Program]
    matched: str
    ready: str = ""


def configured(line: PowerLine, name: str, text: str) -> str:
    path = line.folder / name
    path.write_text(text)
    return str(path)


def _pev(line: PowerLine) -> Program:
    words = ("-i", "ev0", "-p", configured(line, "pev.ini", PEV_INI))
    return line.next("ev", PLC_UTILS.use("pev"), *words)


def _evse(line: PowerLine) -> Program:
    words = ("-i", "se0", "-p", configured(line, "evse.ini", LETTER))
    return line.next("se", PLC_UTILS.use("evse"), *words)


def _pyslac(line: PowerLine) -> Program:
    script = str(Path(__file__).with_name("pyslac_station.py"))
    return line.next("se", PYSLAC.use(), script, "se0")


VEHICLES: Final = {
    "ours": Half(lambda line: line.vehicle("--stay"), "MATCHED"),
    "pev": Half(_pev, "Charging"),
}
STATIONS: Final = {
    "ours": Half(lambda line: line.station("--stay"), "MATCHED"),
    "pyslac": Half(_pyslac, "MATCHED nid=", "READY"),
    "evse": Half(_evse, "Charging", "Listening"),
}
PAIRS: Final = tuple((vehicle, station) for vehicle in VEHICLES for station in STATIONS)


def entries(pairs: Container[tuple[str, str]]) -> Iterator[Entry]:
    """Those whose programs are here."""
    for vehicle, station in PAIRS:
        if (vehicle, station) in pairs and not _missing(vehicle, station):
            yield Entry(CASE, vehicle, station, partial(match, vehicle, station))


def missing() -> Iterator[str]:
    """Which pairs are left out, and why."""
    for vehicle, station in PAIRS:
        if why := _missing(vehicle, station):
            yield f"{CASE} {vehicle}-{station}: {why}"


def _missing(vehicle: str, station: str) -> str:
    foreign: dict[str, Environment | DebianPrograms] = {
        "pev": PLC_UTILS,
        "evse": PLC_UTILS,
        "pyslac": PYSLAC,
    }
    reasons = (foreign[one].missing() for one in (vehicle, station) if one in foreign)
    return next((why for why in reasons if why), "")


def match(vehicle: str, station: str, folder: Path) -> Run:
    folder.mkdir(parents=True, exist_ok=True)
    with power_line(folder) as line:
        line.modems("--attenuation", str(ATTENUATION))
        serving = STATIONS[station].start(line)
        if STATIONS[station].ready:
            serving.wait_for(STATIONS[station].ready, MATCHES)
        driving = VEHICLES[vehicle].start(line)
        ends = [
            _side(driving, VEHICLES[vehicle].matched),
            _side(serving, STATIONS[station].matched),
        ]
        for program in (driving, serving):
            program.end()
    networks = {side.figures["nid"] for side in ends if side.figures.get("nid")}
    took = next((side.figures["set_up"] for side in ends if side.figures.get("set_up")), None)
    good = all(side.good for side in ends) and len(networks) < 2
    used = [
        replace(side, good=good, cpu=program.cpu, rss=program.rss)
        for side, program in zip(ends, (driving, serving), strict=True)
    ]
    used[0].figures["set_up"] = took
    return Run(*used)


def _side(program: Program, matched: str) -> Side:
    """What it said when it had matched, or how far it came."""
    try:
        line = program.wait_for(matched, MATCHES)
    except AssertionError:
        return Side(good=False, figures={}, cpu=0.0, rss=0.0, said=program.text())
    said = dict(re.findall(r"(\w+)=(\S+)", line))
    took = float(said["took_ms"]) / 1000 if "took_ms" in said else None
    figures = {"nid": said.get("nid", ""), "set_up": took}
    return Side(good=True, figures=figures, cpu=0.0, rss=0.0, said=line)
