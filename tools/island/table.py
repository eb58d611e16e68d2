"""The table of plug rules: read, held against itself, written as C and as Python.

The one place where a rule is changed is ``firmware/pilot_table.yaml``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import yaml

SOURCE: Final = "firmware/pilot_table.yaml"
SIDES: Final = ("station", "vehicle")
KINDS: Final = ("ac", "dc", "vehicle")
ENDS: Final = ("self", "unplug", "clear", "reset")
DRIVES: Final = ("keep", "X1", "F")
NOTE: Final = f"made by `python -m tools.island table` from {SOURCE}"

Rules = dict[str, Any]


class WrongTable(ValueError):
    """The table contradicts itself."""


def read(root: Path) -> Rules:
    rules: Rules = yaml.safe_load((root / SOURCE).read_text(encoding="utf-8"))
    check(rules)
    return rules


def actions(rules: Rules) -> list[str]:
    """All that a transition may ask for; the place in the list is the number in both forms."""
    return ["keep", "close", *rules["openings"], *rules["faults"]]


def check(rules: Rules) -> None:
    """Each pair of states has one row, each word is known, bands fall and faults count up."""
    states = rules["states"]
    wanted = {(a, b) for a in ("UNKNOWN", *states) for b in states if a != b}
    found = [(row["from"], row["to"]) for row in rules["transitions"]]
    if len(found) != len(set(found)) or set(found) != wanted:
        raise WrongTable(f"{SOURCE}: transitions: one row for each pair of states")
    known = set(actions(rules))
    for row in rules["transitions"]:
        for side in SIDES:
            if row[side] not in known:
                raise WrongTable(f"{SOURCE}: transitions: {row[side]!r} is not known")
    edges = [row["above"] for row in rules["levels"]]
    if edges != sorted(set(edges), reverse=True):
        raise WrongTable(f"{SOURCE}: levels: they fall from the top down")
    numbers = [fault["number"] for fault in rules["faults"].values()]
    if numbers != list(range(len(numbers))) or len(numbers) > 32:
        raise WrongTable(f"{SOURCE}: faults: numbers count up from 0, at most 32 of them")


def opening(fault: Rules, kind: str) -> str:
    how = fault["open"]
    word: str = how if isinstance(how, str) else how[kind]
    return word


def grey(row: Rules) -> tuple[list[str], str, str]:
    """What must have been there, what it is then, and what it is otherwise."""
    if "is" in row:
        return [], row["is"], row["is"]
    return row["was"], row["then"], row["else"]


def c_header(rules: Rules) -> str:
    return "\n".join([*_c_names(rules), *_c_tables(rules), "#endif", ""])


def _enum(prefix: str, words: list[str], first: int = 0) -> list[str]:
    body = [f"    {prefix}_{word.upper()} = {at}," for at, word in enumerate(words, first)]
    return ["enum {", *body, "};", f"#define {prefix}_COUNT {len(words) + first}", ""]


def _c_names(rules: Rules) -> list[str]:
    lines = [f"/* The rules of the plug; {NOTE}. */"]
    lines += ["#ifndef PILOT_TABLE_H", "#define PILOT_TABLE_H", "", "#include <stdint.h>", ""]
    lines += _enum("PILOT", ["unknown", *rules["states"]])
    lines += _enum("OPEN", list(rules["openings"]))
    lines += _enum("FAULT", list(rules["faults"]))
    lines += _enum("ENDS", list(ENDS))
    lines += _enum("MEANS", list(DRIVES))
    lines += _enum("ACTION", ["keep", "close"])
    lines += [f"#define ACTION_OPEN {2}", f"#define ACTION_FAULT {2 + len(rules['openings'])}", ""]
    lines += [f"#define RULE_{name.upper()}_MS {ms}u" for name, ms in rules["times"].items()]
    diode = rules["diode"]
    lines += [f"#define RULE_DIODE_PROVED_MV ({diode['proved']})"]
    lines += [f"#define RULE_DIODE_SHORT_MV ({diode['short']})"]
    lines += [f"#define RULE_DIODE_MS {diode['hold']}u", ""]
    lines += ["typedef struct { int32_t above; uint8_t was, then, otherwise; } pilot_level;"]
    lines += ["typedef struct { uint8_t hold, action[2]; } pilot_row;"]
    lines += ["typedef struct { uint16_t within; int32_t current; } opening_rule;"]
    lines += ["typedef struct { uint8_t open[3], ends, drive; } fault_rule;"]
    lines += ["typedef struct { uint16_t low, high; uint8_t current, button; } proximity_band;", ""]
    return lines


def _c_tables(rules: Rules) -> list[str]:
    numbers = {"UNKNOWN": 0} | {state: at for at, state in enumerate(rules["states"], 1)}
    lines = ["static const pilot_level PILOT_LEVELS[] = {"]
    for row in rules["levels"]:
        was, then, other = grey(row)
        mask = sum(1 << numbers[state] for state in was)
        above = "INT32_MIN" if row["above"] == -(2**31) else row["above"]
        lines += [f"    {{{above}, 0x{mask:02x}, PILOT_{then}, PILOT_{other}}},"]
    lines += ["};", "#define PILOT_LEVEL_COUNT (sizeof PILOT_LEVELS / sizeof PILOT_LEVELS[0])", ""]
    lines += ["static const pilot_row PILOT_ROWS[PILOT_COUNT][PILOT_COUNT] = {"]
    places = {word: at for at, word in enumerate(actions(rules))}
    for row in rules["transitions"]:
        does = ", ".join(str(places[row[side]]) for side in SIDES)
        lines += [f"    [PILOT_{row['from']}][PILOT_{row['to']}] = {{{row['hold']}, {{{does}}}}},"]
    lines += ["};", "", "static const opening_rule OPENINGS[OPEN_COUNT] = {"]
    lines += [f"    {{{row['within']}, {row['current']}}}," for row in rules["openings"].values()]
    lines += ["};", "", "static const fault_rule FAULTS[FAULT_COUNT] = {"]
    for name, fault in rules["faults"].items():
        ways = ", ".join(f"OPEN_{opening(fault, kind).upper()}" for kind in KINDS)
        ends, drive = fault["ends"].upper(), fault["drive"].upper()
        lines += [f"    [FAULT_{name.upper()}] = {{{{{ways}}}, ENDS_{ends}, MEANS_{drive}}},"]
    lines += ["};", ""]
    most = max(len(bands) for bands in rules["proximity"].values())
    lines += [f"#define PROXIMITY_BANDS {most}"]
    lines += ["static const proximity_band PROXIMITY[2][PROXIMITY_BANDS] = {"]
    for bands in rules["proximity"].values():
        lines += ["    {"]
        for band in bands:
            end = f"{band['current']}, {int(band['button'])}"
            lines += [f"        {{{band['low']}, {band['high']}, {end}}},"]
        lines += ["    },"]
    return [*lines, "};", ""]


def python_module(rules: Rules) -> str:
    states = "UNKNOWN", *rules["states"]
    lines = [f'"""The rules of the plug; {NOTE}."""', "", "from typing import Final", ""]
    lines += [f"STATES: Final = {_tuple(states)}"]
    lines += ["LEVELS: Final[tuple[tuple[int, frozenset[str], str, str], ...]] = ("]
    for row in rules["levels"]:
        was, then, other = grey(row)
        group = f"frozenset({_set(was)})" if was else "frozenset()"
        lines += [f'    ({row["above"]}, {group}, "{then}", "{other}"),']
    lines += [
        ")",
        '"""Above how many mV; in a grey band: after which states, then, else."""',
    ]
    lines += ["TRANSITIONS: Final[dict[tuple[str, str], tuple[int, str, str]]] = {"]
    for row in rules["transitions"]:
        does = f'{row["hold"]}, "{row["station"]}", "{row["vehicle"]}"'
        lines += [f'    ("{row["from"]}", "{row["to"]}"): ({does}),']
    lines += [
        "}",
        '"""From, to: ms of standing still, what a station and a vehicle do."""',
    ]
    diode = rules["diode"]
    lines += [f"DIODE_PROVED: Final = {diode['proved']}", f"DIODE_SHORT: Final = {diode['short']}"]
    lines += [f"DIODE_HOLD: Final = {diode['hold']}"]
    lines += ["OPENINGS: Final[dict[str, tuple[int, int]]] = {"]
    lines += [
        f'    "{name}": ({row["within"]}, {row["current"]}),'
        for name, row in rules["openings"].items()
    ]
    lines += ["}", '"""At the latest after how many ms, sooner below how many mA."""']
    lines += ["TIMES: Final[dict[str, int]] = {"]
    lines += [f'    "{name}": {ms},' for name, ms in rules["times"].items()]
    lines += ["}", "FAULTS: Final[dict[str, tuple[int, str, str, str, str, str]]] = {"]
    for name, fault in rules["faults"].items():
        ways = ", ".join(f'"{opening(fault, kind)}"' for kind in KINDS)
        tail = f'{ways}, "{fault["ends"]}", "{fault["drive"]}"'
        lines += [f'    "{name}": ({fault["number"]}, {tail}),']
    lines += ["}", '"""Number; opening of AC station, DC station, vehicle; what ends it; drive."""']
    lines += ["PROXIMITY: Final[dict[str, tuple[tuple[int, int, int, bool], ...]]] = {"]
    for connector, bands in rules["proximity"].items():
        lines += [f'    "{connector}": (']
        for band in bands:
            end = f"{band['current']}, {band['button']}"
            lines += [f"        ({band['low']}, {band['high']}, {end}),"]
        lines += ["    ),"]
    lines += ["}", '"""From and up to how many ohm, ampere of the cable, is the button pressed."""']
    return "\n".join([*lines, ""])


def _tuple(words: tuple[str, ...]) -> str:
    return "(" + ", ".join(f'"{word}"' for word in words) + ")"


def _set(words: list[str]) -> str:
    return "{" + ", ".join(f'"{word}"' for word in words) + "}"


FORMS: Final[dict[str, Callable[[Rules], str]]] = {
    "firmware/core/pilot_table.h": c_header,
    "bsw/cp/table.py": python_module,
}
"""The files made from it."""
