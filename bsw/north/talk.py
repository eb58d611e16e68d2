"""One client's conversation over lines of JSON: octets in, octets out.

    {"id": 1, "cmd": "update_soc", "args": {"SoC": 55}}   ->  {"id": 1, "retval": null}
    {"id": 2, "get": "session_state"}                     ->  {"id": 2, "retval": "CurrentDemand"}
    {"id": 3, "watch": ["session_state"]}                 ->  {"id": 3, "retval": [...]}
    {"id": 4, "list": true}                               ->  {"id": 4, "retval": {...}}

A variable that is watched comes as ``{"var": NAME, "value": VALUE}``.  What cannot be done is
answered with ``{"id": ..., "error": {"code", "message", "problems": [{"field", "remedy"}]}}``.
Lines, ids and the requests that wait are bounded; whatever is sent here, the conversation goes on.
"""

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from bsw.ecuc.arguments import Problem
from bsw.north.command import CommandError
from bsw.north.side import NorthSide, UnknownCommand

LONGEST_LINE: Final = 65_536
LONGEST_ID: Final = 64
AT_ONCE: Final = 16
"""Requests answered in one turn of the loop; a client that sends more waits for its next."""

REQUESTS: Final = ("cmd", "get", "watch", "unwatch", "list")


class Refused(Exception):
    """Why a request is not served; goes back to who asked."""

    def __init__(self, code: str, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.problems = problems

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.problems:
            told["problems"] = [{"field": one.field, "remedy": one.remedy} for one in self.problems]
        return told


@dataclass(frozen=True, slots=True)
class _TooLong:
    """Stands for a line that was not kept."""


class Talk:
    """``send`` takes whole lines.  Feed ``received``, then ``work`` while it says there is more.

    ``may_watch`` is asked by a client that watches nothing yet; an empty text lets it.
    """

    def __init__(
        self,
        side: NorthSide,
        send: Callable[[bytes], None],
        may_watch: Callable[[], str] = lambda: "",
    ) -> None:
        self.watched: set[str] = set()
        self._may_watch = may_watch
        self._side = side
        self._send = send
        self._rest = b""
        self._skipping = False
        self._waiting: deque[bytes | _TooLong] = deque()

    def received(self, data: bytes) -> None:
        """Take in octets; nothing is answered yet."""
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._line(line)
        self._keep(rest)

    def work(self, most: int = AT_ONCE) -> bool:
        """Answer up to ``most`` requests; true if more wait."""
        for _ in range(min(most, len(self._waiting))):
            line = self._waiting.popleft()
            if isinstance(line, _TooLong) or line.strip():
                self._answer(line)
        return bool(self._waiting)

    def tell(self, name: str, value: object) -> None:
        self._say({"var": name, "value": value})

    def refuse(self, refused: Refused) -> None:
        """Say why there will be no conversation."""
        self._say({"id": None, "error": refused.as_json()})

    def _line(self, end: bytes) -> None:
        self._keep(end)
        skipped, self._skipping = self._skipping, False
        line, self._rest = self._rest, b""
        self._waiting.append(_TooLong() if skipped else line)

    def _keep(self, data: bytes) -> None:
        if self._skipping or len(self._rest) + len(data) > LONGEST_LINE:
            self._skipping, self._rest = True, b""
        else:
            self._rest += data

    def _answer(self, line: bytes | _TooLong) -> None:
        number: Any = None
        try:
            request = _parsed(line)
            number = _id(request)
            self._say({"id": number, "retval": self._do(request)})
        except Refused as refused:
            self._say({"id": number, "error": refused.as_json()})

    def _do(self, request: dict[str, object]) -> object:
        named = [word for word in REQUESTS if word in request]
        if len(named) != 1:
            raise Refused("request", f"say one of {', '.join(REQUESTS)} in a request")
        unknown = sorted(request.keys() - {"id", "args", *named})
        if unknown or ("args" in request and named != ["cmd"]):
            field = unknown[0] if unknown else "args"
            remedy = f"is not known beside {named[0]}; leave it out"
            raise Refused("request", f"{field[:60]}: {remedy}", (Problem(field[:60], remedy),))
        if named == ["cmd"]:
            return self._call(request["cmd"], request.get("args", {}))
        if named == ["get"]:
            return self._get(self._name(request["get"]))
        if named == ["list"]:
            return self._side.describe()
        return self._watch(request[named[0]], on=named == ["watch"])

    def _call(self, name: object, arguments: object) -> Any:  # noqa: ANN401 - JSON
        if not isinstance(name, str):
            _wrong("cmd", "is the name of a command")
        if not isinstance(arguments, dict):
            _wrong("args", "is an object of arguments by name")
        try:
            return self._side.call(name, arguments)
        except UnknownCommand as error:
            raise Refused("unknown", str(error), error.problems) from None
        except CommandError as error:
            raise Refused("arguments", str(error), error.problems) from None

    def _get(self, name: str) -> object:
        told, value = self._side.last(name)
        if not told:
            raise Refused("not-yet", f"{name} was not published yet; watch it")
        return value

    def _watch(self, wanted: object, *, on: bool) -> list[str]:
        if not isinstance(wanted, list):
            word = "watch" if on else "unwatch"
            _wrong(word, "is a list of variables; empty for all of them")
        names = {self._name(one) for one in wanted} or set(self._side.variables)
        why_not = self._may_watch() if on and not self.watched else ""
        if why_not:
            raise Refused("busy", why_not)
        self.watched = self.watched | names if on else self.watched - names
        return sorted(self.watched)

    def _name(self, name: object) -> str:
        if not isinstance(name, str):
            _wrong("get", "is the name of a variable")
        if not self._side.knows(name):
            near = self._side.near(name)
            text = f"{name[:60]!r} is not a variable here{near}"
            raise Refused("unknown", text, (Problem(name[:60], f"is not known{near}"),))
        return name

    def _say(self, message: dict[str, object]) -> None:
        self._send(json.dumps(message, separators=(",", ":"), allow_nan=False).encode() + b"\n")


def _wrong(field: str, remedy: str) -> NoReturn:
    raise Refused("request", f"{field}: {remedy}", (Problem(field, remedy),))


def _parsed(line: bytes | _TooLong) -> dict[str, Any]:
    if isinstance(line, _TooLong):
        raise Refused("too-long", f"a line has at most {LONGEST_LINE} octets")
    try:
        request = json.loads(line, parse_constant=_no_number, object_pairs_hook=_once)
    except RecursionError:
        raise Refused("json", "nested too deeply") from None
    except ValueError as error:
        raise Refused("json", f"not JSON: {str(error)[:100]}") from None
    if not isinstance(request, dict):
        raise Refused("json", "a request is an object on one line")
    return request


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key stands twice in an object")
    return made


def _id(request: dict[str, Any]) -> str | int | None:
    number = request.get("id")
    fits = number is None or (
        (isinstance(number, int) and not isinstance(number, bool) and abs(number) < 2**63)
        or (isinstance(number, str) and len(number) <= LONGEST_ID)
    )
    if not fits:
        remedy = f"is a number or a text of at most {LONGEST_ID} characters"
        raise Refused("request", f"id: {remedy}", (Problem("id", remedy),))
    return number
