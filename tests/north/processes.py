"""Roles as processes of their own, on loopback, reached through their local doors."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.api.client import Client, Trouble

WAIT = 30.0


def free_port() -> int:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.bind(("::", 0))
        return int(sock.getsockname()[1])


class Role:
    """One process.  ``settings`` are keys and values of its configuration, ``yaml`` is a file."""

    def __init__(
        self,
        name: str,
        folder: Path,
        settings: Mapping[str, object],
        yaml: str = "",
        *,
        under: Sequence[str] = (),
    ) -> None:
        """``under`` is a command that starts the process in surroundings of its own."""
        self.name = name
        self.door = folder / f"{name}.sock"
        self.trace = folder / f"{name}.trace"
        self.log = folder / f"{name}.log"
        chosen = {
            "api.socket": self.door,
            "trace.file": self.trace,
            "log.form": "json",
            "nvm.file": folder / f"{name}.nvm",
            **settings,
        }
        words = [word for key, value in chosen.items() for word in ("--set", f"{key}={value}")]
        file = folder / f"{name}.yaml"
        file.write_text(yaml or "{}")
        words += ["-c", str(file)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*under, sys.executable, "-m", f"{name}.cli", "run", *words], stderr=log
            )

    def client(self) -> Client:
        """Once somebody listens: the door is seen a moment before that."""
        deadline = time.monotonic() + WAIT
        while True:
            try:
                return Client(self.door, timeout=WAIT)
            except Trouble:  # noqa: PERF203 - one try each time is the point
                assert self.process.poll() is None, self.said()
                assert time.monotonic() < deadline, self.said()
                time.sleep(0.02)

    def said(self) -> str:
        return self.log.read_text()

    def messages(self) -> list[str]:
        """The V2G messages in its trace."""
        records = (json.loads(line) for line in self.trace.read_text().splitlines())
        return [one["fields"]["name"] for one in records if one["kind"] == "message"]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(WAIT)

    def ended(self) -> int:
        """Its exit status, once it ends by itself."""
        try:
            return self.process.wait(WAIT)
        except subprocess.TimeoutExpired:
            self.stop()
            raise


def heard(client: Client, name: str, value: object = None) -> Any:  # noqa: ANN401 - JSON
    """Wait for a variable, or for one of its values; the client watches it already."""
    for told, now in client.watch([name], WAIT):
        if told == name and (value is None or now == value):
            return now
    raise AssertionError(f"{name} did not become {value}")
