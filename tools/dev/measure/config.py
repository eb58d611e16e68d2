"""Measures what it costs to load a configuration: defaults, YAML, ARXML, both.

In this process, modules loaded: what is left is reading, merging and judging the files.  The
first load of a kind brings its reader with it, which an ECU pays once; it is shown on its own,
measured in a process of its own.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bsw.ecuc.load import load
from evcc.cli import main as evcc
from evcc.config import EvccConfig
from tools.dev.measure.figures import line

RUNS = 15
FIRST = """
import sys, time
from pathlib import Path
from bsw.ecuc.load import load
from evcc.config import EvccConfig
began = time.perf_counter_ns()
load(EvccConfig, tuple(map(Path, sys.argv[1:])))
print(time.perf_counter_ns() - began)
"""


def main() -> None:
    with TemporaryDirectory() as scratch:
        for title, files in cases(Path(scratch)):
            size = sum(path.stat().st_size for path in files) / 1024
            print(f"{title}: {size:.0f} KiB")
            print(told("first, in a new process", [first(files) for _ in range(5)]))
            again = [timed(lambda files=files: load(EvccConfig, files)) for _ in range(RUNS)]  # type: ignore[misc]
            print(told("again", again), flush=True)


def cases(folder: Path) -> list[tuple[str, tuple[Path, ...]]]:
    """The same configuration in each form, every value written out."""
    yaml, arxml = folder / "evcc.yaml", folder / "evcc.arxml"
    part = folder / "part.yaml"
    evcc(["config", "export", "--yaml", "-o", str(yaml)])
    evcc(["config", "export", "--arxml", "-o", str(arxml)])
    part.write_text("session: {tries: 3}\nnvm: {file: null}\n")
    return [
        ("defaults", ()),
        ("a short YAML file", (part,)),
        ("every value in YAML", (yaml,)),
        ("every value in ARXML", (arxml,)),
        ("ARXML and a YAML file over it", (arxml, part)),
    ]


def told(what: str, values: list[float]) -> str:
    return f"  best {min(values):7.1f}  " + line(what, values, "ms")


def first(files: tuple[Path, ...]) -> float:
    words = [sys.executable, "-c", FIRST, *map(str, files)]
    ended = subprocess.run(words, capture_output=True, text=True, check=True)
    return int(ended.stdout) / 1e6


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter_ns()
    act()
    return (time.perf_counter_ns() - began) / 1e6
