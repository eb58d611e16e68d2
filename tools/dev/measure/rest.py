"""Measures what an ECU costs while it does nothing, and while it charges: its processor's time.

The ECU is a process of its own on a bus of UDP multicast, as shipped.  What it used is read from
the kernel, in nanoseconds; how busy the machine is besides matters little.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from tools.dev.measure.figures import keep

SECONDS = 15.0
CALM = 6.0
"""From the last step of the start until it counts; time-outs of the start are over by then."""

WITHIN = 120.0
CHANNEL = "239.74.163.91"


@dataclass(frozen=True, slots=True)
class Bus:
    port: int

    @property
    def options(self) -> list[str]:
        return ["--interface", "udp_multicast", "--channel", CHANNEL, "--option", self._port]

    @property
    def station(self) -> list[str]:
        port = f"port={self.port + 1}"
        words = ["interface", "udp_multicast", "channel", CHANNEL, "option", port]
        return [f"--station-{word}" if at % 2 == 0 else word for at, word in enumerate(words)]

    def of(self, number: int) -> dict[str, object]:
        options = {"port": self.port + number}
        return {"interface": "udp_multicast", "channel": CHANNEL, "options": options}

    @property
    def _port(self) -> str:
        return f"port={self.port}"


def main() -> None:
    with TemporaryDirectory() as scratch:
        folder, bus = Path(scratch), Bus(30_000 + 2 * (os.getpid() % 10_000))
        resting = _ecu_file(folder, "evcc", bus.of(0), {})
        _report("vehicle ECU at rest, silent bus", _rest(resting))
        with _vehicle(["--no-station", *bus.options]):
            _report("vehicle ECU at rest, 520 frames/s", _rest(resting))
        _charging(folder, bus)


def _report(what: str, share: float) -> None:
    print(f"{what:58} {share:9.2f} % of a core", flush=True)
    keep(what, share, "%")


def _rest(file: Path) -> float:
    with _ecu("evcc", file) as (process, log):
        _until(log, "prepared")
        time.sleep(CALM)
        return _share(process)[0]


def _charging(folder: Path, bus: Bus) -> None:
    plug = 30_000 + os.getpid() % 10_000 - 5_000
    words = ["--pilot", str(plug), "--plug", "--soc", "50", *bus.options, *bus.station]
    hardware: dict[str, object] = {"driver": "plug", "plug_port": plug}
    vehicle: dict[str, object] = {
        "hardware": hardware,
        "network": _network(),
        "session": {"loop_pause": "90 ms"},
    }
    station: dict[str, object] = {
        "hardware": {**hardware, "power": "can"},
        "network": _network(),
    }
    vehicle_file = _ecu_file(folder, "evcc", bus.of(0), vehicle)
    station_file = _ecu_file(folder, "secc", bus.of(1), station)
    with (
        _vehicle(words, plug=True),
        _ecu("secc", station_file) as (theirs, station_log),
        _ecu("evcc", vehicle_file) as (process, log),
    ):
        _until(station_log, "prepared")
        _until(log, "live", phase="CurrentDemand")
        time.sleep(CALM)
        both = _share(process, theirs)
    _report("vehicle ECU charging, 10 loops/s", both[0])
    _report("station ECU charging, 10 loops/s", both[1])


def _network() -> dict[str, object]:
    return {"sdp_port": 20_000 + os.getpid() % 10_000}


def _ecu_file(folder: Path, role: str, bus: dict[str, object], more: dict[str, object]) -> Path:
    file = folder / f"{role}-{len(list(folder.iterdir()))}.yaml"
    common = {
        "log": {"form": "json"},
        "trace": {"file": None},
        "nvm": {"file": None},
        "can": {"bus": bus, "timeout_cycles": 50},
    }
    file.write_text(json.dumps({**common, **more}), encoding="utf-8")
    return file


@contextmanager
def _ecu(role: str, file: Path) -> Iterator[tuple["subprocess.Popen[str]", IO[str]]]:
    words = [sys.executable, "-m", f"{role}.cli", "run", "-c", str(file)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            yield process, process.stderr
        finally:
            process.terminate()
            process.stderr.read()


@contextmanager
def _vehicle(words: list[str], *, plug: bool = False) -> Iterator[None]:
    """With a plug it is there once somebody can plug in."""
    line = [sys.executable, "-m", "tools.cli", "bench", "hardware", "--quiet", *words]
    with subprocess.Popen(
        line,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if plug else None,
        text=True,
    ) as process:
        try:
            if process.stderr is not None:
                _until(process.stderr, "listening")
            yield
        finally:
            process.terminate()


def _until(log: IO[str], event: str, **fields: object) -> None:
    deadline = time.monotonic() + WITHIN
    last = ""
    for last in log:
        said = json.loads(last)
        if said["event"] == event and fields.items() <= said["fields"].items():
            return
        if time.monotonic() > deadline:
            break
    raise TimeoutError(f"the ECU did not come to {event!r}; it said last: {last.strip()}")


def _share(*processes: "subprocess.Popen[str]") -> list[float]:
    before, began = [_used(one.pid) for one in processes], time.monotonic_ns()
    time.sleep(SECONDS)
    after, took = [_used(one.pid) for one in processes], time.monotonic_ns() - began
    return [100 * (end - start) / took for start, end in zip(before, after, strict=True)]


def _used(process: int) -> int:
    """Nanoseconds on a processor, all threads together."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)


if __name__ == "__main__":
    main()
