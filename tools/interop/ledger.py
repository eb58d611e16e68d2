"""The runs of a matrix on disk, a line each as they come, so that one broken off can go on.

The first line says what they belong to; runs of another version, peer or pace are not counted in.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tools.interop.runs import Run, Side

FILE: Final = "runs.jsonl"

Key = tuple[str, str, str]
"""A case, whose vehicle, whose station."""


class OtherRuns(Exception):
    """What lies there cannot be gone on with; says what to do."""


class Ledger:
    """``runs`` of each cell.  Not ``resume``: what is there already is forgotten."""

    def __init__(self, folder: Path, told: dict[str, Any], *, resume: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / FILE
        self.runs: dict[Key, list[Run]] = {}
        if resume and self.path.exists():
            self._read(told)
        else:
            self._write("w", told)

    def _read(self, told: dict[str, object]) -> None:
        """A line that was not written to its end is as if it were not there."""
        whole = self.path.read_text(encoding="utf-8")
        lines = whole[: whole.rfind("\n") + 1].splitlines()
        try:
            if not lines or json.loads(lines[0]) != told:
                raise OtherRuns(
                    f"{self.path} holds runs of another version, peer or pace; leave out --resume"
                )
            for line in lines[1:]:
                found = json.loads(line)
                case, vehicle, station = found["cell"]
                run = Run(Side(**found["vehicle"]), Side(**found["station"]))
                self.runs.setdefault((case, vehicle, station), []).append(run)
        except (ValueError, TypeError, KeyError) as error:
            raise OtherRuns(f"{self.path} holds no runs: {error!r}; leave out --resume") from None

    def add(self, key: Key, run: Run) -> None:
        self.runs.setdefault(key, []).append(run)
        self._write("a", {"cell": key, **asdict(run)})

    def _write(self, how: str, told: dict[str, object]) -> None:
        with self.path.open(how, encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")
