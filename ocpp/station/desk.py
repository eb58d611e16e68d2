"""Who answers which call of the back end, in which version.

A block hands in its answers; an action nobody has handed in is not supported.  Answers are given
before anything is done about them, and only when what they promise is on the disk.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ocpp.catalogue import Message
from ocpp.versions import Problem, Version, Wrong

Json = dict[str, Any]
ACCEPTED: Final[Mapping[str, Any]] = {"status": "Accepted"}
REJECTED: Final[Mapping[str, Any]] = {"status": "Rejected"}
SINCE_2: Final = (Version.V201, Version.V21)
ONLY_16: Final = (Version.V16,)
ONLY_21: Final = (Version.V21,)


class Objection(Exception):
    """The call is answered by an error."""

    def __init__(self, wrong: Wrong, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(wrong, text)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer, and what to do once it was given."""

    fields: Mapping[str, Any]
    then: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """The answer comes later: ``start`` is given who wants it."""

    start: Callable[[Callable[[Reply], None]], None]


Serve = Callable[[Message], Reply | Pending]


def status(word: str, reason: str = "", info: str = "") -> Json:
    """An answer that is a status, with 2.x's ``statusInfo`` where there is a reason."""
    if not reason:
        return {"status": word}
    more = {"additionalInfo": info[:512]} if info else {}
    return {"status": word, "statusInfo": {"reasonCode": reason, **more}}


class Desk:
    """All answers."""

    def __init__(self) -> None:
        self._served: dict[tuple[Version, str], Serve] = {}

    def take(self, served: Mapping[str, Serve], versions: Iterable[Version] = SINCE_2) -> None:
        for version in versions:
            for action, serve in served.items():
                assert (version, action) not in self._served, "two blocks answer"
                self._served[version, action] = serve

    def serves(self, version: Version, action: str) -> bool:
        return (version, action) in self._served

    def serve(self, version: Version, action: str, message: Message) -> Reply | Pending:
        """Raises ``Objection``."""
        serve = self._served.get((version, action))
        if serve is None:
            raise Objection(Wrong.NOT_SUPPORTED, f"no {action} at this station")
        return serve(message)
