"""The island as a real process: started, set through its bench port, its events read."""

import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Queue

import pytest

from tools.island.build import SANITIZED, CannotBuild, program

SOON = 60.0
"""Seconds until a test gives up on an event that must come."""


@dataclass(frozen=True)
class Event:
    """What happened to the contactors, by the island's own clock in ms."""

    what: str
    t: int
    coils: int
    held: int
    age: int
    gap: int


class IslandProcess:
    def __init__(self, *words: str) -> None:
        try:
            path = program(*SANITIZED)
        except CannotBuild as error:
            pytest.skip(str(error))
        self._process = subprocess.Popen(
            [path, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        first = self._process.stdout.readline()
        found = dict(re.findall(r"(\w+)=(\S+)", first))
        assert "bench" in found, first
        self.port = int(found.get("port", 0))
        self.terminal = found.get("terminal", "")
        self.events: Queue[Event] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._bench = socket.create_connection(("::1", int(found["bench"])), timeout=SOON)
        self._lines = self._bench.makefile("r")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            values = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line)}
            self.events.put(
                Event(
                    line.split()[2],
                    *(values[name] for name in ("t", "coils", "held", "age", "gap")),
                )
            )

    def tell(self, **world: int) -> None:
        """Set the simulated plug."""
        for name, value in world.items():
            self._bench.sendall(f"{name} {value}\n".encode())
            assert self._lines.readline() == "ok\n", name

    def get(self) -> dict[str, int]:
        self._bench.sendall(b"get\n")
        return {
            name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", self._lines.readline())
        }

    def wait(self, what: str, coils: int | None = None) -> Event:
        """The next event of that kind."""
        while True:
            event = self.events.get(timeout=SOON)
            if event.what == what and coils in {None, event.coils}:
                return event

    def end(self) -> str:
        self._lines.close()
        self._bench.close()
        self._process.terminate()
        self._process.wait(SOON)
        self._reader.join(SOON)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        told = self._process.stderr.read()
        self._process.stdout.close()
        self._process.stderr.close()
        return told


@contextmanager
def island(*words: str) -> Iterator[IslandProcess]:
    process = IslandProcess(*words)
    try:
        yield process
    finally:
        told = process.end()
    assert told == "", "the sanitizers found something"
