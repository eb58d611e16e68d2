"""Sessions that sleep: a session of ISO 15118-20 that is joined goes on with the service it had."""

from dataclasses import dataclass, field, replace
from typing import Any, Final

from bsw.chrgm.agreement import Agreement
from bsw.chrgm.modes import Transfer
from bsw.chrgm.sequence.model import Cursor

MOST: Final = 256
"""That are remembered; of more, the oldest is forgotten."""


@dataclass(slots=True)
class Asleep:
    """What was agreed in paused sessions, by their id; shared by all connections."""

    _agreed: dict[bytes, Agreement] = field(default_factory=dict)

    def after(self, session: bytes, request: Any, agreed: Agreement) -> Agreement:  # noqa: ANN401 - a message of any protocol
        """What is agreed once the answer to ``request`` was heard, earlier sessions included."""
        if _pauses(request):
            while len(self._agreed) >= MOST:
                del self._agreed[next(iter(self._agreed))]
            self._agreed[session] = agreed
        elif agreed.joined and session in self._agreed:
            return _woken(agreed, self._agreed.pop(session))
        return agreed


def _pauses(request: Any) -> bool:  # noqa: ANN401 - a message of any protocol
    return getattr(getattr(request, "charging_session", None), "value", "") == "Pause"


def _woken(agreed: Agreement, before: Agreement) -> Agreement:
    return replace(
        agreed,
        payment=before.payment,
        transfer=before.transfer,
        service=before.service,
        added=before.added,
    )


def guessed(name: str, agreed: Agreement, cursor: Cursor) -> Agreement:
    """It fell asleep before anybody listened: what it goes on with tells its kind."""
    if not agreed.joined or agreed.transfer is not None:
        return agreed
    for transfer in Transfer:
        guess = replace(agreed, transfer=transfer)
        if name in cursor.allowed(guess):
            return guess
    return agreed
