"""What a router tells its role.  A closed list; each is an ordinary event with a type."""

from dataclasses import dataclass

from ocpp.catalogue import Message
from ocpp.tolerance import Mend
from ocpp.versions import Problem, Wrong


@dataclass(frozen=True, slots=True)
class Called:
    """The peer asks; answer or refuse by ``id``, now or later."""

    id: str
    action: str
    message: Message
    payload: bytes
    mends: tuple[Mend, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """The peer says something that has no answer (2.1)."""

    id: str
    action: str
    message: Message
    payload: bytes
    mends: tuple[Mend, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """Our call has its answer."""

    id: str
    action: str
    message: Message
    payload: bytes
    mends: tuple[Mend, ...] = ()


@dataclass(frozen=True, slots=True)
class TurnedDown:
    """The peer refused our call.  ``code`` is as it wrote it."""

    id: str
    action: str
    wrong: Wrong
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class BadAnswer:
    """Our call has an answer that breaks its schema."""

    id: str
    action: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class TimedOut:
    """Our call has no answer in time."""

    id: str
    action: str


@dataclass(frozen=True, slots=True)
class CutOff:
    """The connection went with our call unanswered; ``sent`` tells whether it was on its way."""

    id: str
    action: str
    sent: bool


@dataclass(frozen=True, slots=True)
class Declined:
    """We refused a call before anybody saw it."""

    id: str
    action: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class AnswerRefused:
    """The peer could not use our answer (2.1)."""

    id: str
    wrong: Wrong
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Stray:
    """An answer to no open call; ``late`` if it was one of ours whose time was over."""

    id: str
    late: bool


@dataclass(frozen=True, slots=True)
class Garbage:
    """Something that is no frame, or comes where it makes no sense."""

    problem: Problem


Ended = Answered | TurnedDown | BadAnswer | TimedOut | CutOff
"""How a call of ours ends: always in exactly one of these."""
Happening = Called | Heard | Ended | Declined | AnswerRefused | Stray | Garbage
