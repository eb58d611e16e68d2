"""``make docs``: the documentation as a site, with every link looked at.

The builder stands in an environment of its own, made once, with exactly the files that
``constraints.txt`` names: it is needed by nothing else.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tools.setup import pins
from tools.setup.say import Failed, say

ROOT: Final = Path(__file__).parents[2]
HOME: Final = ROOT / "build" / "docs"
SITE: Final = ROOT / "build" / "site"


def builder() -> Path:
    """The builder's command; its environment is made if it is not there or of another day."""
    lines = pins.section(ROOT / pins.FILE, pins.DOCS)
    wanted = hashlib.sha256(f"{sys.version}{HOME}{lines}".encode()).hexdigest()
    stamp = HOME / "stamp"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        say("making the environment that builds the site")
        shutil.rmtree(HOME, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
        with tempfile.TemporaryDirectory() as scratch:
            pins.hashed(HOME / "bin" / "python", lines, Path(scratch) / "docs")
        stamp.write_text(wanted, encoding="utf-8")
    return HOME / "bin" / "zensical"


def main(words: list[str]) -> int:
    """With ``--if-possible`` a host that cannot have the builder is no failure."""
    try:
        command = builder()
    except (Failed, subprocess.CalledProcessError, OSError) as error:
        skipped = "--if-possible" in words
        print(f"docs{': skipped' * skipped}: {error}", file=sys.stderr)
        return 0 if skipped else 1
    ended = subprocess.run(
        [command, "build", "--strict", "-f", str(ROOT / "mkdocs.yml")],
        cwd=ROOT,
        check=False,
    )
    if ended.returncode == 0:
        print(f"{(SITE / 'index.html').relative_to(ROOT)}: open it in a browser")
    return 1 if ended.returncode else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
