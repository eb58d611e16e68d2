"""Both ECUs and the hardware as processes of this host, with commands for the hardware."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.bench.run import bench

MESSAGES = ("VCU_Permission", "VCU_Status", "BMS_Contactors", "BMS_Targets", "BMS_Limits",
            "BMS_Battery", "INLET_State")  # fmt: skip
PATIENT = "".join(f"    {name}: {{timeout: 20 s}}\n" for name in MESSAGES)
"""A busy host lets whole seconds pass between two frames of the simulated vehicle."""

PLAIN = {
    "evcc": "session: {security: none, protocols: [iso2], tries: 5}\n"
    f"can:\n  messages:\n{PATIENT}",
    "secc": "session: {payment: [ExternalPayment], plain: true, tls: false}\n",
}


class Street:
    """A vehicle and a station on their own ports.  What they log is in ``folder``."""

    def __init__(
        self, folder: Path, evcc: str = "", more: tuple[str, ...] = (), *, plugged: bool = True
    ) -> None:
        self.folder = folder
        self.ports = bench.Ports.free()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._evcc, self._more = evcc, more
        self._plugged = plugged

    def open(self) -> None:
        folder, more = self.folder, self._more
        hardware = [*bench.hardware(self.ports, 30.0, 80.0), *more]
        if not self._plugged:
            hardware.remove("--plug")
        self._start("hardware", [sys.executable, "-m", "tools.cli", *hardware])
        plug = self.until("hardware", lambda said: said["event"] == "listening", 60)
        for who in ("secc", "evcc"):
            config = folder / f"{who}.yaml"
            config.write_text(PLAIN[who] + (self._evcc if who == "evcc" else ""))
            port = plug["fields"]["port"]
            words = bench.settings(who, folder, self.ports, int(port))
            words += ["--set", "trace.file=null", "--set", "session.count=0"]
            self._start(who, [sys.executable, "-m", f"{who}.cli", "run", "-c", str(config), *words])

    def say(self, words: str) -> None:
        """A command for the hardware."""
        pipe = self._running["hardware"].stdin
        assert pipe is not None
        pipe.write(words.encode() + b"\n")
        pipe.flush()

    def said(self, who: str) -> Iterator[dict[str, Any]]:
        text = (self.folder / f"{who}.log").read_text()
        for line in text.splitlines():
            if line.startswith("{"):
                yield json.loads(line)

    def until(
        self, who: str, wanted: Callable[[dict[str, Any]], bool], within: float, after: int = -1
    ) -> dict[str, Any]:
        """The first record of that kind later than ``after``."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            for record in self.said(who):
                if record["time"] > after and wanted(record):
                    return record
            time.sleep(0.1)
        told = [f"{one['room']} {one['event']} {one['fields']}" for one in self.said(who)]
        raise TimeoutError(f"{who} did not say it within {within:g} s:\n" + "\n".join(told[-60:]))

    def event(self, who: str, event: str, within: float, after: int = -1, **fields: object) -> int:
        """When it was said."""
        found = self.until(
            who,
            lambda said: (
                said["event"] == event
                and all(said["fields"].get(name) == value for name, value in fields.items())
            ),
            within,
            after,
        )
        return int(found["time"])

    def pid(self, who: str) -> int:
        return self._running[who].pid

    def close(self) -> None:
        for process in reversed(self._running.values()):
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
            if process.stdin is not None:
                process.stdin.close()

    def _start(self, who: str, words: list[str]) -> None:
        with (self.folder / f"{who}.log").open("wb") as log:
            self._running[who] = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log
            )


@contextmanager
def street(
    folder: Path, evcc: str = "", more: tuple[str, ...] = (), *, plugged: bool = True
) -> Iterator[Street]:
    made = Street(folder, evcc, more, plugged=plugged)
    try:
        made.open()
        yield made
    finally:
        made.close()
