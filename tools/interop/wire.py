"""Two hosts joined by a cable, in network namespaces, and the programs that run on them.

The names carry the process id, so that several test processes do not meet.  Everything started
here is ended here, by its own handle.
"""

import contextlib
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools.interop.environments import ISO15118

SIDES = ("ev", "se")


def ip(*words: str) -> str:
    return subprocess.run(
        ("ip", *words), check=True, capture_output=True, text=True, timeout=10
    ).stdout


@dataclass
class Program:
    """A started program and what it has printed so far."""

    process: "subprocess.Popen[bytes]"
    log: Path
    meanwhile: list[Callable[[], None]] = field(default_factory=list)
    """Called while somebody waits for its end."""
    status: int | None = None
    cpu: float = 0.0  # seconds from start to end
    rss: float = 0.0  # peak, MiB

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def over(self) -> bool:
        """Whether it has ended; what it used is taken down on the way."""
        if self.status is None:
            self._note_peak()
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                self._ended(status, usage)
        return self.status is not None

    def _note_peak(self) -> None:
        """Of the running image: what ``wait4`` tells counts the parent's memory as well."""
        with contextlib.suppress(OSError, IndexError):
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            self.rss = int(status.split("VmHWM:")[1].split()[0]) / 1024

    def _ended(self, status: int, usage: resource.struct_rusage) -> None:
        self.status = os.waitstatus_to_exitcode(status)
        self.process.returncode = self.status
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.cpu = usage.ru_utime + usage.ru_stime

    def wait_for(self, words: str, seconds: float = 30.0) -> str:
        """The line that holds ``words``, once it is whole; fails with all that was printed."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ended = self.over()
            whole = self.text().rpartition("\n")[0]
            found = [line for line in whole.splitlines() if words in line]
            if found:
                return found[0]
            if ended:
                break
            time.sleep(0.02)
        raise AssertionError(f"{words!r} did not appear in:\n{self.text()}")

    def wait(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not self.over() and time.monotonic() < end:
            for look in self.meanwhile:
                look()
            time.sleep(0.02)
        return self.over()

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def end(self) -> None:
        for stop in (self.process.terminate, self.process.kill):
            if not self.over():
                stop()
                self.wait(5)


def started(log: Path, *command: str) -> Program:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    return Program(process, log)


@dataclass
class Wire:
    """Namespaces for the vehicle with ``ev0`` and for the station with ``se0``."""

    folder: Path
    name: str = field(default_factory=lambda: f"pw-{os.getpid()}-{threading.get_native_id()}")
    programs: list[Program] = field(default_factory=list)
    sides: tuple[str, ...] = SIDES

    def namespace(self, side: str) -> str:
        return f"{self.name}-{side}"

    def set_up(self) -> None:
        self.add_namespaces()
        for side in SIDES:
            multicast = ("route", "add", "239.0.0.0/8", "dev", "lo")  # a vehicle bus for tests
            ip("-n", self.namespace(side), *multicast)
        self.join(("ev", "ev0"), ("se", "se0"))
        for side in SIDES:
            self._wait_for_address(side)

    def add_namespaces(self) -> None:
        for side in self.sides:
            ip("netns", "add", self.namespace(side))
            ip("-n", self.namespace(side), "link", "set", "lo", "up")

    def join(self, *ends: tuple[str, str]) -> None:
        """A cable between two sides' interfaces; its addresses are usable at once."""
        (one, here), (other, there) = ((self.namespace(side), name) for side, name in ends)
        ip(
            *("link", "add", here, "netns", one, "type", "veth"),
            *("peer", "name", there, "netns", other),
        )
        for where, name in ((one, here), (other, there)):
            at_once = f"net.ipv6.conf.{name}.accept_dad=0"
            ip("netns", "exec", where, "sysctl", "-qw", at_once)
            ip("-n", where, "link", "set", name, "up")

    def _wait_for_address(self, side: str) -> None:
        for _ in range(100):
            words = ("-n", self.namespace(side), "-6", "addr", "show", "dev", f"{side}0")
            shown = ip(*words, "scope", "link")
            if "inet6" in shown and "tentative" not in shown:
                return
            time.sleep(0.05)
        raise AssertionError(f"no IPv6 link-local address on {side}0")

    def tear_down(self) -> None:
        for program in reversed(self.programs):
            program.end()
        existing = ip("netns", "list").split()
        for side in self.sides:
            if self.namespace(side) in existing:
                ip("netns", "del", self.namespace(side))

    def start(self, side: str, *command: str, log: str = "") -> Program:
        path = self.folder / f"{log or side}.out"
        program = started(path, "ip", "netns", "exec", self.namespace(side), *command)
        self.programs.append(program)
        return program

    def ours(self, side: str, module: str, *words: str, log: str = "") -> Program:
        return self.start(side, sys.executable, "-m", module, *words, log=log)

    def theirs(self, side: str, *words: str) -> Program:
        script = str(Path(__file__).with_name("josev.py"))
        return self.start(side, ISO15118.use(), "-B", script, *words)


@contextmanager
def wire(folder: Path) -> Iterator[Wire]:
    made = Wire(folder)
    try:
        made.set_up()
        yield made
    finally:
        made.tear_down()
