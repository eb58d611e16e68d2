"""The Python environment in ``.venv``: made once, made anew when what it depends on changes."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.setup import pins, pip_wheel
from tools.setup.say import Failed, say

STAMPS = ".stamps"
_INPUTS = ("pyproject.toml", "setup.py", pins.FILE)
_SOURCES = ("*.c", "*.h", "*.pyx")
_ROOMS = ("evcc", "secc", "ecu", "bsw", "csm", "keym", "can_adapter", "ocpp", "tools", "pilotwire")


def provide(root: Path, kind: str) -> Path:
    """The environment's Python, with all that ``kind`` (``run`` or ``test``) needs in it."""
    venv = root / ".venv"
    python = venv / "bin" / "python"
    wanted = _fingerprint(root, venv)
    if _ready(root, kind, wanted) and _works(python, venv):
        return python
    with _alone(root):
        if not _works(python, venv):
            _create(venv, python)
        elif _ready(root, kind, wanted):  # somebody was faster
            return python
        _install(root, python, kind)
        (root / STAMPS / kind).write_text(wanted)
    return python


def _ready(root: Path, kind: str, wanted: str) -> bool:
    """What the tests need holds what a run needs."""
    return _stamped(root, kind, wanted) or _stamped(root, "test", wanted)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Two ``make`` at once wait for each other."""
    (root / STAMPS).mkdir(exist_ok=True)
    with (root / STAMPS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _stamped(root: Path, kind: str, wanted: str) -> bool:
    stamp = root / STAMPS / kind
    return stamp.exists() and stamp.read_text() == wanted


def _fingerprint(root: Path, venv: Path) -> str:
    """Changes when dependencies, compiled sources, the place or the Python change."""
    digest = hashlib.sha256(f"{venv}\n{sys.version}\n".encode())
    digest.update(os.environ.get("PILOTWIRE_PURE", "").encode())
    files = [root / name for name in _INPUTS]
    for room in _ROOMS:
        files += sorted(path for kind in _SOURCES for path in (root / room).rglob(kind))
    for path in files:
        digest.update(f"{path.relative_to(root)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _works(python: Path, venv: Path) -> bool:
    """It starts, has pip, and believes to be where it is (an environment cannot be moved)."""
    if not python.exists():
        return False
    question = "import pip, sys; print(sys.prefix)"
    told = subprocess.run(
        [str(python), "-c", question], capture_output=True, text=True, check=False
    )
    return told.returncode == 0 and Path(told.stdout.strip()).resolve() == venv.resolve()


def _create(venv: Path, python: Path) -> None:
    say("making the Python environment in .venv")
    ways = (
        [sys.executable, "-m", "venv", "--clear", str(venv)],
        [sys.executable, "-m", "virtualenv", "--clear", "-q", str(venv)],
        ["virtualenv", "--clear", "-q", "-p", sys.executable, str(venv)],
    )
    for way in ways:
        if shutil.which(way[0]) is None:
            continue
        made = subprocess.run(way, capture_output=True, text=True, check=False)
        if made.returncode == 0 and _works(python, venv):
            return
        shutil.rmtree(venv, ignore_errors=True)
    _create_without_pip(venv, python)


def _create_without_pip(venv: Path, python: Path) -> None:
    """The last way: an environment made by Debian's bare Python, and pip from the index."""
    say("neither python3-venv nor virtualenv is here; fetching pip from the package index")
    bare = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(venv)]
    made = subprocess.run(bare, capture_output=True, text=True, check=False)
    reason = made.stderr.strip() if made.returncode else pip_wheel.install(python)
    if reason or not _works(python, venv):
        shutil.rmtree(venv, ignore_errors=True)
        raise Failed(
            f"This Python cannot make environments: {reason}\n"
            "Have somebody install it once: sudo apt-get install python3-venv"
        )


def _install(root: Path, python: Path, kind: str) -> None:
    say(f"installing Pilotwire and what it needs ({kind}); the first time takes a minute or two")
    with tempfile.TemporaryDirectory() as scratch:
        pins.install(root, python, kind, Path(scratch))
