"""What ``make wheel`` makes in ``dist/``: our wheel, those it needs, and a list with their hashes.

The list pins every file, so that an installation from it is the one that was tested, and needs no
network:

    pip install --no-index -f dist/wheels --require-hashes -r dist/requirements.txt
"""

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from tools.setup import pins
from tools.setup.say import Failed, say

ROOT = Path(__file__).resolve().parents[2]
OURS = "pilotwire"


def build(root: Path, out: Path) -> Path:
    """Build everything into ``out``; gives the list."""
    wheels = out / "wheels"
    for stale in (wheels, root / "build"):  # a module that is gone must not come back from there
        shutil.rmtree(stale, ignore_errors=True)
    wheels.mkdir(parents=True)
    shutil.copy(root / pins.FILE, out / pins.FILE)
    there = ("--wheel-dir", str(wheels))
    with tempfile.TemporaryDirectory() as scratch:
        lines = pins.section(root / pins.FILE, pins.RUN)
        pins.hashed(Path(sys.executable), lines, Path(scratch) / "run", "wheel", *there)
    pins.pip(Path(sys.executable), "wheel", "--no-deps", "--no-build-isolation", *there, str(root))
    path = out / "requirements.txt"
    path.write_text("\n".join([*locked(wheels), ""]), encoding="utf-8")
    return path


def locked(wheels: Path) -> list[str]:
    """A line per wheel, ours last: name, version and hash."""
    lines = {}
    for wheel in wheels.glob("*.whl"):
        name, version = wheel.name.split("-")[:2]
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        lines[name.replace("_", "-").lower()] = f"=={version} --hash=sha256:{digest}"
    if OURS not in lines:
        raise Failed(f"{wheels} has no wheel of {OURS}")
    return [f"{name}{lines[name]}" for name in sorted(lines, key=lambda n: (n == OURS, n))]


def main() -> int:
    try:
        path = build(ROOT, ROOT / "dist")
    except Failed as failure:
        say(str(failure))
        return 1
    count = len(path.read_text(encoding="utf-8").splitlines())
    say(f"{path.relative_to(ROOT)}: {count} wheels with their hashes, in dist/wheels")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
