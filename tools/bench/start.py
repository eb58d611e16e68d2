"""Measures how fast an ECU starts and how much memory it takes.

From before the process is made to the first thing its scheduler runs, and to the moment all rooms
are wired, by the machine's one monotonic clock; memory as the kernel counts it then.  Modules
are compiled before, as an installation has them; an interpreter that may not keep compiled
modules starts slower.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tools.bench.figures import percentile
from tools.run import bench

RUNS = 9


@dataclass(frozen=True, slots=True)
class Moment:
    """Milliseconds since before the process was made, and MiB resident then."""

    after: float
    memory: float


MOMENTS = {"running": "first tick", "ready": "ready"}
"""The events that mark them: the loop turns; all rooms are wired."""


def once(role: str, words: list[str], environment: Mapping[str, str]) -> dict[str, Moment]:
    before = time.monotonic_ns()
    process = subprocess.Popen(
        [sys.executable, "-m", f"{role}.cli", "run", *words],
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    assert process.stderr is not None
    moments: dict[str, Moment] = {}
    said = ""
    with process.stderr as lines:
        for text in lines:
            said += text
            event, at = _event(text)
            if event in MOMENTS:
                moments[event] = Moment((at - before) / 1e6, _resident(process.pid))
            if event == "ready":
                process.terminate()
        process.wait()
    if len(moments) < len(MOMENTS):
        raise RuntimeError(f"{role} ended before it was ready:\n{said}")
    return moments


def _event(line: str) -> tuple[str, int]:
    record: dict[str, Any] = {"event": "", "time": 0}
    if line.startswith("{"):
        record = json.loads(line)
    return str(record["event"]), int(record["time"])


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def _cases(folder: Path) -> Iterator[tuple[str, str, list[str]]]:
    """What is started: as shipped, and with TLS, which needs the stores of a test PKI."""
    common = ["--set", "log.form=json", "--set", "trace.file=null"]
    bench.keys(folder)
    written = bench.write(folder)
    for role in ("evcc", "secc"):
        yield f"{role}, as shipped", role, common
        yield f"{role}, with TLS", role, ["-c", str(written[role]), *common]


def main() -> None:
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
        environment["XDG_STATE_HOME"] = str(folder / "state")
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for title, role, words in _cases(folder):
            once(role, words, environment)  # compiles
            runs = [once(role, words, environment) for _ in range(RUNS)]
            for event, name in MOMENTS.items():
                after = [run[event].after for run in runs]
                memory = percentile([run[event].memory for run in runs], 0.5)
                print(
                    f"{title:16} {name:10} after {percentile(after, 0.5):5.0f} ms (median of "
                    f"{RUNS}, best {min(after):.0f}, worst {max(after):.0f}), {memory:.1f} MiB",
                    flush=True,
                )
