"""Messages that must reach the back end although no answer is waited for.

What is kept lies on the disk until the back end has answered, and goes out in order, one at a time;
what is not kept is said now or never.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from bsw.os.clock import S
from ocpp.catalogue import Message
from ocpp.station.ground import Ground

KEPT: Final = "post"
MOST: Final = 500
"""Beyond it the oldest goes."""
AGAIN: Final = 60 * S
MOST_TRIES: Final = 3


class Letter(msgspec.Struct, frozen=True):
    """``undated`` is the field that gets its time when the calendar is known."""

    action: str
    fields: dict[str, Any]
    undated: str = ""


class Post:
    """The block."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._kept = ground.memory.read(KEPT, list[Letter], [])
        self._sending = False
        self._tries = 0
        self._again = ground.scheduler.alarm(self.online, name="ocpp.post")

    def close(self) -> None:
        self._again.cancel()

    def send(self, action: str, fields: Mapping[str, Any], *, kept: bool, dated: str = "") -> None:
        """``dated`` names the field with the time; without a calendar it is filled in later."""
        undated = dated if self._ground.unix_ns is None else ""
        given = dict(fields)
        if dated:
            given[dated] = self._ground.stamp()
        if not kept:
            self._ground.tell(action, given)
            return
        self._kept.append(Letter(action, given, undated))
        del self._kept[:-MOST]
        self._write()
        self.online()

    def online(self) -> None:
        """The back end listens: the oldest first."""
        if self._sending or not self._kept or not self._ground.online:
            return
        letter = self._kept[0]
        dates = {letter.undated: self._ground.stamp()} if letter.undated else {}
        self._sending = True
        self._ground.ask(letter.action, {**letter.fields, **dates}, self._answered)

    def _answered(self, answer: Message | None) -> None:
        self._sending = False
        if answer is None and not self._ground.online:
            return  # the line went: it is said again on the next one
        self._tries += 1
        if answer is None and self._tries < MOST_TRIES:
            self._again.rearm(AGAIN)
            return
        if answer is None:
            self._ground.log.error("given-up", action=self._kept[0].action)
        self._tries = 0
        del self._kept[0]
        self._write()
        self.online()

    def _write(self) -> None:
        self._ground.memory.write(KEPT, self._kept)
