"""Whoever reads the bench's questions and presses Enter: at a terminal, or a script."""

import threading
from collections.abc import Callable
from typing import TextIO

from bsw.os.scheduler import Scheduler

Told = Callable[[bool], None]
"""Whether a line came; ``False``: the input is over, and nobody is there."""


class Person:
    """Reads on a thread of its own, one line a question; a script may have written all of them.

    Enter that comes after a question was given up answers the one that is asked then, or nobody.
    """

    def __init__(self, scheduler: Scheduler, stream: TextIO) -> None:
        self._scheduler = scheduler
        self._stream = stream
        self._told: Told | None = None
        self._reading = False

    def next_line(self, told: Told) -> None:
        self._told = told
        if not self._reading:
            self._reading = True
            threading.Thread(target=self._read, name="person", daemon=True).start()

    def leave(self) -> None:
        """Nobody waits for the answer any more."""
        self._told = None

    def _read(self) -> None:
        try:
            line = self._stream.readline()
        except (OSError, ValueError):  # it was closed
            line = ""
        self._scheduler.post(lambda: self._came(there=line != ""), name="person", owed=True)

    def _came(self, *, there: bool) -> None:
        told, self._told, self._reading = self._told, None, False
        if told is not None:
            told(there)
