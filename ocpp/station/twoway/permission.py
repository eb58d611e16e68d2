"""Which transfers of energy the back end allows a vehicle [Q01, Q02].

Energy is given back only where a two-way transfer is among them, or the back end has not said.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from ocpp.catalogue import Message
from ocpp.station.desk import ACCEPTED, ONLY_21, Desk, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.outlets.places import Place
from ocpp.station.records import Stop, Trigger

BACK: Final = "_BPT"
Transfers = frozenset[str]


class Permission:
    """The block.  ``changed``: what may be given back is another amount."""

    def __init__(
        self,
        desk: Desk,
        ground: Ground,
        *,
        stop: Callable[[Place, Trigger, Stop], None],
        changed: Callable[[], None],
    ) -> None:
        self._ground = ground
        self._stop = stop
        self._changed = changed
        self._allowed: dict[int, Transfers] = {}
        desk.take({"NotifyAllowedEnergyTransfer": self._notified}, versions=ONLY_21)

    def allowed(self, evse: int) -> tuple[str, ...] | None:
        """``None``: the back end has not said."""
        allowed = self._allowed.get(evse)
        return None if allowed is None else tuple(sorted(allowed))

    def gives(self, evse: int) -> bool:
        allowed = self._allowed.get(evse)
        return allowed is None or any(BACK in each for each in allowed)

    def authorized(self, evse: int, transfers: Iterable[str] | None) -> None:
        """The driver is let in; a list that the back end leaves out says nothing."""
        self._set(evse, None if transfers is None else frozenset(transfers))

    def ended(self, evse: int) -> None:
        """The next vehicle has no permission of this one's, and no ban."""
        if evse in self._allowed:
            self._set(evse, None)

    def rejected(self, evse: int, transfer: str) -> None:
        """The back end does not want this transfer: another one, or the end [Q01.FR.05, FR.06].

        A vehicle that was asked already and comes with one that is refused again has to go.
        """
        place = self._ground.places[evse]
        asked_before = evse in self._allowed and BACK not in transfer
        can = self._ground.charger.transfers(evse)
        self._allowed[evse] = frozenset(each for each in can if BACK not in each)
        self._changed()
        other = BACK in transfer and not asked_before
        if not (other and self._ground.charger.transfers_allowed(evse, self._allowed[evse])):
            self._stop(place, Trigger.ABNORMAL, Stop.TRANSFER_REJECTED)

    def _set(self, evse: int, transfers: Transfers | None) -> None:
        if transfers is None:
            self._allowed.pop(evse, None)
        else:
            self._allowed[evse] = transfers
        self._ground.charger.transfers_allowed(evse, transfers)
        self._changed()

    def _notified(self, message: Message) -> Reply:
        """[Q02.FR.06]: the vehicle chooses its service anew."""
        places = self._ground.places.values()
        named = (each for each in places if each.outlet.transaction == message.transactionId)
        place = next(named, None)
        if place is None:
            return Reply(status("Rejected", "TxNotFound", "no such transaction runs here"))
        return Reply(
            ACCEPTED, partial(self._set, place.evse, frozenset(message.allowedEnergyTransfer))
        )
