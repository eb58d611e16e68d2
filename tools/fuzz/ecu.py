"""The ECU under attack: a process of its own, watched from outside - alive, memory, descriptors."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.api.client import Client, Trouble
from tools.bench.run.children import dying_with

START: Final = 60.0
STOP: Final = 15.0
_BAD: Final = re.compile(r"Traceback|development_error|\"level\": ?\"error\"")


class EcuDown(Exception):
    """The ECU did not start, or is there no more."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a process holds at one moment."""

    memory: int  # KiB, resident
    files: int

    def __str__(self) -> str:
        return f"{self.memory / 1024:.1f} MiB, {self.files} descriptors"


class Ecu:
    """``evcc run`` or ``secc run`` with these settings; its log and its door lie in ``folder``."""

    def __init__(self, role: str, folder: Path, settings: Mapping[str, object]) -> None:
        self.role = role
        self.door = folder / f"{role}.sock"
        self.log = folder / f"{role}.log"
        chosen = {
            "api.socket": self.door,
            "nvm.file": folder / f"{role}.nvm",
            "trace.file": "null",
            "log.form": "json",
            "log.level": "warning",
            **settings,
        }
        words = [word for key, value in chosen.items() for word in ("--set", f"{key}={value}")]
        self.door.unlink(missing_ok=True)
        self._read = 0  # octets of the log
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"{role}.cli", "run", *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,  # Ctrl-C is ours
                preexec_fn=dying_with(os.getpid()),  # noqa: PLW1509 - we have one thread
            )

    def client(self) -> Client:
        """Its door, as soon as somebody is behind it."""
        deadline = time.monotonic() + START
        while True:
            try:
                return Client(self.door)
            except Trouble as error:
                if not self.alive or time.monotonic() > deadline:
                    what = f"{self.role} did not start: {error}; {self.last_words()}"
                    raise EcuDown(what) from None
            time.sleep(0.02)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def load(self) -> Load:
        """What it holds now."""
        place = Path("/proc") / str(self.process.pid)
        try:
            status = (place / "status").read_text()
            files = len(list((place / "fd").iterdir()))
        except OSError:
            raise EcuDown(f"{self.role} is gone: {self.last_words()}") from None
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        if found is None:  # a zombie has no memory
            raise EcuDown(f"{self.role} is gone: {self.last_words()}")
        return Load(int(found[1]), files)

    def stop(self) -> int:
        """Stop in order; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def complaints(self) -> list[str]:
        """Lines of its log, since the last look, that no peer may ever cause."""
        if self.log.stat().st_size == self._read:
            return []
        with self.log.open("rb") as log:
            log.seek(self._read)
            new = log.read()
        self._read += len(new)
        lines = new.decode(errors="replace").splitlines()
        return [line.strip() for line in lines if _BAD.search(line)]

    def last_words(self) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return text.strip()[-400:] or "it said nothing"
