"""Development errors: broken promises inside the ECU.

A call that makes no sense, an exception that left a task, an impossible state.  Loud in tests;
in the field counted, logged with its place, and handed to whoever brings the ECU to its safe
state.  What a peer or a user does wrong never comes here.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from types import TracebackType
from typing import Final

from bsw.dlt import Logger

Listener = Callable[["Report"], None]
_FRAMES: Final = 4
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Report:
    """What went wrong, where it was noticed, and the innermost lines of code of the exception."""

    where: str
    what: str
    at: str = ""


class DevelopmentError(AssertionError):
    """A report, raised: this is how tests see it."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"{report.where}: {report.what}{' at ' if report.at else ''}{report.at}")
        self.report = report


def place(traceback: TracebackType | None) -> str:
    """The innermost lines of code, innermost first: ``cursor.py:41 < peer.py:120``."""
    frames: deque[str] = deque(maxlen=_FRAMES)
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.appendleft(f"{PurePath(code.co_filename).name}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return " < ".join(list(frames)[:_FRAMES])


class Det:
    """Takes the reports of all rooms."""

    def __init__(
        self,
        log: Logger,
        *,
        loud: bool = False,
        on_report: Listener | None = None,
    ) -> None:
        self._log = log
        self._loud = loud
        self._listeners: list[Listener] = [] if on_report is None else [on_report]
        self.counts: Counter[str] = Counter()
        self.newest: deque[Report] = deque(maxlen=32)

    def listen(self, listener: Listener, *, first: bool = False) -> None:
        """Hear each report; ``first`` for who makes things safe before anybody stops anything."""
        self._listeners.insert(0 if first else len(self._listeners), listener)

    def report(self, where: str, what: str) -> None:
        """``where`` is a place in the code (a task, a function), ``what`` the broken promise."""
        self._take(Report(where, what))

    def fault(self, where: str, error: BaseException) -> None:
        """An exception that should not have got as far as ``where``."""
        what = f"{type(error).__name__}: {error}"[:_LONGEST]
        self._take(Report(where, what, place(error.__traceback__)))

    def _take(self, report: Report) -> None:
        self.counts[report.where] += 1
        self.newest.append(report)
        self._log.error(
            "development_error",
            where=report.where,
            what=report.what,
            at=report.at,
            count=self.counts[report.where],
        )
        if self._loud:
            raise DevelopmentError(report)
        for listener in tuple(self._listeners):
            self._tell(listener, report)

    def _tell(self, listener: Listener, report: Report) -> None:
        """One that breaks, perhaps by the same defect, does not keep the others waiting."""
        try:
            listener(report)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next one must hear the report
            self._log.error("listener_failed", what=f"{type(error).__name__}: {error}"[:_LONGEST])
