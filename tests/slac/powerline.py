"""Two hosts in network namespaces with our simulated modems between them.

The names carry the process id, so that several test processes do not meet.  Everything started
here is ended here, by its own handle.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
V2G = (sys.executable, "-m", "tools.cli")


def ip(*words: str) -> str:
    return subprocess.run(
        ("ip", *words), check=True, capture_output=True, text=True, timeout=10
    ).stdout


@dataclass
class Program:
    """A started program and what it has printed so far."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, words: str, seconds: float = 20.0) -> str:
        """The line that holds ``words``; fails with the whole output if it never comes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ended = self.process.poll() is not None
            complete = self.text().rpartition("\n")[0]
            found = [line for line in complete.splitlines() if words in line]
            if found:
                return found[0]
            if ended:
                break
            time.sleep(0.02)
        raise AssertionError(f"{words!r} did not appear in:\n{self.text()}")

    def wait(self, seconds: float = 20.0) -> int:
        return self.process.wait(seconds)

    def interrupt(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()

    def end(self) -> None:
        self.interrupt()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)


@dataclass
class PowerLine:
    """Namespaces: the vehicle's with ``ev0``, the station's with ``se0``, the modems' between."""

    folder: Path
    name: str = field(default_factory=lambda: f"slac{os.getpid()}")
    programs: list[Program] = field(default_factory=list)

    def namespace(self, side: str) -> str:
        return f"{self.name}-{side}"

    def set_up(self) -> None:
        for side in ("ev", "se", "plc"):
            ip("netns", "add", self.namespace(side))
            ip("-n", self.namespace(side), "link", "set", "lo", "up")
        for side in ("ev", "se"):
            host, plc = self.namespace(side), self.namespace("plc")
            ip(
                *("link", "add", f"{side}0", "netns", host, "type", "veth"),
                *("peer", "name", f"{side}1", "netns", plc),
            )
            for where, name in ((host, f"{side}0"), (plc, f"{side}1")):
                accept_dad = f"net.ipv6.conf.{name}.accept_dad=0"
                ip("netns", "exec", where, "sysctl", "-qw", accept_dad)
                ip("-n", where, "link", "set", name, "up")

    def tear_down(self) -> None:
        for program in reversed(self.programs):
            program.end()
        existing = ip("netns", "list")
        for side in ("ev", "se", "plc"):
            if self.namespace(side) in existing:
                ip("netns", "del", self.namespace(side))

    def start(self, side: str, *command: str) -> Program:
        log = self.folder / f"{len(self.programs)}-{side}.log"
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        with log.open("wb") as output:
            process = subprocess.Popen(
                ("ip", "netns", "exec", self.namespace(side), *command),
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env=environment,
            )
        program = Program(process, log)
        self.programs.append(program)
        return program

    def modems(self, *options: str) -> Program:
        program = self.start(
            "plc", *V2G, "slac", "modem", "ev1", "se1", "--vehicle", "ev1", "-v", *options
        )
        program.wait_for("READY")
        return program

    def vehicle(self, *options: str) -> Program:
        return self.start("ev", *V2G, "slac", "ev", "-i", "ev0", "-v", *options)

    def station(self, *options: str) -> Program:
        return self.start("se", *V2G, "slac", "evse", "-i", "se0", "-v", *options)


@contextmanager
def power_line(folder: Path) -> Iterator[PowerLine]:
    line = PowerLine(folder)
    try:
        line.set_up()
        yield line
    finally:
        line.tear_down()
