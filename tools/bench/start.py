"""Measures how fast an ECU starts and how much memory it takes.

From before the process is made to the first thing its scheduler runs, by the machine's one
monotonic clock; memory as the kernel counts it at that moment.
"""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

from tools.bench.figures import percentile

RUNS = 9


def once(role: str, words: list[str]) -> tuple[float, float, float]:
    """Milliseconds to the first tick, of these on a processor, and MiB resident then."""
    settings = ["--set", "log.form=json", "--set", "trace.file=null", *words]
    before = time.monotonic_ns()
    process = subprocess.Popen(
        [sys.executable, "-m", f"{role}.cli", "run", *settings],
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    with process.stderr as lines:
        for text in lines:
            record = json.loads(text)
            if record["event"] == "running":
                status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
                used = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
                process.terminate()
                break
        else:
            raise RuntimeError(f"{role} ended before it ran")
        lines.read()
    process.wait()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    busy = (int(used[11]) + int(used[12])) * 1000 / os.sysconf("SC_CLK_TCK")
    return (record["time"] - before) / 1e6, busy, int(found[1]) / 1024


def main() -> None:
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as silent:
        port = silent.getsockname()[1]
        for role, words in (
            ("evcc", ["--set", f"station.port={port}"]),
            ("secc", ["--set", "net.port=0"]),
        ):
            runs = [once(role, words) for _ in range(RUNS)]
            to_tick, busy, memory = ([run[column] for run in runs] for column in range(3))
            print(
                f"{role}: first tick after {percentile(to_tick, 0.5):.0f} ms (median of {RUNS}, "
                f"best {min(to_tick):.0f}, worst {max(to_tick):.0f}; on a processor "
                f"{percentile(busy, 0.5):.0f}), {percentile(memory, 0.5):.1f} MiB resident"
            )
