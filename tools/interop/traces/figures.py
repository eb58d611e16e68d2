"""How fast a session was, from our own trace; the foreign side says the same of its own.

Set-up runs from the first look for a station (at the station: from its connection) to the first
request of the charge loop; the turn is from what is heard in the loop to what is said next.
"""

import json
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

LOOP_REQUESTS = frozenset(
    {"CurrentDemandReq", "ChargingStatusReq", "ACChargeLoopReq", "DCChargeLoopReq"}
)
SECOND = 1e9


def figures_of(trace: Path) -> dict[str, Any]:
    records = [json.loads(line) for line in trace.read_text().splitlines()]
    began: int | None = None
    messages: list[tuple[int, str, str]] = []
    ending: dict[str, Any] = {}
    for record in records:
        fields = record.get("fields", {})
        if record.get("kind") in {"stage", "connected"} and began is None:
            began = record["time"]
        elif record.get("kind") == "message":
            messages.append((record["time"], fields["way"], fields["name"]))
        elif record.get("kind") == "session-end":
            ending = fields
    loops = [at for at, _way, name in messages if name in LOOP_REQUESTS]
    span = (loops[-1] - loops[0]) / SECOND if loops else 0.0
    return {
        "ending": ending.get("ending", ""),
        "reason": " ".join(str(word) for word in ending.values() if word),
        "set_up": (loops[0] - began) / SECOND if loops and began is not None else None,
        "loops": len(loops),
        "rate": (len(loops) - 1) / span if span else None,
        "turn": turn_of(messages, SECOND),
        "loops_after_new_parameters": after_new_parameters([name for _at, _way, name in messages]),
        "messages": list(dict.fromkeys(name for _at, _way, name in messages)),
    }


def after_new_parameters(names: list[str]) -> int:
    """Loop requests after parameters that were exchanged within the loop."""
    looped, anew, after = False, False, 0
    for name in names:
        anew = anew or (looped and name == "ChargeParameterDiscoveryReq")
        looped = looped or name in LOOP_REQUESTS
        after += anew and name in LOOP_REQUESTS
    return after


def turn_of(messages: list[tuple[int, str, str]], second: float) -> float | None:
    """The median, in seconds."""
    of_loop = {name[:-3] + end for name in LOOP_REQUESTS for end in ("Req", "Res")}
    turns = [
        (said - heard) / second
        for (heard, first, name), (said, then, other) in pairwise(messages)
        if (first, then) == ("in", "out") and {name, other} <= of_loop
    ]
    return median(turns) if turns else None
