"""Electrical faults at the plug: energy ends at once, and so does the session."""

from functools import partial
from typing import Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.modes import mode_of
from bsw.os.clock import MS
from tools.conformance import judge
from tools.conformance.bench import AC, DC, Setup
from tools.conformance.station.cases import Case, reached
from tools.conformance.station.walk import Walk

DETECTION: Final = 1500 * MS
"""CP error detection."""
SHORT: Final = 0.0
OPEN: Final = 1e9


def _earth_lost(walk: Walk) -> None:
    """Without PE the pilot has no return: the station sees nobody plugged in."""
    walk.lab.load(OPEN)


def _pilot_shorted(walk: Walk) -> None:
    walk.lab.load(SHORT)


def _unplugged(walk: Walk) -> None:
    walk.lab.unplug()


FAULTS: Final = {
    "protective earth lost": _earth_lost,
    "pilot shorted to earth": _pilot_shorted,
    "pilot wire broken": _unplugged,
}


def play(fault: str, setup: Setup) -> None:
    walk = reached("Stop", setup)
    judge.require(walk.lab.energised is not False, "no energy to begin with")
    FAULTS[fault](walk)
    gone = walk.lab.wait(lambda: not walk.lab.energised, DETECTION, every=10 * MS)
    judge.require(gone, "energy flows on")
    closed = walk.tester.silent_until_closed(walk.lab.limits.close)
    judge.require(closed is not None, "the session goes on")
    endings = walk.lab.endings
    if endings is not None:
        known = {Ending.PILOT_FAULT, Ending.LINK_LOST}
        judge.require(endings[-1] in known, f"ended: {endings[-1].value}")
    judge.without_energy(walk)


def half_a() -> list[Case]:
    rows = (
        ("TC_SECC_AC_VTB_Abnormal_002", "protective earth lost", AC),
        ("TC_SECC_DC_VTB_Abnormal_001", "pilot shorted to earth", DC),
    )
    return [
        Case(
            identity,
            f"{mode_of(mode).kind}; {fault} while charging",
            partial(play, fault),
            Setup(mode=mode),
            ("electrical", fault),
            frozenset({"pilot"}),
        )
        for identity, fault, mode in rows
    ]


def twins() -> list[Case]:
    return [
        Case(
            f"TWIN-ELECTRICAL-{mode_of(mode).kind}-{number}",
            f"{mode_of(mode).kind}; {fault} while charging",
            partial(play, fault),
            Setup(mode=mode),
            ("electrical", fault),
            frozenset({"pilot"}),
        )
        for mode in (AC, DC)
        for number, fault in enumerate(FAULTS, start=1)
    ]
