"""What ``make`` calls: set up what is missing, then run, test, check or measure.

Needs nothing but the standard library, for it is the first thing that runs on a fresh machine;
whatever is set up stands in ``.venv`` and is made once.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OLDEST = (3, 10)

if sys.version_info < OLDEST:
    sys.exit(
        "Pilotwire needs Python {}.{} or newer; this is {}.{} at {}.\n"
        "Name another one: make PYTHON=/path/to/python3 run".format(
            *OLDEST, *sys.version_info[:2], sys.executable
        )
    )
sys.path.insert(0, str(ROOT))

from tools.setup import debian, environment, steps  # noqa: E402 - after the version is sure
from tools.setup.say import Failed, say  # noqa: E402

LEFT_BEHIND = (
    *(".venv", ".stamps", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
    *(".coverage", "build", "dist", "htmlcov", "run"),
)


def run(python: Path, words: list[str]) -> int:
    """Replace this process by the main job, so that Ctrl-C reaches it alone."""
    command = [str(python), "-m", "tools.cli", "bench", "run", *words]
    os.execv(command[0], command)  # noqa: S606 - our own environment's Python


def clean() -> int:
    """Remove what was made here, the environment included."""
    made = [ROOT / name for name in LEFT_BEHIND] + list(ROOT.glob("*.egg-info"))
    made += [path for pattern in ("*/**/*.so", "**/__pycache__") for path in _ours(pattern)]
    for path in made:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.exists():
            path.unlink()
    say("clean")
    return 0


def _ours(pattern: str) -> list[Path]:
    return [path for path in ROOT.glob(pattern) if ".venv" not in path.parts]


def reach(goal: str, words: list[str]) -> int:
    if goal == "clean":
        return clean()
    kind = "run" if goal == "run" else "test"
    debian.provide(ROOT / "packages.txt", kind)
    python = environment.provide(ROOT, kind)
    if goal == "setup":
        return 0
    return run(python, words) if goal == "run" else steps.play(goal, python, words)


def main(words: list[str]) -> int:
    os.chdir(ROOT)
    try:
        return reach(words[0] if words else "run", words[1:])
    except PermissionError as error:
        print(f"pilotwire: {error.filename} belongs to somebody else", file=sys.stderr)
    except Failed as failure:
        print(f"\n{failure}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
