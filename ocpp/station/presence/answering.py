"""Takes the back end's calls: whether they are served now, by whom, and the answer on its way.

What an answer promises is on the disk before it is given.
"""

from functools import partial
from typing import Protocol

from bsw.dlt import Logger
from ocpp.catalogue import Refused
from ocpp.happenings import Called
from ocpp.router import Fields
from ocpp.station.desk import REJECTED, Desk, Objection, Pending, Reply
from ocpp.station.memory import Memory
from ocpp.station.presence.boot import Boot
from ocpp.versions import Problem, Version, Wrong


class AnswerLine(Protocol):
    """The line, as far as answers need it."""

    def answer(self, name: str, fields: Fields) -> bool: ...
    def refuse(self, name: str, problem: Problem) -> bool: ...


class Answering:
    """One station's."""

    def __init__(
        self, line: AnswerLine, boot: Boot, desk: Desk, memory: Memory, log: Logger
    ) -> None:
        self._line = line
        self._boot = boot
        self._desk = desk
        self._memory = memory
        self._log = log

    def called(self, called: Called, version: Version) -> None:
        """The back end asks."""
        problem = self._boot.objection()
        if problem is not None:
            self._line.refuse(called.id, problem)
            return
        if self._boot.refuses(called.action):
            self._line.answer(called.id, REJECTED)
            return
        try:
            reply = self._desk.serve(version, called.action, called.message)
        except Objection as objection:
            self._line.refuse(called.id, objection.problem)
            return
        if isinstance(reply, Pending):
            reply.start(partial(self._reply, called, version))
        else:
            self._reply(called, version, reply)

    def _reply(self, called: Called, version: Version, reply: Reply) -> None:
        def say() -> None:
            self._answer(called, version, reply)
            if reply.then is not None:
                reply.then()

        self._memory.settled(say)

    def _answer(self, called: Called, version: Version, reply: Reply) -> None:
        """1.6 has no place for reasons; what breaks a schema must not stop the station."""
        fields = dict(reply.fields)
        if version is Version.V16:
            fields.pop("statusInfo", None)
        try:
            self._line.answer(called.id, fields)
        except Refused as refused:
            self._log.error("cannot-be-said", action=called.action, why=str(refused))
            self._line.refuse(called.id, Problem(Wrong.INTERNAL, "no answer could be made"))
