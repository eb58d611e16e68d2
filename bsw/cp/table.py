"""The rules of the plug; made by `python -m tools.island table` from firmware/pilot_table.yaml."""

from typing import Final

STATES: Final = ("UNKNOWN", "A", "B", "C", "D", "E", "F", "FAULT")
LEVELS: Final[tuple[tuple[int, frozenset[str], str, str], ...]] = (
    (13000, frozenset(), "FAULT", "FAULT"),
    (11000, frozenset(), "A", "A"),
    (10000, frozenset({"A"}), "A", "B"),
    (8000, frozenset(), "B", "B"),
    (7000, frozenset({"A", "B"}), "B", "C"),
    (5000, frozenset(), "C", "C"),
    (4000, frozenset({"A", "B", "C"}), "C", "D"),
    (2000, frozenset(), "D", "D"),
    (-1000, frozenset(), "E", "E"),
    (-2000, frozenset({"A", "B", "C", "D", "E"}), "E", "FAULT"),
    (-10000, frozenset(), "FAULT", "FAULT"),
    (-11000, frozenset({"F"}), "F", "FAULT"),
    (-13000, frozenset(), "F", "F"),
    (-2147483648, frozenset(), "FAULT", "FAULT"),
)
"""Above how many mV; in a grey band: after which states, then, else."""
TRANSITIONS: Final[dict[tuple[str, str], tuple[int, str, str]]] = {
    ("UNKNOWN", "A"): (10, "keep", "keep"),
    ("UNKNOWN", "B"): (10, "keep", "keep"),
    ("UNKNOWN", "C"): (10, "close", "close"),
    ("UNKNOWN", "D"): (10, "close", "close"),
    ("UNKNOWN", "E"): (20, "pilot_short", "station_fault"),
    ("UNKNOWN", "F"): (20, "pilot_fault", "station_fault"),
    ("UNKNOWN", "FAULT"): (20, "pilot_fault", "pilot_fault"),
    ("A", "B"): (20, "keep", "keep"),
    ("A", "C"): (10, "close", "close"),
    ("A", "D"): (10, "close", "close"),
    ("A", "E"): (20, "pilot_short", "station_fault"),
    ("A", "F"): (20, "pilot_fault", "station_fault"),
    ("A", "FAULT"): (20, "pilot_fault", "pilot_fault"),
    ("B", "A"): (10, "keep", "keep"),
    ("B", "C"): (10, "close", "close"),
    ("B", "D"): (10, "close", "close"),
    ("B", "E"): (20, "pilot_short", "station_fault"),
    ("B", "F"): (20, "pilot_fault", "station_fault"),
    ("B", "FAULT"): (20, "pilot_fault", "pilot_fault"),
    ("C", "A"): (10, "now", "now"),
    ("C", "B"): (10, "now", "soon"),
    ("C", "D"): (10, "close", "close"),
    ("C", "E"): (20, "pilot_short", "station_fault"),
    ("C", "F"): (20, "pilot_fault", "station_fault"),
    ("C", "FAULT"): (20, "pilot_fault", "pilot_fault"),
    ("D", "A"): (10, "now", "now"),
    ("D", "B"): (10, "now", "soon"),
    ("D", "C"): (10, "close", "close"),
    ("D", "E"): (20, "pilot_short", "station_fault"),
    ("D", "F"): (20, "pilot_fault", "station_fault"),
    ("D", "FAULT"): (20, "pilot_fault", "pilot_fault"),
    ("E", "A"): (10, "keep", "keep"),
    ("E", "B"): (10, "keep", "keep"),
    ("E", "C"): (10, "close", "close"),
    ("E", "D"): (10, "close", "close"),
    ("E", "F"): (20, "pilot_fault", "station_fault"),
    ("E", "FAULT"): (20, "pilot_fault", "pilot_fault"),
    ("F", "A"): (10, "keep", "keep"),
    ("F", "B"): (10, "keep", "keep"),
    ("F", "C"): (10, "close", "close"),
    ("F", "D"): (10, "close", "close"),
    ("F", "E"): (20, "pilot_short", "station_fault"),
    ("F", "FAULT"): (20, "pilot_fault", "pilot_fault"),
    ("FAULT", "A"): (10, "keep", "keep"),
    ("FAULT", "B"): (10, "keep", "keep"),
    ("FAULT", "C"): (10, "close", "close"),
    ("FAULT", "D"): (10, "close", "close"),
    ("FAULT", "E"): (20, "pilot_short", "station_fault"),
    ("FAULT", "F"): (20, "pilot_fault", "station_fault"),
}
"""From, to: ms of standing still, what a station and a vehicle do."""
DIODE_PROVED: Final = -11000
DIODE_SHORT: Final = -10000
DIODE_HOLD: Final = 20
OPENINGS: Final[dict[str, tuple[int, int]]] = {
    "now": (0, 0),
    "brief": (100, 1000),
    "soon": (500, 5000),
    "late": (3000, 1000),
}
"""At the latest after how many ms, sooner below how many mA."""
TIMES: Final[dict[str, int]] = {
    "input": 10,
    "settle": 500,
    "order": 50,
    "pwm_lost": 90,
    "steady": 6000,
    "overvoltage": 9,
    "voltage_high": 400,
    "overcurrent": 100,
    "warm": 1000,
}
FAULTS: Final[dict[str, tuple[int, str, str, str, str, str]]] = {
    "host_lost": (0, "late", "soon", "soon", "clear", "X1"),
    "pilot_fault": (1, "now", "now", "now", "unplug", "X1"),
    "pilot_short": (2, "now", "now", "now", "unplug", "X1"),
    "diode_short": (3, "now", "now", "now", "unplug", "X1"),
    "station_fault": (4, "now", "now", "now", "self", "keep"),
    "ventilation_missing": (5, "now", "now", "now", "self", "keep"),
    "pwm_lost": (6, "late", "late", "late", "self", "keep"),
    "proximity_lost": (7, "now", "now", "brief", "unplug", "X1"),
    "proximity_short": (8, "now", "now", "brief", "unplug", "X1"),
    "button": (9, "brief", "brief", "brief", "self", "keep"),
    "stop_input": (10, "now", "now", "now", "clear", "X1"),
    "temperature": (11, "late", "late", "late", "clear", "X1"),
    "temperature_sensor": (12, "late", "late", "late", "clear", "X1"),
    "contactor_stuck": (13, "now", "now", "now", "clear", "X1"),
    "contactor_welded": (14, "now", "now", "now", "clear", "F"),
    "contactor_moved": (15, "now", "now", "now", "clear", "X1"),
    "lock_lost": (16, "now", "now", "now", "clear", "X1"),
    "lock_stuck": (17, "now", "now", "now", "clear", "X1"),
    "late_loop": (18, "now", "now", "now", "clear", "X1"),
    "memory": (19, "now", "now", "now", "reset", "F"),
    "overvoltage": (20, "now", "now", "now", "clear", "X1"),
    "voltage_high": (21, "late", "late", "late", "clear", "X1"),
    "overcurrent": (22, "brief", "brief", "brief", "clear", "X1"),
}
"""Number; opening of AC station, DC station, vehicle; what ends it; drive."""
PROXIMITY: Final[dict[str, tuple[tuple[int, int, int, bool], ...]]] = {
    "type1": (
        (75, 315, 0, False),
        (315, 1000, 0, True),
    ),
    "type2": (
        (75, 150, 63, False),
        (150, 340, 32, False),
        (340, 1000, 20, False),
        (1000, 2200, 13, False),
    ),
}
"""From and up to how many ohm, ampere of the cable, is the button pressed."""
