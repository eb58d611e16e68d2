"""ECU processes under our eyes: started, heard, stopped in order, never left behind."""

import contextlib
import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_PR_SET_PDEATHSIG = 1
_LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Said:
    """One log record of a child, or a line that is none (``event`` is empty then)."""

    who: str
    time: int
    room: str
    level: str
    event: str
    fields: Mapping[str, object]
    text: str = ""
    line: str = ""
    """As it was written."""


def parse(who: str, line: str) -> Said:
    try:
        found = json.loads(line)
        return Said(
            who,
            int(found["time"]),
            str(found["room"]),
            str(found["level"]),
            str(found["event"]),
            dict(found["fields"]),
            line=line,
        )
    except (ValueError, TypeError, KeyError):
        return Said(who, time.monotonic_ns(), "", "error", "", {}, line.rstrip())


@dataclass(slots=True)
class Child:
    """One process.  Its log comes in as JSON lines on its standard error output."""

    who: str
    process: "subprocess.Popen[bytes]"
    rest: bytes = b""
    last_words: list[str] = field(default_factory=list)

    @property
    def fd(self) -> int:
        assert self.process.stderr is not None
        return self.process.stderr.fileno()


def dying_with(parent: int) -> Callable[[], None]:
    """The kernel ends a child whose parent was killed without a chance to do so."""
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask


class Children:
    """All processes of one run, heard through one selector."""

    def __init__(self, hear: Callable[[Said], None]) -> None:
        self._hear = hear
        self._selector = selectors.DefaultSelector()
        self.running: dict[str, Child] = {}
        self.status: dict[str, int] = {}
        self._ground = ""

    def start(self, who: str, module: str, words: list[str], *, orders: bool = False) -> None:
        """``orders``: it is told more while it runs, line by line."""
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            stdin=subprocess.PIPE if orders else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is ours; the children hear of it from us, once
            preexec_fn=dying_with(os.getpid()),  # noqa: PLW1509 - we have one thread
        )
        child = Child(who, process)
        os.set_blocking(child.fd, False)
        self._selector.register(child.fd, selectors.EVENT_READ, child)
        self._ground = self._ground or who
        self.running[who] = child

    def say(self, who: str, line: str) -> None:
        """To one that takes orders; one that has ended hears nothing."""
        child = self.running.get(who)
        if child is not None and child.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                child.process.stdin.write(f"{line}\n".encode())
                child.process.stdin.flush()

    def listen(self, seconds: float) -> None:
        """Hand on what the children say, for at most so long."""
        if not self.running:
            return
        for key, _ in self._selector.select(seconds):
            self._read(key.data)

    def stop(self, within: float = 8.0) -> None:
        """Ask all to stop; who has not in time is killed.

        Who was started first is what the others stand on, and goes when they have gone: an ECU
        that comes to its end in order still needs its bus.
        """
        self._stop([who for who in self.running if who != self._ground], within)
        self._stop(list(self.running), within)

    def _stop(self, names: list[str], within: float) -> None:
        def left() -> list[Child]:
            return [child for who, child in self.running.items() if who in names]

        for child in left():
            child.process.terminate()
        deadline = time.monotonic() + within
        while left() and time.monotonic() < deadline:
            self.listen(0.1)
        for child in left():
            child.process.kill()
            self._ended(child)

    def _read(self, child: Child) -> None:
        octets = os.read(child.fd, _LONGEST_LINE)
        if not octets:
            self._ended(child)
            return
        *lines, child.rest = (child.rest + octets).split(b"\n")
        for line in lines:
            said = parse(child.who, line.decode("utf-8", "replace"))
            if said.text:
                child.last_words = [*child.last_words[-4:], said.text]
            self._hear(said)

    def _ended(self, child: Child) -> None:
        self._selector.unregister(child.fd)
        self.status[child.who] = child.process.wait()
        assert child.process.stderr is not None
        child.process.stderr.close()
        if child.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                child.process.stdin.close()
        del self.running[child.who]
