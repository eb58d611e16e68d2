"""What ``constraints.txt`` pins, and that pip installs this and nothing else.

The file has a section for each use: what builds, what ``make run`` needs, what tests need besides.
Each line names a version and the SHA-256 of every file the index has of it, so that it holds for
every Python and processor; what has another hash is not installed.
"""

import os
import re
import subprocess
from pathlib import Path

from tools.setup.say import Failed

FILE = "constraints.txt"
BUILD, RUN, TEST, DOCS = "build", "run", "test", "docs"
SECTIONS = {
    BUILD: "what builds Pilotwire and, where there is no wheel, what it needs",
    RUN: "what `make run` needs",
    TEST: "what `make test` needs besides",
    DOCS: "what `make docs` needs, in an environment of its own",
}
_MARK = "# == "
_ALTERED = "DO NOT MATCH THE HASHES"


def section(path: Path, name: str) -> str:
    """The lines of one section, a requirements file of its own."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(_MARK):
            lines = sections.setdefault(line.removeprefix(_MARK).partition(":")[0], [])
        lines.append(line)
    if name not in sections:
        raise Failed(f"{path} has no section {name}. Take the file from the repository again.")
    return "\n".join([*sections[name], ""])


def heading(name: str) -> str:
    return f"{_MARK}{name}: {SECTIONS[name]}"


def install(root: Path, python: Path, kind: str, scratch: Path) -> None:
    """All of ``kind`` by its hashes, and then Pilotwire itself from the tree."""
    needed = [RUN] if kind == RUN else [RUN, TEST]
    for step, names in (("build", [BUILD]), (kind, needed)):  # sdists want their back ends first
        hashed(python, "\n".join(section(root / FILE, name) for name in names), scratch / step)
    pip(python, "install", "--no-deps", "--no-build-isolation", "-e", str(root))


def hashed(python: Path, lines: str, scratch: Path, verb: str = "install", *words: str) -> None:
    """Run pip with exactly these lines."""
    listed = scratch.with_suffix(".txt")
    listed.write_text(lines, encoding="utf-8")
    exact = ("--require-hashes", "--no-deps", "--no-build-isolation")
    pip(python, verb, *exact, *words, "-r", str(listed))


def pip(python: Path, *words: str) -> None:
    """What pip itself says comes first, then what they mean."""
    command = [str(python), "-m", "pip", "-qq", "--no-input", "--disable-pip-version-check"]
    ended = subprocess.run(
        [*command, *words], env=_environment(), stderr=subprocess.PIPE, text=True, check=False
    )
    if ended.returncode:
        raise Failed(f"{ended.stderr.strip()}\n\n{meaning(ended.stderr)}")


def _environment() -> dict[str, str]:
    """A constraint of the caller's cannot be met together with hashes."""
    return {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}


def meaning(said: str) -> str:
    """What went wrong and what to do."""
    if _ALTERED in said:
        altered = re.findall(r"^ +(\S+).* from .*:$", said.partition(_ALTERED)[2], re.MULTILINE)
        return (
            f"What the package index gave for {', '.join(altered) or 'a package'} is not the file "
            f"{FILE} names: its SHA-256 differs, so it was not installed.\n"
            "Do not work around it: try again, ask whoever runs your index or proxy, or take "
            f"{FILE} from the repository again."
        )
    return (
        "pip could not install what Pilotwire needs; its reason stands above.\n"
        "Is there a network? Behind a proxy set https_proxy, with an index of your own "
        "PIP_INDEX_URL."
    )
