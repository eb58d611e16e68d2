"""Programs of Debian that a development command needs: that they are there and do well."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path


class Missing(RuntimeError):
    """The machine lacks something, or a program of it failed; the text says what to do."""


def need(tools: Mapping[str, str]) -> None:
    """``tools``: the package of each."""
    absent = {tool: package for tool, package in tools.items() if shutil.which(tool) is None}
    if absent:
        raise Missing(f"no {', '.join(absent)}: apt-get install {' '.join(absent.values())}")


def do(*command: str) -> str:
    """What it said on its standard output."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip()[-2000:]
        raise Missing(f"{Path(command[0]).name} failed:\n{said}")
    return ended.stdout
