"""Our questions to the back end that are not events: each has one answer, or none.

Owns who asked what.  A question dies with the connection; only events outlive it.
"""

from collections.abc import Callable
from typing import Protocol

from bsw.dlt import Logger
from ocpp.catalogue import Message, Refused
from ocpp.client import ClientRules
from ocpp.happenings import Answered, Ended, Happening
from ocpp.router import CallsFull, Fields
from ocpp.station.translation import Request
from ocpp.versions import Problem

Done = Callable[[Message | None], None]
"""The answer; ``None`` if it was refused, nonsense, or did not come."""


class Line(Protocol):
    def call(
        self, action: str, fields: Fields, *, within: int | None = None, name: str = ""
    ) -> str: ...


class BackendLine(Line, Protocol):
    """The line to the back end: ``ocpp.client.Client``, or a test's."""

    rules: ClientRules

    @property
    def is_open(self) -> bool: ...
    def send(self, action: str, fields: Fields) -> None: ...
    def renew(self, reason: str = "") -> None: ...
    def answer(self, name: str, fields: Fields) -> bool: ...
    def refuse(self, name: str, problem: Problem) -> bool: ...


class Questions:
    """What is asked and not yet answered."""

    def __init__(self, line: Line, log: Logger) -> None:
        self._line = line
        self._log = log
        self._open: dict[str, Done] = {}

    def ask(self, request: Request, done: Done, *, within: int | None = None) -> None:
        action, fields = request
        try:
            name = self._line.call(action, fields, within=within)
        except (Refused, CallsFull) as error:  # cannot be said, or too much is being said
            self._log.error("not-asked", action=action, why=str(error))
            done(None)
            return
        self._open[name] = done

    def happened(self, happening: Happening) -> bool:
        """True: it ended one of these questions."""
        if not isinstance(happening, Ended) or happening.id not in self._open:
            return False
        done = self._open.pop(happening.id)
        done(happening.message if isinstance(happening, Answered) else None)
        return True
