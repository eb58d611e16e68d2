"""The end of a session, the same for both roles: once, and told in the trace.

Whoever ends it first is right.  While the two talk the end goes by whoever leads the talk, which
stops its timers and comes back here; before that it is here at once.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from bsw.chrgm.endings import Ending, SessionResult
from bsw.trace import Trace


class Talk(Protocol):
    """The initiator or the responder."""

    @property
    def result(self) -> SessionResult | None: ...
    @property
    def place(self) -> str: ...
    def end(self, result: SessionResult) -> None: ...


class Finish:
    """``close`` brings everything down and says how it ended; ``told`` hears it last."""

    def __init__(
        self,
        trace: Trace,
        close: Callable[[SessionResult], SessionResult],
        told: Callable[[SessionResult], None],
    ) -> None:
        self.result: SessionResult | None = None
        self.talk: Talk | None = None  # since a protocol was agreed
        self._trace = trace
        self._close = close
        self._told = told

    def fail(self, ending: Ending, detail: str) -> None:
        """Something of ours or theirs went wrong: where, is known here."""
        self.end(SessionResult(ending, "" if self.talk is None else self.talk.place, detail=detail))

    def end(self, result: SessionResult) -> None:
        """End here and now."""
        if self.talk is not None and self.talk.result is None:
            self.talk.end(replace(result, exchange=result.exchange or self.talk.place))
        else:
            self.over(result)

    def over(self, result: SessionResult) -> None:
        """What leads the talk has ended, or there was none."""
        if self.result is not None:
            return
        self.result = result  # before anything that could end it again
        self.result = result = self._close(result)
        self._trace.add(
            "session-end",
            ending=result.ending.name,
            exchange=result.exchange,
            code=result.code,
            timer=result.timer,
            detail=result.detail,
            fault=result.fault,
        )
        self._told(result)
