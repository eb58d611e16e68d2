"""A copy of the tree in which modules are changed and put back, and the judge that works there."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tools.dev.mutants.mutate import Mutant
from tools.dev.mutants.rooms import ROOMS, files

ROOT = Path(__file__).resolve().parents[3]


class Workshop:
    """The copy, ``folder/tree``, with a place for temporary files beside it."""

    def __init__(self, folder: Path) -> None:
        self.tree, self._temporary = folder / "tree", folder / "tmp"
        self._temporary.mkdir()
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        names = [name for name in listed.stdout.decode().split("\0") if name]
        names += [path.relative_to(ROOT).as_posix() for path in (ROOT / "bsw").rglob("*.so")]
        for name in names:
            if (ROOT / name).is_file():
                target = self.tree / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, target)

    def judged(
        self,
        room: str,
        mutants: Sequence[Mutant],
        *,
        seconds: float,
        each: float,
    ) -> Iterator[dict[str, Any]]:
        """First what the unchanged tests say, then a verdict for each mutant, as they come."""
        job = {
            "tests": ROOMS[room].tests,
            "paths": files(room, ROOT),
            "kept": str(ROOT / "build" / "mutants" / room),
            "mutants": [asdict(one) for one in mutants],
            "seconds": seconds,
            "each": each,
        }
        with self._judge() as judge:
            assert judge.stdin is not None
            assert judge.stdout is not None
            judge.stdin.write(json.dumps(job))
            judge.stdin.close()
            for line in judge.stdout:
                yield json.loads(line)

    @contextmanager
    def _judge(self) -> Iterator["subprocess.Popen[str]"]:
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.tree),
            "TMPDIR": str(self._temporary),
            "TZ": os.environ.get("TZ", "UTC"),
        }
        with subprocess.Popen(
            [sys.executable, "-m", "tools.dev.mutants.judge"],
            cwd=self.tree,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as judge:
            try:
                yield judge
            finally:
                judge.terminate()
