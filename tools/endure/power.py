"""Power that fails: a database connection that dies at a given statement, and what it leaves.

What is left is what lies on the disk; nothing that runs may catch the cut.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from ocpp.station.records import TxEvent
from ocpp.station.store import Store


class PowerCut(BaseException):
    """Nothing that runs may catch it."""


class FailingConnection(sqlite3.Connection):
    """Power fails at its ``cut_at``-th statement, before or after it took effect; 0 is never."""

    cut_at = 0
    after = False

    def execute(self, *words: object) -> sqlite3.Cursor:
        self.cut_at -= 1
        if self.cut_at == 0 and not self.after:
            raise PowerCut
        cursor = super().execute(*words)  # type: ignore[arg-type]  # as they come
        if self.cut_at == 0:
            raise PowerCut
        return cursor


def failing(cut_at: int, *, after: bool) -> Callable[[Path], sqlite3.Connection]:
    """How a store connects that will lose its power."""

    def connect(path: Path) -> sqlite3.Connection:
        made = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, factory=FailingConnection
        )
        made.cut_at, made.after = cut_at, after
        return made

    return connect


class WatchedStore(Store):
    """Tells what it was given, and what it then said to be written."""

    def watch(
        self, given: Callable[[TxEvent], object], written: Callable[[TxEvent], object]
    ) -> None:
        self._given, self._written = given, written

    def append(self, event: TxEvent, message: str, state: bytes, *, offline: bool) -> int:
        self._given(event)
        seq = super().append(event, message, state, offline=offline)
        self._written(event)
        return seq
