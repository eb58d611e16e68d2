"""A device under test that is a program: started by the bench, ended by it, what it says kept."""

import os
import shlex
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from bsw.os.clock import MS
from tools.conformance.bench import Clockwork
from tools.tester.place.facts import setup_of
from tools.tester.place.hands import NotDone
from tools.tester.profile import ProcessPart

PATIENCE: Final = 5.0
TOLD: Final = 500


MARK: Final = "device.pid"


def _identity(pid: int) -> str:
    """Number and start of a process: another one with the same number started at another time."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return f"{pid} {words[19]}"


class DeviceProcess:
    """Runs in a session of its own, so that whatever it starts ends with it."""

    def __init__(self, part: ProcessPart, port: int, log: Path) -> None:
        self._part = part
        self._words = shlex.split(part.run.replace("{port}", str(port)))
        self._log = log
        self._mark = log.with_name(MARK)
        self._process: subprocess.Popen[bytes] | None = None
        self._facts: Mapping[str, str] = {}

    def prepare(self, clock: Clockwork, facts: Mapping[str, str], *, renew: bool = False) -> bool:
        """Running and ready for the next case, which the program can read in its environment.

        Whether it was started anew for it.
        """
        if not self._words:
            return False
        if self._stale(facts, renew=renew):
            self.end()
        if self._process is not None and self._process.poll() is None:
            return False
        self._facts = facts
        self._start(clock, facts)
        return True

    def _stale(self, facts: Mapping[str, str], *, renew: bool) -> bool:
        each = self._part.each
        if each == "setup":
            return renew or setup_of(facts) != setup_of(self._facts)
        return each != "run"

    @property
    def died(self) -> str:
        """How it has ended although nobody told it to; empty: it runs, or all is as it should."""
        status = None if self._process is None else self._process.poll()
        if not status:
            return ""
        told = f"by signal {-status}" if status < 0 else f"with status {status}"
        return f"the device's program has ended {told}"

    def _start(self, clock: Clockwork, facts: Mapping[str, str]) -> None:
        self._end_left_over()
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                self._words,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **facts},
                start_new_session=True,
            )
        self._mark.write_text(_identity(self._process.pid))
        clock.wait(self._settled, self._part.within, every=20 * MS)
        if not self._said():
            raise NotDone(f"{self._words[0]} did not say {self._part.ready!r}: {self.told()}")

    def _settled(self) -> bool:
        return self._said() or self._process is None or self._process.poll() is not None

    def _said(self) -> bool:
        return self._part.ready in self._log.read_text(errors="replace")

    def told(self) -> str:
        """The end of what it has printed."""
        return self._log.read_text(errors="replace")[-TOLD:].strip() if self._log.exists() else ""

    def _end_left_over(self) -> None:
        """What a bench that was killed has started, before its ports are wanted again."""
        told = self._mark.read_text() if self._mark.exists() else ""
        self._mark.unlink(missing_ok=True)
        pid = told.partition(" ")[0]
        if pid and _identity(int(pid)) == told:
            with suppress(ProcessLookupError):
                os.killpg(int(pid), signal.SIGKILL)

    def end(self) -> None:
        process, self._process = self._process, None
        self._mark.unlink(missing_ok=True)
        if process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):  # it may have ended, and what it started live on
                os.killpg(process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
