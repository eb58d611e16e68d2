"""The run section of constraints.txt alone is enough for the installed commands.

Tests have more in their environment than ``make run`` installs.  Here Python finds nothing but the
distributions of that section, its own library and this tree.
"""

import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path, PurePath

from tests.tidy.test_dependencies import pinned
from tests.tidy.tree import ROOT

WALK = """
import sys
from importlib import import_module
sys.path += sys.argv[1:]
import_module("tools.cli").parser()
import_module("pilotwire").Bench()  # wires both ECUs, with what is imported by a composed name
"""


def installed(into: Path, names: set[str]) -> None:
    """Links to what these distributions, and no others, have brought."""
    for name in names:
        try:
            files = distribution(name).files
        except ModuleNotFoundError:
            continue  # for another Python
        for top in {file.parts[0] for file in files or () if file.parts[0] != ".."}:
            if top != "__pycache__" and not (into / top).exists():
                (into / top).symlink_to(PurePath(str(distribution(name).locate_file(top))))


def test_both_ecus_are_wired_with_that_section_alone(tmp_path: Path) -> None:
    found = tmp_path / "found"
    found.mkdir()
    installed(found, pinned())
    command = [sys.executable, "-I", "-S", "-c", WALK, str(ROOT), str(found)]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
