"""Renews ``constraints.txt``: the exact files everything is tested with.

``python3 tools/setup/constraints.py PYTHON...`` installs afresh with each of the Pythons named what
builds, runs and tests us, asks what came in, and writes one line per distribution and version, with
a marker where the Pythons differ.  uv adds the hashes of all files the index has of each.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tools.setup import pins  # noqa: E402 - after the place is known

OURS = {"pilotwire", "pip"}
BACK_END = "setuptools"
FOREIGN_BACK_ENDS = ("scikit-build-core", "setuptools-scm", "cmake", "ninja")
"""What builds those that have no wheel for each processor: autosar-e2e has them for x86_64 only."""
WITHOUT_WHEELS = 'platform_machine != "x86_64"'
HEAD = """\
# Exact versions of what `make` uses, for each Python we support, with the SHA-256 of each file.
# Renew: python3 tools/setup/constraints.py python3.10 python3.11 python3.12 python3.13
"""
Versions = dict[str, str]


@dataclass
class Found:
    """Per Python: name and version of each distribution, by the section it belongs to."""

    build: dict[str, Versions] = field(default_factory=dict)
    elsewhere: dict[str, Versions] = field(default_factory=dict)
    run: dict[str, Versions] = field(default_factory=dict)
    test: dict[str, Versions] = field(default_factory=dict)


class Venv:
    """An environment to throw away."""

    def __init__(self, folder: Path, python: str) -> None:
        subprocess.run([python, "-m", "venv", str(folder)], check=True)
        self.python = str(folder / "bin" / "python")
        self.install("-U", "pip")

    def install(self, *what: str) -> None:
        words = ("-q", "--disable-pip-version-check", "install", *what)
        subprocess.run([self.python, "-m", "pip", *words], check=True)

    def holds(self) -> Versions:
        frozen = _output([self.python, "-m", "pip", "freeze", "--all"])
        pairs = [line.split("==") for line in frozen.splitlines() if "==" in line]
        return {name: number for name, number in pairs if name.lower() not in OURS}

    def version(self) -> str:
        code = "import sys; print('%d.%d' % sys.version_info[:2])"
        return _output([self.python, "-c", code]).strip()


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def docs(uv: str, oldest: str) -> str:
    """What builds the site; it needs nothing of ours."""
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "docs.in"
        asked.write_text("zensical\n")
        words = ("pip", "compile", "-q", "--universal", "--generate-hashes")
        plain = ("--no-header", "--no-annotate", "--python-version", oldest)
        return _output([uv, "-m", "uv", *words, *plain, str(asked)]).strip()


def look(python: str, found: Found) -> None:
    """The versions are those of the fullest environment; the sections say what each adds."""
    with tempfile.TemporaryDirectory() as folder:
        venv = Venv(Path(folder) / "venv", python)
        venv.install("-U", BACK_END)
        bare = set(venv.holds())
        venv.install(str(ROOT))
        run = set(venv.holds())
        venv.install(f"{ROOT}[test]")
        test = venv.holds()
        builder = Venv(Path(folder) / "builder", python)
        pinned = [f"{name}=={number}" for name, number in test.items()]
        (Path(folder) / "test.txt").write_text("\n".join(pinned))
        builder.install("-c", str(Path(folder) / "test.txt"), BACK_END, *FOREIGN_BACK_ENDS)
        build = builder.holds()
        version = venv.version()
    found.build[version] = {BACK_END: build.pop(BACK_END)}
    found.elsewhere[version] = build
    found.run[version] = {name: test[name] for name in sorted(run - bare)}
    found.test[version] = {name: number for name, number in test.items() if name not in run}


def merged(found: dict[str, Versions], also: str = "") -> list[str]:
    """Lines for all Pythons together; a marker only where they differ, and ``also``."""
    lines = []
    for name in sorted({name for each in found.values() for name in each}, key=str.lower):
        by_version: dict[str, list[str]] = {}
        for python, each in found.items():
            if name in each:
                by_version.setdefault(each[name], []).append(python)
        everywhere = len(by_version) == 1 and len(next(iter(by_version.values()))) == len(found)
        for version, pythons in by_version.items():
            markers = [] if everywhere else [_marker(pythons, found)]
            markers += [also] if also else []
            lines.append(" ; ".join([f"{name}=={version}", *_all_of(markers)]))
    return lines


def _all_of(markers: list[str]) -> list[str]:
    if len(markers) > 1:
        return [" and ".join(f"({marker})" for marker in markers)]
    return markers


def _marker(pythons: list[str], found: dict[str, Versions]) -> str:
    """The newest Python's version holds for those to come as well."""
    all_pythons = list(found)
    if pythons == all_pythons[-len(pythons) :]:
        return f'python_version >= "{pythons[0]}"'
    return " or ".join(f'python_version == "{python}"' for python in pythons)


def hashed(lines: list[str], uv: str, oldest: str) -> str:
    """The same lines with the hashes of all files of each."""
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "listed.in"
        listed.write_text("\n".join(lines))
        words = ("pip", "compile", "-q", "--no-deps", "--universal", "--generate-hashes")
        plain = ("--no-header", "--no-annotate", "--python-version", oldest)
        return _output([uv, "-m", "uv", *words, *plain, str(listed)]).strip()


def main(pythons: list[str]) -> None:
    seen = Found()
    for python in pythons:
        look(python, seen)
    in_order = sorted(seen.run, key=_key)
    with tempfile.TemporaryDirectory() as folder:
        venv = Venv(Path(folder) / "uv", sys.executable)
        venv.install("uv")

        def text(found: dict[str, Versions], also: str = "") -> str:
            by_python = {python: found[python] for python in in_order}
            return hashed(merged(by_python, also), venv.python, in_order[0])

        parts = [
            *(pins.heading(pins.BUILD), text(seen.build), text(seen.elsewhere, WITHOUT_WHEELS)),
            *(pins.heading(pins.RUN), text(seen.run)),
            *(pins.heading(pins.TEST), text(seen.test)),
            *(pins.heading(pins.DOCS), docs(venv.python, in_order[0])),
        ]
    (ROOT / pins.FILE).write_text(HEAD + "\n".join(parts) + "\n")


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


if __name__ == "__main__":
    main(sys.argv[1:] or [sys.executable])
