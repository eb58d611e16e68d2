"""``v2g trace replay``: every session of a file, against our station, our vehicle, or both."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tools.capture.events import Event
from tools.trace.recorded import Recorded, sessions
from tools.trace.replay import Outcome, against_station, against_vehicle

_OURS = {"station": against_station, "vehicle": against_vehicle}
_THEIRS = {"station": "vehicle", "vehicle": "station"}


def play(path: Path, events: Iterable[Event], wanted: Sequence[str]) -> int:
    """1 if one of ours says something else."""
    status = played = 0
    for number, recorded in enumerate(sessions(events), start=1):
        for ours in wanted:
            played += 1
            print(
                f"session {number}, {_what(recorded)}: the {_THEIRS[ours]} as recorded, our {ours}"
            )
            outcome = _OURS[ours](recorded)
            print(f"  {_told(outcome)}")
            status = max(status, 0 if outcome.difference is None else 1)
    if not played:
        print(f"v2g trace: {path}: no session in it that could be played", file=sys.stderr)
        return 2
    return status


def _what(recorded: Recorded) -> str:
    secure = "TLS" if recorded.secure else "plain"
    return f"{recorded.protocol}, {recorded.mode}, {secure}, {len(recorded.lines)} messages"


def _told(outcome: Outcome) -> str:
    what = "answers" if outcome.ours.value == "station" else "kinds of requests"
    if outcome.difference is not None:
        return f"{outcome.same} of {outcome.total} {what} alike, then {outcome.difference}"
    amounts = ", ".join(f"{name} {count}" for name, count in sorted(outcome.amounts.items()))
    rest = f"; amounts that differ: {amounts}" if amounts else ""
    return f"all {outcome.total} {what} alike{rest}"
