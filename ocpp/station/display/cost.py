"""What a charge costs, as the back end says it, shown at the outlet [I01 to I06].

The back end computes; this station shows: the running cost, the total in the end, texts for a
driver, and what it says when it cannot know.
"""

from typing import Final

from ocpp.catalogue import Message
from ocpp.station.desk import Desk, Reply
from ocpp.station.ground import Ground
from ocpp.station.outlets.places import Place
from ocpp.station.records import Phase, TxEvent
from ocpp.station.translation import Learned

CONTROLLER: Final = "TariffCostCtrlr"


class Cost:
    """The block."""

    def __init__(self, desk: Desk, ground: Ground) -> None:
        self._ground = ground
        desk.take({"CostUpdated": self._updated})

    def authorized(self, place: Place, text: str) -> None:
        """A driver was let in, with a text for him or without [I01, I04]."""
        shown = text or self._fallback("TariffFallbackMessage")
        if shown:
            self._show(place.evse, shown)

    def told(self, event: TxEvent, learned: Learned) -> None:
        """An event was answered [I02.FR.01, I03.FR.01, I06.FR.01]."""
        if event.evse is None or event.evse not in self._ground.places:
            return
        if learned.text:
            self._show(event.evse, learned.text)
        if learned.cost is not None:
            kind = "total" if event.phase is Phase.ENDED else "so far"
            self._show(event.evse, f"{kind}: {self._amount(learned.cost)}")

    def ended_offline(self, place: Place) -> None:
        """Nobody can say what it costs [I05.FR.01]."""
        text = self._fallback("TotalCostFallbackMessage")
        if text and not self._ground.online:
            self._show(place.evse, text)

    def _updated(self, message: Message) -> Reply:
        for place in self._ground.places.values():
            if place.outlet.transaction == message.transactionId:
                self._show(place.evse, f"so far: {self._amount(message.totalCost)}")
        return Reply({})

    def _show(self, evse: int, text: str) -> None:
        if self._ground.model.flag(CONTROLLER, "Enabled", "Cost"):
            self._ground.charger.show(evse, (text,))

    def _fallback(self, name: str) -> str:
        return self._ground.model.get(CONTROLLER, name)

    def _amount(self, cost: float) -> str:
        return f"{cost:.2f} {self._ground.model.get(CONTROLLER, 'Currency')}"
