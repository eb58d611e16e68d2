"""Side streams: requests that run beside the row of messages, one open at a time in each.

ISO 15118-20 renegotiates schedules, confirms meter readings and tells a device's status under
payload types of their own while the charge loop goes on.  A stream has no order, only a time in
which it may be used; the row's cursor, timers and next request are not its affair.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol

from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.later import Later
from bsw.chrgm.record import Heard, Said, SessionRecord, code_of, refused, same_session
from bsw.chrgm.sequence.model import Side, Table
from bsw.chrgm.sequence.timing import Timing
from bsw.os.scheduler import Alarm, Scheduler


class Asking(Protocol):
    """What the vehicle's script says and hears aside: the row goes on whatever that is."""

    def ask(self, name: str) -> Said | Later[Said]: ...
    def hear(self, name: str, heard: Heard) -> object: ...


class Answering(Protocol):
    def answer(self, name: str, heard: Heard) -> Said | Later[Said]: ...
    def refuse(self, name: str, code: str, heard: Heard) -> Said: ...


@dataclass(frozen=True, slots=True)
class Line:
    """What both roles' streams have of the session they belong to."""

    table: Table
    record: SessionRecord
    scheduler: Scheduler
    timing: Timing
    say: Callable[[bytes, Said], None]
    end: Callable[[SessionResult], None]

    def send(self, side: Side, said: Said) -> None:
        self.say(self.record.session_id, replace(said, payload_type=side.stream))

    def stop(self, ending: Ending, side: Side, code: str = "", detail: str = "") -> None:
        self.end(SessionResult(ending, side.exchange.name, code=code, detail=detail))


class AskedAside:
    """The vehicle's streams."""

    def __init__(self, line: Line, script: Asking) -> None:
        self._line = line
        self._script = script
        self._open: dict[int, object] = {}  # by stream: the request, ``None`` while it is made
        self._laters: dict[int, Later[Said]] = {}  # by stream: the last one promised
        self._alarms: Final[dict[int, Alarm]] = {
            side.stream: line.scheduler.alarm(partial(self._late, side), name="aside")
            for side in line.table.sides.values()
        }
        self._paces: Final[dict[int, Alarm]] = {
            side.stream: line.scheduler.alarm(partial(self._again, side), name="aside again")
            for side in line.table.sides.values()
            if line.timing.of(side.exchange).every is not None
        }

    def go_on(self) -> None:
        """After each answer of the row: what is asked again and again begins in its time."""
        for side in self._line.table.sides.values():
            pace = self._paces.get(side.stream)
            if pace is not None and not pace.armed and side.when(self._line.record.agreed):
                self._again(side)

    def _again(self, side: Side) -> None:
        """One that is still open is waited for; its own time runs."""
        every = self._line.timing.of(side.exchange).every
        assert every is not None, "made for those that have one"
        self._paces[side.stream].rearm(every)
        self.ask(side.exchange.name)

    def ask(self, name: str) -> bool:
        """Ask aside, if it is the time for it and nothing is open in its stream."""
        side = self._line.table.sides[name]
        if side.stream in self._open or not side.when(self._line.record.agreed):
            return False
        self._open[side.stream] = None
        self._alarms[side.stream].rearm(self._line.timing.of(side.exchange).answer)
        said = self._script.ask(name)
        if isinstance(said, Later):
            self._laters[side.stream] = said
            said.then(lambda ready: self._send(side, ready))
        else:
            self._send(side, said)
        return True

    def received(self, heard: Heard) -> None:
        sides = self._line.table.sides.values()
        side = next((one for one in sides if one.answered_by(heard)), None)
        request = self._open.pop(heard.payload_type, None)
        if side is None or request is None:
            name = type(heard.body).__name__
            detail = f"{name} in stream {heard.payload_type:#x} without a request"
            self._line.end(SessionResult(Ending.SEQUENCE_ERROR, detail=detail))
            return
        self._alarms[side.stream].cancel()
        record = self._line.record
        code = code_of(heard.body)
        if refused(code):
            self._line.stop(Ending.REFUSED, side, code)
        elif not same_session(heard.session_id, record.session_id):
            self._line.stop(Ending.UNKNOWN_SESSION, side)
        else:
            record.agreed = side.exchange.learn(record.agreed, request, heard.body)
            self._script.hear(side.exchange.name, heard)

    def stop(self) -> None:
        for alarm in (*self._alarms.values(), *self._paces.values()):
            alarm.cancel()
        for later in self._laters.values():
            later.drop()
        self._open.clear()

    def _send(self, side: Side, said: Said) -> None:
        if side.stream in self._open:
            self._open[side.stream] = said.body
            self._line.send(side, said)

    def _late(self, side: Side) -> None:
        self._line.stop(Ending.ANSWER_TIMEOUT, side)


class AnsweredAside:
    """The station's streams."""

    def __init__(self, line: Line, script: Answering) -> None:
        self._line = line
        self._script = script
        self._open: set[int] = set()
        self._laters: dict[int, Later[Said]] = {}  # by stream: the last one promised

    def received(self, heard: Heard) -> None:
        side = next((one for one in self._line.table.sides.values() if one.asked_by(heard)), None)
        record = self._line.record
        if side is None:
            detail = f"{type(heard.body).__name__} in stream {heard.payload_type:#x}"
            self._line.end(SessionResult(Ending.SEQUENCE_ERROR, detail=detail))
        elif side.stream in self._open or not side.when(record.agreed):
            self._refuse(side, heard, "FAILED_SequenceError", Ending.SEQUENCE_ERROR)
        elif not same_session(heard.session_id, record.session_id):
            self._refuse(side, heard, "FAILED_UnknownSession", Ending.UNKNOWN_SESSION)
        else:
            self._work(side, heard)

    def stop(self) -> None:
        for later in self._laters.values():
            later.drop()

    def _work(self, side: Side, heard: Heard) -> None:
        said = self._script.answer(side.exchange.name, heard)
        self._open.add(side.stream)
        if isinstance(said, Later):
            self._laters[side.stream] = said
            said.then(lambda ready: self._answer(side, heard, ready))
        else:
            self._answer(side, heard, said)

    def _answer(self, side: Side, heard: Heard, said: Said) -> None:
        self._open.discard(side.stream)
        code = code_of(said.body)
        record = self._line.record
        if not refused(code):
            record.agreed = side.exchange.learn(record.agreed, heard.body, said.body)
        self._line.send(side, said)
        if refused(code):
            self._line.stop(Ending.REFUSED, side, code)

    def _refuse(self, side: Side, heard: Heard, code: str, ending: Ending) -> None:
        self._line.send(side, self._script.refuse(side.exchange.name, code, heard))
        self._line.stop(ending, side, code)
