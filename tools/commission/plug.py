"""Pilot, lock, contactors and sensors of one plug, with nothing plugged in.

Uses the driver that the configuration names, as the ECU does.  Nothing is closed: that contactors
stay open although they are permitted is what is looked at.
"""

from collections.abc import Callable, Iterator
from typing import Final

from bsw.cp.duty import DIGITAL
from bsw.cp.pilot import X1, Drive, F, PilotState
from bsw.hardware.port import PlugHardware, Side, TriesOut
from tools.commission.record import Step, judged, skipped, wrong

Wait = Callable[[float], None]
SETTLES: Final = 0.5
LOCKS: Final = 3.0
ANSWERS: Final = 10
"""So many times ``SETTLES`` for the outcome of a test."""
VOLTS: Final = (11.4, 12.6)
"""What a pilot at rest may have, either way, in volts."""
WARMTH: Final = (-40.0, 60.0)


def look(hardware: PlugHardware, side: Side, wait: Wait) -> Iterator[Step]:
    """``wait`` lets the scheduler run for so many seconds."""
    if side is Side.STATION:
        hardware.station_pilot.drive(X1)
        wait(SETTLES)
    state = hardware.station_pilot.read().state
    expected = "nothing plugged in (state A)"
    unplugged = state is PilotState.A
    yield judged("plug", expected, f"state {state.name}", "pull the plug", holds=unplugged)
    if not unplugged:
        yield skipped("pilot", "a plug is in")
    elif side is Side.STATION:
        yield from _pilot(hardware, wait)
    else:
        yield _inlet(hardware)
    yield _proximity(hardware)
    yield from _lock(hardware, wait)
    yield _contactors(hardware, wait)
    if unplugged and isinstance(hardware, TriesOut):
        yield from _tried(hardware, wait)
    yield _stop(hardware)
    yield _temperatures(hardware)
    faults = ", ".join(hardware.faults)
    remedy = "see the table of faults in docs/island.md"
    yield judged("faults", "none", faults or "none", remedy, holds=not faults)


def _within(volts: float, sign: int) -> bool:
    return VOLTS[0] <= sign * volts <= VOLTS[1]


def _pilot(hardware: PlugHardware, wait: Wait) -> Iterator[Step]:
    remedy = "calibrate, or look at supply and driver of the pilot"
    for name, drive, signs in (
        ("pilot at rest", X1, (1, 1)),
        ("pilot at 5 %", Drive(DIGITAL), (1, -1)),
        ("pilot in state F", F, (-1, -1)),
    ):
        hardware.station_pilot.drive(drive)
        wait(SETTLES)
        told = ", ".join(f"{sign * VOLTS[0]:+.1f} to {sign * VOLTS[1]:+.1f} V" for sign in signs)
        levels = hardware.levels
        if levels is None:
            yield skipped(name, "this driver measures no levels")
            continue
        measured = ", ".join(f"{volts:+.2f} V" for volts in levels)
        holds = all(_within(volts, sign) for volts, sign in zip(levels, signs, strict=True))
        yield judged(name, told, measured, remedy, holds=holds)
    hardware.station_pilot.drive(X1)
    wait(SETTLES)


def _inlet(hardware: PlugHardware) -> Step:
    """An open inlet carries no voltage."""
    if hardware.levels is None:
        return skipped("pilot", "this driver measures no levels")
    measured = ", ".join(f"{volts:+.2f} V" for volts in hardware.levels)
    holds = all(abs(volts) < 1.0 for volts in hardware.levels)
    remedy = "calibrate, or look for a bridge to the pilot"
    return judged("pilot of the inlet", "within 1 V of earth", measured, remedy, holds=holds)


def _proximity(hardware: PlugHardware) -> Step:
    plugged = hardware.proximity.read().plugged
    measured = "a plug" if plugged else "open"
    return judged("proximity", "open", measured, "look at the contact's wiring", holds=not plugged)


def _lock(hardware: PlugHardware, wait: Wait) -> Iterator[Step]:
    if hardware.lock.locked is None:
        yield skipped("lock", "this driver knows no lock")
        return
    for name, locked in (("lock closes", True), ("lock opens", False)):
        hardware.lock.request(locked=locked)
        wait(LOCKS)
        seen = hardware.lock.locked
        words = {True: "closed", False: "open", None: "between the ends"}
        remedy = "look at motor, supply and position switch"
        yield judged(name, words[locked], words[seen], remedy, holds=seen is locked)


def _contactors(hardware: PlugHardware, wait: Wait) -> Step:
    """Permitted without a vehicle they must stay open, and say why."""
    name, expected = "contactors", "open, and kept open without a vehicle"
    contactors = hardware.contactors
    before = contactors.closed
    if before is None:
        return skipped(name, "this driver knows no feedback")
    if before:
        return wrong(name, expected, "closed", "welded, or the feedback's contact is inverted")
    contactors.permit(closed=True)
    wait(SETTLES)
    after, why = hardware.contactors.closed, ", ".join(contactors.why_open)
    contactors.permit(closed=False)
    measured = "closed" if after else f"open: {why or 'no reason told'}"
    remedy = "they close without a vehicle: do not use this device"
    return judged(name, expected, measured, remedy, holds=not after)


def _tried(hardware: TriesOut, wait: Wait) -> Iterator[Step]:
    """What the electronics find out by themselves."""
    for what in ("contactors", "lock"):
        remedy = "see its faults; a plug that was in meanwhile ends it, too"
        yield try_out(hardware, what, wait, f"{what}, by its own test", remedy)


def try_out(hardware: TriesOut, what: str, wait: Wait, name: str, remedy: str) -> Step:
    hardware.try_out(what)
    for _ in range(ANSWERS):
        wait(SETTLES)
        if hardware.tried:
            break
    measured = hardware.tried or "no answer"
    return judged(name, "done", measured, remedy, holds=measured == "done")


def _stop(hardware: PlugHardware) -> Step:
    measured = "open" if hardware.stopped else "closed"
    remedy = "release the button, or look at the loop's wiring"
    return judged("stop loop", "closed", measured, remedy, holds=not hardware.stopped)


def _temperatures(hardware: PlugHardware) -> Step:
    if not hardware.temperatures:
        return skipped("temperatures", "no sensor is configured")
    words = ["unknown" if one is None else f"{one:.1f} C" for one in hardware.temperatures]
    holds = all(one is not None and WARMTH[0] < one < WARMTH[1] for one in hardware.temperatures)
    expected = f"each between {WARMTH[0]:.0f} and {WARMTH[1]:.0f} C"
    return judged("temperatures", expected, ", ".join(words), "look at the sensors", holds=holds)
