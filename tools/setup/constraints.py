"""Renews ``constraints.txt``: the exact versions everything is tested with.

``python3 tools/setup/constraints.py PYTHON...`` installs the test extra afresh with each of the
Pythons named, asks what came in, and writes one line per distribution and version, with a marker
where the Pythons differ.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = {"pilotwire", "pip"}
HEAD = """\
# Exact versions of everything `make test` uses, for each Python we support.
# Renew: python3 tools/setup/constraints.py python3.10 python3.11 python3.12 python3.13
"""


def versions_with(python: str) -> tuple[str, dict[str, str]]:
    """The Python's version, and name and version of each distribution the test extra brings."""
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder) / "venv"
        subprocess.run([python, "-m", "venv", str(venv)], check=True)
        inner = str(venv / "bin" / "python")
        pip = [inner, "-m", "pip", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "-U", "pip", "setuptools"], check=True)
        subprocess.run([*pip, "install", f"{ROOT}[test]"], check=True)
        frozen = _output([*pip, "freeze", "--all"])
        version = _output([inner, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    pairs = [line.split("==") for line in frozen.splitlines() if "==" in line]
    return version.strip(), {name: number for name, number in pairs if name.lower() not in OURS}


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def merged(found: dict[str, dict[str, str]]) -> list[str]:
    """Lines for all Pythons together; a marker only where they differ."""
    lines = []
    for name in sorted({name for each in found.values() for name in each}, key=str.lower):
        by_version: dict[str, list[str]] = {}
        for python, each in found.items():
            if name in each:
                by_version.setdefault(each[name], []).append(python)
        everywhere = len(by_version) == 1 and len(next(iter(by_version.values()))) == len(found)
        for version, pythons in by_version.items():
            lines.append(f"{name}=={version}" + ("" if everywhere else _marker(pythons, found)))
    return lines


def _marker(pythons: list[str], found: dict[str, dict[str, str]]) -> str:
    """The newest Python's version holds for those to come as well."""
    all_pythons = list(found)
    if pythons == all_pythons[-len(pythons) :]:
        return f' ; python_version >= "{pythons[0]}"'
    return " ; " + " or ".join(f'python_version == "{python}"' for python in pythons)


def main(pythons: list[str]) -> None:
    found = dict(versions_with(python) for python in pythons)
    in_order = {version: found[version] for version in sorted(found, key=_key)}
    (ROOT / "constraints.txt").write_text(HEAD + "\n".join(merged(in_order)) + "\n")


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


if __name__ == "__main__":
    main(sys.argv[1:] or [sys.executable])
