"""What a driver of the plug reports, in the names of our events.

A driver's words are those of the safety island; a word that nobody here knows is a fault all the
same.  What the vehicle's bus tells of the same part counts as well: either makes the event stand.
"""

from collections.abc import Iterable
from typing import Final

ELSE: Final = "PLUG_HARDWARE"
EVENTS: Final = {
    "host_lost": "PLUG_GUARD",
    "late_loop": "PLUG_GUARD",
    "memory": "PLUG_GUARD",
    "pilot_fault": "PILOT_LEVEL",
    "pilot_short": "PILOT_SHORT",
    "diode_short": "PILOT_DIODE",
    "pwm_lost": "PILOT_OSCILLATOR",
    "proximity_lost": "PLUG_FAULT",
    "proximity_short": "PLUG_FAULT",
    "button": "PROXIMITY_BUTTON",
    "stop_input": "STOP_LOOP",
    "temperature": "TEMPERATURE_CRITICAL",
    "temperature_sensor": "PLUG_SENSOR",
    "contactor_stuck": "CONTACTOR_FAULT",
    "contactor_welded": "CONTACTOR_WELDED",
    "contactor_moved": "CONTACTOR_ALONE",
    "lock_lost": "LOCK_LOST",
    "lock_stuck": "LOCK_ERROR",
    "overvoltage": "OVERVOLTAGE",
    "voltage_high": "OVERVOLTAGE",
    "overcurrent": "OVERCURRENT",
}
OF_A_NODE: Final = {
    "node_silent": "PLUG_NODE_SILENT",
    "node_untrusted": "PLUG_NODE_UNTRUSTED",
    "node_refused": "PLUG_NODE_UNTRUSTED",
}
"""What the driver of a node on a bus finds of the node itself."""
SEEN_ANYWAY: Final = frozenset({"station_fault", "ventilation_missing"})
"""The pilot's state says the first; the second is a station's."""
EXPLAINED: Final = {"PILOT_SHORT": frozenset({"PILOT_LEVEL", *OF_A_NODE.values()})}
"""A level of no state, and a pilot that nobody tells, read as E; it is no short."""


def events_of(faults: Iterable[str]) -> dict[str, str]:
    """The events that stand, each with the driver's words for it."""
    found: dict[str, list[str]] = {}
    for fault in faults:
        if fault not in SEEN_ANYWAY:
            found.setdefault((EVENTS | OF_A_NODE).get(fault, ELSE), []).append(fault)
    return {event: " ".join(words) for event, words in found.items()}


ALL: Final = frozenset({*EVENTS.values(), *OF_A_NODE.values(), ELSE})
