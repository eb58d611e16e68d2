"""The foreign packages, each in an environment of its own that one command builds.

Nothing of them is installed with the product.  ``PEER_HOME`` names the folder they are in.
"""

import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOME: Final = Path(os.environ.get("PEER_HOME", ".cache/peers")).absolute()


class PeerMissing(Exception):
    """A foreign package, or what it runs on, is not here; the text says what to do."""


@dataclass(frozen=True)
class Environment:
    """One virtual environment: what it holds, and the programs it needs beside it."""

    name: str
    requirements: tuple[str, ...]
    programs: tuple[str, ...] = ()

    @property
    def python(self) -> Path:
        return HOME / self.name / "bin" / "python"

    def missing(self) -> str:
        """Empty where it can be used."""
        if not self.python.exists():
            return f"no {self.name} package at {self.python}; build it with: v2g interop setup"
        for program in self.programs:
            if shutil.which(program) is None:
                return f"{self.name} needs {program}, which is not here; docs/peers.md says more"
        return ""

    def use(self) -> str:
        """The interpreter that has it, or ``PeerMissing``."""
        text = self.missing()
        if text:
            raise PeerMissing(text)
        return str(self.python)

    def build(self) -> None:
        """Once; raises ``CalledProcessError`` where the index does not give it."""
        if not self.missing():
            return
        if not self.python.exists():
            venv.create(HOME / self.name, with_pip=True)
        subprocess.run(
            (str(self.python), "-m", "pip", "install", "--quiet", *self.requirements),
            check=True,
            stdout=sys.stderr,
        )

    def version(self) -> str:
        """What is installed, which need not be what is asked for here."""
        asked = f"import importlib.metadata as m; print(m.version({self.name!r}))"
        said = subprocess.run(
            (str(self.python), "-c", asked), capture_output=True, text=True, check=False
        )
        return said.stdout.strip() or "unknown"


ISO15118: Final = Environment("iso15118", ("iso15118==0.31.2", "aiofile"), ("java", "ip"))
OCPP: Final = Environment("ocpp", ("ocpp==2.1.0", "websockets"))
PYSLAC: Final = Environment("pyslac", ("pyslac==0.8.3", "marshmallow<4"))


@dataclass(frozen=True)
class DebianPrograms:
    """Programs of a Debian package: those that are installed, or unpacked beside the others."""

    name: str
    programs: tuple[str, ...]

    def _place(self, program: str) -> str:
        unpacked = HOME / self.name / "usr" / "bin" / program
        return shutil.which(program) or (str(unpacked) if unpacked.exists() else "")

    def missing(self) -> str:
        absent = [program for program in self.programs if not self._place(program)]
        return f"no {absent[0]}; build it with: v2g interop setup" if absent else ""

    def use(self, program: str) -> str:
        if text := self.missing():
            raise PeerMissing(text)
        return self._place(program)

    def build(self) -> None:
        if not self.missing():
            return
        folder = HOME / self.name
        folder.mkdir(parents=True, exist_ok=True)
        fetch = ("apt-get", "-qq", "download", self.name)
        subprocess.run(fetch, check=True, cwd=folder, stdout=sys.stderr)
        for package in folder.glob("*.deb"):
            subprocess.run(("dpkg", "-x", str(package), str(folder)), check=True)

    def version(self) -> str:
        asked = ("dpkg-query", "-W", "-f", "${Version}", self.name)
        said = subprocess.run(asked, capture_output=True, text=True, check=False)
        return said.stdout.strip() or "unpacked"


PLC_UTILS: Final = DebianPrograms("plc-utils-extra", ("pev", "evse"))
ALL: Final = (ISO15118, OCPP, PYSLAC, PLC_UTILS)
