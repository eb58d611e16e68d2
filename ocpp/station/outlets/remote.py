"""What the back end asks for at once: a message, an unlocked connector, how a transaction is.

[F05, F06, E14].  A message that may be asked for is handed in by the block that says it.
"""

from collections.abc import Callable, Mapping

from msgspec import UNSET

from ocpp.catalogue import Message
from ocpp.station.desk import ACCEPTED, ONLY_16, REJECTED, Desk, Pending, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.ledger import Ledger
from ocpp.station.outlets.places import Place

Say = Callable[[Place | None], None]
"""Says a message, for one outlet or for all."""
Trigger = Callable[[Place | None], Callable[[], None] | None]
"""What to say after the answer; ``None``: not now."""


def always(say: Say) -> Trigger:
    """A message that can be said at any time."""

    def trigger(place: Place | None) -> Callable[[], None]:
        return lambda: say(place)

    return trigger


class Remote:
    """The block.  ``unlocking`` ends what runs at an outlet before its lock is opened (1.6)."""

    def __init__(
        self,
        desk: Desk,
        ground: Ground,
        ledger: Ledger,
        *,
        unlocking: Callable[[Place], None],
    ) -> None:
        self._ground = ground
        self._ledger = ledger
        self._unlocking = unlocking
        self._triggers: dict[str, Trigger] = {}
        desk.take(
            {
                "TriggerMessage": self._trigger,
                "UnlockConnector": self._unlock_2,
                "GetTransactionStatus": self._transaction,
            }
        )
        desk.take(
            {
                "TriggerMessage": self._trigger,
                "ExtendedTriggerMessage": self._trigger,
                "UnlockConnector": self._unlock_16,
            },
            versions=ONLY_16,
        )

    def offer(self, triggers: Mapping[str, Trigger]) -> None:
        """More messages that may be asked for."""
        self._triggers.update(triggers)

    def _trigger(self, message: Message) -> Reply:
        trigger = self._triggers.get(message.requestedMessage)
        if trigger is None:
            return Reply(status("NotImplemented"))  # [F06.FR.08]
        evse = getattr(message, "evse", UNSET)
        number = getattr(message, "connectorId", UNSET) if evse is UNSET else evse.id
        if number in {UNSET, 0}:
            place = None
        else:
            place = self._ground.places.get(number)
            if place is None:
                return Reply(REJECTED)
        then = trigger(place)
        return Reply(REJECTED if then is None else ACCEPTED, then)

    def _unlock_2(self, message: Message) -> Reply:
        place = self._ground.places.get(message.evseId)
        if place is None or message.connectorId != 1:
            return Reply(status("UnknownConnector"))
        if place.outlet.transaction is not None and place.outlet.token is not None:
            return Reply(status("OngoingAuthorizedTransaction"))  # [F05.FR.02]
        if not self._ground.charger.locks(place.evse):
            return Reply(status("UnlockFailed", "FixedCable"))
        return Reply(status(self._ground.charger.unlock(place.evse).value))

    def _unlock_16(self, message: Message) -> Reply:
        place = self._ground.places.get(message.connectorId)
        if place is None or not self._ground.charger.locks(place.evse):
            return Reply(status("NotSupported"))  # and who charges there goes on
        self._unlocking(place)
        return Reply(status(self._ground.charger.unlock(place.evse).value))

    def _transaction(self, message: Message) -> Pending:
        """Whether anything waits is read where it waits: on the disk [E14.FR.04 to FR.08]."""
        wanted = None if message.transactionId is UNSET else message.transactionId

        def start(answer: Callable[[Reply], None]) -> None:
            def counted(waiting: int) -> None:
                fields: dict[str, object] = {"messagesInQueue": waiting > 0}
                if wanted is not None:
                    running = {p.outlet.transaction for p in self._ground.places.values()}
                    fields["ongoingIndicator"] = wanted in running
                answer(Reply(fields))

            self._ledger.count(wanted, counted)

        return Pending(start)
