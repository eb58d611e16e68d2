"""Calls and answers over one connection: frames in, happenings out, and the other way round.

Owns the rule of one open call per direction, ids, time-outs and error codes.  The directions are
independent, so a role may call while it still owes an answer.  Has no clock: ``now`` comes in
with each step, and ``due`` says when the next step is wanted at the latest.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from bsw.os.clock import S
from bsw.os.randomness import Randomness
from ocpp.catalogue import Catalogue, Message, Refused
from ocpp.folder import Kind
from ocpp.frames import (
    NO_ID,
    Call,
    Error,
    Frame,
    FrameReader,
    Malformed,
    Result,
    ResultError,
    Send,
    write,
)
from ocpp.happenings import (
    Answered,
    AnswerRefused,
    BadAnswer,
    Called,
    CutOff,
    Declined,
    Garbage,
    Happening,
    Heard,
    Stray,
    TimedOut,
    TurnedDown,
)
from ocpp.versions import Problem, Version, Wrong, code_of, wrong_of

REMEMBERED: Final = 32
"""Calls whose time is over and whose answers are still known as late."""

Fields = Mapping[str, object] | Message


class CallsFull(RuntimeError):
    """More calls wait than a router keeps; the newest was refused."""

    def __init__(self, action: str, bound: int) -> None:
        super().__init__(f"{action} not called: {bound} calls wait already")


@dataclass(frozen=True, slots=True)
class RouterRules:
    """``parallel`` calls of the peer may be open at once; the standard says one."""

    answer_within: int = 30 * S
    longest: int = 1 << 20
    waiting: int = 256
    parallel: int = 8


DEFAULT_RULES: Final = RouterRules()


@dataclass(slots=True)
class _Own:
    """A call of ours."""

    call: Call
    within: int
    due: int = 0


class Router:
    """One connection's conversation."""

    def __init__(
        self, catalogue: Catalogue, randomness: Randomness, rules: RouterRules = DEFAULT_RULES
    ) -> None:
        self._catalogue = catalogue
        self._randomness = randomness
        self._rules = rules
        self._parallel = 1 if catalogue.strict else rules.parallel
        self._reader = FrameReader(
            catalogue.version, longest=rules.longest, strict=catalogue.strict
        )
        self._open: _Own | None = None
        self._waiting: deque[_Own] = deque()
        self._owed: dict[str, Call] = {}
        self._overdue: deque[str] = deque(maxlen=REMEMBERED)
        self._outgoing: list[bytes] = []
        self._happenings: list[Happening] = []

    @property
    def version(self) -> Version:
        return self._catalogue.version

    @property
    def idle(self) -> bool:
        """No call of ours is open or waits."""
        return self._open is None and not self._waiting

    @property
    def due(self) -> int | None:
        """When the open call's time is over."""
        return self._open.due if self._open is not None else None

    def outgoing(self) -> list[bytes]:
        """Frames for the peer, handed over once."""
        taken, self._outgoing = self._outgoing, []
        return taken

    def happenings(self) -> list[Happening]:
        """What has happened, handed over once."""
        taken, self._happenings = self._happenings, []
        return taken

    def call(
        self,
        action: str,
        fields: Fields,
        now: int,
        *,
        within: int | None = None,
        name: str = "",
    ) -> str:
        """Ask the peer, after the calls before; the id under which it ends.

        ``name`` is for a call that is sent again and keeps its id.  Raises ``Refused`` if
        ``fields`` break the schema.
        """
        payload = self._catalogue.encode(action, Kind.REQUEST, fields)
        if len(self._waiting) >= self._rules.waiting:
            raise CallsFull(action, self._rules.waiting)
        call = Call(name or self.new_id(), action, payload)
        self._waiting.append(_Own(call, self._rules.answer_within if within is None else within))
        self._next_call(now)
        return call.id

    def send(self, action: str, fields: Fields) -> None:
        """Say something that has no answer; it need not wait for anything."""
        if not (self.version.has_send and self._catalogue.is_send(action)):
            raise Refused(
                Problem(Wrong.MESSAGE_TYPE, f"{action} is no SEND in {self.version.value}")
            )
        payload = self._catalogue.encode(action, Kind.REQUEST, fields)
        self._write(Send(self.new_id(), action, payload))

    def answer(self, name: str, fields: Fields) -> bool:
        """Answer the peer's call.  False: nobody waits for it any more.

        An answer of ours that breaks its schema tells the peer of an internal error and raises.
        """
        call = self._owed.get(name)
        if call is None:
            return False
        try:
            payload = self._catalogue.encode(call.action, Kind.RESPONSE, fields)
        except Refused:
            self.refuse(name, Problem(Wrong.INTERNAL, "no valid answer could be made"))
            raise
        del self._owed[name]
        self._write(Result(name, payload))
        return True

    def refuse(self, name: str, problem: Problem) -> bool:
        """Refuse the peer's call.  False: nobody waits for it any more."""
        if self._owed.pop(name, None) is None:
            return False
        self._error(name, problem)
        return True

    def received(self, octets: bytes, now: int) -> None:
        """A text message from the peer."""
        match self._reader.read(octets):
            case Call() as call:
                self._called(call)
            case Send() as send:
                self._heard(send)
            case Result() as result:
                self._answered(result)
            case Error() as error:
                self._turned_down(error)
            case ResultError(name, code, text):
                self._happenings.append(AnswerRefused(name, wrong_of(code), code, text))
            case Malformed() as malformed:
                self._malformed(malformed)
        self._next_call(now)

    def tick(self, now: int) -> None:
        """Time has passed."""
        own = self._open
        if own is not None and now >= own.due:
            self._open = None
            self._overdue.append(own.call.id)
            self._happenings.append(TimedOut(own.call.id, own.call.action))
            self._next_call(now)

    def lost(self) -> None:
        """The connection is gone: every call of ours ends, every answer owed is void."""
        calls = [(own, False) for own in self._waiting]
        if self._open is not None:
            calls.insert(0, (self._open, True))
        self._open = None
        self._waiting.clear()
        self._owed.clear()
        self._outgoing.clear()
        self._happenings += [CutOff(own.call.id, own.call.action, sent=sent) for own, sent in calls]

    def new_id(self) -> str:
        """Never used before on any connection."""
        return str(UUID(bytes=self._randomness.octets(16), version=4))

    def _write(self, frame: Frame) -> None:
        self._outgoing.append(write(frame))

    def _error(self, name: str, problem: Problem) -> None:
        self._write(Error(name, code_of(problem.wrong, self.version), problem.text))

    def _next_call(self, now: int) -> None:
        if self._open is None and self._waiting:
            own = self._open = self._waiting.popleft()
            own.due = now + own.within
            self._write(own.call)

    def _called(self, call: Call) -> None:
        """A call that is still open and comes again is a retry: told again, answered once."""
        before = self._owed.pop(call.id, None)
        if before is not None and before != call:  # an error would end the first one as well
            self._owed[call.id] = before
            self._happenings.append(Garbage(Problem(Wrong.RPC, "another call with the same id")))
            return
        problem = self._objection(call)
        if problem is None:
            try:
                read = self._catalogue.decode(call.action, Kind.REQUEST, call.payload)
            except Refused as refused:
                problem = refused.problem
        if problem is not None:
            self._error(call.id, problem)
            self._happenings.append(Declined(call.id, call.action, problem))
            return
        self._owed[call.id] = call
        self._happenings.append(
            Called(call.id, call.action, read.message, call.payload, read.mends)
        )

    def _objection(self, call: Call) -> Problem | None:
        """Why a call is not even read."""
        if not self._catalogue.knows(call.action):
            return Problem(Wrong.NOT_IMPLEMENTED, f"{self.version.value} has no such action")
        if self._catalogue.is_send(call.action):
            return Problem(Wrong.PROTOCOL, f"{call.action} is sent, not called")
        if len(self._owed) >= self._parallel:
            return Problem(Wrong.RPC, f"{self._parallel} calls are open already")
        return None

    def _heard(self, send: Send) -> None:
        if not self._catalogue.is_send(send.action):
            problem = Problem(Wrong.PROTOCOL, f"{send.action[:50]} is called, not sent")
            self._happenings.append(Garbage(problem))
            return
        try:
            read = self._catalogue.decode(send.action, Kind.REQUEST, send.payload)
        except Refused as refused:
            self._happenings.append(Garbage(refused.problem))
            return
        self._happenings.append(Heard(send.id, send.action, read.message, send.payload, read.mends))

    def _ours(self, name: str) -> Call | None:
        """The open call that ``name`` ends; else a stray."""
        own = self._open
        if own is None or own.call.id != name:
            self._happenings.append(Stray(name, late=name in self._overdue))
            return None
        self._open = None
        return own.call

    def _answered(self, result: Result) -> None:
        call = self._ours(result.id)
        if call is None:
            return
        try:
            read = self._catalogue.decode(call.action, Kind.RESPONSE, result.payload)
        except Refused as refused:
            self._bad_answer(call, refused.problem)
            return
        self._happenings.append(
            Answered(call.id, call.action, read.message, result.payload, read.mends)
        )

    def _bad_answer(self, call: Call, problem: Problem) -> None:
        self._happenings.append(BadAnswer(call.id, call.action, problem))
        if self.version.has_send:
            code = code_of(problem.wrong, self.version)
            self._write(ResultError(call.id, code, problem.text))

    def _turned_down(self, error: Error) -> None:
        call = self._ours(error.id)
        if call is not None:
            self._happenings.append(
                TurnedDown(call.id, call.action, wrong_of(error.code), error.code, error.text)
            )

    def _malformed(self, malformed: Malformed) -> None:
        """1.6 has no way to answer what has no id, and passes over other message types."""
        self._happenings.append(Garbage(malformed.problem))
        speechless = self.version is Version.V16 and (
            malformed.id == NO_ID or malformed.problem.wrong is Wrong.MESSAGE_TYPE
        )
        if malformed.answerable and not speechless:
            self._error(malformed.id, malformed.problem)
