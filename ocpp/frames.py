"""The frames of OCPP-J: what lies in a WebSocket text message, octets to values and back.

Payloads stay octets here, so that what is sent again is the same to the last one and what is
relayed is not re-made.  Reading is strict or tolerant; neither fails on any input: what is no
frame is a ``Malformed`` that says what can be answered.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from ocpp.versions import Problem, Version, Wrong

LONGEST_ID: Final = 36
LONGEST_TOLERATED_ID: Final = 255
LONGEST_TEXT: Final = 255
NO_ID: Final = "-1"
"""In an error about a frame whose own id cannot be read."""
EMPTY: Final = b"{}"


@dataclass(frozen=True, slots=True)
class Call:
    id: str
    action: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Result:
    id: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Error:
    """A call is refused."""

    id: str
    code: str
    text: str = ""
    details: bytes = EMPTY


@dataclass(frozen=True, slots=True)
class ResultError:
    """An answer is refused (2.1)."""

    id: str
    code: str
    text: str = ""
    details: bytes = EMPTY


@dataclass(frozen=True, slots=True)
class Send:
    """A message without an answer (2.1)."""

    id: str
    action: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Malformed:
    """No frame of this version.  ``id`` is what was readable of it.

    ``answerable`` tells whether an error may be sent about it: never about an answer, an error or
    a SEND, for that would be a conversation about nothing.
    """

    id: str
    problem: Problem
    answerable: bool


Frame = Call | Result | Error | ResultError | Send

_KINDS: Final[dict[int, type[Frame]]] = {2: Call, 3: Result, 4: Error, 5: ResultError, 6: Send}
_NUMBERS: Final = {kind: number for number, kind in _KINDS.items()}
_LENGTHS: Final = {2: 4, 3: 3, 4: 5, 5: 5, 6: 4}
_ONLY_WITH_SEND: Final = {5, 6}

_PARTS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_NUMBER: Final = msgspec.json.Decoder(int)
_TEXT: Final = msgspec.json.Decoder(str)
_ENCODER: Final = msgspec.json.Encoder()


class _Bad(Exception):
    def __init__(self, wrong: Wrong, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(wrong, text)


def write(frame: Frame) -> bytes:
    """The octets of a frame."""
    head = [_NUMBERS[type(frame)], frame.id]
    match frame:
        case Call() | Send():
            return _ENCODER.encode([*head, frame.action, msgspec.Raw(frame.payload)])
        case Result():
            return _ENCODER.encode([*head, msgspec.Raw(frame.payload)])
        case _:
            text = frame.text[:LONGEST_TEXT]
            return _ENCODER.encode([*head, frame.code, text, msgspec.Raw(frame.details)])


class FrameReader:
    """Reads frames of one version, none longer than ``longest`` octets."""

    def __init__(self, version: Version, *, longest: int, strict: bool = False) -> None:
        self._version = version
        self._longest = longest
        self._strict = strict

    def read(self, octets: bytes) -> Frame | Malformed:
        if len(octets) > self._longest:
            text = f"{len(octets)} octets are more than the {self._longest} that are taken"
            return Malformed(NO_ID, Problem(Wrong.FORMAT, text), answerable=True)
        parts = _parts(octets)
        if parts is None:
            problem = Problem(Wrong.RPC, "not a JSON array")
            return Malformed(NO_ID, problem, answerable=True)
        number = _number(parts)
        try:
            return self._frame(number, parts)
        except _Bad as bad:
            known = self._id_if_readable(parts)
            return Malformed(known, bad.problem, answerable=number not in {3, 4, 5, 6})

    def _frame(self, number: int, parts: list[bytes]) -> Frame:
        kind = _KINDS.get(number)
        if kind is None or (number in _ONLY_WITH_SEND and not self._version.has_send):
            raise _Bad(Wrong.MESSAGE_TYPE, f"no message type {number} in {self._version.value}")
        self._check_length(number, parts)
        name = self._id(parts)
        match number:
            case 2 | 6:
                made = Call if number == 2 else Send
                return made(name, _text(parts[2], "action"), _object(parts[3], "payload"))
            case 3:
                return Result(name, _object(parts[2], "payload"))
            case _:
                refused = Error if number == 4 else ResultError
                return refused(name, *self._refusal(parts))

    def _check_length(self, number: int, parts: list[bytes]) -> None:
        wanted = _LENGTHS[number]
        least = wanted if self._strict or number not in {4, 5} else 3  # some send the code alone
        if len(parts) < least or (self._strict and len(parts) > wanted):
            raise _Bad(Wrong.RPC, f"{len(parts)} parts where message type {number} has {wanted}")

    def _id(self, parts: list[bytes]) -> str:
        longest = LONGEST_ID if self._strict else LONGEST_TOLERATED_ID
        if len(parts) < 2:
            raise _Bad(Wrong.RPC, "no id")
        name = _text(parts[1], "id")
        if not 1 <= len(name) <= longest:
            raise _Bad(Wrong.RPC, f"an id has 1 to {longest} characters, not {len(name)}")
        return name

    def _id_if_readable(self, parts: list[bytes]) -> str:
        try:
            return self._id(parts)
        except _Bad:
            return NO_ID

    def _refusal(self, parts: list[bytes]) -> tuple[str, str, bytes]:
        code = _text(parts[2], "error code")
        if self._strict:
            text, details = _text(parts[3], "description"), _object(parts[4], "details")
            return code, text, details
        text = _text_or_nothing(parts[3]) if len(parts) > 3 else ""
        details = parts[4] if len(parts) > 4 and parts[4].startswith(b"{") else EMPTY
        return code, text, details


def _parts(octets: bytes) -> list[bytes] | None:
    try:
        return [bytes(part).strip() for part in _PARTS.decode(octets)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _number(parts: list[bytes]) -> int:
    try:
        return _NUMBER.decode(parts[0]) if parts else 0
    except msgspec.MsgspecError:
        return 0


def _text(part: bytes, what: str) -> str:
    try:
        return _TEXT.decode(part)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _Bad(Wrong.RPC, f"the {what} is no text") from None


def _text_or_nothing(part: bytes) -> str:
    try:
        return _text(part, "description")
    except _Bad:
        return ""


def _object(part: bytes, what: str) -> bytes:
    """Its first character tells: the parts were valid JSON."""
    if not part.startswith(b"{"):
        raise _Bad(Wrong.RPC if what != "payload" else Wrong.FORMAT, f"the {what} is no object")
    return part
