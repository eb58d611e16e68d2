"""Where the foreign SLAC programs are, fetched once into a cache folder if they are missing.

``pev`` and ``evse`` come from Debian's plc-utils-extra, pyslac from the Python package index into
an environment of its own.  Without a registry in reach the tests that need them skip, and say so.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL

import pytest

CACHE = Path(os.environ.get("PILOTWIRE_CACHE", Path(__file__).parents[2] / ".cache")) / "peers"
PYSLAC = ("pyslac==0.8.3", "marshmallow<4")
FETCH_WITHIN = 120


@contextmanager
def _alone(name: str) -> Iterator[Path]:
    """One process fetches, the others wait for it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield CACHE / name


def _fetch(name: str, *command: str, cwd: Path | None = None) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, cwd=cwd, timeout=FETCH_WITHIN)
    except (subprocess.SubprocessError, OSError) as error:
        said = getattr(error, "stderr", b"") or str(error).encode()
        pytest.skip(f"{name} cannot be fetched: {said.decode(errors='replace')[-300:].strip()}")


def plc_utility(name: str) -> str:
    """The path of ``pev`` or ``evse``."""
    installed = shutil.which(name)
    if installed is not None:
        return installed
    with _alone("plc-utils-extra") as folder:
        program = folder / "usr" / "bin" / name
        if not program.exists():
            folder.mkdir(exist_ok=True)
            _fetch(name, "apt-get", "-qq", "download", "plc-utils-extra", cwd=folder)
            package = next(folder.glob("*.deb"))
            _fetch(name, "dpkg", "-x", str(package), str(folder))
    return str(program)


def pyslac_python() -> str:
    """An interpreter that can import pyslac."""
    with _alone("pyslac") as folder:
        python = folder / "bin" / "python"
        works = (str(python), "-c", "import pyslac.session")
        if not python.exists() or subprocess.run(works, check=False, stderr=DEVNULL).returncode:
            _fetch("pyslac", sys.executable, "-m", "venv", "--clear", str(folder))
            _fetch("pyslac", str(python), "-m", "pip", "install", "-q", *PYSLAC)
    return str(python)
