"""Measures how fast an ECU starts and how much memory it takes.

From before the process is made to the first thing its scheduler runs, and to the moment all rooms
have started and CAN is sent, by the machine's one monotonic clock.  How much of it the process
itself took of a processor is what remains on a machine that does nothing else.  Memory is what the
kernel counts as resident then.  Modules are compiled before, as an installation has them; an
interpreter that may not keep compiled modules starts slower.
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

from bsw.program.shipped import shipped
from tools.bench.run import bench
from tools.dev.measure.figures import percentile

RUNS = 9


@dataclass(frozen=True, slots=True)
class Moment:
    """Milliseconds since before the process was made, those on a processor, MiB resident."""

    after: float
    busy: float
    memory: float


MOMENTS = {"running": "first tick", "ready": "ready", "prepared": "prepared"}
"""Events that mark them: the loop turns; all rooms have started; all messages were tried."""


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
                after = (at - before) / 1e6
                moments[event] = Moment(after, _busy(process.pid), _resident(process.pid))
            if event == "prepared":
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


def _busy(pid: int) -> float:
    """What the first thread spent on a processor; the others hardly run while it starts."""
    spent, *_ = Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()
    return int(spent) / 1e6


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def _cases(folder: Path) -> Iterator[tuple[str, str, list[str]]]:
    """What is started: as shipped, with and without a bus, and with TLS and its key stores."""
    common = ["--set", "log.form=json", "--set", "trace.file=null"]
    alone = ["--set", "hardware.driver=none"]
    bench.keys(folder)
    written = bench.write(folder)
    yield "evcc as shipped", "evcc", common
    yield "evcc from a file", "evcc", ["-c", str(shipped("config", "evcc.yaml")), *common]
    yield "evcc without a bus", "evcc", [*common, "--set", "can.bus.interface=none"]
    yield "evcc with TLS", "evcc", ["-c", str(written["evcc"]), *common, *alone]
    yield "secc as shipped", "secc", common
    yield "secc with a power bus", "secc", [*common, "--set", "hardware.power=can"]
    yield "secc with TLS", "secc", ["-c", str(written["secc"]), *common, *alone]


def main() -> None:
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors, {RUNS} starts each")
    print(f"{'':22} {'':10}  after  (best, worst)  processor  memory")
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
        environment["XDG_STATE_HOME"] = str(folder / "state")
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for title, role, words in _cases(folder):
            once(role, words, environment)  # compiles
            runs = [once(role, words, environment) for _ in range(RUNS)]
            for event, name in MOMENTS.items():
                print(f"{title:22} {name:10} {_line([run[event] for run in runs])}", flush=True)


def _line(moments: list[Moment]) -> str:
    after = [moment.after for moment in moments]
    busy = percentile([moment.busy for moment in moments], 0.5)
    memory = percentile([moment.memory for moment in moments], 0.5)
    return (
        f"{percentile(after, 0.5):4.0f} ms ({min(after):4.0f}, {max(after):5.0f})  "
        f"{busy:6.0f} ms  {memory:4.1f} MiB"
    )
