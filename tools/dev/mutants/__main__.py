"""``make mutants``: random small changes to a room, each judged by the room's own tests.

In a copy of the tree, never in the tree itself.  A test that fails, or hangs for much longer than
without the change, has killed the mutant; what survives is told, for whoever writes the next test.
"""

import argparse
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bsw.program.parser import did_you_mean
from tools.dev.mutants.mutate import Mutant, mutants
from tools.dev.mutants.page import PAGE, Row, written
from tools.dev.mutants.rooms import EQUIVALENT, ROOMS, files, without_line
from tools.dev.mutants.workshop import ROOT, Workshop

GOAL = 0.85


@dataclass(slots=True)
class Score:
    room: str
    killed: int = 0
    survived: int = 0
    equivalent: int = 0
    failing: list[str] = field(default_factory=list)

    @property
    def judged(self) -> int:
        return self.killed + self.survived

    @property
    def share(self) -> float:
        return self.killed / self.judged if self.judged else 1.0

    def __str__(self) -> str:
        told = f"{self.room:13} {self.killed} of {self.judged} killed, {self.share:.0%}"
        return told + (f", {self.equivalent} equivalent" if self.equivalent else "")


@dataclass(frozen=True, slots=True)
class Limits:
    """For a room, and for the tests of one mutant."""

    seconds: float
    each: float


def main() -> int:
    arguments = _arguments()
    for room in arguments.room or ():
        if room not in ROOMS:
            print(f"make mutants: no room {room!r}{did_you_mean(room, ROOMS)}", file=sys.stderr)
            return 2
    rooms = arguments.room or tuple(ROOMS)
    share = arguments.seconds / len(rooms)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        workshop = Workshop(Path(folder))
        scores = [
            _room(
                workshop,
                sample(room, arguments.seed, arguments.most),
                Limits(share, arguments.each),
                room,
            )
            for room in rooms
        ]
    for score in scores:
        print(score)
    if arguments.page:
        found = [
            (one.room, Row(one.killed, one.judged, arguments.seed)) for one in scores if one.judged
        ]
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
    return 0 if all(score.share >= GOAL for score in scores) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--room", action="append", metavar="ROOM", help=", ".join(ROOMS))
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which mutants (1)")
    parser.add_argument("--most", type=int, metavar="N", help="mutants of a room (all)")
    parser.add_argument(
        "--seconds", type=float, default=600.0, metavar="N", help="for all rooms together (600)"
    )
    parser.add_argument(
        "--page", action="store_true", help="keep what was found in docs/mutants.md"
    )
    parser.add_argument(
        "--each",
        type=float,
        default=20.0,
        metavar="N",
        help="seconds of tests for one mutant, the quick tests first (20)",
    )
    return parser.parse_args()


def sample(room: str, seed: int, most: int | None) -> list[Mutant]:
    """The mutants of a room in the order of this seed, whatever other rooms are asked for."""
    every = [
        mutant
        for path in files(room, ROOT)
        for mutant in mutants(path, (ROOT / path).read_text(encoding="utf-8"))
    ]
    random.Random(f"{seed} {room}").shuffle(every)  # noqa: S311 - the same again is what it is for
    return every[:most]


def _room(workshop: Workshop, chosen: list[Mutant], limits: Limits, room: str) -> Score:
    score = Score(room)
    worth = [one for one in chosen if without_line(one.name) not in EQUIVALENT]
    score.equivalent = len(chosen) - len(worth)
    began = time.monotonic()
    for said in workshop.judged(room, worth, seconds=limits.seconds, each=limits.each):
        if "tests" in said:
            score.failing = said["failing"]
            for test in score.failing:
                print(f"{room}: fails without any change, judges nothing: {test}", flush=True)
        elif said["killed"]:
            score.killed += 1
        else:
            score.survived += 1
            print(f"survived {worth[said['number']].name}", flush=True)
    print(f"{score}, {time.monotonic() - began:.0f} s", flush=True)
    return score


if __name__ == "__main__":
    raise SystemExit(main())
