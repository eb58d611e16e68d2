"""What a person sees while both ECUs run: lines as they happen, and on a terminal a live status.

An event named ``live`` carries the values of the moment (state of charge, volts, amps); it goes
to the status line and makes no line of its own.
"""

import shutil
import sys
import time
from collections.abc import Mapping
from typing import Protocol, TextIO

from tools.bench.run.children import Said

LIVE = "live"
ROLES = {"evcc": ("vehicle", "\033[36m"), "secc": ("station", "\033[35m")}
_PLAIN, _RED, _DIM, _GREEN = "\033[0m", "\033[31m", "\033[2m", "\033[32m"
_REDRAW_EACH = 0.1


class View(Protocol):
    def show(self, said: Said) -> None: ...
    def tick(self) -> None: ...
    def close(self) -> None: ...


def value_text(value: object) -> str:
    """``{"hex": ...}`` as hex, numbers short, text as it is."""
    if isinstance(value, Mapping):
        value = value.get("hex", "")
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def phrase(said: Said) -> str:
    if not said.event:
        return said.text
    shown = ((name, value_text(value)) for name, value in said.fields.items())
    fields = "  ".join(f"{name} {text}" for name, text in shown if text)
    return f"{said.event.replace('_', ' '):12} {fields}".rstrip()


class LineView:
    """One line per event; for pipes, files and CI."""

    def __init__(self, out: TextIO, *, colour: bool = False) -> None:
        self._out = out
        self._colour = colour
        self._start = time.monotonic_ns()

    def show(self, said: Said) -> None:
        if said.event != LIVE:
            self._out.write(self.line(said) + "\n")
            self._out.flush()

    def line(self, said: Said) -> str:
        """Elapsed seconds, who, what."""
        name, tint = ROLES.get(said.who, (said.who, ""))
        elapsed = max(0.0, (said.time - self._start) / 1e9)
        text = phrase(said)
        if not self._colour:
            return f"{elapsed:8.3f}  {name}  {text}"
        if said.level in {"warning", "error"}:
            text = f"{_RED}{text}{_PLAIN}"
        return f"{_DIM}{elapsed:8.3f}{_PLAIN}  {tint}{name}{_PLAIN}  {text}"

    def tick(self) -> None:
        """Nothing moves between two lines."""

    def close(self) -> None:
        """Nothing to take away."""


class TerminalView:
    """The same lines scrolling by, and below them what both are doing at this moment."""

    def __init__(self, out: TextIO) -> None:
        self._lines = LineView(out, colour=True)
        self._out = out
        self._start = time.monotonic()
        self._drawn = 0.0
        self._shown = 0
        self._now: dict[str, str] = {}
        self._values: dict[str, str] = {}

    def show(self, said: Said) -> None:
        if said.event == LIVE:
            self._values[said.who] = "  ".join(
                f"{name} {value_text(value)}" for name, value in said.fields.items()
            )
            return
        self._wipe()
        self._lines.show(said)
        if said.event and said.room == "session":
            self._now[said.who] = phrase(said)
        self._draw()

    def tick(self) -> None:
        if time.monotonic() - self._drawn > _REDRAW_EACH:
            self._wipe()
            self._draw()

    def close(self) -> None:
        self._wipe()
        self._out.flush()

    def _wipe(self) -> None:
        if self._shown:
            self._out.write(f"\033[{self._shown}F\033[J")
            self._shown = 0

    def _draw(self) -> None:
        width = shutil.get_terminal_size().columns - 1
        elapsed = time.monotonic() - self._start
        lines = [f"{'─' * min(width, 72)}", f"running {elapsed:6.1f} s   Ctrl-C stops both"]
        for who, (name, _) in ROLES.items():
            now = self._now.get(who, "starting" if who not in self._now else "")
            lines.append(f"{name}  {now}"[:width])
            if who in self._values:
                lines.append(f"         {self._values[who]}"[:width])
        self._out.write("".join(f"{_DIM}{line}{_PLAIN}\n" for line in lines))
        self._out.flush()
        self._shown = len(lines)
        self._drawn = time.monotonic()


def view_for(out: TextIO, *, plain: bool) -> View:
    if plain or not out.isatty():
        return LineView(out)
    return TerminalView(out)


def verdict_line(*, good: bool, text: str) -> str:
    if not sys.stdout.isatty():
        return text
    return f"{_GREEN if good else _RED}{text}{_PLAIN}"
