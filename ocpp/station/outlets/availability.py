"""Which outlets serve: three switches that outlive a restart - station, EVSE, connector [G03, G04].

An outlet is operative if all three are.  Where a transaction runs, it stays as it is until the
transaction has ended.
"""

from collections.abc import Callable
from typing import Final

from msgspec import UNSET

from ocpp.catalogue import Message
from ocpp.station.desk import ONLY_16, Desk, Json, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.outlets.places import Place

KEPT: Final = "availability"


class Availability:
    """The block.  ``changed`` hears of an outlet whose state may be another one now."""

    def __init__(self, desk: Desk, ground: Ground, changed: Callable[[Place], None]) -> None:
        self._ground = ground
        self._changed = changed
        self._off = set(ground.memory.read(KEPT, list[str], []))
        self._closed = False
        desk.take({"ChangeAvailability": self._change_2})
        desk.take({"ChangeAvailability": self._change_16}, versions=ONLY_16)
        for place in ground.places.values():
            place.inoperative = self._is_off(place)

    def close(self, *, closed: bool) -> None:
        """All outlets for a while, say for new firmware; not remembered."""
        self._closed = closed
        self.refresh()

    def refresh(self) -> None:
        """Outlets without a transaction take what the switches say."""
        for place in self._ground.places.values():
            off = self._is_off(place)
            if place.outlet.transaction is None and place.inoperative is not off:
                place.inoperative = off
                self._changed(place)

    def _is_off(self, place: Place) -> bool:
        names = {"station", f"evse {place.evse}", f"connector {place.evse}/1"}
        return self._closed or bool(names & self._off)

    def _change_2(self, message: Message) -> Reply:
        if message.evse is UNSET:
            return self._change("station", 0, message.operationalStatus)
        evse, connector = message.evse.id, message.evse.connectorId
        if evse not in self._ground.places or connector not in {UNSET, 1}:
            return Reply(status("Rejected", "UnknownEvse"))
        name = f"evse {evse}" if connector is UNSET else f"connector {evse}/1"
        return self._change(name, evse, message.operationalStatus)

    def _change_16(self, message: Message) -> Reply:
        connector = message.connectorId
        if connector and connector not in self._ground.places:
            return Reply(status("Rejected"))
        name = f"evse {connector}" if connector else "station"
        return self._change(name, connector, message.type)

    def _change(self, name: str, evse: int, wanted: str) -> Reply:
        before = set(self._off)
        (self._off.discard if wanted == "Operative" else self._off.add)(name)
        if self._off == before:
            return Reply(status("Accepted"))  # [G03.FR.03]
        self._ground.memory.write(KEPT, sorted(self._off))
        busy = any(
            place.outlet.transaction is not None and place.inoperative is not self._is_off(place)
            for place in self._ground.places.values()
            if evse in {0, place.evse}
        )
        word = "Scheduled" if busy and wanted == "Inoperative" else "Accepted"
        return Reply(self._answer(word), self.refresh)

    @staticmethod
    def _answer(word: str) -> Json:
        return status(word)
