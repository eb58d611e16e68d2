"""The repository's own files, for tests that keep the agreements of CONTRIBUTING.md."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("pilotwire", "tools", "evcc", "secc", "ecu", "ocpp", "can_adapter", "keym", "csm", "bsw")
"""From the top down: imports point to the right only."""


@cache
def tracked() -> tuple[Path, ...]:
    """What git tracks or would track; without git what lies there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        names = [name for name in listed.stdout.split("\0") if name]
        return tuple(path for name in sorted(set(names)) if (path := ROOT / name).is_file())
    rooms = [ROOT / room for room in (*ROOMS, "tests", "docs", "config", "arxml", "changes")]
    return tuple(path for room in rooms for path in sorted(room.rglob("*")) if path.is_file())


def modules(*rooms: str) -> list[Path]:
    """The Python modules of the rooms named, all of them by default."""
    wanted = rooms or ROOMS
    return [
        path
        for path in tracked()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in wanted
    ]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
