"""ISO 15118-20: contracts handed to a vehicle that asks, one by one.

Whoever makes them may take longer than a vehicle waits for an answer: until then it is told
Ongoing and repeats its request [V2G20-1972], and at last that there is none [V2G20-2207].
"""

from typing import Final

from bsw.chrgm.later import Later
from bsw.chrgm.record import Heard, Said
from bsw.os.clock import S
from secc.session.context import StationContext
from secc.session.ports import NewerDesk

LONGEST: Final = 50 * S
"""For one contract; a vehicle gives up after 60 s."""


class Installation:
    def __init__(self, station: StationContext) -> None:
        self._station = station
        self._since = 0
        self._ordered: Later[Said] | None = None  # a contract on its way
        self._waiting: Later[Said] | None = None  # the vehicle's open request
        self._made: Said | None = None

    @property
    def _desk(self) -> NewerDesk:
        desk = self._station.newer_desk
        assert desk is not None, "contracts are offered only where a desk is wired"
        return desk

    def answer_certificate_installation(self, heard: Heard) -> Said | Later[Said]:
        self._waiting = None
        if self._ordered is None:
            self._since, self._made = self._station.scheduler.now, None
            self._ordered = self._desk.install(heard)
            self._ordered.then(self._arrived)
        if self._made is not None:
            return self._handed_over(self._made)
        self._waiting = Later()
        return self._waiting

    def overdue_certificate_installation(self, _heard: Heard) -> Said:
        self._waiting = None
        if self._station.scheduler.now - self._since < LONGEST:
            return self._desk.pending()
        if self._ordered is not None:
            self._ordered.drop()
        self._ordered = None
        return self._desk.too_late()

    def _arrived(self, made: Said) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            self._made = made
        else:
            waiting.resolve(self._handed_over(made))

    def _handed_over(self, made: Said) -> Said:
        self._ordered = self._made = None
        return made
