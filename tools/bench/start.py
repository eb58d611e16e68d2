"""Measures how fast an ECU starts and how much memory it takes.

From before the process is made to the first thing its scheduler runs, by the machine's one
monotonic clock; memory as the kernel counts it at that moment.  Modules are compiled before, as
an installation has them; an interpreter that may not keep compiled modules starts slower.
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

from tools.bench.figures import percentile
from tools.run import bench

RUNS = 9


@dataclass(frozen=True, slots=True)
class Start:
    """Milliseconds to the first tick, of these on a processor, and MiB resident then."""

    to_tick: float
    busy: float
    memory: float


def once(role: str, words: list[str], environment: Mapping[str, str]) -> Start:
    before = time.monotonic_ns()
    process = subprocess.Popen(
        [sys.executable, "-m", f"{role}.cli", "run", *words],
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    assert process.stderr is not None
    said = ""
    with process.stderr as lines:
        for text in lines:
            said += text
            if '"event":"running"' in text:
                status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
                used = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
                process.terminate()
                break
        else:
            raise RuntimeError(f"{role} ended before it ran:\n{said}")
        lines.read()
    process.wait()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    busy = (int(used[11]) + int(used[12])) * 1000 / os.sysconf("SC_CLK_TCK")
    return Start((json.loads(text)["time"] - before) / 1e6, busy, int(found[1]) / 1024)


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
    with TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
        environment["XDG_STATE_HOME"] = str(folder / "state")
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for title, role, words in _cases(folder):
            once(role, words, environment)  # compiles
            runs = [once(role, words, environment) for _ in range(RUNS)]
            to_tick = [run.to_tick for run in runs]
            print(
                f"{title}: first tick after {percentile(to_tick, 0.5):.0f} ms (median of {RUNS}, "
                f"best {min(to_tick):.0f}, worst {max(to_tick):.0f}; on a processor "
                f"{percentile([run.busy for run in runs], 0.5):.0f}), "
                f"{percentile([run.memory for run in runs], 0.5):.1f} MiB resident",
                flush=True,
            )
