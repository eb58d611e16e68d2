"""``make mutants``: random small changes to a room, each judged by the room's own tests.

In a copy of the tree, never in the tree itself.  A test that fails, or hangs for much longer than
without the change, has killed the mutant; what survives is told, for whoever writes the next test.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bsw.program.parser import did_you_mean
from tools.dev.mutants.mutate import Mutant, mutants
from tools.dev.mutants.rooms import EQUIVALENT, ROOMS, files, without_line

ROOT = Path(__file__).resolve().parents[3]
GOAL = 0.85


@dataclass(slots=True)
class Score:
    room: str
    killed: int = 0
    survived: int = 0
    equivalent: int = 0

    @property
    def share(self) -> float:
        judged = self.killed + self.survived
        return self.killed / judged if judged else 1.0

    def __str__(self) -> str:
        told = f"{self.room:10} {self.killed} of {self.killed + self.survived} killed"
        return f"{told}, {self.share:.0%}" + (
            f", {self.equivalent} equivalent" if self.equivalent else ""
        )


class Workshop:
    """A copy of the tree in which modules are changed and put back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
        )
        names = [name for name in listed.stdout.decode().split("\0") if name]
        names += [path.relative_to(ROOT).as_posix() for path in (ROOT / "bsw").rglob("*.so")]
        for name in names:
            if (ROOT / name).is_file():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, target)

    def passes(self, tests: tuple[str, ...], within: float | None = None) -> bool:
        command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-m", "not long"]
        words = ["-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=1", *tests]
        try:
            ran = subprocess.run(
                [*command, *words],
                cwd=self.folder,
                capture_output=True,
                timeout=within,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
        return ran.returncode == 0

    def survives(self, mutant: Mutant, tests: tuple[str, ...], within: float) -> bool:
        path = self.folder / mutant.path
        good = path.read_bytes()
        path.write_bytes(mutant.applied(good))
        try:
            return self.passes(tests, within)
        finally:
            path.write_bytes(good)


def main() -> int:
    arguments = _arguments()
    for room in arguments.room or ():
        if room not in ROOMS:
            print(f"make mutants: no room {room!r}{did_you_mean(room, ROOMS)}", file=sys.stderr)
            return 2
    chance = random.Random(arguments.seed)  # noqa: S311 - the same again is what it is for
    ends = time.monotonic() + arguments.seconds
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        workshop = Workshop(Path(folder))
        rooms = arguments.room or tuple(ROOMS)
        share = arguments.seconds / len(rooms)
        scores = [
            _room(workshop, room, chance, min(ends, time.monotonic() + share)) for room in rooms
        ]
    for score in scores:
        print(score)
    return 0 if all(score.share >= GOAL for score in scores) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--room", action="append", metavar="ROOM", help=", ".join(ROOMS))
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which mutants (1)")
    parser.add_argument(
        "--seconds", type=float, default=600.0, metavar="N", help="for all rooms together (600)"
    )
    return parser.parse_args()


def _room(workshop: Workshop, room: str, chance: random.Random, ends: float) -> Score:
    score, tests = Score(room), ROOMS[room][1]
    every = [
        mutant
        for path in files(room, ROOT)
        for mutant in mutants(path, (ROOT / path).read_text(encoding="utf-8"))
    ]
    chance.shuffle(every)
    began = time.monotonic()
    if not workshop.passes(tests):
        print(f"{room}: its tests fail without any change", flush=True)
        score.survived += 1
        return score
    within = 5 * (time.monotonic() - began) + 20
    for mutant in every:
        if time.monotonic() >= ends:
            break
        if without_line(mutant.name) in EQUIVALENT:
            score.equivalent += 1
        elif workshop.survives(mutant, tests, within):
            score.survived += 1
            print(f"survived {mutant.name}", flush=True)
        else:
            score.killed += 1
    return score


if __name__ == "__main__":
    raise SystemExit(main())
